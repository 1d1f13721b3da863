"""opencv.py CFG WEIGHTS IMAGE stock|letterboxed|stretched RESULT THRESHOLD

What OpenCV's DNN module finds in an image, against RESULT, MAFAT's JSON for it. OpenCV reads the cfg and
the weights by code of its own. How an image comes to the input, where boxes lie in it, and which of those
that overlap are left out, is written down here by the book: as stock Darknet does it, or as AlexeyAB's, with
images letterboxed or stretched. Prints how far both are apart at most; exits
with 1, and says where, for a box that one of them lacks or that differs by more than TOLERANCE."""
import json
import re
import sys

import cv2
import numpy

# Of a probability, and of a coordinate as a part of the image's side. Both compute in floats, in other orders, and
# OpenCV folds batch norm into weights: measured is less than a sixth of it.
TOLERANCE = .0002
EPSILON = 1e-6
OVERLAP = .45


def read_cfg(path):
    """The first value of each key, and the text as OpenCV is to read it. Its [region] always leaves out boxes of one
    class that overlap by more than .4, Darknet by .45: of such a network it runs what is before that layer."""
    with open(path, encoding="utf-8", errors="replace") as file:
        text = file.read()
    values = {}
    for line in text.splitlines():
        key, equals, value = line.split("#")[0].replace(" ", "").partition("=")
        if equals:
            values.setdefault(key, value)
    return values, text.partition("[region]")[0]


def read_net(text, weights):
    """OpenCV's network. For batch norm it divides by sqrt(variance + EPSILON), Darknet by sqrt(variance) + EPSILON, which is
    something else where a channel hardly varies (mnv2-fastest-voc has variances from 1e-44 on, and a factor of 999): it
    gets scales with which its quotients are Darknet's."""
    def read():
        return cv2.dnn.readNetFromDarknet(numpy.frombuffer(text.encode(), numpy.uint8), weights.view(numpy.uint8))
    net = read()
    at = 4 if weights[0] * 10 + weights[1] < 2 else 5    # integers of the header
    floats = weights.view(numpy.float32)
    names = net.getLayerNames()
    for name in (name for name in names if name.startswith("conv_")):
        shape = net.getLayer(net.getLayerId(name)).blobs[0].shape
        n = shape[0]
        if name.replace("conv", "bn") in names:
            scales, variances = floats[at + n:at + 2 * n], floats[at + 3 * n:at + 4 * n].astype(float).clip(0)
            scales *= numpy.sqrt(variances + EPSILON) / (numpy.sqrt(variances) + EPSILON)
            at += 3 * n
        at += n + int(numpy.prod(shape))
    if at != len(weights):
        sys.exit(f"opencv.py: the weights have {len(weights)} words, and OpenCV's layers {at}")
    return read()


def region_rows(output, values):
    """What [region] makes of the map before it, by the book: a row for each box of each cell, as OpenCV's [yolo] has them."""
    height, width = output.shape[2:]
    anchors = numpy.array(values["anchors"].split(","), float).reshape(-1, 2)
    cells = output[0].astype(float).reshape(len(anchors), -1, height, width).transpose(2, 3, 0, 1)
    rows, columns = numpy.mgrid[:height, :width]
    x = (columns[..., None] + 1 / (1 + numpy.exp(-cells[..., 0]))) / width
    y = (rows[..., None] + 1 / (1 + numpy.exp(-cells[..., 1]))) / height
    sizes = numpy.exp(cells[..., 2:4]) * anchors / (width, height)
    objectness = 1 / (1 + numpy.exp(-cells[..., 4:5]))
    classes = numpy.exp(cells[..., 5:] - cells[..., 5:].max(-1, keepdims=True))
    classes *= objectness / classes.sum(-1, keepdims=True)
    return numpy.concatenate((x[..., None], y[..., None], sizes, objectness, classes), -1)


def resize(image, width, height):
    """Bilinear, from corner to corner: the outermost pixels stay where they are."""
    rows = numpy.linspace(0, image.shape[0] - 1, height)
    columns = numpy.linspace(0, image.shape[1] - 1, width)
    y, x = numpy.floor(rows).astype(int), numpy.floor(columns).astype(int)
    dy, dx = (rows - y)[:, None, None], (columns - x)[None, :, None]
    below, right = numpy.minimum(y + 1, image.shape[0] - 1), numpy.minimum(x + 1, image.shape[1] - 1)
    upper = image[y][:, x] * (1 - dx) + image[y][:, right] * dx
    lower = image[below][:, x] * (1 - dx) + image[below][:, right] * dx
    return upper * (1 - dy) + lower * dy


