"""MAFAT for Python: networks of Darknet's that run in a memory limit, with Darknet's bits.

    import mafat
    with mafat.Network("yolov2.cfg", "yolov2.weights", memory="32M", names="coco.names") as network:
        for box in network.detect("dog.jpg"):
            print(box.name, box.probability, box.left, box.top, box.width, box.height)

An image is a path; or bytes [height][width][3], red first, in a numpy array or whatever else has
Python's buffers, rows any distance apart (`bgr=True`: blue first, as OpenCV has them); or 32-bit
floats [channels][height][width] of the input's size, from 0 to 1. None is copied.

What the library cannot do it says by an Error: Failed, Usage, NoFit or Unsupported, as the exit
codes 1 to 4 of `darknet mafat`. What is no argument at all is a TypeError or a ValueError.

Any thread may use any network at any time; others run meanwhile. A limit is the whole process's,
Python and all that it holds included.

It is ctypes on libmafat.so.0, which is taken from $MAFAT_LIBRARY, from build/ of the tree that this
module lies in, from lib/ of the prefix under which it is installed, or from where the system looks.
`python3 -m mafat --help` is a command.
"""

import array
import collections
import ctypes
import operator
import sys
from _thread import allocate_lock    # threading takes 0.2 MB, and the limit is Python's, too

from . import _image, _library
from ._library import lib

__all__ = ["Box", "Error", "Facts", "Failed", "Network", "NoFit", "Result", "Unsupported", "Usage",
           "peak_rss"]


class Error(Exception):
    """What went wrong, and where: `file` is "", `layer` None where they do not apply."""

    status = None

    def __init__(self, message, file="", layer=None, layer_type="", text=""):
        super().__init__(message)
        self.file, self.layer, self.layer_type, self.text = file, layer, layer_type, text


class Failed(Error):
    """A file, or memory."""

    status = 1


class Usage(Error):
    """An argument, or the configuration, is wrong."""

    status = 2


class NoFit(Error):
    """No configuration fits the memory limit; the message names one that would do."""

    status = 3


class Unsupported(Error):
    """MAFAT cannot run this network."""

    status = 4


_ERRORS = {kind.status: kind for kind in (Failed, Usage, NoFit, Unsupported)}


def _call(function, *arguments):
    """Calls what fills an error record, its last argument, and raises what it says."""
    record = _library.mafat_error()
    status = function(*arguments, record)
    if status != 0:
        raise _ERRORS[status](_library.text_of(lib.mafat_error_message, record),
                              _library.decoded(record.file),
                              record.layer if record.layer >= 0 else None,
                              _library.decoded(record.layer_type), _library.decoded(record.text))


Box = collections.namedtuple("Box", "name class_index probability left top width height")
Box.__doc__ = """A class of a box, in pixels of the image, which the box may leave.

Its name is None where the network was opened without names."""

Facts = collections.namedtuple(
    "Facts", [field for field, _ in _library.mafat_facts._fields_] + ["config"])
Facts.__doc__ = """What was planned: width, height, channels of the input; n_layers; n_outputs, the
floats that run() gives; n_classes of boxes, 0 for what is no detector; n_threads; limit_bytes, 0
for none; predicted_bytes of the whole process; arena_bytes of them, for maps and windows of
weights; predicted_seconds of a run; n_winograd_layers, where `fast` asks for them; and the
configuration."""


class _Found:
    """What the library found; freed with this."""

    def __init__(self, pointer):
        self.pointer = pointer

    def __del__(self, free=lib.mafat_result_free):
        free(self.pointer)


class Result(tuple):
    """Boxes, in Darknet's order; `width` and `height` of the image, `seconds` that the run took."""

    def __new__(cls, boxes, width, height, seconds, found=None):
        self = super().__new__(cls, boxes)
        self.width, self.height, self.seconds, self._found = width, height, seconds, found
        return self

    def __reduce__(self):    # pickled and copied, without what draw() needs
        return Result, (tuple(self), self.width, self.height, self.seconds)


def _class_name(pointer, index):
    name = lib.mafat_class_name(pointer, index)
    return None if name is None else _library.decoded(name)


def _result_of(pointer, found):
    """What was found, with the names of the network behind the pointer."""
    boxes, at, box = [], ctypes.c_size_t(), _library.mafat_box()
    while lib.mafat_result_next(found.pointer, at, box):
        boxes.append(Box(_class_name(pointer, box.class_index),
                         *(getattr(box, field) for field, _ in box._fields_)))
    width, height, seconds = ctypes.c_int(), ctypes.c_int(), ctypes.c_double()
    lib.mafat_result_describe(found.pointer, width, height, seconds)
    return Result(boxes, width.value, height.value, seconds.value, found)


class _Open:
    """An open network. It is closed as soon as it is to be, and no thread is in a call of it."""

    def __init__(self, pointer, kept):
        self._pointer, self._kept = pointer, kept
        self._lock, self._n_users, self._is_closed = allocate_lock(), 0, False

    def __enter__(self):
        with self._lock:
            if self._is_closed:
                raise ValueError("the network is closed")
            self._n_users += 1
        return self._pointer

    def __exit__(self, *_):
        self._let_go(1)

    def close(self):
        self._is_closed = True
        self._let_go(0)

    __del__ = close

    def _let_go(self, n_users, close=lib.mafat_close):
        with self._lock:
            self._n_users -= n_users
            if not self._is_closed or self._n_users > 0:
                return
            pointer, self._pointer = self._pointer, None
        close(pointer)


