"""Runs that were made, as rows of a CSV file, and which are still to be made.

A row is written and synchronised as its run ends: a run that was interrupted has none, and is made again. Rows
of a program that has been built anew since are left aside."""
from __future__ import annotations

import csv
import io
import os
import statistics
from dataclasses import dataclass, fields, replace

from programs import BARE, HELD
from series import Case

DONE, KILLED, TIMED_OUT, REFUSED, FAILED = "done", "killed", "time-out", "refused", "failed"

RUNS, MORE_RUNS, SPREAD = 3, 5, .1    # as many, or more where they differ by more than that of their median
ENOUGH = {KILLED: 2, TIMED_OUT: 1, REFUSED: 1, FAILED: 1}


@dataclass
class Run:
    """One process. Where something is not known it is None. swapped_*: what the whole machine wrote to swap and
    read back meanwhile."""
    series: str
    disk: int | None
    swap: bool
    limit: int | None
    config: str
    mode: str
    program: str
    outcome: str
    latency_s: float | None
    again_s: float | None    # of a second pass, where there was one
    wall_s: float | None
    peak_bytes: int | None
    limit_hits: int | None
    swapped_out_bytes: int
    swapped_in_bytes: int
    predicted_bytes: int | None
    predicted_s: float | None
    chosen: str | None    # the configuration of ours
    outputs: str | None   # a hash
    load: float           # of the machine, over the minute before
    ended: str

    @property
    def case(self):
        return Case(self.series, self.disk, self.swap, self.limit, self.config)


COLUMNS = [field.name for field in fields(Run)]
NUMBERS = {"disk": int, "limit": int, "latency_s": float, "again_s": float, "wall_s": float, "peak_bytes": int,
           "limit_hits": int, "swapped_out_bytes": int, "swapped_in_bytes": int, "predicted_bytes": int, "predicted_s": float,
           "load": float}


def parse(row):
    """A row of the file as a Run."""
    def read(name, text):
        if name == "swap":
            return text == "yes"
        return NUMBERS.get(name, str)(text) if text else None
    return Run(**{name: read(name, row[name]) for name in COLUMNS})


def whole_lines(text):
    """But for a last line without an end: it is being written, or was when its writer was killed."""
    return text[:text.rfind(b"\n") + 1]


class Log:
    """The file of runs. Anybody may read it, at any time; who adds to it holds the lock of its folder."""

    def __init__(self, path):
        self.path = path
        self.runs = []
        if os.path.exists(path):
            with open(path, "rb") as file:
                lines = whole_lines(file.read()).decode().splitlines()
            self.runs = [parse(row) for row in csv.DictReader(lines)]

    def add(self, run):
        values = {name: getattr(run, name) for name in COLUMNS} | {"swap": "yes" if run.swap else "no"}
        with open(self.path, "ab+") as file:
            file.seek(0)
            size = len(whole_lines(file.read()))
            file.truncate(size)
            rows = io.StringIO()
            writer = csv.writer(rows, lineterminator="\n")
            if size == 0:
                writer.writerow(COLUMNS)
            writer.writerow(["" if values[name] is None else values[name] for name in COLUMNS])
            file.write(rows.getvalue().encode())
            file.flush()
            os.fsync(file.fileno())
        self.runs.append(run)


def spread(values):
    """(largest - least) / median"""
    return (max(values) - min(values)) / statistics.median(values)


def n_wanted(runs):
    """How many runs a case should have, given those that it has."""
    outcomes = {run.outcome for run in runs}
    if len(outcomes) == 1 and (enough := ENOUGH.get(*outcomes)):
        return enough
    if len(outcomes) > 1:
        return MORE_RUNS    # sometimes killed, sometimes not
    latencies = [run.latency_s for run in runs]
    return MORE_RUNS if len(runs) >= RUNS and spread(latencies) > SPREAD else RUNS


def line(case):
    """What cases that differ in their limits alone have in common."""
    return case.series, case.disk, case.swap, case.config


class Ledger:
    """Which runs are there of which cases, and what follows from them for others."""

    def __init__(self, runs):
        self.by_line = {}    # {line: {limit: runs}}
        for run in runs:
            self.add(run)

    def add(self, run):
        """Another run of a case; one that failed before it is no longer of interest."""
        by_limit = self.by_line.setdefault(line(run.case), {})
        by_limit[run.limit] = [other for other in by_limit.get(run.limit, []) if other.outcome != FAILED] + [run]

    def all_runs(self, case):
        return self.by_line.get(line(case), {}).get(case.limit, [])

    def runs(self, case):
        """Those that count: of one mode, the one that was last found to work."""
        found = self.all_runs(case)
        if any(run.mode == BARE for run in found):
            found = [run for run in found if run.mode == BARE]
        return found

    def was_refused(self, case):
        """Whether a plan for the limit was tried and did not fit."""
        return any(run.mode == HELD and run.outcome == REFUSED for run in self.all_runs(case))

    def stands_for(self, case):
        """The case without swap that is the same run: a plan that keeps its limit does not swap."""
        if not case.swap:
            return None
        other = replace(case, swap=False)
        held = self.runs(other)
        return other if held and all(run.mode == HELD and run.outcome == DONE for run in held) else None

    def inferred(self, case, mode):
        """What happens for certain, as it happened where there was more memory: what does not know of its limit
        and was timed out, or killed without swap, is so in less."""
        if mode != BARE or case.limit is None:
            return None
        for limit in self.by_line.get(line(case), {}):
            if limit is None or limit <= case.limit:
                continue
            runs = self.runs(replace(case, limit=limit))
            outcomes = {run.outcome for run in runs}
            certain = {TIMED_OUT} if case.swap else {TIMED_OUT, KILLED}
            if len(outcomes) == 1 and outcomes <= certain and runs[0].mode == BARE and len(runs) >= n_wanted(runs):
                return outcomes.pop()
        return None

    def n_missing(self, case, mode):
        """How many runs are still to be made of a case, as far as one can tell."""
        runs = self.runs(case)
        if self.stands_for(case) or (not runs and self.inferred(case, mode)):
            return 0
        return max(0, n_wanted(runs) - len(runs))
