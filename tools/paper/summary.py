"""What was measured, as medians: a CSV file, tables in markdown, and columns of numbers for pictures."""
from __future__ import annotations

import csv
import itertools
import os
import statistics
from dataclasses import dataclass

from runs import BARE, DONE, HELD, Ledger, Log, REFUSED
from series import BY_HAND, Case, LAYERS, MB, OURS, PAPER, STOCK

# The paper's own, as its abstract gives them.
PAPER_SAYS = ("less than half", "up to 2.78 times", "within 6 %")


class SummaryError(Exception):
    """There is nothing to sum up."""


@dataclass
class Sum:
    """A case, over its runs; None where no run says. how: its runs are those of the same case without swap, or it
    was inferred from a larger limit."""
    case: Case
    how: str
    mode: str
    outcome: str
    n_runs: int
    n_done: int
    latency_s: float | None = None
    least_s: float | None = None
    most_s: float | None = None
    again_s: float | None = None
    wall_s: float | None = None
    swapped_mb: float | None = None
    peak_mb: float | None = None
    predicted_mb: float | None = None
    predicted_s: float | None = None
    chosen: str | None = None


def middle(values):
    values = [value for value in values if value is not None]
    return statistics.median(values) if values else None


def sum_up(case, runs, how=""):
    """Runs of one case as a Sum; what takes time is that of the runs that ended well, if any did."""
    done = [run for run in runs if run.outcome == DONE]
    outcomes = sorted({run.outcome for run in runs})
    latencies = [run.latency_s for run in done]
    mb = {name: middle([None if value is None else value / MB for value in values]) for name, values in (
        ("swapped", [run.swapped_out_bytes + run.swapped_in_bytes for run in done or runs]),
        ("peak", [run.peak_bytes for run in done or runs]),
        ("predicted", [run.predicted_bytes for run in runs]))}
    return Sum(case, how, runs[0].mode, " or ".join(outcomes), len(runs), len(done),
               middle(latencies), min(latencies, default=None), max(latencies, default=None),
               middle([run.again_s for run in done]), middle([run.wall_s for run in done]),
               mb["swapped"], mb["peak"], mb["predicted"],
               middle([run.predicted_s for run in runs]), runs[-1].chosen)


# --------------------------------------------------------------------------------------- choices

def write_choices(out, choices):
    """What the paper's search takes, for those who draw later: {network: {limit: config}}."""
    path = os.path.join(out, "choices.csv")
    known = read_choices(out) | choices
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for network, by_limit in known.items():
            writer.writerows([network, limit or "none", config] for limit, config in by_limit.items())


def read_choices(out):
    found = {}
    path = os.path.join(out, "choices.csv")
    if os.path.exists(path):
        with open(path, newline="") as file:
            for network, limit, config in csv.reader(file):
                found.setdefault(network, {})[None if limit == "none" else int(limit)] = config
    return found


# ------------------------------------------------------------------------------------------ results

class Results:
    """All series that have runs, case by case."""

    def __init__(self, out, table):
        log = Log(os.path.join(out, "runs.csv"))
        if not log.runs:
            raise SummaryError(f"{out}: nothing has been measured")
        # of each program the one that ran last
        last = {run.config == STOCK: run.program for run in log.runs}
        self.ledger = Ledger(run for run in log.runs if run.program == last[run.config == STOCK])
        self.choices = read_choices(out)
        self.table = {name: series for name, series in table.items() if any(run.series == name for run in log.runs)}

    def sum_of(self, case):
        """None where nothing tells."""
        runs = self.ledger.runs(case)
        if runs:
            return sum_up(case, runs)
        other = self.ledger.stands_for(case)
        if other:
            return sum_up(case, self.ledger.runs(other), "as without swap")
        inferred = self.ledger.inferred(case, BARE)
        return inferred and Sum(case, "as with more", BARE, inferred, 0, 0)

    def all(self):
        """Everything there is, in the order of the series."""
        for series in self.table.values():
            for disk in series.disks:
                for swap in series.swap:
                    for limit in (None, *series.limits):
                        for config in dict.fromkeys((*series.configs, *BY_HAND)):
                            found = self.of(series, disk, swap, limit, config)
                            if found and config != PAPER:
                                yield found

    def of(self, series, disk, swap, limit, config):
        """One case. PAPER is what the paper's search chose there. Without a limit, swap makes no difference."""
        if config == PAPER:
            config = self.choices.get(series.network.name, {}).get(limit)
        if limit is None and False in series.swap:
            swap = False
        return self.sum_of(Case(series.name, disk, swap, limit, config))

    def best_by_hand(self, series, disk, swap, limit, of="latency_s"):
        """The fastest of the paper's configurations that were measured there, by a field of Sum."""
        sums = [self.of(series, disk, swap, limit, config) for config in dict.fromkeys((*series.configs, *BY_HAND))
                if config not in (STOCK, LAYERS, OURS)]
        return min((found for found in sums if found and getattr(found, of) is not None),
                   key=lambda found: getattr(found, of), default=None)


