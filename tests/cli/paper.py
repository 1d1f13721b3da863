"""The rules of `make paper` (tools/paper): which runs are made, which follow from others, and what is made of them.
Run by tests/cli/paper.sh; nothing is measured here."""
import contextlib
import dataclasses
import importlib.machinery
import importlib.util
import io
import itertools
import os
import shutil
import signal
import sys
import tempfile
import unittest
from unittest import mock

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/paper"))
import draw  # noqa: E402
import machine  # noqa: E402
import summary  # noqa: E402
from runs import BARE, DONE, FAILED, HELD, KILLED, REFUSED, TIMED_OUT, Ledger, Log, Run, n_wanted, parse  # noqa: E402
from series import BY_HAND, Case, OURS, PAPER, QUICK, SERIES, STOCK, cases  # noqa: E402


def run(outcome=DONE, latency_s=1.0, case=Case("first16", None, False, 64, STOCK), mode=BARE, **others):
    values = dict(program="p", again_s=None, wall_s=latency_s, peak_bytes=1 << 20, limit_hits=0, swapped_out_bytes=0,
                  swapped_in_bytes=0, predicted_bytes=None, predicted_s=None, chosen=None, outputs="o", load=0.0,
                  ended="2026-11-29 12:00:00")
    return Run(**vars(case), mode=mode, outcome=outcome, latency_s=latency_s if outcome == DONE else None,
               **(values | others))


class HowMany(unittest.TestCase):
    def test_three_runs_or_five_where_they_differ(self):
        self.assertEqual(n_wanted([]), 3)
        self.assertEqual(n_wanted([run(), run()]), 3)
        self.assertEqual(n_wanted([run(latency_s=s) for s in (1, 1.05, 1.1)]), 3)
        self.assertEqual(n_wanted([run(latency_s=s) for s in (1, 1.05, 1.2)]), 5)

    def test_what_is_certain_is_not_repeated(self):
        for outcome, enough in ((KILLED, 2), (TIMED_OUT, 1), (REFUSED, 1), (FAILED, 1)):
            self.assertEqual(n_wanted([run(outcome)]), enough)
        self.assertEqual(n_wanted([run(KILLED), run()]), 5)


class WhatFollows(unittest.TestCase):
    def at(self, limit, **changes):
        return dataclasses.replace(Case("first16", None, False, 64, STOCK), limit=limit, **changes)

    def test_less_memory_is_no_better(self):
        for swap, outcome, n_runs in itertools.product((False, True), (DONE, KILLED, TIMED_OUT), (1, 2)):
            ledger = Ledger([run(outcome, case=self.at(64, swap=swap))] * n_runs)
            enough = n_runs >= {KILLED: 2, TIMED_OUT: 1, DONE: 9}[outcome]
            follows = enough and (outcome == TIMED_OUT or outcome == KILLED and not swap)
            self.assertEqual(ledger.inferred(self.at(32, swap=swap), BARE), outcome if follows else None)
            self.assertEqual(ledger.n_missing(self.at(32, swap=swap), BARE) == 0, follows)
            # and nothing follows for more memory, other configurations, swap or disks, or a plan for the limit
            for other in (self.at(128, swap=swap), self.at(32, swap=swap, config="layers"),
                          self.at(32, swap=not swap), self.at(32, swap=swap, disk=25), self.at(None, swap=swap)):
                self.assertIsNone(ledger.inferred(other, BARE))
            self.assertIsNone(ledger.inferred(self.at(32, swap=swap), HELD))

    def test_a_plan_that_keeps_its_limit_is_run_without_swap_alone(self):
        plain, swapping = self.at(64, config="3x3/NoCut"), self.at(64, config="3x3/NoCut", swap=True)
        self.assertIsNone(Ledger([run(case=plain, mode=BARE)]).stands_for(swapping))
        self.assertIsNone(Ledger([run(KILLED, case=plain, mode=HELD)]).stands_for(swapping))
        ledger = Ledger([run(case=plain, mode=HELD)])
        self.assertEqual(ledger.stands_for(swapping), plain)
        self.assertEqual((ledger.n_missing(swapping, HELD), ledger.n_missing(plain, HELD)), (0, 2))

    def test_a_run_that_failed_counts_until_there_is_another(self):
        plain = self.at(64)
        ledger = Ledger([run(FAILED, case=plain)])
        self.assertEqual(ledger.n_missing(plain, BARE), 0)
        ledger.add(run(case=plain))
        self.assertEqual(([found.outcome for found in ledger.runs(plain)], ledger.n_missing(plain, BARE)), ([DONE], 2))

    def test_a_refused_plan_is_run_without_its_limit(self):
        plain = self.at(64, config="3x3/NoCut")
        ledger = Ledger([run(REFUSED, case=plain, mode=HELD)])
        self.assertTrue(ledger.was_refused(plain))
        ledger.add(run(case=plain, mode=BARE))
        self.assertEqual([found.mode for found in ledger.runs(plain)], [BARE])


