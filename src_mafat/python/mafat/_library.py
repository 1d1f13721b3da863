"""mafat.h for ctypes: where libmafat is, its records and its functions.

Records and fields have the names of mafat.h and no life of their own; __init__ says what they mean.
"""

import ctypes
import os
import sys
from ctypes import POINTER, c_bool, c_char, c_char_p, c_double, c_float, c_int, c_size_t, c_void_p


class mafat_error(ctypes.Structure):
    _fields_ = [("file", c_char * 512), ("layer", c_int), ("layer_type", c_char * 24),
                ("text", c_char * 768)]


notice = ctypes.CFUNCTYPE(None, c_void_p, c_char_p)


class mafat_settings(ctypes.Structure):
    _fields_ = [("memory", c_char_p), ("config", c_char_p), ("n_threads", c_int),
                ("reserve_bytes", c_size_t), ("names", c_char_p), ("notice", notice), ("notice_context", c_void_p),
                ("fit", c_int), ("fast", c_bool)]


class mafat_facts(ctypes.Structure):
    _fields_ = [("width", c_int), ("height", c_int), ("channels", c_int), ("n_layers", c_int),
                ("n_outputs", c_int), ("n_classes", c_int), ("n_threads", c_int),
                ("limit_bytes", c_size_t), ("predicted_bytes", c_size_t), ("arena_bytes", c_size_t),
                ("predicted_seconds", c_double), ("n_winograd_layers", c_int)]


class mafat_image(ctypes.Structure):
    _fields_ = [("path", c_char_p), ("pixels", c_void_p), ("width", c_int), ("height", c_int),
                ("stride_bytes", c_size_t), ("is_bgr", c_bool), ("floats", c_void_p)]


class mafat_thresholds(ctypes.Structure):
    _fields_ = [("threshold", c_float), ("hier_threshold", c_float)]


class mafat_box(ctypes.Structure):
    _fields_ = [("class_index", c_int), ("probability", c_float), ("left", c_float),
                ("top", c_float), ("width", c_float), ("height", c_float)]


_FUNCTIONS = {    # name: what it returns, what it takes
    "mafat_error_message": (c_int, POINTER(mafat_error), c_char_p, c_size_t),
    "mafat_open": (c_int, POINTER(c_void_p), c_char_p, c_char_p, POINTER(mafat_settings),
                   POINTER(mafat_error)),
    "mafat_close": (None, c_void_p),
    "mafat_describe": (None, c_void_p, POINTER(mafat_facts)),
    "mafat_describe_config": (c_int, c_void_p, c_char_p, c_size_t),
    "mafat_class_name": (c_char_p, c_void_p, c_int),
    "mafat_run": (c_int, c_void_p, POINTER(mafat_image), POINTER(c_float), POINTER(mafat_error)),
    "mafat_detect": (c_int, c_void_p, POINTER(mafat_image), POINTER(mafat_thresholds),
                     POINTER(c_void_p), POINTER(mafat_error)),
    "mafat_result_next": (c_bool, c_void_p, POINTER(c_size_t), POINTER(mafat_box)),
    "mafat_result_describe": (None, c_void_p, POINTER(c_int), POINTER(c_int), POINTER(c_double)),
    "mafat_result_free": (None, c_void_p),
    "mafat_draw": (c_int, c_void_p, POINTER(mafat_image), c_void_p, c_char_p, POINTER(mafat_error)),
    "mafat_draw_pixels": (c_int, c_void_p, POINTER(mafat_image), c_void_p, c_void_p,
                          POINTER(mafat_error)),
    "mafat_peak_rss": (c_int, POINTER(c_size_t), POINTER(mafat_error)),
}


def find(*places):
    """The path of the first of these files that is there, or None.

    Places are relative to the folders above this one, the nearest first: the tree of the sources,
    or the prefix under which it is installed.
    """
    folder = os.path.dirname(os.path.realpath(__file__))
    while folder != os.path.dirname(folder):
        folder = os.path.dirname(folder)
        for place in places:
            path = os.path.join(folder, place)
            if os.path.isfile(path):
                return path
    return None


def _load():
    soname = "libmafat.so.0"
    multiarch = getattr(sys.implementation, "_multiarch", "")    # of Debian's Python
    path = os.environ.get("MAFAT_LIBRARY") or find(
        *(os.path.join(place, soname) for place in ("build", os.path.join("lib", multiarch), "lib",
                                                    "lib64"))) or soname
    try:
        loaded = ctypes.CDLL(path)
    except OSError as error:
        raise ImportError(f"{error}; MAFAT_LIBRARY=FILE names it", path=path) from None
    for name, (result, *arguments) in _FUNCTIONS.items():
        function = getattr(loaded, name)
        function.restype, function.argtypes = result, arguments
    return loaded


lib = _load()


def text_of(function, record):
    """The text that a function writes as snprintf() does."""
    size = 256
    while True:
        to = ctypes.create_string_buffer(size)
        length = function(record, to, size)
        if length < size:
            return decoded(to.value)
        size = length + 1


def decoded(text):
    """A text of files that need not be UTF-8: what is not comes out again as it was."""
    return text.decode("utf-8", "surrogateescape")
