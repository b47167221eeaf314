"""The same assignment as courses have it: PyTorch in the test cell, graded by plain nbgrader.

The tests put about as many cases to each function as the sealed ones do.
"""

import copy
import textwrap

START = """
import torch
import torch.nn.functional as F

rng = np.random.default_rng({seed})
{body}
"""
TESTS = {
    "pad2d": """
        names = {"zeros": "constant", "replicate": "replicate", "reflect": "reflect",
                 "circular": "circular"}
        x = rng.normal(size=(2, 3, 7, 6))
        for mode, name in names.items():
            for rows, columns in [(1, 1), (2, 1), (0, 3)]:
                y = F.pad(torch.tensor(x), (columns, columns, rows, rows), mode=name)
                np.testing.assert_allclose(pad2d(x, (rows, columns), mode=mode), y.numpy())
    """,
    "conv2d_single": """
        for stride, padding in [(1, 0), (2, 0), (1, 2), (2, 1), (3, 1), (4, 0)]:
            x, w = rng.normal(size=(9, 8)), rng.normal(size=(3, 2))
            y = F.conv2d(torch.tensor(x)[None, None], torch.tensor(w)[None, None],
                         torch.tensor([0.5]).double(), stride=stride, padding=padding)
            np.testing.assert_allclose(
                conv2d_single(x, w, 0.5, stride=stride, padding=padding), y[0, 0].numpy())
    """,
    "conv2d": """
        for options in [{}, {"stride": 4}, {"padding": 2}, {"stride": (3, 2), "padding": (1, 2)},
                        {"dilation": 2}, {"padding": "same", "dilation": 2},
                        {"groups": 2}, {"stride": (2, 3), "padding": (2, 1), "groups": 3},
                        {"groups": 6}, {"stride": 2, "dilation": (1, 2), "padding": 1}]:
            x = rng.normal(size=(2, 6, 11, 9))
            w, b = rng.normal(size=(6, 6 // options.get("groups", 1), 3, 2)), rng.normal(size=6)
            y = F.conv2d(*map(torch.tensor, (x, w, b)), **options)
            np.testing.assert_allclose(conv2d(x, w, b, **options), y.numpy())
    """,
    "conv1x1": """
        for C, N in [(3, 2), (1, 1), (5, 4), (2, 0)]:
            x, w, b = rng.normal(size=(N, C, 7, 6)), rng.normal(size=(4, C)), rng.normal(size=4)
            y = F.conv2d(torch.tensor(x), torch.tensor(w)[:, :, None, None], torch.tensor(b))
            np.testing.assert_allclose(conv1x1(x, w, b), y.numpy(), atol=1e-12)
    """,
    "depthwise_separable_conv2d": """
        for stride, padding in [(1, 0), (2, 0), (1, 1), ((2, 3), (1, 2))]:
            x, d = rng.normal(size=(2, 3, 9, 8)), rng.normal(size=(3, 3, 2))
            p, b = rng.normal(size=(5, 3)), rng.normal(size=5)
            y = F.conv2d(torch.tensor(x), torch.tensor(d)[:, None], groups=3,
                         stride=stride, padding=padding)
            y = F.conv2d(y, torch.tensor(p)[:, :, None, None], torch.tensor(b))
            np.testing.assert_allclose(
                depthwise_separable_conv2d(x, d, p, b, stride=stride, padding=padding),
                y.numpy(), atol=1e-12)
    """,
    "conv_transpose2d": """
        for options in [{}, {"stride": 2}, {"stride": 3, "padding": 1}, {"padding": 2},
                        {"stride": (3, 2), "padding": (1, 0), "output_padding": (2, 1)},
                        {"stride": 2, "output_padding": 1}]:
            x, w, b = rng.normal(size=(2, 3, 5, 4)), rng.normal(size=(3, 4, 6, 5)), rng.normal(
                size=4)
            y = F.conv_transpose2d(*map(torch.tensor, (x, w, b)), **options)
            np.testing.assert_allclose(conv_transpose2d(x, w, b, **options), y.numpy(),
                                       atol=1e-12)
    """,
    "conv3d": """
        for options in [{}, {"stride": 2}, {"padding": 1}, {"stride": (2, 1, 3)},
                        {"stride": 2, "padding": (0, 1, 2)}]:
            x, w = rng.normal(size=(2, 3, 6, 7, 5)), rng.normal(size=(4, 3, 3, 2, 3))
            b = rng.normal(size=4)
            y = F.conv3d(*map(torch.tensor, (x, w, b)), **options)
            np.testing.assert_allclose(conv3d(x, w, b, **options), y.numpy(), atol=1e-12)
    """,
}
SEALED = "from cnncourse import check, pictures, show"
DRAWN = "from cnncourse import pictures\nfrom cnncourse.plotting import show_arrays as show"
CONFIG = """
c = get_config()
c.CourseDirectory.course_id = "conventional"
"""


def convert(notebook):
    """Turn the sealed source of 04_convolution into a conventional one.

    Parameters
    ----------
    notebook : NotebookNode

    Returns
    -------
    notebook : NotebookNode
        The same cells; a test computes the answer by PyTorch and compares, and pictures are
        drawn where they are asked for.
    """
    made = copy.deepcopy(notebook)
    for cell in made.cells:
        cell.source = cell.source.replace(SEALED, DRAWN)
        name = cell.id.removeprefix("check_")
        if cell.id != name:
            body = textwrap.dedent(TESTS[name]).strip()
            cell.source = START.format(seed=len(name), body=body).strip()
    return made