class Cases(unittest.TestCase):
    def test_each_once_and_those_without_a_limit_first(self):
        for series in (*SERIES.values(), *QUICK.values()):
            found = cases(series, {limit: "1x1/NoCut" for limit in (None, *series.limits)})
            self.assertEqual(len(found), len(set(found)))
            self.assertNotIn(PAPER, {case.config for case in found})
            for disk in series.disks:
                limits = [case.limit for case in found if case.disk == disk]
                self.assertIsNone(limits[0])
                self.assertEqual(set(limits), {None, *series.limits})

    def test_the_search_by_hand_is_the_papers(self):
        self.assertEqual(len(BY_HAND), 20)
        self.assertTrue({"1x1/NoCut", "5x5/NoCut", "5x5/8/2x2", "1x1/4/2x2", "5x5/12/2x2"} <= set(BY_HAND))


class TheLog(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.path = os.path.join(self.folder.name, "runs.csv")

    def test_runs_come_back_as_they_were(self):
        made = [run(), run(KILLED, peak_bytes=None), run(case=Case("slow", 25, True, None, "5x5/8/2x2"), mode=HELD,
                                                         predicted_bytes=7, predicted_s=.25, chosen="1x1,a\"b")]
        log = Log(self.path)
        for one in made:
            log.add(one)
        self.assertEqual(Log(self.path).runs, made)

    def test_a_line_that_was_cut_short_is_no_run(self):
        log = Log(self.path)
        for _ in range(3):
            log.add(run())
        with open(self.path, "rb") as file:
            whole = file.read()
        ends = [i + 1 for i, byte in enumerate(whole) if byte == 10]
        for length in range(len(whole)):
            with open(self.path, "wb") as file:
                file.write(whole[:length])
            log = Log(self.path)
            n_whole = max(0, sum(end <= length for end in ends) - 1)
            self.assertEqual(len(log.runs), n_whole)
            with open(self.path, "rb") as file:    # another one may be about to write the rest
                self.assertEqual(file.read(), whole[:length])
            log.add(run())
            self.assertEqual(len(Log(self.path).runs), n_whole + 1)


class Results(unittest.TestCase):
    def test_medians_are_of_runs_that_ended_well(self):
        found = summary.sum_up(Case("first16", None, True, 64, STOCK),
                               [run(latency_s=s) for s in (3, 1, 2)] + [run(KILLED)])
        self.assertEqual((found.latency_s, found.least_s, found.most_s, found.n_done, found.n_runs), (2, 1, 3, 3, 4))
        self.assertEqual(found.outcome, "done or killed")
        self.assertEqual(summary.seconds(found), "2.000 (1 of 4 not)")
        self.assertEqual(summary.seconds(summary.sum_up(found.case, [run(KILLED)])), "killed")
        other_outputs = dataclasses.replace(run(latency_s=1e-3), outcome=FAILED)
        self.assertEqual(summary.sum_up(found.case, [other_outputs, run(latency_s=2)]).least_s, 2)

    def test_a_front_is_what_no_other_point_beats(self):
        points = [(1, 9), (2, 5), (2, 7), (3, 5), (4, 1), (5, 2), (9, 1)]
        front = draw.pareto(points)
        beaten = [p for p in points if any(q != p and q[0] <= p[0] and q[1] <= p[1] for q in points)]
        self.assertEqual(sorted(front), sorted(set(points) - set(beaten)))

    def test_tables_from_runs(self):
        with tempfile.TemporaryDirectory() as folder:
            log = Log(os.path.join(folder, "runs.csv"))
            for config, latency, mode in ((STOCK, 8.0, BARE), ("2x2/NoCut", 2.0, HELD), ("3x3/NoCut", 4.0, HELD),
                                          (OURS, 1.0, HELD)):
                for limit, swap in itertools.product((64, None), (False, True)):
                    if swap and mode == HELD or limit is None and swap:
                        continue
                    log.add(run(case=Case("first16", None, swap, limit, config), mode=mode, latency_s=latency))
            log.add(run(FAILED, case=Case("first16", None, False, 32, OURS), mode=HELD))
            log.add(run(KILLED, case=Case("first16", None, False, 48, OURS), mode=HELD))
            summary.write_choices(folder, {"first16": {64: "3x3/NoCut"}})
            results = summary.Results(folder, SERIES)
            text = summary.markdown(results)
            self.assertIn("| 64 MB | 8.000 |  | 4.000 | `3x3/NoCut` | 2.000 | `2x2/NoCut` | 1.000 |  | 8.00 |", text)
            self.assertIn("| 64 MB | with swap | `2x2/NoCut` | 2.000 | 2.000-2.000 | +100.0 % | -50.0 % |", text)
            self.assertNotIn("second pass", text)
            self.assertIn("up to 2.0 times (at 64 MB) | up to 8.0 times (at 64 MB) |", text)
            self.assertEqual(summary.problems(results),
                             ["first16, 48 MB, ours: killed", "first16, 32 MB, ours: failed"])

    @unittest.skipIf(shutil.which("gnuplot") is None, "no gnuplot")
    def test_pictures_of_whatever_has_been_measured(self):
        bare = run(case=Case("first16", None, False, None, STOCK))
        held = run(case=Case("first16", None, False, 64, "3x3/NoCut"), mode=HELD, predicted_bytes=1 << 20,
                   predicted_s=1.0, again_s=1.0)
        for runs, expected in (
                ([run(KILLED)], []),
                ([run()], ["latency-first16-no-swap"]),
                ([bare], ["front-first16"]),
                ([dataclasses.replace(bare, peak_bytes=None)], []),
                ([run(case=Case("slow", 25, True, 64, OURS), mode=HELD, peak_bytes=None)],
                 ["latency-slow-25-swap", "process-slow-25-swap", "swapped-slow-25-swap"]),
                ([bare, held], ["front-first16", "latency-first16-no-swap", "latency-first16-swap",
                                "predicted-memory-first16", "predicted-time-first16", "share-first16-no-swap",
                                "share-first16-swap", "swapped-first16-swap"])):
            with tempfile.TemporaryDirectory() as folder:
                log = Log(os.path.join(folder, "runs.csv"))
                for one in runs:
                    log.add(one)
                with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                    self.assertEqual(draw.all_pictures(folder, SERIES, publish=False), 0)
                drawn = os.listdir(os.path.join(folder, "plots"))
                for form in "svg", "png":
                    self.assertEqual(sorted(n.removesuffix("." + form) for n in drawn if n.endswith(form)), expected)

    def test_runs_of_a_program_that_was_built_anew_do_not_count(self):
        with tempfile.TemporaryDirectory() as folder:
            log = Log(os.path.join(folder, "runs.csv"))
            case = Case("first16", None, False, 64, OURS)
            log.add(run(latency_s=9.0, case=case, mode=HELD, program="old"))
            log.add(run(latency_s=1.0, case=case, mode=HELD, program="new"))
            log.add(run(latency_s=5.0, program="stock"))
            results = summary.Results(folder, SERIES)
            self.assertEqual(results.sum_of(case).latency_s, 1)
            self.assertEqual(results.sum_of(Case("first16", None, False, 64, STOCK)).latency_s, 5)


class Cgroups(unittest.TestCase):
    """Where cgroups are found, by what /proc says on machines of both versions."""

    def find(self, controller, own, mounts):
        lines = "\n".join(f"30 20 0:{i} {root} {point} rw - {kind} none {options}"
                          for i, (root, point, kind, options) in enumerate(mounts))
        texts = {"/proc/self/cgroup": own, "/proc/self/mountinfo": lines + "\n"}
        with mock.patch.object(machine, "read", texts.__getitem__):
            return machine.find_cgroup([controller])

    def test_each_version_and_both(self):
        v1 = [("/", "/sys/fs/cgroup/memory", "cgroup", "rw,memory"),
              ("/", "/sys/fs/cgroup/blkio", "cgroup", "rw,blkio"),
              ("/", "/sys/fs/cgroup/unified", "cgroup2", "rw")]
        own = "5:blkio:/\n4:memory:/a/b\n0::/c\n"
        self.assertEqual(self.find("memory", own, v1), (1, "/sys/fs/cgroup/memory/a/b", "/sys/fs/cgroup/memory"))
        self.assertEqual(self.find("blkio", own, v1), (1, "/sys/fs/cgroup/blkio", "/sys/fs/cgroup/blkio"))
        v2 = [("/", "/sys/fs/cgroup", "cgroup2", "rw")]
        self.assertEqual(self.find("memory", "0::/user/x\n", v2), (2, "/sys/fs/cgroup/user/x", "/sys/fs/cgroup"))
        inside = [("/box", "/sys/fs/cgroup", "cgroup2", "rw")]
        self.assertEqual(self.find("memory", "0::/box/x\n", inside)[1], "/sys/fs/cgroup/x")
        with self.assertRaises(machine.MachineError):
            self.find("memory", "0::/other\n", inside)


class Command(unittest.TestCase):
    """What the command does first and last."""

    def setUp(self):
        loader = importlib.machinery.SourceFileLoader("command", os.path.join(os.path.dirname(draw.__file__), "paper"))
        with mock.patch.object(sys, "dont_write_bytecode", True):
            self.command = importlib.util.module_from_spec(importlib.util.spec_from_loader("command", loader))
            loader.exec_module(self.command)
        for number in self.signals:
            self.addCleanup(signal.signal, number, signal.getsignal(number))

    signals = signal.SIGHUP, signal.SIGINT, signal.SIGTERM

    def test_costs_are_measured_before_anything_is_chosen_by_them(self):
        for calibrated, expected in ((False, ["make_cgroups", "calibrate", "find_cases"]), (True, ["find_cases"])):
            experiment = mock.Mock(**{"is_calibrated.return_value": calibrated, "machine.clear.return_value": False})
            with mock.patch.multiple(self.command, announce=lambda _: 0, cgroup_text=lambda _: "", say=lambda _: None,
                                     summary=mock.Mock()):
                self.assertTrue(self.command.make_runs(experiment))
            done = [name for name, _, _ in experiment.method_calls]
            self.assertEqual([name for name in done if name in ("make_cgroups", "calibrate", "find_cases")], expected)

    def test_what_was_made_is_taken_back_whatever_further_signals_come(self):
        handle_signals = self.command.handle_signals
        for first, second in itertools.product((None, *self.signals), self.signals):
            cleared = []
            coming = [second]

            def handle(handler):
                if coming:
                    os.kill(os.getpid(), coming.pop())
                handle_signals(handler)

            def make_runs(_):
                if first:
                    os.kill(os.getpid(), first)

            def clear():
                for number in self.signals:
                    os.kill(os.getpid(), number)
                cleared.append(True)

            handle_signals(self.command.interrupt)
            experiment = mock.Mock(**{"machine.clear": clear})
            with mock.patch.object(self.command, "handle_signals", handle), \
                    mock.patch.object(self.command, "make_runs", make_runs), \
                    self.assertRaises(self.command.Interrupted):
                self.command.measure(experiment)
            self.assertEqual(cleared, [True])
            self.assertEqual([signal.getsignal(number) for number in self.signals], [signal.SIG_DFL] * 3)


class Made(unittest.TestCase):
    """What is made on the machine, in folders that look like cgroups of version 2."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.top = os.path.join(folder.name, "cgroup")
        self.own = os.path.join(self.top, "slice", "scope")
        os.makedirs(self.own)
        for at, handed in ((self.top, "memory io"), (os.path.dirname(self.own), "memory"), (self.own, "")):
            machine.write(os.path.join(at, "cgroup.subtree_control"), handed)
        self.out = os.path.join(folder.name, "out")
        os.mkdir(self.out)
        self.machine = machine.Machine(self.out)
        found = mock.patch.object(machine, "find_cgroup", lambda _: (2, self.own, self.top))
        found.start()
        self.addCleanup(found.stop)

    def limit(self, *parts):
        machine.write(os.path.join(self.top, *parts, "memory.max"), "1048576\n")

    def test_below_the_closest_that_hands_on_what_is_wanted(self):
        self.machine.make_cgroups(False)
        self.assertEqual(os.path.dirname(self.machine.above), os.path.dirname(self.own))
        self.machine.make_cgroups(True)
        self.assertEqual((os.path.dirname(self.machine.above), self.machine.mechanism), (self.top, "io.max"))

    def test_never_above_a_memory_limit(self):
        self.limit("slice")    # which itself hands memory on, but not io
        with self.assertRaisesRegex(machine.ReadingError, "hands io on"):
            self.machine.make_cgroups(True)
        self.machine.make_cgroups(False)
        self.assertEqual(os.path.dirname(self.machine.above), os.path.dirname(self.own))
        self.limit("slice", "scope")
        for throttled in (False, True):
            with self.assertRaisesRegex(machine.MachineError, "hands memory on") as caught:
                self.machine.make_cgroups(throttled)
            self.assertNotIsInstance(caught.exception, machine.ReadingError)

    def test_without_memory_there_is_nothing_and_without_io_no_slow_disk(self):
        def refuse(word):
            def write(path, text):
                if word in text:
                    raise OSError(f"no {word}")
            return mock.patch.object(machine, "write", write)
        for word, expected in (("memory", machine.MachineError), ("io", machine.ReadingError)):
            made = machine.Machine(self.out)
            with refuse("+" + word), self.assertRaisesRegex(expected, f"no .{word}") as caught:
                made.make_cgroups(True)
            self.assertIs(type(caught.exception), expected)
            shutil.rmtree(made.above)

    def test_what_swaps_is_ended_before_swap_is_taken_back(self):
        self.machine.make_cgroups(False)
        self.machine._note("swap", self.machine.swap_file)
        running = os.path.join(self.machine.above, "cgroup.procs")
        machine.write(running, "1\n")
        done = []

        def kill(pid):
            done.append(("kill", pid))
            machine.write(running, "")

        def run(words, **_):
            done.append(tuple(words))

        with mock.patch.object(machine, "kill", kill), mock.patch.object(machine.subprocess, "run", run), \
                mock.patch.object(machine, "swaps", lambda: [os.path.realpath(self.machine.swap_file)]), \
                mock.patch.object(machine, "remove_cgroup", lambda folder: done.append(("remove", folder))):
            self.machine.clear()
        self.assertEqual(done[:2], [("kill", 1), ("swapoff", self.machine.swap_file)])
        self.assertIn(("remove", self.machine.above), done[2:])

    def test_what_is_there_already_is_left_alone(self):
        foreign = os.path.join(self.top, "slice", f"mafat-paper-{os.getpid()}")
        os.mkdir(foreign)
        for path in ("swap", "reads"):
            machine.write(os.path.join(self.out, path), path)
        for make in (lambda: self.machine.make_swap(4096), lambda: self.machine.reading_rate(0, 1),
                     lambda: self.machine.make_cgroups(False)):
            with self.assertRaisesRegex(machine.MachineError, "is there already"):
                make()
        self.assertFalse(self.machine.clear())
        self.assertTrue(os.path.isdir(foreign))
        for path in ("swap", "reads"):
            self.assertEqual(machine.read(os.path.join(self.out, path)), path)


if __name__ == "__main__":
    unittest.main()
