"""Tables and pictures of what was measured. Numbers go to files of columns, which gnuplot draws as SVG and PNG."""
import itertools
import os
import shutil
import subprocess
import sys

import summary
from programs import TOP
from runs import HELD, DONE
from series import LAYERS, OURS, PAPER, STOCK

HERE = os.path.dirname(os.path.abspath(__file__))
STYLES = {STOCK: 1, LAYERS: 2, PAPER: 3, "hand": 4, OURS: 5, "front": 6}    # of common.gp
TITLES = {STOCK: "stock Darknet", LAYERS: "stock without training buffers", PAPER: "the paper's choice",
          OURS: "ours", "hand": "best by hand"}


def columns(path, configs, rows):
    """A file of columns with their titles, a row a limit; returns what limits.gp asks for. Columns without a number
    are left out; None, and no file, where none has any."""
    def text(value):
        return "NaN" if value is None else f"{value:.6g}"
    there = [i for i in range(len(configs)) if any(row[i + 1] is not None for row in rows)]
    if not there:
        return None
    configs, rows = [configs[i] for i in there], [[row[0], *(row[i + 1] for i in there)] for row in rows]
    with open(path, "w") as file:
        file.write("\t".join(f'"{title}"' for title in ("limit", *(TITLES[config] for config in configs))) + "\n")
        file.writelines("\t".join(map(text, row)) + "\n" for row in rows)
    return dict(n=len(configs), styles=" ".join(str(STYLES[config]) for config in configs))


def by_limit(results, series, disk, swap, what):
    """A row a limit, a column a configuration: `what` of each Sum, a function. Returns the latter, too."""
    by_hand = ["hand"] if summary.has_search_by_hand(series) else []
    configs = [config for config in (STOCK, LAYERS, PAPER, "hand", OURS) if config in (*series.configs, *by_hand)]
    rows = []
    for limit in sorted(series.limits):
        found = [results.best_by_hand(series, disk, swap, limit) if config == "hand" else
                 results.of(series, disk, swap, limit, config) for config in configs]
        rows.append([limit, *(each and what(each) for each in found)])
    return configs, rows


def pareto(points):
    """Those that no other beats in both."""
    front = []
    for memory, latency in sorted(points):
        if not front or latency < front[-1][1]:
            front.append((memory, latency))
    return front


def scatter(results, series):
    """(kind, Sum) of whatever ran without swapping: plans in limits that they keep, and all without a limit."""
    for found in results.all():
        c = found.case
        if c.series != series.name or found.outcome != DONE or c.disk or c.swap or (c.limit and found.mode != HELD):
            continue
        yield c.config if c.config in (STOCK, LAYERS, OURS) else "hand", found


def blocks(path, titles, points):
    """A file of points, (kind, x, y): a block with its title for each kind that has any of which both are known.
    Returns what front.gp and predicted.gp ask for; None, and no file, where there are no such points."""
    groups = {kind: [(x, y) for of, x, y in points if of == kind and x and y] for kind in titles}
    groups = {kind: rows for kind, rows in groups.items() if rows}
    if not groups:
        return None
    with open(path, "w") as file:
        for kind, rows in groups.items():
            file.write(f'"{titles[kind]}"\n')
            file.writelines(f"{x:.6g}\t{y:.6g}\n" for x, y in rows)
            file.write("\n\n")
    return dict(n=len(groups), styles=" ".join(str(STYLES[kind]) for kind in groups))


def pictures(results, folder):
    """Writes the columns; yields (name, script, labels) of each picture that has something to show."""
    for name, script, form, labels in all_columns(results, folder):
        if form is not None:
            yield name, script, labels | form


def all_columns(results, folder):
    """Writes them; yields (name, script, what the script asks for or None, labels) of each picture."""
    for series in results.table.values():
        for disk, swap in itertools.product(series.disks, series.swap):
            for what, label, of in (
                    ("latency", "seconds of a pass", lambda s: s.latency_s),
                    ("process", "seconds of the whole process", lambda s: s.wall_s),
                    ("swapped", "swapped out and in, MB", lambda s: s.swapped_mb if s.latency_s else None)):
                if what == "swapped" and not swap or what == "process" and not disk:
                    continue
                name = f"{what}-{series.name}{f'-{disk}' if disk else ''}-{'swap' if swap else 'no-swap'}"
                form = columns(os.path.join(folder, name + ".dat"), *by_limit(results, series, disk, swap, of))
                yield name, "limits", form, dict(heading=summary.title(series, disk, swap), label=label,
                                                 logarithmic=int(what != "swapped"))
        if summary.has_search_by_hand(series):
            yield from columns_by_hand(results, series, folder)


