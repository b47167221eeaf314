"""Other right ways to do assignment 03, for the audit: sizes and costs."""

import math

import numpy as np


def conv_by_counting(size, kernel_size, *, stride=1, padding=0, dilation=1):
    """Count the places one by one."""
    reach = dilation * (kernel_size - 1) + 1
    return len(range(0, size + 2 * padding - reach + 1, stride))


def conv_by_floor(size, kernel_size, *, stride=1, padding=0, dilation=1):
    """A fraction, and math.floor."""
    return math.floor((size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride + 1)


def same_by_halves(kernel_size, *, dilation=1):
    """The larger half by adding one before halving."""
    return dilation * (kernel_size - 1) // 2, (dilation * (kernel_size - 1) + 1) // 2


def same_by_dealing(kernel_size, *, dilation=1):
    """Pixels dealt out in turn, the end first."""
    ends = [0, 0]
    for i in range(dilation * (kernel_size - 1)):
        ends[1 - i % 2] += 1
    return tuple(ends)


def transpose_by_painting(size, kernel_size, *, stride=1, padding=0, output_padding=0, dilation=1):
    """The last pixel painted, and one more."""
    painted = {i * stride + j * dilation for i in range(size) for j in range(kernel_size)}
    return max(painted) + 1 - 2 * padding + output_padding


def transpose_by_expanding(
    size, kernel_size, *, stride=1, padding=0, output_padding=0, dilation=1
):
    """The formula of PyTorch's documentation."""
    out = (size - 1) * stride - 2 * padding + dilation * (kernel_size - 1) + output_padding + 1
    return np.int64(out)


def pool_by_counting(size, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False):
    """Count the windows one by one."""
    stride, count, begin = stride or kernel_size, 0, -padding
    reach = dilation * (kernel_size - 1) + 1
    while begin + reach <= size + padding:
        begin, count = begin + stride, count + 1
    hangs_over = begin - stride + reach < size + padding and begin < size
    return count + 1 if ceil_mode and hangs_over else count


def pool_by_rounding(size, kernel_size, *, stride=None, padding=0, dilation=1, ceil_mode=False):
    """A fraction, rounded one way or the other."""
    stride = stride or kernel_size
    starts = (size + 2 * padding - dilation * (kernel_size - 1) - 1) / stride
    out = (math.ceil if ceil_mode else math.floor)(starts) + 1
    return out - int((out - 1) * stride >= size + padding)


def trace_by_kind(layers, shape):
    """A function for each kind of layer."""

    def side(size, layer, dilation=1):
        places = size + 2 * layer["padding"] - dilation * (layer["kernel_size"] - 1)
        return -(-places // layer["stride"])

    kinds = {
        "conv2d": lambda s, v: (
            v["out_channels"],
            side(s[1], v, v["dilation"]),
            side(s[2], v, v["dilation"]),
        ),
        "max_pool2d": lambda s, v: (s[0], side(s[1], v), side(s[2], v)),
        "flatten": lambda s, v: (math.prod(s), 1, 1),
        "linear": lambda s, v: (v["out_features"], 1, 1),
    }
    rows = [shape]
    for layer in layers:
        rows.append(kinds.get(layer["type"], lambda s, v: s)(rows[-1], layer))
    return np.array(rows[1:])


def trace_by_arrays(layers, shape):
    """Both sides at once."""
    channels, sides, rows = shape[0], np.array(shape[1:]), []
    for layer in layers:
        if "stride" in layer:
            reach = layer.get("dilation", 1) * (layer["kernel_size"] - 1) + 1
            sides = (sides + 2 * layer["padding"] - reach + layer["stride"]) // layer["stride"]
            channels = layer.get("out_channels", channels)
        elif layer["type"] == "flatten":
            channels, sides = channels * sides.prod(), np.array([1, 1])
        channels = layer.get("out_features", channels)
        rows.append([channels, *sides])
    return np.array(rows, dtype=int)


def weights_of(layer):
    """Tell the shape of a layer's weights, or None."""
    if layer["type"] == "conv2d":
        seen = layer["in_channels"] // layer["groups"]
        return layer["out_channels"], seen, layer["kernel_size"], layer["kernel_size"]
    if layer["type"] == "linear":
        return layer["out_features"], layer["in_features"]
    return None


def params_by_shapes(layers):
    """The weights' shapes multiplied out."""
    counts = np.zeros(len(layers), dtype=int)
    for i, layer in enumerate(layers):
        shape = weights_of(layer)
        if shape is not None:
            counts[i] = np.prod(shape) + shape[0] * layer["bias"]
        counts[i] += 2 * layer.get("num_features", 0)
    return counts


def params_by_allocation(layers):
    """Arrays as large as the weights, and their sizes."""
    counts = []
    for layer in layers:
        arrays = [np.empty(layer.get("num_features", 0))] * 2
        shape = weights_of(layer)
        if shape:
            arrays = [np.empty(shape), np.empty(shape[0] if layer["bias"] else 0)]
        counts.append(sum(array.size for array in arrays))
    return np.array(counts)


def macs_by_shapes(layers, sizes):
    """The weights' shapes times the output's size."""
    shapes = [weights_of(layer) for layer in layers]
    weights = [np.prod(shape) if shape else 0 for shape in shapes]
    return np.array(weights, dtype=int) * np.prod(sizes, axis=1)


def macs_by_outputs(layers, sizes):
    """What one output value costs, times the number of values."""
    counts = np.zeros(len(layers), dtype=np.int64)
    for i, (layer, size) in enumerate(zip(layers, sizes, strict=True)):
        shape = weights_of(layer)
        if shape:
            counts[i] = np.prod(shape[1:]) * shape[0] * size[0] * size[1]
    return counts


def fields_by_looking_back(layers):
    """From one value of each layer back to the pixels it saw."""
    fields = []
    for depth in range(1, len(layers) + 1):
        first, last = 0, 0
        for layer in layers[:depth][::-1]:
            first = first * layer["stride"]
            last = last * layer["stride"] + layer["dilation"] * (layer["kernel_size"] - 1)
        fields.append(last - first + 1)
    return np.array(fields)


def fields_by_cumulation(layers):
    """Jumps as a running product, fields as a running sum."""
    strides = [1, *(layer["stride"] for layer in layers[:-1])]
    reach = np.array([layer["dilation"] * (layer["kernel_size"] - 1) for layer in layers])
    return 1 + np.cumsum(reach * np.cumprod(strides))


ALTERNATIVES = {
    "conv_output_size": {"counting": conv_by_counting, "math.floor": conv_by_floor},
    "same_padding": {"halves": same_by_halves, "dealing": same_by_dealing},
    "conv_transpose_output_size": {
        "painting": transpose_by_painting,
        "expanding": transpose_by_expanding,
    },
    "pool_output_size": {"counting": pool_by_counting, "rounding": pool_by_rounding},
    "trace_shapes": {"kinds": trace_by_kind, "arrays": trace_by_arrays},
    "count_params": {"shapes": params_by_shapes, "allocation": params_by_allocation},
    "count_macs": {"shapes": macs_by_shapes, "outputs": macs_by_outputs},
    "activation_memory": {
        "np.prod": lambda shapes, *, batch_size=1, bytes_per_value=4: (
            int(np.prod(shapes, axis=1).sum()) * batch_size * bytes_per_value
        ),
        "einsum": lambda shapes, *, batch_size=1, bytes_per_value=4: (
            np.einsum("l,l,l->", *shapes.T) * batch_size * bytes_per_value
        ),
    },
    "receptive_field": {
        "looking back": fields_by_looking_back,
        "running products": fields_by_cumulation,
    },
}
