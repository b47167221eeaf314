"""PyTorch in the exam room: where the assignment allows it, on every rung, and nowhere else."""

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from cnncourse.catalogue import EXERCISES, Case, Exercise
from cnncourse.catalogue.contents import PACKAGES
from cnncourse.catalogue.exercise import Unusable
from cnncourse.checker import judge
from cnncourse.collect import collect
from cnncourse.grading.judge import packages_of
from cnncourse.grading.room import NoRoom, Room, bubblewrap, ladder
from cnncourse.seal import MIME

TORCH = ("torch",)
RUNGS = (bubblewrap.Warm, bubblewrap.Confined, ladder.Landlocked, ladder.Limited)


def said(room, *sources, packages=TORCH):
    """Run cells, and give of each its last text or error."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    execution = room.run(notebook, seed="a", packages=packages)
    assert execution.problems == []
    return [_text(cell.outputs[-1]) if cell.outputs else "" for cell in execution.notebook.cells]


def _text(output):
    return output.get("evalue") or output.get("text") or output["data"].get("text/plain")


TRAIN = """
import torch
from torch import nn
layers = nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(32, 3)
network = nn.Sequential(*layers)
optimiser = torch.optim.SGD(network.parameters(), lr=0.1)
logits = network(torch.rand(4, 1, 6, 6))
nn.functional.cross_entropy(logits, torch.tensor([0, 1, 2, 0])).backward()
optimiser.step()
torch.get_num_threads(), torch.cuda.is_available()
"""
CHECKED = """
from cnncourse import check
from cnncourse.catalogue.networks import plain
class LeNet5(nn.Module):
    def __init__(self, num_classes=10, in_channels=1):
        super().__init__()
        self.layer = nn.Linear(28 * 28 * in_channels, num_classes)
    def forward(self, x):
        return self.layer(x.flatten(1))
check("LeNet5", LeNet5)
"""
REFUSED = ("torchvision", "cnncourse.models", "cnncourse.data", "cnncourse.training", "scipy")


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: rung.__name__)
def test_torch_trains_on_every_rung_and_nothing_else_is_there(rung):
    """One thread, no GPU; not torchvision, no network or data of ours."""
    try:
        room = Room(keeper=rung)
    except NoRoom:
        pytest.skip("this machine has no such rung")
    with room:
        trained, sealed, *refused = said(
            room, TRAIN, CHECKED, *(f"import {name}" for name in (*REFUSED, "cnncourse.inside"))
        )

        assert trained == "(1, False)"
        assert sealed == "answers sealed"
        assert all("No module" in one or "not available" in one for one in refused), refused
        if rung is bubblewrap.Warm:
            (without,) = said(room, "import torch", packages=())
            assert without == "torch is not available while this assignment is graded"
            (failed,) = said(room, "import torch; torch.zeros(2**30)")  # 4 GiB
            assert "allocate" in failed


def cell(name, **role):
    """A test cell as the source has it."""
    role = {"grade": True, "solution": False, "grade_id": f"check_{name}", **role}
    return {"cell_type": "code", "metadata": {"nbgrader": role}, "source": ""}


def test_a_notebook_may_import_what_its_own_tests_allow():
    """NumPy assignments keep what they have."""
    assert packages_of([cell("conv2d"), cell("max_pool2d")]) == ()
    assert packages_of([cell("LeNet5")]) == TORCH
    assert (
        packages_of([cell("LeNet5", grade=False), {"cell_type": "markdown", "metadata": {}}]) == ()
    )


def test_only_the_assignments_that_say_so_have_torch():
    """One table, in the catalogue's contents."""
    assert {e.assignment for e in EXERCISES.values() if e.packages} <= set(PACKAGES)
    assert all(packages == TORCH for packages in PACKAGES.values())


def of_tensors(reference, drive=None):
    """An exercise of one call that takes and gives tensors."""
    import numpy as np

    exercise = Exercise(reference, "12_networks", "page#label", {"out": "A B"})
    exercise.cases(
        lambda rng: [Case("a", {"x": np.ones((2, 3))}), Case("b", {"x": rng.random((3, 2)).T})]
    )
    if drive:
        exercise.drive(drive)
    return exercise


def doubled(x):
    """Twice a tensor."""
    return 2 * x


def needs_gradient(x):
    return doubled(x).requires_grad_()


def as_array(x):
    return doubled(x).numpy()


@pytest.mark.parametrize("right", [doubled, needs_gradient, as_array])
def test_tensors_go_in_and_tensors_and_arrays_come_out(right):
    """With a gradient or without."""
    assert judge(of_tensors(doubled), right, seed="a").passed


def on_meta(x):
    return doubled(x).to("meta")


def sparse(x):
    return doubled(x).to_sparse()


def single(x):
    return doubled(x).float().bfloat16()


def in_place(x):
    return x.mul_(2)


def as_list(x):
    return doubled(x).tolist()


WRONG = {
    on_meta: "returned a tensor on the device meta, expected one on the CPU",
    sparse: "returned a sparse tensor, expected a dense one: call to_dense() on it",
    in_place: "changes its input x in place; copy it first",
    as_list: "returned a list, expected a tensor",
}


@pytest.mark.parametrize("function", WRONG, ids=lambda function: function.__name__)
def test_what_is_no_dense_tensor_on_the_cpu_is_told_in_a_sentence(function):
    """Never in a traceback of ours."""
    verdict = judge(of_tensors(doubled), function, seed="a")

    assert verdict.score == 0
    assert verdict.first_failure.summary == WRONG[function]


def test_bfloat16_is_read_as_numbers():
    """NumPy has no such dtype."""
    (answer, _) = collect(of_tensors(doubled), single, seed="a")

    assert answer.problem is None
    assert answer.arrays[0].dtype == "float32"


def test_a_drives_own_sentence_reaches_the_student():
    """Without the name of an exception."""

    def drive(function, x):
        raise Unusable("returned a list of layers, expected a network")

    verdict = judge(of_tensors(doubled, drive), doubled, seed="a")

    assert verdict.first_failure.summary == "returned a list of layers, expected a network"
    assert MIME not in verdict.first_failure.detail
