"""The programs that are measured: how each is called, and what it said.

A pass is the same for all: one inference, the first after loading, as the program times it. Networks without
boxes are run by tools/outputs.c, linked with stock Darknet and with ours; those with boxes by `detector test` on
data/dog.jpg, which prints "Predicted in N seconds". Stock reads its weights before the pass, ours during it:
what a pass takes of ours includes reading the weights from the disk, and "wall" is the whole process for both.
Plans of ours that do not swap run a second pass, by tools/outputs.c: that is what the cost model predicts, which
knows nothing of memory that is touched for the first time.

All run on one core with one thread, with their weights not in the page cache (tools/limit)."""
import hashlib
import os
import re
import subprocess

from series import LAYERS, MB, OURS, STOCK

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TREE = os.path.join(TOP, "darknet")
LIMIT = os.path.join(TOP, "tools", "limit")
HELD, BARE = "held", "bare"    # a plan that was made for the limit; anything that knows of none


class ProgramError(Exception):
    """Something that must be there, or work, and does not."""


def archive_hash(path):
    """Of the objects in an archive, but for the one that knows which commit this is: programs of two commits
    that differ in documents alone are one."""
    sums = hashlib.sha256()
    with open(path, "rb") as file:
        if file.read(8) != b"!<arch>\n":
            raise ProgramError(f"{path}: not an archive")
        while head := file.read(60):
            size = int(head[48:58])
            data = file.read(size + size % 2)
            # a name of up to 15 bytes ends in a slash; "/" and "//" are tables
            if head[:16].rstrip() not in (b"/", b"//", b"version.o/"):
                sums.update(data)
    return sums.hexdigest()[:12]


def value(key, text):
    """What "KEY: value" says; None where there is none."""
    found = re.search(rf"^{key}: (.*)$", text, re.MULTILINE)
    return found and found[1]


