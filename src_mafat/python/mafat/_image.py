"""Images as the library takes them: borrowed where they are, never copied."""

import ctypes
import operator
import os
import sys

from ._library import mafat_image

_WANTED = ("an image is a path, an array of bytes [height][width][3], or of floats "
           "[channels][height][width]")


def text(value, what):
    """A path, or another text, as C has it."""
    try:
        encoded = os.fsencode(value)
    except TypeError:
        raise TypeError(f"{what} is a text or a path, not {type(value).__name__}") from None
    if not encoded:
        raise ValueError(f"{what} is empty")
    if b"\0" in encoded:
        raise ValueError(f"{what} has a NUL in it: {value!r}")
    return encoded


def text_or_none(value, what):
    return None if value is None else text(value, what)


def whole(value, what):
    """A number as an int of C's."""
    number = operator.index(value)
    if ctypes.c_int(number).value != number:
        raise ValueError(f"{what} is {number}, which is beyond an int")
    return number


def _address(view):
    """Of the view's first item. It stays as long as the view does."""
    py_buffer = (ctypes.c_void_p * 11)()    # the fields of a Py_buffer, of which the first is it
    full_read_only = 0x11C
    ctypes.pythonapi.PyObject_GetBuffer(ctypes.py_object(view), py_buffer, full_read_only)
    ctypes.pythonapi.PyBuffer_Release(py_buffer)
    return py_buffer[0]


def _pixels(view, bgr):
    if view.ndim != 3 or view.shape[2] != 3:
        raise ValueError(f"{_WANTED}, not bytes of the shape {view.shape}: grey, or with an alpha "
                         "channel, it has to be converted; memoryview(data).cast('B', (height, "
                         "width, 3)) gives plain bytes a shape")
    height, width, _ = view.shape
    if width == 0 or height == 0:
        raise ValueError(f"an image of {width}x{height} pixels")
    row, pixel, channel = view.strides
    if channel != 1 or (width > 1 and pixel != 3) or (height > 1 and row < 3 * width):
        raise ValueError(f"bytes whose rows, pixels and channels are {view.strides} bytes apart: "
                         "rows may be any distance apart, pixels must be 3, channels 1; bgr=True "
                         "is for blue first, and numpy.ascontiguousarray(image) copies any")
    return mafat_image(pixels=_address(view), width=whole(width, "a width"),
                       height=whole(height, "a height"), stride_bytes=row if height > 1 else 0,
                       is_bgr=bgr)


# As numpy and array have it, and as ctypes.
_BYTES = ("B", "<B")
_FLOATS = ("f", "<f" if sys.byteorder == "little" else ">f")


def _floats(view, shape, size):
    if view.shape != shape or not view.c_contiguous:
        raise ValueError(f"{_WANTED}: floats of the input's shape, {shape}, one behind the other, "
                         f"not {view.shape}, {view.strides} bytes apart")
    width, height = size if size is not None else (shape[2], shape[1])
    return mafat_image(floats=_address(view), width=whole(width, "a width"),
                       height=whole(height, "a height"))


def borrowed(image, shape, bgr=False, size=None):
    """The image for the library, which keeps what it borrows; `shape` is the input's."""
    if isinstance(image, (str, os.PathLike)):
        kind, found = "a file", mafat_image(path=text(image, "an image"))
    else:
        try:
            view = memoryview(image)
        except TypeError:
            raise TypeError(f"{_WANTED}, not {type(image).__name__}, of which numpy.asarray(image) "
                            "may make one") from None
        if view.format in _BYTES:
            kind, found = "bytes", _pixels(view, bgr)
        elif view.format in _FLOATS:
            kind, found = "floats", _floats(view, shape, size)
        else:
            raise ValueError(f"{_WANTED}, not of the format '{view.format}': numpy.uint8 and "
                             "numpy.float32 are right")
        found.view = view
    if bgr and kind != "bytes":
        raise ValueError(f"bgr=True says how bytes are, and this is {kind}")
    if size is not None and kind != "floats":
        raise ValueError(f"a size is told of the image behind floats, and this is {kind}")
    return found
