"""python3 -m mafat: what a detector finds in images, as text, JSON, and pictures.

JSON and exit codes are those of `darknet mafat`. The words are read by hand because the limit is
Python's, too: argparse would take 1.5 MB of it, and json is imported where it is asked for.
"""

import math
import os
import sys

from . import Error, Network, NoFit, _library, peak_rss

OPTIONS = {    # name: what follows, what it is
    "memory": ("LIMIT", "of the whole process, Python too: 16M, 1G, bytes, or auto"),
    "cfg": ("FILE", "of the network; without it, the one that comes with MAFAT"),
    "weights": ("FILE", "of the cfg"),
    "names": ("FILE", "the name of a class in each line"),
    "threshold": ("P", "boxes have a class that is more probable than this; .5"),
    "fast": (None, "by Winograd's algorithm: sooner, not Darknet's bits"),
    "json": (None, "one object an image, one a line"),
    "draw": ("DIR", "draw the boxes to DIR/NAME.jpg; wants names"),
    "help": (None, "this"),
}


class WrongUse(Exception):
    """A person typed what cannot be done."""


def usage():
    options = "".join(f"  {'--' + name + ' ' + (value or ''):<17}{text}\n"
                      for name, (value, text) in OPTIONS.items())
    return ("usage: python3 -m mafat IMAGE... [OPTION...]\n\n"
            "Finds objects in images, JPEG or PNG, in the memory that you name.\n\n"
            f"{options}\n"
            "Exit codes: 0 ok, 1 a file or memory, 2 usage, 3 nothing fits the memory\n"
            "limit, 4 a network that MAFAT cannot run. An image that fails is passed over.\n")


def read_words(words):
    """The images, and options by their names."""
    images, options, words = [], {}, iter(words)
    for word in words:
        word = "--help" if word == "-h" else word
        if word == "--":
            images += words
        elif not word.startswith("-") or word == "-":
            images.append(word)
        else:
            name, is_joined, value = word[2:].partition("=")
            if name not in OPTIONS or not word.startswith("--"):
                raise WrongUse(f"no option is called {word}; --help lists them")
            wants = OPTIONS[name][0]
            if wants is None and is_joined:
                raise WrongUse(f"--{name} takes no value")
            if wants is not None and not is_joined:
                value = next(words, None)
            if wants is not None and not value:
                raise WrongUse(f"--{name} wants a {wants}")
            options[name] = value
    if "" in images:
        raise WrongUse("the name of an image is empty")
    return images, options


def read_threshold(word):
    try:
        value = float(word)
    except ValueError:
        value = -1
    if not 0 <= value <= 1:
        raise WrongUse(f"--threshold {word}: a number from 0 to 1 is wanted")
    return value


def add_default_network(options):
    """Adds the files of the network that comes with MAFAT, where none is named."""
    if ("cfg" in options) != ("weights" in options):
        raise WrongUse("--cfg and --weights go together")
    if "cfg" in options:
        return
    for kind in ("cfg", "weights", "names"):
        name = f"codes.{kind}"
        path = _library.find(os.path.join("cfg", name), os.path.join("share", "mafat", "cfg", name))
        if path is None:
            raise WrongUse(f"no {name} came with this module: give --cfg, --weights and --names")
        options.setdefault(kind, path)


def picture_paths(images, options):
    """Where each image is drawn: nowhere on an image, or twice."""
    if "draw" not in options:
        return [None] * len(images)
    if "names" not in options:
        raise WrongUse("--draw writes the names of classes: give --names")
    paths = []
    for image in images:
        name = os.path.splitext(os.path.basename(image))[0]
        path = os.path.join(options["draw"], f"{name}.jpg")
        if path in paths:
            raise WrongUse(f"{images[paths.index(path)]} and {image} would both be drawn to {path}")
        if any(is_same_file(path, other) for other in images):
            raise WrongUse(f"{path} is an image to be read: draw to another folder")
        paths.append(path)
    return paths


def is_same_file(path, other):
    return os.path.exists(path) and os.path.exists(other) and os.path.samefile(path, other)


def class_names(options):
    """The names of the network's classes; None for each without names.

    They are read by another network, one that is only planned, whatever limit the cfg has: with
    names a network keeps room to draw, 1 MB, which is too much where nothing is to be drawn.
    """
    with Network(options["cfg"], names=options.get("names"), memory="3G") as planned:
        return [planned.class_name(i) for i in range(planned.facts.n_classes)]


def print_text(image, result, names, _):
    print(f"{image}: {result.width}x{result.height}, {result.seconds:.6f} seconds")
    for box in result:
        name = names[box.class_index]
        name = box.class_index if name is None else name
        print(f"{name}: {100 * box.probability:.0f}%\t(left_x: {box.left:4.0f}   top_y: "
              f"{box.top:4.0f}   width: {box.width:4.0f}   height: {box.height:4.0f})")


def readable(text):
    """The text with U+FFFD for each byte that is no UTF-8, as `darknet mafat` writes it."""
    return text and text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def finite(number):
    return number if math.isfinite(number) else None


def json_printer():
    import json    # before the network is planned

    def print_json(image, result, names, network):
        facts = network.facts
        boxes = [{"class": box.class_index, "name": readable(names[box.class_index]),
                  "probability": finite(box.probability), "left": finite(box.left),
                  "top": finite(box.top), "width": finite(box.width),
                  "height": finite(box.height)} for box in result]
        print(json.dumps({
            "file": readable(image), "width": result.width, "height": result.height,
            "boxes": boxes, "seconds": result.seconds, "config": facts.config,
            "predicted_bytes": facts.predicted_bytes, "peak_bytes": None,
            "peak_bytes_unknown": "the library tells what is resident, not what a cgroup counts",
            "peak_rss_bytes": peak_rss(),
        }, ensure_ascii=False, allow_nan=False))

    return print_json


def say(line):
    print(f"mafat: {line}", file=sys.stderr)


def main(words):
    images, options = read_words(words)
    if "help" in options:
        print(usage(), end="")
        return 0
    if not images:
        raise WrongUse("no image is named; --help says what there is")
    threshold = read_threshold(options.get("threshold", ".5"))
    add_default_network(options)
    paths = picture_paths(images, options)
    print_result = json_printer() if "json" in options else print_text
    names, status = class_names(options), 0
    with Network(options["cfg"], options["weights"], memory=options.get("memory"), fast="fast" in options,
                 names=options["names"] if "draw" in options else None, notice=say) as network:
        for image, path in zip(images, paths):
            try:
                result = network.detect(image, threshold)
                print_result(image, result, names, network)
                sys.stdout.flush()
                if path is not None:
                    network.draw(image, result, path)
            except Error as error:
                say(error)
                # what failed is told before what was too large, as by the command
                if status in (0, NoFit.status):
                    status = error.status
    return status


def run():
    """Ends the process with what main() returns, or with what it says."""
    for stream in (sys.stdout, sys.stderr):    # names and paths come out as the bytes that they are
        stream.reconfigure(encoding="utf-8", errors="surrogateescape")
    try:
        sys.exit(main(sys.argv[1:]))
    except WrongUse as error:
        say(error)
        sys.exit(2)
    except Error as error:
        say(error)
        sys.exit(error.status)
    except OSError as error:    # what stdout did not take is not tried again at the end
        say(f"standard output: {error.strerror}")
        os._exit(1)


if __name__ == "__main__":
    run()