class Programs:
    """Calls them; `out` is where what they need and write is kept. Costs that were measured before are in `results`,
    which is only read where it is another folder."""

    def __init__(self, out, results):
        self.out = out
        self.results = results
        self.archives = {STOCK: os.path.join(TOP, "build/stock/libdarknet.a"),
                         OURS: os.path.join(TREE, "libdarknet.a")}
        for path in (*self.archives.values(), LIMIT):
            if not os.path.exists(path):
                raise ProgramError(f"no {os.path.relpath(path, TOP)}: `make all stock` first")
        self.hashes = {side: archive_hash(path) for side, path in self.archives.items()}
        self.known = {}    # what predict() was told

    def version(self, config):
        """Which program a configuration is measured with."""
        return self.hashes[STOCK if config == STOCK else OURS]

    # ---- what is needed

    def link(self):
        """tools/outputs.c with each Darknet; -Ofast as in the Makefile, whose start-up code flushes denormals."""
        openmp = ["-fopenmp"] if os.environ.get("OPENMP", "1") == "1" else []
        includes = {STOCK: "../build/upstream/include", OURS: "include"}    # patches add members to structures
        for side, archive in self.archives.items():
            command = [*os.environ.get("CC", "gcc").split(), "-std=gnu11", "-Ofast", *openmp, "-I", includes[side],
                       "../tools/outputs.c", archive, "-lz", "-lm", "-pthread", "-o",
                       os.path.join(self.out, side)]
            if subprocess.run(command, cwd=TREE).returncode:
                raise ProgramError(f"tools/outputs.c does not link with {archive}")

    def cfg(self, network, **flags):
        """A copy of the network's cfg with these flags of MAFAT in it, and none besides: its path."""
        with open(os.path.join(TOP, network.cfg)) as file:
            text = file.read()
        text = re.sub(r"^(mafat\w*=.*|width=.*|height=.*)\n", "", text, flags=re.MULTILINE)
        lines = [f"width={network.size}", f"height={network.size}", *(f"{k}={v}" for k, v in flags.items() if v)]
        text = re.sub(r"^\[net\w*\]\n", lambda found: found[0] + "\n".join(lines) + "\n", text, count=1,
                      flags=re.MULTILINE)
        path = os.path.join(self.out, f"{network.name}.cfg")
        with open(path, "w") as file:
            file.write(text)
        return path

    def weights(self, network):
        """Random ones, of the same shapes whatever the size; made once, in build/weights as the tests do."""
        name = os.path.splitext(os.path.basename(network.cfg))[0]
        path = os.path.join(TOP, "build/weights", name + ".weights")
        tool = os.path.join(TOP, "tools/random_weights")
        os.makedirs(os.path.dirname(path), exist_ok=True)
        if not os.path.exists(path) or os.path.getmtime(path) < os.path.getmtime(tool):
            subprocess.run([tool, os.path.join(TOP, network.cfg), path + ".new"], check=True,
                           stdout=subprocess.DEVNULL)
            os.replace(path + ".new", path)
        return path

    def costs(self, disk):
        """(folder with what computing and reading cost, file that is there once they have been measured for good)."""
        folder = os.path.join(self.results, f"costs-{disk or 'free'}")
        return folder, os.path.join(folder, self.hashes[OURS])

    def environment(self, disk):
        """A person's, but for threads, and for the costs of computing and reading, which are those of a disk that
        gives so much. Who only asks, before they were measured for good, goes by what that person's own cache knows."""
        result = {k: v for k, v in os.environ.items() if k not in ("OMP_WAIT_POLICY", "OMP_NUM_THREADS")}
        result["OMP_NUM_THREADS"] = "1"
        folder, mark = self.costs(disk)
        if self.out == self.results or os.path.exists(mark):
            result["XDG_CACHE_HOME"] = folder
        return result

    # ---- asking before

    def ask(self, disk, command, network, *words):
        """What a command of `darknet mafat` says; None where nothing fits."""
        photo = ["-image", "data/dog.jpg", "-data", "cfg/coco.data"] if network.detects else []
        done = subprocess.run(["./darknet", "mafat", command, self.cfg(network), *words, *photo, "-threads", "1"],
                              cwd=TREE, env=self.environment(disk), capture_output=True, text=True)
        if done.returncode not in (0, 3):
            raise ProgramError(f"mafat {command} {' '.join(words)}: {done.stderr.strip().splitlines()[-1]}")
        return done.stdout if done.returncode == 0 else None

    def own(self, network, limit):
        """-memory for a plan in a process that holds its input itself; with no limit, none."""
        return [] if limit is None else ["-memory", str(limit * MB - network.input_bytes)]

    def predict(self, network, case):
        """How a case runs, the bytes of the process and the seconds of its pass as predicted: None where they are
        not ours to predict."""
        if case.config in (STOCK, LAYERS):
            return BARE, None, None
        key = network.name, case.disk, case.limit, case.config
        if key not in self.known:
            config = [] if case.config == OURS else ["-mafat", case.config]
            mode = HELD if case.limit is not None else BARE
            said = self.ask(case.disk, "predict", network, *config, *self.own(network, case.limit))
            if said is None and case.config != OURS:
                mode, said = BARE, self.ask(case.disk, "predict", network, *config)
            self.known[key] = (mode, None, None) if said is None else \
                (mode, int(value("predicted_bytes", said)) + network.input_bytes,
                 float(value("predicted_latency_s", said)))
        return self.known[key]

    def choices(self, network, limits):
        """What the paper's search takes at each limit. Where none of its configurations fits: what it takes at
        the next larger limit, which will swap."""
        found, last = {}, None
        for limit in (None, *sorted(limits, reverse=True)):
            memory = self.own(network, limit) or ["-memory", "1024G"]
            said = self.ask(None, "search", network, "-paper", *memory)
            last = value("config", said) if said else last
            found[limit] = last
        return found

    # ---- a run

    def command(self, network, case, mode):
        """The words of one pass."""
        weights = self.weights(network)
        config = None if case.config in (STOCK, OURS) else case.config
        memory = f"{case.limit}M" if mode == HELD else None
        if not network.detects:
            flags = {} if case.config == STOCK else dict(mafat=config, mafat_memory=memory, mafat_threads=1)
            program = os.path.join(self.out, STOCK if case.config == STOCK else OURS)
            again = ["again"] if case.config not in (STOCK, LAYERS) and (mode == HELD or case.limit is None) else []
            return [program, self.cfg(network, **flags), weights, *again]
        program = ["../build/stock/darknet"] if case.config == STOCK else ["./darknet", "mafat"]
        options = ["-mafat", config] if config else []
        options += ["-memory", memory] if memory else []
        options += [] if case.config == STOCK else ["-threads", "1"]
        return [*program, "detector", "test", "cfg/coco.data", self.cfg(network), weights, "data/dog.jpg",
                "-thresh", ".12", "-out", os.path.join(self.out, "picture"), *options]

    def said_plan(self, stderr):
        """(configuration, predicted bytes) of what a run in a limit says of its plan, last; (None, None) else."""
        found = re.findall(r"^mafat: limit \d+ bytes: (\S+), predicted (\d+)", stderr, re.MULTILINE)
        return (found[-1][0], int(found[-1][1])) if found else (None, None)

    def passes_s(self, network, stdout, stderr):
        """What the pass took, as the program says, and another one behind it, or None."""
        if network.detects:
            found = re.search(r"Predicted in ([\d.]+) seconds", stdout.decode(errors="replace"))
            return found and float(found[1]), None
        return tuple(text and float(text) for text in (value("seconds", stderr), value("seconds_again", stderr)))

    def outputs(self, network, stdout):
        """A hash of what came out: the same for all runs of a network."""
        path = os.path.join(self.out, "picture.jpg")
        if network.detects:
            with open(path, "rb") as file:
                stdout = file.read()
            os.unlink(path)
        return hashlib.sha256(stdout).hexdigest()[:12]
