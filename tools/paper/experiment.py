"""Cases, run round after round until none lacks a run. The next session goes on from the file of runs."""
import datetime
import os
import shutil
import subprocess
import sys
from dataclasses import replace

from machine import MachineError, ReadingError, swapped_bytes
from programs import BARE, HELD, LIMIT, TREE, ProgramError, Programs, value
from runs import DONE, FAILED, KILLED, REFUSED, TIMED_OUT, Ledger, Log, Run, line
from series import MB, OURS, QUICK, SERIES, STOCK, cases

SWAP_MB = 2048
TIMES_STOCK, LEAST_TIMEOUT_S = 10, 60    # of stock's process without a limit
KILL_AFTER_S = 10                        # what does not end when asked to


def say(text):
    print(f"paper: {text}", file=sys.stderr)


def minutes(seconds):
    return f"{seconds:.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min" if seconds < 6000 else \
        f"{seconds / 3600:.1f} h"


def number(key, text, kind=int):
    """What a report says; None where that is no number."""
    try:
        return kind(value(key, text))
    except (TypeError, ValueError):
        return None


def outcome(counts, timed_out):
    """Of a report by tools/limit."""
    status = int(value("exit_status", counts))
    if timed_out:
        return TIMED_OUT
    if status == 0:
        return DONE
    if int(value("oom_kills", counts) or 0) > 0:
        return KILLED
    return REFUSED if status == 3 else FAILED


def case_text(case):
    limit = "no limit" if case.limit is None else f"{case.limit} MB{' and swap' if case.swap else ''}"
    return f"{case.series}{f' at {case.disk} MB/s' if case.disk else ''}, {limit}, {case.config}"


def describe(run):
    swapped = (run.swapped_out_bytes + run.swapped_in_bytes) / MB
    said = f"{run.latency_s:.3f} s" if run.outcome == DONE else run.outcome
    return said + (f", {swapped:.0f} MB swapped" if swapped >= 1 else "")


def progress(text):
    """A line in a log; on a terminal one line that changes. None ends it."""
    if not sys.stderr.isatty():
        if text:
            say(text)
    elif text:
        columns = shutil.get_terminal_size().columns
        sys.stderr.write("\r" + f"paper: {text}"[:columns - 1].ljust(columns - 1))
        sys.stderr.flush()
    else:
        sys.stderr.write("\n")


