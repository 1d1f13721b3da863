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
STYLES = {STOCK: 1, LAYERS: 2, PAPER: 3, "hand": 4, OURS: 5}    # of common.gp
TITLES = {STOCK: "stock Darknet", LAYERS: "stock without training buffers", PAPER: "the paper's choice",
          OURS: "ours", "hand": "best by hand"}


def columns(path, configs, rows):
    """A file of columns with their titles, a row a limit; returns what limits.gp asks for."""
    def text(value):
        return "NaN" if value is None else f"{value:.6g}" if isinstance(value, (int, float)) else f'"{value}"'
    with open(path, "w") as file:
        file.write("\t".join(f'"{title}"' for title in ("limit", *(TITLES[config] for config in configs))) + "\n")
        file.writelines("\t".join(map(text, row)) + "\n" for row in rows)
    return dict(n=len(configs), styles=" ".join(str(STYLES[config]) for config in configs))


def by_limit(results, series, disk, swap, what):
    """A row a limit, a column a configuration that has any: `what` of each Sum, a function. Returns these, too."""
    by_hand = ["hand"] if summary.has_search_by_hand(series) else []
    configs = [config for config in (STOCK, LAYERS, PAPER, "hand", OURS) if config in (*series.configs, *by_hand)]
    rows = []
    for limit in sorted(series.limits):
        found = [results.best_by_hand(series, disk, swap, limit) if config == "hand" else
                 results.of(series, disk, swap, limit, config) for config in configs]
        rows.append([limit, *(sum and what(sum) for sum in found)])
    there = [i for i in range(len(configs)) if any(row[i + 1] is not None for row in rows)]
    return [configs[i] for i in there], [[row[0], *(row[i + 1] for i in there)] for row in rows]


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


def blocks(path, groups):
    """Points of several kinds: a block of columns each, with its title."""
    with open(path, "w") as file:
        for title, rows in groups:
            file.write(f'"{title}"\n')
            file.writelines("\t".join(f"{value:.6g}" for value in row) + "\n" for row in rows)
            file.write("\n\n")


def pictures(results, folder):
    """Writes the columns; yields (name, script, labels) of each picture."""
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
                yield name, "limits", dict(heading=summary.title(series, disk, swap), label=label,
                                           logarithmic=int(what != "swapped"), **form)
        if summary.has_search_by_hand(series):
            yield from pictures_by_hand(results, series, folder)


def pictures_by_hand(results, series, folder):
    """Of a series with the paper's configurations."""
    for swap in series.swap:
        rows = [[limit, 100.0, *(found and found.latency_s and 100 * best.latency_s / found.latency_s
                                 for found in (paper, ours))]
                for limit, best, paper, ours in summary.shares(results, series, None, swap) if limit]
        name = f"share-{series.name}-{'swap' if swap else 'no-swap'}"
        form = columns(os.path.join(folder, name + ".dat"), ["hand", PAPER, OURS], sorted(rows))
        yield name, "limits", dict(heading=summary.title(series, None, swap), logarithmic=0,
                                   label="speed, % of the best found by hand", **form)
    points = list(scatter(results, series))
    titles = TITLES | {"hand": "the paper's configurations"}
    name = f"front-{series.name}"
    blocks(os.path.join(folder, name + ".dat"),
           [*((titles[kind], [(found.peak_mb, found.latency_s) for of, found in points if of == kind])
              for kind in (STOCK, LAYERS, "hand", OURS)),
            ("Pareto front", pareto([(found.peak_mb, found.latency_s) for _, found in points]))])
    yield name, "front", dict(heading=summary.title(series, None, False))
    for what, unit, predicted, measured in (("memory", "MB", "predicted_mb", "peak_mb"),
                                            ("time", "s", "predicted_s", "again_s")):
        name = f"predicted-{what}-{series.name}"
        pairs = [(kind, getattr(found, predicted), getattr(found, measured)) for kind, found in points
                 if found.mode == HELD]
        blocks(os.path.join(folder, name + ".dat"),
               [(titles[kind], [(x, y) for of, x, y in pairs if of == kind and x and y]) for kind in ("hand", OURS)])
        yield name, "predicted", dict(heading=summary.title(series, None) + ", plans for limits", unit=unit,
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
    drawn = [(name, script, labels) for name, script, labels in pictures(results, folder)]
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
        for path in (os.path.join(out, "summary.csv"), os.path.join(out, "machine"),
                     *(os.path.join(folder, name + ".svg") for name, _, _ in drawn)):
            shutil.copy(path, copies)
        print(f"paper: copied to {os.path.relpath(copies, TOP)}", file=sys.stderr)
    return 1 if wrong else 0
