"""What the experiment changes on the machine, made and taken back: a swap file, cgroups, a bound on reading. The last
is also what tools/slow_disk gives.

All that is made is written down in a file before it is made, so that the next run can clear what a run left
that was killed. Nothing is changed that was there before, but for controllers that a cgroup of version 2 hands
on where it did not; these are written down, too.

Everything runs below a cgroup "mafat-paper-PID", one in each hierarchy that is needed: tools/limit makes its own
below it, and so whatever is left of a run is found in one place."""
import ctypes
import fcntl
import os
import signal
import subprocess
import time

SWAP_PRIORITY = 32767    # the highest: ours fills before any that the machine has
PR_SET_PDEATHSIG = 1


class MachineError(Exception):
    """This machine does not give what the experiment needs; the message says what."""


class ReadingError(MachineError):
    """Only that reading cannot be bounded."""


def read(path):
    with open(path) as file:
        return file.read()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def swaps():
    """The swap areas that are on: their paths."""
    return [line.split()[0].replace("\\040", " ") for line in read("/proc/swaps").splitlines()[1:]]


def swapped_bytes():
    """What the whole machine has written to swap and read back since it was started."""
    pages = dict(line.split() for line in read("/proc/vmstat").splitlines() if line.startswith("pswp"))
    size = os.sysconf("SC_PAGESIZE")
    return int(pages.get("pswpout", 0)) * size, int(pages.get("pswpin", 0)) * size


# ---------------------------------------------------------------------------------------- cgroups

def find_cgroup(controllers):
    """The cgroup of this process that has the first of these controllers which there is, as (version, folder,
    top of its hierarchy): version 1 where a hierarchy is mounted with it, else version 2."""
    names = {}
    for line in read("/proc/self/cgroup").splitlines():
        number, having, name = line.split(":", 2)
        for controller in having.split(",") if having else ["unified"] if number == "0" else []:
            names[controller] = name
    for controller in [*controllers, "unified"]:
        for line in read("/proc/self/mountinfo").splitlines():
            before, after = (part.split() for part in line.split(" - ", 1))
            root, point, kind, options = before[3], before[4], after[0], after[2].split(",")
            if controller not in names or kind != ("cgroup2" if controller == "unified" else "cgroup"):
                continue
            inside = os.path.relpath(names[controller], root)
            if (controller == "unified" or controller in options) and not inside.startswith(".."):
                return 2 if controller == "unified" else 1, os.path.normpath(os.path.join(point, inside)), point
    raise MachineError(f"no cgroups with {' or '.join(controllers)} are mounted here")


def handed_on(folder):
    """The controllers that a cgroup of version 2 hands on to those below it."""
    return set(read(os.path.join(folder, "cgroup.subtree_control")).split())


def is_limited(folder):
    """Whether a cgroup of version 2 bounds memory; the top of all has no file of it."""
    path = os.path.join(folder, "memory.max")
    return os.path.exists(path) and read(path).strip() != "max"


def closest_handing_on(folder, top, controllers):
    """The closest cgroup of version 2, from `folder` on upwards, that hands these controllers on, else the top. None
    where it would be one above a memory limit, which whatever runs below ours would then be rid of (tools/cage.h)."""
    while folder != top and not controllers <= handed_on(folder):
        if is_limited(folder):
            return None
        folder = os.path.dirname(folder)
    return folder


def processes(folder):
    """All in a cgroup and those below it."""
    found = []
    for at, _, _ in os.walk(folder):
        try:
            found += [int(pid) for pid in read(os.path.join(at, "cgroup.procs")).split()]
        except OSError:
            pass    # it has just gone
    return found