def fit(image, width, height, letterboxed):
    """The network's input, and where the image lies in it: left, top, width, height."""
    inner_width, inner_height = width, height
    if letterboxed and width * image.shape[0] < height * image.shape[1]:
        inner_height = image.shape[0] * width // image.shape[1]
    elif letterboxed:
        inner_width = image.shape[1] * height // image.shape[0]
    canvas = numpy.full((height, width, 3), .5)
    left, top = (width - inner_width) // 2, (height - inner_height) // 2
    canvas[top:top + inner_height, left:left + inner_width] = resize(image, inner_width, inner_height)
    return canvas, ((width - inner_width) / 2, (height - inner_height) / 2, inner_width, inner_height)


def overlap(a, b, greedy):
    """Intersection over union of two boxes, centre and size; of greedynms less so much as they are apart."""
    ends = [(min(a[i] + a[i + 2] / 2, b[i] + b[i + 2] / 2), max(a[i] + a[i + 2] / 2, b[i] + b[i + 2] / 2),
             max(a[i] - a[i + 2] / 2, b[i] - b[i + 2] / 2), min(a[i] - a[i + 2] / 2, b[i] - b[i + 2] / 2))
            for i in (0, 1)]
    common = max(ends[0][0] - ends[0][2], 0) * max(ends[1][0] - ends[1][2], 0)
    union = a[2] * a[3] + b[2] * b[3] - common
    if not greedy:
        return common / union
    diagonal = sum((end[1] - end[3]) ** 2 for end in ends)
    apart = (a[0] - b[0]) ** 2 + (a[1] - b[1]) ** 2
    return common / union - (apart / diagonal) ** .6


def keep_best(found, greedy):
    """Of boxes of a class, each with its probability, those that no better one overlaps."""
    kept = []
    for probability, box in sorted(found, key=lambda f: -f[0]):
        if all(overlap(box, other, greedy) <= OVERLAP for _, other in kept):
            kept.append((probability, box))
    return kept


def find(cfg, weights, image, how, least):
    """By class: probabilities and boxes, as parts of the image's sides."""
    values, text = read_cfg(cfg)
    net = read_net(text, numpy.fromfile(weights, numpy.int32))
    width, height = int(values["width"]), int(values["height"])
    canvas, (left, top, inner_width, inner_height) = fit(image, width, height, how != "stretched")
    net.setInput(canvas.transpose(2, 0, 1)[None].astype(numpy.float32))
    found = {}
    for outputs in net.forward(net.getUnconnectedOutLayersNames()):
        if outputs.ndim == 4:
            outputs = region_rows(outputs, values)
        for row in outputs.reshape(-1, outputs.shape[-1]):
            box = ((row[0] * width - left) / inner_width, (row[1] * height - top) / inner_height,
                   row[2] * width / inner_width, row[3] * height / inner_height)
            for index in numpy.flatnonzero(row[5:] > least):
                found.setdefault(int(index), []).append((float(row[5 + index]), box))
    greedy = how != "stock" and values.get("nms_kind") == "greedynms"
    return {index: keep_best(boxes, greedy) for index, boxes in found.items()}


def read_result(path, width, height):
    """The same of MAFAT's."""
    found = {}
    with open(path, encoding="utf-8") as file:
        for box in json.load(file)["boxes"]:
            found.setdefault(box["class"], []).append((box["probability"], (
                (box["left"] + box["width"] / 2) / width, (box["top"] + box["height"] / 2) / height,
                box["width"] / width, box["height"] / height)))
    return found


def distance(a, b):
    return max(abs(a[0] - b[0]), *(abs(x - y) for x, y in zip(a[1], b[1])))


def compare(ours, theirs, threshold):
    """The largest distance of two boxes that are the same one; a sentence for each that is alone."""
    most, alone = 0, []
    for index in set(ours) | set(theirs):
        left = list(theirs.get(index, []))
        for box in ours.get(index, []):
            nearest = min(left, key=lambda other: distance(box, other), default=None)
            if nearest is None or distance(box, nearest) > TOLERANCE:
                alone.append(f"class {index}: MAFAT alone has {box}, nearest is {nearest}")
                continue
            most = max(most, distance(box, nearest))
            left.remove(nearest)
        # one side of the threshold or the other is all the same within the tolerance
        alone += [f"class {index}: OpenCV alone has {box}" for box in left if box[0] > threshold + TOLERANCE]
    return most, alone


def main():
    if len(sys.argv) != 7:
        sys.exit("usage: opencv.py CFG WEIGHTS IMAGE stock|letterboxed|stretched RESULT THRESHOLD")
    cfg, weights, path, how, result, threshold = sys.argv[1:]
    image = cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB) / 255.
    threshold = float(threshold)
    theirs = find(cfg, weights, image, how, threshold - TOLERANCE)
    ours = read_result(result, image.shape[1], image.shape[0])
    most, alone = compare(ours, theirs, threshold)
    print(f"{sum(map(len, ours.values()))} boxes, at most {most:.1e} apart")
    print("\n".join(alone))
    sys.exit(bool(alone) or not ours)


main()