FIELDS = ("series", "read_mb_s", "swap", "limit_mb", "config", "chosen", "mode", "how", "outcome", "runs", "done",
          "latency_s", "least_s", "most_s", "again_s", "process_s", "swapped_mb", "peak_mb", "predicted_mb",
          "predicted_s")


def write_csv(results, path):
    def text(value):
        return "" if value is None else f"{value:.4f}" if isinstance(value, float) else value
    with open(path, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        for s in results.all():
            c = s.case
            writer.writerow([text(value) for value in (
                c.series, c.disk, "yes" if c.swap else "no", c.limit or "none", c.config, s.chosen, s.mode, s.how,
                s.outcome, s.n_runs, s.n_done, s.latency_s, s.least_s, s.most_s, s.again_s, s.wall_s, s.swapped_mb,
                s.peak_mb, s.predicted_mb, s.predicted_s)])


# ------------------------------------------------------------------------------------ tables in markdown

def seconds(found, whole=False):
    """A cell: the pass, or the whole process; what ended otherwise; how many of the runs did."""
    if found is None:
        return ""
    if found.latency_s is None:
        return found.outcome
    some = "" if found.n_done == found.n_runs else f" ({found.n_runs - found.n_done} of {found.n_runs} not)"
    value = found.wall_s if whole else found.latency_s
    return f"{value:.3f}{some}" if value < 10 else f"{value:.1f}{some}"


def megabytes(found, name):
    """A cell: of runs that ended well, or of those that did not, which it then says."""
    value = found and getattr(found, name)
    return "" if value is None else f"{value:.0f}" if found.n_done else f"{value:.0f}, {found.outcome}"


def ratio(above, below):
    return f"{above / below:.2f}" if above and below else ""


def row(cells):
    return "| " + " | ".join(cells) + " |"


def table(head, rows):
    """In markdown, but for rows that say nothing behind their first cell."""
    rows = [cells for cells in rows if any(cells[1:])]
    return "\n".join((row(head), row(["---"] * len(head)), *map(row, rows))) + "\n"


def limit_text(limit):
    return "none" if limit is None else f"{limit} MB"


def has_search_by_hand(series):
    """More of the paper's configurations than an example of them."""
    return len(set(BY_HAND) & set(series.configs)) > 2


def table_of_seconds(results, series, disk, swap, whole=False):
    """A line a limit; with the search by hand where it was made."""
    by_hand = has_search_by_hand(series)
    head = ["limit", "stock", "layers", "the paper's choice", "", *(["best by hand", ""] if by_hand else []),
            "ours", "", "stock / ours"]
    rows = []
    for limit in (None, *series.limits):
        of = {config: results.of(series, disk, swap, limit, config) for config in (STOCK, LAYERS, PAPER, OURS)}
        best = results.best_by_hand(series, disk, swap, limit)
        cells = [limit_text(limit), seconds(of[STOCK], whole), seconds(of[LAYERS], whole), seconds(of[PAPER], whole),
                 f"`{of[PAPER].case.config}`" if of[PAPER] else ""]
        if by_hand:
            cells += [seconds(best, whole), f"`{best.case.config}`" if best else ""]
        above, below = ((found and (found.wall_s if whole else found.latency_s)) for found in (of[STOCK], of[OURS]))
        plan = of[OURS] and of[OURS].chosen
        rows.append([*cells, seconds(of[OURS], whole), f"`{plan}`" if plan else "", ratio(above, below)])
    return table(head, rows)


def table_of_memory(results, series, disk, swap):
    """What was swapped and what was held at most, in MB."""
    configs = [config for config in (STOCK, LAYERS, PAPER, OURS) if config in series.configs]
    head = ["limit", *(f"{config}: swapped" for config in configs), *(f"{config}: peak" for config in configs)]
    rows = []
    for limit in (None, *series.limits):
        sums = [results.of(series, disk, swap, limit, config) for config in configs]
        cells = [[megabytes(found, name) for found in sums] for name in ("swapped_mb", "peak_mb")]
        rows.append([limit_text(limit), *cells[0], *cells[1]])
    return table(head, rows)


def shares(results, series, disk, swap, of="latency_s"):
    """(limit, best by hand, the paper's choice, ours), by a field of Sum: where the first is."""
    for limit in (None, *series.limits):
        best = results.best_by_hand(series, disk, swap, limit, of)
        if best:
            yield (limit, best, *(results.of(series, disk, swap, limit, config) for config in (PAPER, OURS)))


def above_percent(found, best, of="latency_s"):
    """How much more than the best it took."""
    return 100 * (getattr(found, of) / getattr(best, of) - 1) if found and getattr(found, of) else None


def percent(value):
    return "" if value is None else f"{value:+.1f} %"


def table_of_shares(results, series):
    """How far the paper's search and ours are from the best by hand, with swap and without; then by second passes,
    which plans that swap do not have."""
    head = ["limit", "", "best by hand", "s", "range", "the paper's choice", "ours"]
    rows = []
    for words, swap, of in (("with swap", True, "latency_s"), ("without swap", False, "latency_s"),
                            ("second pass", False, "again_s")):
        for limit, best, paper, ours in shares(results, series, None, swap, of):
            if limit is None and swap:
                continue    # as without
            extent = "" if of == "again_s" else f"{best.least_s:.3f}-{best.most_s:.3f}"
            rows.append([limit_text(limit), words, f"`{best.case.config}`", f"{getattr(best, of):.3f}", extent,
                         percent(above_percent(paper, best, of)), percent(above_percent(ours, best, of))])
    return table(head, rows)


def table_of_claims(results, series):
    """What the paper's abstract says, by its own configurations here, and by ours."""
    stock = results.of(series, None, False, None, STOCK)
    kept = [results.of(series, None, False, limit, config) for limit in series.limits
            for config in dict.fromkeys((*series.configs, *BY_HAND)) if config not in (STOCK, LAYERS, PAPER)]
    kept = [found for found in kept if found and found.latency_s and found.mode == HELD]
    memory = []
    for least in (min((found for found in kept if (found.case.config == OURS) == is_ours),
                      key=lambda found: found.peak_mb, default=None) for is_ours in (False, True)):
        memory.append(f"{100 * least.peak_mb / stock.peak_mb:.0f} %: {least.peak_mb:.0f} of {stock.peak_mb:.0f} MB, "
                      f"`{least.chosen or least.case.config}`" if least and stock and stock.peak_mb else "")
    swap = True in series.swap
    fast, behind = {PAPER: [], OURS: []}, {PAPER: [], OURS: []}
    for limit, best, paper, ours in shares(results, series, None, swap):
        with_stock = results.of(series, None, swap, limit, STOCK)
        for config, found in ((PAPER, paper), (OURS, ours)):
            if not limit or not found or not found.latency_s:
                continue
            if with_stock and with_stock.latency_s:
                fast[config].append((with_stock.latency_s / found.latency_s, limit))
            behind[config].append((above_percent(found, best), limit))

    def most(pairs, form):
        return form.format(*max(pairs)) if pairs else ""
    return table(["", "the paper's abstract", "its configurations, here", "ours"], [
        ["memory, of stock's", PAPER_SAYS[0], *memory],
        ["faster than stock where memory is short", PAPER_SAYS[1],
         *(most(fast[config], "up to {:.1f} times (at {} MB)") for config in (PAPER, OURS))],
        ["the search, against the best found by hand", PAPER_SAYS[2],
         *(most(behind[config], "{:+.1f} % at most (at {} MB)") for config in (PAPER, OURS))]])


def title(series, disk, swap=None):
    """What a table or a picture is of."""
    return series.network.title + (f", reading at {disk} MB/s" if disk else "") + \
        ("" if swap is None else ", with swap" if swap else ", without swap")


def markdown(results):
    """All tables."""
    parts = []
    for series in results.table.values():
        for disk, swap in itertools.product(series.disks, series.swap):
            of = title(series, disk, swap)
            parts += [f"**{of}: seconds of a pass**\n", table_of_seconds(results, series, disk, swap)]
            if disk:
                parts += [f"**{of}: seconds of the whole process**\n",
                          table_of_seconds(results, series, disk, swap, whole=True)]
            if swap:
                parts += [f"**{of}: MB swapped out and in, and at most charged**\n",
                          table_of_memory(results, series, disk, swap)]
        if has_search_by_hand(series):
            parts += [f"**{title(series, None)}: more time than the best found by hand**\n",
                      table_of_shares(results, series),
                      f"**{title(series, None)}: what the paper says**\n", table_of_claims(results, series)]
    return "\n".join(parts)


def problems(results):
    """What may not be, as sentences."""
    wrong = []
    for found in results.all():
        c = found.case
        at = f"{c.series}, {limit_text(c.limit)}{' and swap' if c.swap else ''}, {c.config}"
        if "failed" in found.outcome:
            wrong.append(f"{at}: failed")
        elif c.config == OURS and REFUSED not in found.outcome and found.n_done < found.n_runs:
            wrong.append(f"{at}: {found.outcome}")
    return wrong
