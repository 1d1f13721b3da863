"""bench_network.py CFG WEIGHTS OUT: a Darknet network in the format of a peer, to be timed beside ours.

OUT.onnx is for ONNX Runtime (wants Debian's python3-onnx); batch norm is folded into the weights, as one does
there. OUT.param is for ncnn's benchncnn, which makes weights up, and needs no WEIGHTS to be right. Outputs are
what the detection layers read. Exits with 1 and says what it is where a network has what is not known here:
convolutions in one group, pools, routes, sums, upsampling and YOLOv2's reorg are."""
import sys

import numpy

LEAKY = 0.1


def read_sections(path):
    sections = []
    with open(path) as lines:
        for line in lines:
            line = line.split("#")[0].split(";")[0].strip()
            if line.startswith("["):
                sections.append((line.strip("[]"), {}))
            elif line:
                key, value = line.split("=", 1)
                sections[-1][1][key.strip()] = value.strip()
    return sections


class Weights:
    """Floats behind the header, in Darknet's order."""

    def __init__(self, path):
        with open(path, "rb") as file:
            major, minor, _ = numpy.fromfile(file, numpy.int32, 3)
            file.seek(20 if major * 10 + minor >= 2 else 16)
            self.floats = numpy.fromfile(file, numpy.float32)
        self.at = 0

    def take(self, *shape):
        n = int(numpy.prod(shape))
        floats = self.floats[self.at:self.at + n]
        if len(floats) < n:
            sys.exit(f"the weights end after {len(self.floats)} floats")
        self.at += n
        return floats.reshape(shape)

    def take_folded(self, filters, channels, size, batch_normalize):
        biases = self.take(filters)
        if batch_normalize:
            scales, mean, variance = self.take(filters), self.take(filters), self.take(filters)
            scales = scales / (numpy.sqrt(variance) + 1e-6)
            biases = biases - mean * scales
        weights = self.take(filters, channels, size, size)
        return (weights * scales[:, None, None, None] if batch_normalize else weights), biases


class Onnx:
    def __init__(self, shape, weights):
        import onnx.numpy_helper
        self.onnx, self.weights, self.nodes, self.constants = onnx, weights, [], []
        self.input = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1, *shape])

    def node(self, kind, inputs, **attributes):
        name = f"n{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, inputs, [name], **attributes))
        return name

    def constant(self, values):
        name = f"k{len(self.constants)}"
        array = numpy.asarray(values, numpy.float32)
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def conv(self, x, channels, filters, size, stride, pad, batch_normalize):
        weights, biases = self.weights.take_folded(filters, channels, size, batch_normalize)
        return self.node("Conv", [x, self.constant(weights), self.constant(biases)], kernel_shape=[size, size],
                         strides=[stride, stride], pads=[pad] * 4)

    def leaky(self, x):
        return self.node("LeakyRelu", [x], alpha=LEAKY)

    def pool(self, x, size, stride, before, behind):
        return self.node("MaxPool", [x], kernel_shape=[size, size], strides=[stride, stride],
                         pads=[before, before, *behind])

    def join(self, xs):
        return self.node("Concat", xs, axis=1)

    def add(self, a, b):
        return self.node("Add", [a, b])

    def upsample(self, x, stride):
        return self.node("Resize", [x, self.constant([]), self.constant([1, 1, stride, stride])], mode="nearest",
                         coordinate_transformation_mode="asymmetric", nearest_mode="floor")

    def reorg(self, x, stride):
        return self.node("SpaceToDepth", [x], blocksize=stride)

    def write(self, path, outputs):
        helper = self.onnx.helper
        results = [helper.make_tensor_value_info(name, self.onnx.TensorProto.FLOAT, [1, *shape])
                   for name, shape in outputs]
        graph = helper.make_graph(self.nodes, "network", [self.input], results, self.constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 11)])
        model.ir_version = 6
        self.onnx.save(model, path)


