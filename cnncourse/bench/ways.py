"""Who takes part: ways to compute a convolution, and which layers each can do."""

import contextlib
import io
from collections.abc import Callable
from dataclasses import dataclass

import nbformat
import torch
import torch.nn.functional as F

from cnncourse import fast
from cnncourse.bench import im2col

# A way that visits every window in Python is timed only where it takes seconds, not minutes.
LOOP_MACS = 20_000_000
# NumPy's einsum without a product, and transforms of whole images, take too long beyond this.
SLOW_MACS = 500_000_000


@dataclass(frozen=True)
class Way:
    """One way to compute a layer: `forward(x, w, b, **options)`, `backward(dout, x, w, b, ...)`.

    Arguments are NumPy arrays; `prepare` turns them into what the way takes, untimed.
    """

    name: str
    title: str
    forward: Callable
    backward: Callable | None = None
    prepare: Callable = lambda array: array
    can_do: Callable = lambda layer: True


def ours():
    """List the ways that are always there, PyTorch's first.

    Returns
    -------
    list of Way
    """
    return [
        Way("torch", "PyTorch", F.conv2d, _torch_backward, torch.from_numpy),
        Way(
            "classic",
            "classic",
            im2col.classic_forward,
            _without_b(im2col.classic_backward),
        ),
        Way("plain", "plain", im2col.plain_forward, _without_b(im2col.plain_backward)),
        Way("fast", "fast", fast.conv2d, _without_b(fast.conv2d_backward)),
    ]


def ladder(notebook):
    """Take the students' ladder out of the solved notebook.

    Parameters
    ----------
    notebook : Path
        `solutions/08_fast/08_fast.ipynb`; its cells are run, so it must be trusted.

    Returns
    -------
    list of Way
        Those of the rungs that the notebook defines; none where there is no notebook.
    """
    if not notebook.exists():
        return []
    defined = _functions(notebook)
    return [
        Way(name, title, forward, can_do=can_do)
        for name, title, can_do, adapt in RUNGS
        if name in defined
        for forward in [adapt(defined[name])]
    ]


def _functions(notebook):
    """Run the cells that define something, and none that checks or plots."""
    defined = {"__name__": notebook.stem}
    for cell in nbformat.read(notebook, as_version=4).cells:
        if cell.cell_type == "code" and _defines(cell):
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell.source, f"{notebook.stem}: {cell.id}", "exec"), defined)
    return defined


def _defines(cell):
    """Say whether a cell holds imports, something given, or a solution."""
    grading = cell.metadata.get("nbgrader", {})
    given = grading.get("locked") and not grading.get("grade")
    return cell.id == "imports" or given or grading.get("solution")


def _torch_backward(dout, x, w, b, *, stride, padding):
    return torch.ops.aten.convolution_backward(
        dout, x, w, [len(b)], [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1, [True] * 3
    )


def _without_b(backward):
    return lambda dout, x, w, b, **options: backward(dout, x, w, **options)


def _few(limit):
    return lambda layer: layer.macs <= limit


def _winograd_can(layer):
    return layer.kernel == 3 and layer.stride == 1


def _as_it_is(function):
    return function


def _without_stride(function):
    return lambda x, w, b, *, stride, padding: function(x, w, b, padding=padding)


# The students' functions, in the notebook's order.
RUNGS = [
    ("conv2d_loops", "loops", _few(LOOP_MACS), _as_it_is),
    ("conv2d_im2col", "im2col", lambda layer: True, _as_it_is),
    ("conv2d_einsum", "einsum", _few(SLOW_MACS), _as_it_is),
    ("conv2d_fft", "FFT", _few(SLOW_MACS), _as_it_is),
    ("winograd_conv2d", "Winograd", _winograd_can, _without_stride),
    ("conv2d_fast", "best rung", lambda layer: True, _as_it_is),
]
