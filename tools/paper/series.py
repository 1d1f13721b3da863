"""What is measured: networks, series, configurations, limits. Data; nothing is run here."""
from __future__ import annotations

from dataclasses import dataclass

MB = 1 << 20

STOCK, LAYERS, PAPER, OURS = "stock", "layers", "paper", "ours"

# The paper's configurations that are measured at each limit: the search by hand.
BY_HAND = [f"{n}x{n}/NoCut" for n in range(1, 6)] + \
    [f"{n}x{n}/{cut}/2x2" for cut in (4, 8, 12) for n in range(1, 6)]

LIMITS = (256, 192, 160, 128, 96, 80, 64, 48, 32, 16)


@dataclass(frozen=True)
class Network:
    """title: in pictures and tables. cfg: relative to the top. detects: run by `detector test` on a photo, as it has
    boxes; else by tools/outputs.c on an input that this makes, and holds: `input_bytes`. size: rows and columns."""
    name: str
    title: str
    cfg: str
    detects: bool
    size: int
    input_bytes: int
    weights_mb: int
    guess_s: dict    # seconds of a process without a limit, and MB of stock's, for the first estimate of time
    guess_mb: int


@dataclass(frozen=True)
class Series:
    name: str
    network: Network
    configs: tuple
    limits: tuple    # MB; all configurations also run without one
    swap: tuple      # False, True or both
    disks: tuple     # MB a second that may be read; None: what the disk gives


FIRST16 = Network("first16", "YOLOv2-608, first 16 layers", "cfg/yolov2-first16.cfg", False, 608, 608 * 608 * 3 * 4, 13,
                  {STOCK: 3, LAYERS: 2.5, OURS: .4}, 550)
WHOLE = Network("whole", "YOLOv2-608", "darknet/cfg/yolov2.cfg", True, 608, 0, 194, {STOCK: 10, LAYERS: 7, OURS: 1.2}, 990)
SMALL = Network("small", "YOLOv2-160, first 16 layers", "cfg/yolov2-first16.cfg", False, 160,
                160 * 160 * 3 * 4, 13, {STOCK: .3, LAYERS: .3, OURS: .2}, 64)

SERIES = {series.name: series for series in (
    Series("first16", FIRST16, (STOCK, LAYERS, *BY_HAND, PAPER, OURS), LIMITS, (False, True), (None,)),
    Series("whole", WHOLE, (STOCK, LAYERS, "5x5/8/2x2", PAPER, OURS), (*LIMITS, 12), (False, True), (None,)),
    Series("slow", WHOLE, (STOCK, LAYERS, PAPER, OURS), (*LIMITS, 12), (True,), (25, 90)),
)}

# make paper QUICK=1: all of the machinery, on a network of a tenth of the size.
QUICK = {series.name: series for series in (
    Series("quick", SMALL, (STOCK, LAYERS, "1x1/NoCut", "3x3/NoCut", "5x5/8/2x2", PAPER, OURS), (48, 24, 16),
           (False, True), (None,)),
    Series("quick-slow", SMALL, (STOCK, OURS), (24,), (True,), (25,)),
)}


@dataclass(frozen=True)
class Case:
    """One thing to be measured, several times. These fields are its identity, in files too."""
    series: str
    disk: int | None     # MB a second
    swap: bool
    limit: int | None    # MB
    config: str


def cases(series, choices):
    """The cases of a series, those without a limit and without swap first: they say what others need. What the
    paper's search chooses is one of its configurations, `choices[limit]`, and measured as that."""
    found = {}
    for disk in series.disks:
        for swap in series.swap:
            for limit in (None, *series.limits):
                if limit is None and swap and False in series.swap:
                    continue
                for config in series.configs:
                    config = choices[limit] if config == PAPER else config
                    found[Case(series.name, disk, swap, limit, config)] = None
    return list(found)