class Network:
    """A network, planned and with its weights; without weights it is only planned.

    memory: the limit of the whole process: "16M", "1G", bytes, "auto"; None: the cfg's, or none.
    config: the configuration, "5x5/8/2x2"; None: the cfg's, or what a search finds in the limit.
    threads: 0: the cfg's, or as many as suit the machine.
    names: a file with the name of a class in each line.
    notice: is called with lines worth knowing that are no errors, such as what was chosen for the
    limit, in the middle of calls: it must not use the network.
    fit: "stretch" or "letterbox" reads the cfg as AlexeyAB's Darknet does and brings images to the
    input so; None: as the cfg says, whose images are stretched where unmodified Darknet cannot run it.
    fast: convolutions by Winograd's algorithm, where it suits them: in half the time, with results near
    Darknet's; False: as mafat_fast= of the cfg says.
    """

    _FITS = {None: 0, "letterbox": 1, "stretch": 2}    # mafat_image_fit

    def __init__(self, cfg, weights=None, memory=None, config=None, threads=0, names=None,
                 notice=None, fit=None, fast=False):
        if fit not in self._FITS:
            raise ValueError(f"fit={fit!r}: must be \"stretch\", \"letterbox\" or None")
        if memory is not None and not isinstance(memory, str):
            memory = str(operator.index(memory))
        settings = _library.mafat_settings(
            memory=_image.text_or_none(memory, "memory"),
            config=_image.text_or_none(config, "config"),
            n_threads=_image.whole(threads, "threads"), names=_image.text_or_none(names, "names"),
            fit=self._FITS[fit], fast=bool(fast))
        if notice is not None:
            settings.notice = _library.notice(lambda _, line: notice(_library.decoded(line)))
        pointer = ctypes.c_void_p()
        _call(lib.mafat_open, pointer, _image.text(cfg, "cfg"),
              _image.text_or_none(weights, "weights"), settings)
        self._open = _Open(pointer, settings)
        facts = self.facts
        self._input_shape = (facts.channels, facts.height, facts.width)
        self._n_outputs = facts.n_outputs

    def close(self):
        """Frees all that it holds, when calls of other threads have ended. May be called twice."""
        self._open.close()

    def __enter__(self):
        with self._open:
            return self

    def __exit__(self, *_):
        self.close()

    @property
    def facts(self):
        """What is planned now, which may change with an image that is larger than those before."""
        record = _library.mafat_facts()
        with self._open as pointer:
            lib.mafat_describe(pointer, record)
            config = _library.text_of(lib.mafat_describe_config, pointer)
        return Facts(*(getattr(record, field) for field, _ in record._fields_), config)

    def class_name(self, index):
        """The name of a class, or None."""
        with self._open as pointer:
            return _class_name(pointer, _image.whole(index, "a class"))

    def run(self, image, bgr=False):
        """The floats of the last layer, the probabilities of a classifier's classes.

        A numpy array where the program has imported numpy, else an array.array, of which
        numpy.asarray() is a view: importing numpy here would take 20 MB of the limit.
        """
        outputs = array.array("f", bytes(4 * self._n_outputs))
        with self._open as pointer:
            _call(lib.mafat_run, pointer, _image.borrowed(image, self._input_shape, bgr),
                  (ctypes.c_float * self._n_outputs).from_buffer(outputs))
        numpy = sys.modules.get("numpy")
        return outputs if numpy is None else numpy.frombuffer(outputs, "float32")

    def detect(self, image, threshold=.5, hier_threshold=.5, bgr=False, size=None):
        """The boxes whose class is more probable than the threshold, as a Result.

        hier_threshold: how sure a class of a tree must be for one below it to be taken.
        size: (width, height) of the image that floats were made of, in whose pixels boxes are told;
        None: the input's.
        """
        thresholds = _library.mafat_thresholds(threshold, hier_threshold)
        pointer_found = ctypes.c_void_p()
        with self._open as pointer:
            _call(lib.mafat_detect, pointer, _image.borrowed(image, self._input_shape, bgr, size),
                  thresholds, pointer_found)
            return _result_of(pointer, _Found(pointer_found))

    def draw(self, image, result, path, bgr=False):
        """Draws what detect() found on the image that it was found in, to a PNG file where the path
        ends in .png, else to a JPEG file."""
        if not isinstance(result, Result) or result._found is None:
            raise TypeError("draws what detect() returned, in this process and not a copy of it")
        with self._open as pointer:
            _call(lib.mafat_draw, pointer, _image.borrowed(image, self._input_shape, bgr),
                  result._found.pointer, _image.text(path, "the path of a picture"))


def peak_rss():
    """The most memory that the process has had, in bytes: of its own, as VmHWM says."""
    n_bytes = ctypes.c_size_t()
    _call(lib.mafat_peak_rss, n_bytes)
    return n_bytes.value
