"""bench_opencv.py CFG WEIGHTS THREADS RUNS: the same network in OpenCV's DNN module.

Prints what `darknet mafat bench` prints under the same keys: a warm-up, then RUNS whole forward passes.
The peak is VmHWM; ru_maxrss would begin with what the parent held before exec."""
import statistics
import sys
import time

import cv2
import numpy


def net_option(cfg, key):
    """A whole number from the first section of a cfg."""
    section = 0
    with open(cfg) as lines:
        for line in lines:
            line = line.split("#")[0].replace(" ", "").strip()
            section += line.startswith("[")
            if section == 1 and line.startswith(key + "="):
                return int(line.split("=")[1])
    sys.exit(f"{cfg}: no {key}= in its first section")


def peak_rss_bytes():
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


def time_forward(net, image):
    begin = time.monotonic()
    net.setInput(image)
    net.forward(net.getUnconnectedOutLayersNames())
    return time.monotonic() - begin


def main():
    if len(sys.argv) != 5:
        sys.exit("usage: bench_opencv.py CFG WEIGHTS THREADS RUNS")
    cfg, weights, threads, runs = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    cv2.setNumThreads(threads)
    net = cv2.dnn.readNetFromDarknet(cfg, weights)
    shape = (1, net_option(cfg, "channels"), net_option(cfg, "height"), net_option(cfg, "width"))
    image = numpy.random.RandomState(1).rand(*shape).astype(numpy.float32)
    time_forward(net, image)
    latency_s = [time_forward(net, image) for _ in range(runs)]
    print(f"opencv: {cv2.__version__}")
    print(f"threads: {threads}")
    print(f"runs: {runs}")
    print(f"latency_s_min: {min(latency_s):.9g}")
    print(f"latency_s_median: {statistics.median(latency_s):.9g}")
    print(f"latency_s_max: {max(latency_s):.9g}")
    print(f"peak_rss_bytes: {peak_rss_bytes()}")


main()