def columns_by_hand(results, series, folder):
    """The same of a series with the paper's configurations alone."""
    for swap in series.swap:
        rows = [[limit, 100.0, *(found and found.latency_s and 100 * best.latency_s / found.latency_s
                                 for found in (paper, ours))]
                for limit, best, paper, ours in summary.shares(results, series, None, swap) if limit]
        name = f"share-{series.name}-{'swap' if swap else 'no-swap'}"
        form = columns(os.path.join(folder, name + ".dat"), ["hand", PAPER, OURS], sorted(rows))
        yield name, "limits", form, dict(heading=summary.title(series, None, swap), logarithmic=0,
                                         label="speed, % of the best found by hand")
    found = list(scatter(results, series))
    titles = {kind: TITLES[kind] for kind in (STOCK, LAYERS)} | \
        {"hand": "the paper's configurations", OURS: TITLES[OURS]}
    name = f"front-{series.name}"
    points = [(kind, each.peak_mb, each.latency_s) for kind, each in found]
    front = pareto([(x, y) for _, x, y in points if x and y])
    form = blocks(os.path.join(folder, name + ".dat"), titles | {"front": "Pareto front"},
                  points + [("front", x, y) for x, y in front])
    yield name, "front", form, dict(heading=summary.title(series, None, False))
    for what, unit, predicted, measured in (("memory", "MB", "predicted_mb", "peak_mb"),
                                            ("time", "s", "predicted_s", "again_s")):
        name = f"predicted-{what}-{series.name}"
        form = blocks(os.path.join(folder, name + ".dat"), titles,
                      [(kind, getattr(each, predicted), getattr(each, measured)) for kind, each in found
                       if each.mode == HELD])
        yield name, "predicted", form, dict(heading=summary.title(series, None) + ", plans for limits", unit=unit,
                                            what="seconds of the second pass" if what == "time" else "most charged, MB")


def gnuplot(script, folder, name, labels):
    """One picture, in both forms."""
    for form in ("svg", "png"):
        words = {"form": form, "data": os.path.join(folder, name + ".dat"),
                 "out": os.path.join(folder, f"{name}.{form}"), **labels}
        settings = "; ".join(f"{key} = {value}" if isinstance(value, int) else
                             "{} = '{}'".format(key, value.replace("'", "''")) for key, value in words.items())
        subprocess.run(["gnuplot", "-e", settings, script + ".gp"], cwd=HERE, check=True)


def all_pictures(out, table, publish):
    """Everything there is to see: build/paper/summary.csv, tables.md and plots/. Returns the exit code."""
    results = summary.Results(out, table)
    folder = os.path.join(out, "plots")
    os.makedirs(folder, exist_ok=True)
    summary.write_csv(results, os.path.join(out, "summary.csv"))
    text = summary.markdown(results)
    with open(os.path.join(out, "tables.md"), "w") as file:
        file.write(text)
    print(text)
    drawn = list(pictures(results, folder))
    wrong = summary.problems(results)
    for sentence in wrong:
        print(f"paper: {sentence}", file=sys.stderr)
    if shutil.which("gnuplot") is None:
        print("paper: no gnuplot, and so no pictures: tools/setup paper, or apt-get install gnuplot-nox; the CSV "
              "is written", file=sys.stderr)
        return 1
    for name, script, labels in drawn:
        gnuplot(script, folder, name, labels)
    print(f"paper: {os.path.relpath(out, TOP)}: summary.csv, tables.md, plots/*.svg and *.png", file=sys.stderr)
    if publish:
        copies = os.path.join(HERE, "results")
        os.makedirs(copies, exist_ok=True)
        for path in (*(os.path.join(out, name) for name in ("summary.csv", "tables.md", "machine")),
                     *(os.path.join(folder, name + ".svg") for name, _, _ in drawn)):
            shutil.copy(path, copies)
        print(f"paper: copied to {os.path.relpath(copies, TOP)}", file=sys.stderr)
    return 1 if wrong else 0