def kill(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass    # it has just ended


def empty_cgroup(folder):
    """Kills what runs in it and below; returns once nothing does, or after ten seconds."""
    for _ in range(1000):
        found = processes(folder)
        for pid in found:
            kill(pid)
        if not found:
            return
        time.sleep(.01)


def remove_cgroup(folder):
    """Empties it, and removes it and those below it."""
    empty_cgroup(folder)
    for _ in range(1000):
        if not os.path.isdir(folder):
            return
        for at, _, _ in os.walk(folder, topdown=False):
            try:
                os.rmdir(at)
            except OSError:
                pass    # not empty yet
        time.sleep(.01)
    raise MachineError(f"{folder}: cannot be removed")


# ------------------------------------------------------------------------------------------- disks

def find_disk(path):
    """The disk that a file lies on, or is to, as "MAJOR:MINOR"; bounds are set on whole disks. None where the file
    system has none of its own."""
    while not os.path.exists(path):
        path = os.path.dirname(path)
    number = os.stat(path).st_dev
    folder = f"/sys/dev/block/{os.major(number)}:{os.minor(number)}"
    if os.path.exists(os.path.join(folder, "partition")):
        folder = os.path.join(os.path.realpath(folder), "..")
    if not os.path.exists(folder):
        return None
    return read(os.path.join(folder, "dev")).strip()


# --------------------------------------------------------------------------------------- all of it

def handle_signals(handler):
    """Of those that end a run which has something to take back."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, handler)


def lock(folder):
    """Of two at once the second is refused: the file, locked until it is closed."""
    file = open(os.path.join(folder, "lock"), "w")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise MachineError(f"another one runs in {folder}") from None
    return file


class Machine:
    """Makes what is asked for in `folder`, and clears it."""

    def __init__(self, folder):
        self.folder = folder
        self.journal = os.path.join(folder, "made")
        self.swap_file = os.path.join(folder, "swap")
        self.cgroups = []     # what processes enter
        self.above = None     # the memory cgroup of ours that all others are in
        self.throttle = None  # (file, how a line for it is written), None where reading cannot be bounded
        self.mechanism = "none"

    def _note(self, *words):
        """Writes down what is about to be made or changed."""
        with open(self.journal, "a") as file:
            file.write("\t".join(words) + "\n")
            file.flush()
            os.fsync(file.fileno())

    def _note_new(self, what, path):
        """The same of what must not be there yet: written down, it would be taken for ours."""
        if os.path.lexists(path):
            raise MachineError(f"{path} is there already, and not of ours: it is left alone")
        self._note(what, path)

    def clear(self):
        """Takes back what is written down, the last first: also what another run has left."""
        try:
            lines = read(self.journal).splitlines()
        except FileNotFoundError:
            return False
        made = [line.split("\t") for line in reversed(lines)]
        for what, path, *_ in made:
            if what == "cgroup":
                empty_cgroup(path)    # what has swapped more than its limit keeps swap from being taken back
        for what, path, *rest in made:
            if what == "cgroup":
                remove_cgroup(path)
            elif what == "controllers":
                try:
                    write(path, rest[0])
                except OSError:
                    pass    # somebody else has come to use them, or the folder has gone
            elif what in ("file", "swap"):
                if os.path.realpath(path) in swaps():
                    subprocess.run(["swapoff", path], check=True)
                if os.path.exists(path):
                    os.unlink(path)
        os.unlink(self.journal)
        self.cgroups, self.throttle, self.mechanism = [], None, "none"
        return True

    # ---- swap

    def make_swap(self, n_bytes):
        """A swap file, used before any other that the machine has."""
        room = os.statvfs(self.folder)
        if room.f_bavail * room.f_frsize < n_bytes:
            raise MachineError(f"{self.folder}: no room for {n_bytes >> 20} MB of swap")
        self._note_new("swap", self.swap_file)
        try:
            with open(os.open(self.swap_file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                os.posix_fallocate(file.fileno(), 0, n_bytes)
        except OSError as error:
            raise MachineError(f"no swap file in {self.folder}: {error.strerror}") from error
        for command in (["mkswap", "--quiet", "--label", "mafat-paper", self.swap_file],
                        ["swapon", "--priority", str(SWAP_PRIORITY), self.swap_file]):
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode != 0:
                reason = done.stderr.strip().splitlines() or ["no reason given"]
                raise MachineError(f"no swap file in {self.folder}: {reason[-1]}")

    # ---- cgroups

    def _make_cgroup(self, folder):
        self._note_new("cgroup", folder)
        os.mkdir(folder)

    def _hand_on(self, folder, controllers):
        """Has a cgroup of version 2 hand controllers on, and writes down those that it did not."""
        path = os.path.join(folder, "cgroup.subtree_control")
        lacking = sorted(controllers - handed_on(folder))
        if lacking:
            self._note("controllers", path, " ".join("-" + name for name in lacking))
            write(path, " ".join("+" + name for name in lacking))

    def make_cgroups(self, throttled):
        """Those that runs enter; with a bound on reading where `throttled`. ReadingError where only that is not to
        be had."""
        name = f"mafat-paper-{os.getpid()}"
        version, folder, top = find_cgroup(["memory"])
        try:
            parent = folder if version == 1 else self._find_parent_v2(folder, top, throttled)
            self.above = os.path.join(parent, name)
            self._make_cgroup(self.above)
            self.cgroups.append(self.above if version == 1 else self._make_memory_v2(parent))
        except OSError as error:
            raise MachineError(f"no cgroup of ours: {error}") from error
        if throttled:
            try:
                if version == 1:
                    self._make_reads_v1(name)
                else:
                    self._make_reads_v2(parent)
            except OSError as error:
                raise ReadingError(error) from error

    def _make_reads_v1(self, name):
        try:
            version, folder, _ = find_cgroup(["blkio"])
        except MachineError as error:
            raise ReadingError(error) from error
        own = os.path.join(folder, name)
        path = os.path.join(own, "blkio.throttle.read_bps_device")
        if version != 1:
            raise ReadingError("cgroups of version 1 without blkio")
        self._make_cgroup(own)
        if not os.path.exists(path):
            raise ReadingError("the kernel has no blkio.throttle")
        self.cgroups.append(own)
        self.throttle = path, "{disk} {rate}", "{disk} 0"
        self.mechanism = "blkio.throttle.read_bps_device"

    def _find_parent_v2(self, folder, top, throttled):
        """The cgroup below which ours is made."""
        if closest_handing_on(folder, top, {"memory"}) is None:
            raise MachineError(f"{folder} is in a memory limit, and no cgroup in there hands memory on")
        parent = closest_handing_on(folder, top, {"memory", "io"} if throttled else {"memory"})
        if parent is None:
            raise ReadingError(f"{folder} is in a memory limit, and no cgroup in there hands io on")
        return parent

    def _make_memory_v2(self, parent):
        """Below ours stands one cgroup for tools/limit to be in, which is returned: one that hands on may have no
        processes."""
        self._hand_on(parent, {"memory"})
        write(os.path.join(self.above, "cgroup.subtree_control"), "+memory")
        run = os.path.join(self.above, "run")
        self._make_cgroup(run)
        return run

    def _make_reads_v2(self, parent):
        self._hand_on(parent, {"io"})
        write(os.path.join(self.above, "cgroup.subtree_control"), "+io")
        self.throttle = os.path.join(self.above, "io.max"), "{disk} rbps={rate}", "{disk} rbps=max"
        self.mechanism = "io.max"

    def bound_reads(self, megabytes_s):
        """Bounds what runs read of the disk with our folder, in MB a second; None takes the bound away."""
        if self.throttle is None:
            assert megabytes_s is None
            return
        disk = find_disk(self.folder)
        path, bound, free = self.throttle
        if disk is None:
            raise ReadingError(f"{self.folder} lies on no disk of its own")
        rate = None if megabytes_s is None else megabytes_s << 20
        try:
            write(path, (free if rate is None else bound).format(disk=disk, rate=rate) + "\n")
        except OSError as error:
            raise ReadingError(f"{path}: disk {disk}: {error.strerror}") from error

    def run(self, command, core=None, **options):
        """Starts a command in our cgroups, on one core, or where none is named on any; it does not outlive this
        process."""
        libc = ctypes.CDLL(None)

        def enter():
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if core is not None:
                os.sched_setaffinity(0, {core})
            for cgroup in self.cgroups:
                write(os.path.join(cgroup, "cgroup.procs"), "0")

        return subprocess.Popen(command, preexec_fn=enter, start_new_session=True, **options)

    def kill_all_but(self, kept):
        """Whatever runs in our cgroups, but for the process `kept`."""
        for pid in processes(self.above):
            if pid != kept:
                kill(pid)

    def reading_rate(self, core, megabytes):
        """MB a second at which a process of ours reads so much, past the page cache. The kernel lets the first 20 MB
        or so through."""
        path = os.path.join(self.folder, "reads")
        self._note_new("file", path)
        with open(path, "xb") as file:
            file.write(os.urandom(1 << 20) * megabytes)
            file.flush()
            os.fsync(file.fileno())
        begin = time.monotonic()
        read_it = self.run(["dd", f"if={path}", "of=/dev/null", "bs=1M", "iflag=direct", "status=none"], core)
        failed = read_it.wait()
        took = time.monotonic() - begin
        os.unlink(path)
        if failed:
            raise ReadingError(f"{self.folder}: cannot be read past the page cache")
        return megabytes / took