class Ncnn:
    """Lines of a .param file. What several layers read must be split; a layer that nobody reads is an output."""

    def __init__(self, shape, weights):
        channels, height, width = shape
        self.lines = [("Input", [], "x", f"0={width} 1={height} 2={channels}")]

    def layer(self, kind, inputs, parameters):
        name = f"n{len(self.lines)}"
        self.lines.append((kind, inputs, name, parameters))
        return name

    def conv(self, x, channels, filters, size, stride, pad, batch_normalize):
        return self.layer("Convolution", [x], f"0={filters} 1={size} 3={stride} 4={pad} 5=1 "
                                              f"6={filters * channels * size * size}")

    def leaky(self, x):
        kind, inputs, name, parameters = self.lines[-1]
        if name != x or kind != "Convolution":
            return self.layer("ReLU", [x], f"0={LEAKY}")
        self.lines[-1] = (kind, inputs, name, parameters + f" 9=2 -23310=1,{LEAKY}")
        return x

    def pool(self, x, size, stride, before, behind):
        return self.layer("Pooling", [x], f"0=0 1={size} 2={stride} 3={before} 13={before} 14={behind[1]} "
                                          f"15={behind[0]} 5=1")

    def join(self, xs):
        return self.layer("Concat", xs, "0=0")

    def add(self, a, b):
        return self.layer("BinaryOp", [a, b], "0=0")

    def upsample(self, x, stride):
        return self.layer("Interp", [x], f"0=1 1={stride} 2={stride}")

    def reorg(self, x, stride):
        return self.layer("Reorg", [x], f"0={stride}")

    def write(self, path, outputs):
        n_readers = {name: sum(inputs.count(name) for _, inputs, _, _ in self.lines)
                     for _, _, name, _ in self.lines}
        n_read = dict.fromkeys(n_readers, 0)
        lines, n_blobs = [], 0
        for kind, inputs, name, parameters in self.lines:
            names = []
            for source in inputs:
                names.append(f"{source}_{n_read[source]}" if n_readers[source] > 1 else source)
                n_read[source] += 1
            lines.append(f"{kind} {name} {len(names)} 1 {' '.join([*names, name])} {parameters}")
            n_blobs += 1
            if n_readers[name] > 1:
                copies = [f"{name}_{i}" for i in range(n_readers[name])]
                lines.append(f"Split {name}_split 1 {len(copies)} {name} {' '.join(copies)}")
                n_blobs += len(copies)
        with open(path, "w") as file:
            file.write("\n".join(["7767517", f"{len(lines)} {n_blobs}", *lines]) + "\n")


def convert(sections, make):
    """Goes through a network; returns what was made of it, and its outputs."""
    _, net = sections[0]
    shape = tuple(int(net[key]) for key in ("channels", "height", "width"))
    made, x, layers, outputs = make(shape), "x", [], []
    for index, (kind, keys) in enumerate(sections[1:]):
        def number(key, default, keys=keys):
            return int(keys.get(key, default))

        def layer(at, index=index):
            return layers[int(at) if int(at) >= 0 else index + int(at)]

        size, stride = number("size", 1), number("stride", 1)
        c, h, w = shape
        if kind == "convolutional" and number("groups", 1) == 1:
            pad = size // 2 if number("pad", 0) else number("padding", 0)
            filters = number("filters", 1)
            x = made.conv(x, c, filters, size, stride, pad, number("batch_normalize", 0))
            shape = (filters, *((n + 2 * pad - size) // stride + 1 for n in (h, w)))
        elif kind == "maxpool":
            size = number("size", stride)
            padding = number("padding", size - 1)
            shape = (c, *((n + padding - size) // stride + 1 for n in (h, w)))
            before = padding // 2
            behind = [max(0, (out - 1) * stride + size - n - before) for out, n in zip(shape[1:], (h, w))]
            x = made.pool(x, size, stride, before, behind)
        elif kind == "route" and "groups" not in keys:
            sources = [layer(at) for at in keys["layers"].split(",")]
            shape = (sum(source[1][0] for source in sources), *sources[0][1][1:])
            x = made.join([name for name, _ in sources]) if len(sources) > 1 else sources[0][0]
        elif kind == "shortcut" and layer(keys["from"])[1] == shape:
            x = made.add(x, layer(keys["from"])[0])
        elif kind == "upsample":
            x, shape = made.upsample(x, number("stride", 2)), (c, h * number("stride", 2), w * number("stride", 2))
        elif kind == "reorg":
            x, shape = made.reorg(x, stride), (c * stride * stride, h // stride, w // stride)
        elif kind in ("region", "yolo"):
            outputs.append((x, shape))
        else:
            sys.exit(f"layer {index} [{kind}] is not known here")
        activation = keys.get("activation", "logistic" if kind == "convolutional" else "linear")
        if activation == "leaky":
            x = made.leaky(x)
        elif activation != "linear":
            sys.exit(f"layer {index} [{kind}]: activation={activation} is not known here")
        layers.append((x, shape))
    return made, outputs or [(x, shape)]


def main():
    if len(sys.argv) != 4 or not sys.argv[3].endswith((".onnx", ".param")):
        sys.exit("usage: bench_network.py CFG WEIGHTS OUT.onnx|OUT.param")
    cfg, weights, out = sys.argv[1:]
    if out.endswith(".onnx"):
        made, outputs = convert(read_sections(cfg), lambda shape: Onnx(shape, Weights(weights)))
    else:
        made, outputs = convert(read_sections(cfg), lambda shape: Ncnn(shape, None))
    made.write(out, outputs)


main()