class Experiment:
    """The series that are asked for, on one machine. Who only asks what there is to do gives a `scratch` folder for
    what is written meanwhile."""

    def __init__(self, out, chosen, machine, scratch=None):
        self.out = out
        self.chosen = chosen
        self.machine = machine
        self.networks = {series.name: series.network for series in chosen}
        self.programs = Programs(scratch or out, out)
        self.log = Log(os.path.join(out, "runs.csv"))
        self.expected = {}    # of each network: what stock's outputs are
        self.core = max(os.sched_getaffinity(0))
        usable = [run for run in self.log.runs if run.program == self.programs.version(run.config)]
        if len(usable) < len(self.log.runs):
            say(f"{len(self.log.runs) - len(usable)} runs of programs that have been built anew are left aside")
        usable = [run for run in usable if run.outcome != FAILED]    # which may have been mended since
        self.ledger = Ledger(usable)
        for run in usable:
            self.is_as_expected(run)
        self.cases = []

    def is_as_expected(self, run):
        """Whether a run has stock's outputs, the first of which are those that are expected."""
        if run.series not in self.networks or run.outcome != DONE:
            return True
        name = self.networks[run.series].name
        if run.config == STOCK:
            self.expected.setdefault(name, run.outputs)
        return self.expected.get(name, run.outputs) == run.outputs

    def throttled(self):
        return any(disk for series in self.chosen for disk in series.disks)

    def find_cases(self):
        """All of them, which takes what the paper's search chooses, by what computing costs."""
        self.choices = {}
        for series in self.chosen:
            name = series.network.name
            limits = {limit for other in (*SERIES.values(), *QUICK.values()) if other.network.name == name
                      for limit in other.limits}
            if name not in self.choices:
                self.choices[name] = self.programs.choices(series.network, limits)
            self.cases += cases(series, self.choices[name])

    # ---- one case

    def mode(self, case):
        """How a case runs, and what is predicted of it: see Programs.predict()."""
        mode, predicted_bytes, predicted_s = self.programs.predict(self.networks[case.series], case)
        if mode == HELD and case.config != OURS and self.ledger.was_refused(case):
            return self.programs.predict(self.networks[case.series], replace(case, limit=None))
        return mode, predicted_bytes, predicted_s

    def n_missing(self, case):
        return self.ledger.n_missing(case, self.mode(case)[0])

    def timeout_s(self, case):
        free = [run.wall_s for run in self.stock_runs(case) if run.outcome == DONE]
        return max(LEAST_TIMEOUT_S, TIMES_STOCK * max(free, default=0))

    def stock_runs(self, case):
        """Stock's without a limit, from the same disk."""
        return [run for swap in (False, True)
                for run in self.ledger.runs(replace(case, swap=swap, limit=None, config=STOCK))]

    def run(self, case):
        """One process; returns its Run, which has been written down."""
        network = self.networks[case.series]
        mode, predicted_bytes, predicted_s = self.mode(case)
        report = os.path.join(self.out, "counts")
        bounds = ["none"] if case.limit is None else [f"{case.limit}M"]
        if case.swap and case.limit is not None and mode == BARE:
            bounds = ["-s", f"{SWAP_MB}M", *bounds]
        self.machine.bound_reads(case.disk)
        if os.path.exists(report):
            os.unlink(report)
        words = [LIMIT, "-o", report, *bounds, *self.programs.command(network, case, mode)]
        if mode == HELD and not case.disk:
            self.wait_for(words, case)    # so that the machine is awake: nothing of it is written down
        load, before = os.getloadavg()[0], swapped_bytes()
        stdout, stderr, timed_out = self.wait_for(words, case)
        after = swapped_bytes()
        with open(report) as file:
            counts = file.read()
        config, said_bytes = self.programs.said_plan(stderr)
        run = Run(**vars(case), mode=mode, program=self.programs.version(case.config),
                  outcome=outcome(counts, timed_out), latency_s=None, again_s=None,
                  wall_s=number("wall_s", counts, float), peak_bytes=number("peak_bytes", counts),
                  limit_hits=number("limit_hits", counts), swapped_out_bytes=after[0] - before[0],
                  swapped_in_bytes=after[1] - before[1], predicted_bytes=said_bytes or predicted_bytes,
                  predicted_s=predicted_s, chosen=config if case.config == OURS else None, outputs=None, load=load,
                  ended=datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M:%S"))
        if run.outcome == DONE:
            run.latency_s, run.again_s = self.programs.passes_s(network, stdout, stderr)
            run.wall_s -= run.again_s or 0
            run.outputs = self.programs.outputs(network, stdout)
            if not self.is_as_expected(run):
                run.outcome = FAILED
                say(f"{case_text(case)}: other outputs than stock's")
        elif run.outcome == FAILED:
            say(f"{case_text(case)}: {(stderr.strip().splitlines() or ['no message'])[-1]}")
        self.log.add(run)
        self.ledger.add(run)
        return run

    def wait_for(self, words, case):
        """Runs a command to its end, or to the time-out."""
        child = self.machine.run(words, self.core, cwd=TREE, env=self.programs.environment(case.disk),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        timed_out = False
        try:
            stdout, stderr = child.communicate(timeout=self.timeout_s(case))
        except subprocess.TimeoutExpired:
            timed_out = True
            child.terminate()    # tools/limit passes it on
            try:
                stdout, stderr = child.communicate(timeout=KILL_AFTER_S)
            except subprocess.TimeoutExpired:
                self.machine.kill_all_but(child.pid)
                stdout, stderr = child.communicate()
        if not timed_out and child.returncode in (124, 125):
            raise MachineError("tools/limit: " + stderr.decode(errors="replace").strip())
        return stdout, stderr.decode(errors="replace"), timed_out

    # ---- all cases

    def seconds_of(self, case):
        """A guess of what a run takes: what it took, or one of the same configuration near it, or else a constant."""
        known = self.ledger.runs(case)
        if not known:
            limits = [limit for limit in self.ledger.by_line.get(line(case), {}) if limit and case.limit]
            if limits:
                nearest = min(limits, key=lambda limit: abs(limit - case.limit))
                known = self.ledger.runs(replace(case, limit=nearest))
        if known:
            return sum(run.wall_s for run in known) / len(known) + .1
        network = self.networks[case.series]
        usual = network.guess_s.get(case.config, network.guess_s[OURS])
        read_s = network.weights_mb / case.disk if case.disk else 0
        mode, predicted_bytes, _ = self.mode(case)
        if mode == HELD or case.limit is None:
            return usual + read_s
        # measured on one machine: the time of what swaps grows with the square of what is lacking
        wanted_mb = predicted_bytes / MB if predicted_bytes else network.guess_mb / 2
        swapping_s = usual * (1 + (wanted_mb / case.limit) ** 2) + 4 * read_s
        return min(self.timeout_s(case), swapping_s) if case.swap else usual / 4

    def left(self):
        """(runs that are still to be made, seconds that they take), as far as one can tell: what is thought to be
        timed out is run once, at the largest limit of those."""
        n_runs = seconds = 0
        timed_out = set()
        for case in self.cases:
            missing = self.n_missing(case)
            if not missing:
                continue
            each_s = self.seconds_of(case)
            if each_s >= self.timeout_s(case):
                missing = 0 if line(case) in timed_out else 1
                timed_out.add(line(case))
            n_runs += missing
            seconds += missing * each_s
        return n_runs, seconds

    def measure(self):
        """Round after round of all cases that lack a run, so that a machine that slows down slows all of them."""
        failed = set()
        n_round = 0
        while missing := [case for case in self.cases if self.n_missing(case) and case not in failed]:
            n_round += 1
            for case in missing:
                if not self.n_missing(case):
                    continue    # something else has told meanwhile
                run = self.run(case)
                if run.outcome == FAILED:
                    failed.add(case)
                n_runs, seconds = self.left()
                progress(f"round {n_round}: {case_text(case)}: {describe(run)}; {n_runs} runs left, {minutes(seconds)}")
        progress(None)
        return not failed

    def is_calibrated(self):
        return all(os.path.exists(self.programs.costs(disk)[1]) for series in self.chosen for disk in series.disks)

    def calibrate(self):
        """What computing and reading cost here, measured once for each disk as the program itself does: its search
        goes by that. The larger the weights that are read, the better."""
        for disk in dict.fromkeys(disk for series in self.chosen for disk in series.disks):
            networks = [series.network for series in self.chosen if disk in series.disks]
            network = max(networks, key=lambda network: network.weights_mb)
            _, mark = self.programs.costs(disk)
            if os.path.exists(mark):
                continue
            say(f"measuring what computing and reading cost{f' at {disk} MB/s' if disk else ''}")
            self.machine.bound_reads(disk)
            child = self.machine.run(
                ["./darknet", "mafat", "search", self.programs.cfg(network), self.programs.weights(network),
                 "-memory", "64M", "-threads", "1", "-calibrate"], self.core, cwd=TREE,
                env=self.programs.environment(disk), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            stderr = child.communicate()[1].decode(errors="replace")
            if child.returncode:
                raise ProgramError(f"calibrate: {stderr.strip().splitlines()[-1]}")
            with open(mark, "w"):
                pass
        self.machine.bound_reads(None)

    def make_cgroups(self):
        """Cgroups, with bounds on reading where series want them. Where the machine gives none, these series are left
        out: the others go on."""
        try:
            self.machine.make_cgroups(self.throttled())
            self.check_reading()
        except ReadingError as error:
            slow = [series.name for series in self.chosen if any(series.disks)]
            say(f"reading cannot be bounded here: {error}; left out: {' '.join(slow)}")
            self.chosen = [series for series in self.chosen if series.name not in slow]
            self.cases = [case for case in self.cases if case.series not in slow]
            if not self.chosen:
                raise MachineError("nothing is left to be measured") from error
            self.machine.clear()
            self.machine.make_cgroups(False)

    def check_reading(self):
        """That a bound on reading bounds it."""
        for disk in sorted({disk for series in self.chosen for disk in series.disks if disk}):
            self.machine.bound_reads(disk)
            rate = self.machine.reading_rate(self.core, 2 * disk)
            say(f"{self.machine.mechanism}: a file was read at {rate:.1f} MB/s of {disk}")
            if not .5 * disk < rate < 1.3 * disk:
                raise ReadingError(f"{rate:.1f} MB/s is not {disk}")
        self.machine.bound_reads(None)
