"""Assignment 15: the digits, gradcheck by replay, the fallbacks, what students really write."""

import importlib.util
import io
import os
import shutil
import subprocess
import sys
from contextlib import redirect_stdout
from pathlib import Path

import nbformat
import numpy as np
import pytest
import torch
from nbgrader.api import Gradebook

from cnncourse import data, reference
from cnncourse.catalogue import EXERCISES
from cnncourse.catalogue.backward.conv import conv2d_backward
from cnncourse.catalogue.backward.linear import linear_backward
from cnncourse.catalogue.backward.max_pool_backward import max_pool2d_backward
from cnncourse.catalogue.numpy_lenet import (
    conv_function,
    digits,
    given,
    other_layers,
    training,
)
from cnncourse.checker import judge
from cnncourse.grading.room import Limits

ROOT = Path(__file__).parents[1]
ASSIGNMENT = "15_numpy_lenet"
NAME = f"{ASSIGNMENT}/{ASSIGNMENT}.ipynb"
LAYERS = ["conv2d_forward", "conv2d_function", "max_pool2d_function", "linear_function"]
NETWORK = ["lenet_forward", "lenet_gradients", "train_lenet"]
LOADED = 900  # seconds: two trainings, on a machine loaded ten times over


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    # The cases are tiny: two threads wait for each other longer than they compute.
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def run_notebook(*, without=()):
    """Run the notebook's own cells, some of its solutions not written yet."""
    namespace = {"__name__": "__main__"}
    with redirect_stdout(io.StringIO()) as said:
        for cell in nbformat.read(ROOT / "solutions" / NAME, as_version=4).cells:
            marks = cell.metadata.get("nbgrader", {})
            wanted = cell.id == "imports" or (marks and not marks["grade"])
            if not wanted or cell.id in ("look_at_gradcheck", "digits"):
                continue
            if cell.id in without:
                namespace[cell.id] = not_written
            else:
                exec(compile(cell.source, cell.id, "exec"), namespace)
            if cell.id == "lenet_gradients":
                exec('gradients_of = own_or_given("lenet_gradients", globals())', namespace)
    return namespace, said.getvalue()


def not_written(*arguments, **options):
    """What the release holds."""
    raise NotImplementedError("not written yet")


@pytest.fixture(scope="module")
def solved():
    """The notebook with all of its solutions."""
    return run_notebook()[0]


# The digits.


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_digits_are_those_of_the_course(split):
    """The same split, read without scikit-learn's imports, twice as large, and scaled."""
    images, labels = digits.training_digits() if split == "train" else digits.unseen_digits()
    expected = data.load("digits", split)

    pixels = images[:, :, ::2, ::2]
    assert images.shape[1:] == (1, 16, 16)
    assert labels.tolist() == expected.labels.tolist()
    assert np.array_equal(pixels, images[:, :, 1::2, 1::2])
    slope, offset = np.polyfit(expected.images.numpy().ravel(), pixels.ravel(), 1)
    np.testing.assert_allclose(slope * expected.images.numpy() + offset, pixels, atol=1e-6)


def test_the_room_gets_the_training_digits_and_no_others(tmp_path):
    """What is handed out is what is read there."""
    digits.hand_out(tmp_path)

    with np.load(tmp_path / "training_digits.npz") as file:
        assert file["counts"].shape == (1433, 1, 8, 8)
        assert file["labels"].tolist() == digits.training_digits()[1].tolist()


# Examples by hand.


def test_the_notebooks_convolutions_by_hand():
    """Both strides, and the row with its way back."""
    x = np.array([[1, 2, 3, 4], [5, 6, 7, 8], [9, 8, 7, 6.0]])[None, None]
    w = np.array([[1.0, 0], [2, -1]])[None, None]
    forward = EXERCISES["conv2d_forward"].reference
    out, backward = reference.conv2d_function([[[[1, 2, 4]]]], [[[[-1, 1]]]], [0])

    assert forward(x, w)[0, 0].tolist() == [[5, 7, 9], [15, 15, 15]]
    assert forward(x, w, stride=2)[0, 0].tolist() == [[5, 9]]
    assert out.ravel().tolist() == [1, 2]
    found = [each.ravel().tolist() for each in backward([[[[1, 10]]]])]
    assert found == [[-1, -9, 10], [21, 42], [11]]


def test_the_notebooks_pooling_and_linear_layer_by_hand():
    """Ties go to the first in reading order."""
    out, backward = reference.max_pool2d_function([[[[1, 5, 0, 0], [5, 2, 0, 0]]]])
    line, back = reference.linear_function([[1, 2]], [[3, 4]], [5])

    assert out.ravel().tolist() == [5, 0]
    assert backward([[[[10, 20]]]])[0, 0].tolist() == [[0, 10, 20, 0], [0, 0, 0, 0]]
    assert line.tolist() == [[16]]
    assert [each.tolist() for each in back([[10]])] == [[[30, 40]], [[10, 20]], [10]]


def test_a_network_of_zeros_knows_nothing():
    """A loss of log 10, and the gradient of the last bias by hand."""
    blank = {name: np.zeros(shape) for name, shape in given.SHAPES.items()}

    loss, slopes = reference.lenet_gradients(blank, np.ones((1, 1, 16, 16)), np.array([3]))

    assert loss == pytest.approx(np.log(10))
    np.testing.assert_allclose(slopes["fc3.bias"], 0.1 - np.eye(10)[3])
    assert sum(map(np.size, blank.values())) == 21_386


# gradcheck by replay.


@pytest.mark.parametrize("wrong", [0, 1, 2])
def test_gradcheck_by_replay_finds_the_gradient_that_is_wrong(wrong):
    """PyTorch's own gradcheck refuses one entry of one gradient that is off by 1 %."""

    def function(x, w, b, *, stride=1, padding=0):
        out, backward = reference.conv2d_function(x, w, b, stride=stride, padding=padding)

        def spoilt(dout):
            slopes = [each.copy() for each in backward(dout)]
            slopes[wrong].flat[-1] *= 1.01
            return tuple(slopes)

        return out, spoilt

    verdict = judge(EXERCISES["conv2d_function"], function, seed="practice")

    assert not any(result.passed for result in verdict.results)
    assert f"gradcheck refuses d{'xwb'[wrong]}" in verdict.first_failure.summary


def test_single_precision_is_told_why_gradcheck_refuses_it():
    """A shift of 1e-6 is lost in float32."""

    def function(x, w, b, *, stride=1, padding=0):
        out, backward = reference.conv2d_function(x, w, b, stride=stride, padding=padding)
        return out.astype("f"), backward

    verdict = judge(EXERCISES["conv2d_function"], function, seed="practice")

    assert "needs float64" in verdict.first_failure.summary


def test_the_layer_works_inside_pytorch(solved):
    """The cell that asks gradcheck in person."""
    (cell,) = (
        cell
        for cell in nbformat.read(ROOT / "solutions" / NAME, as_version=4).cells
        if cell.id == "look_at_gradcheck"
    )

    with redirect_stdout(io.StringIO()) as said:
        exec(cell.source, solved)

    assert said.getvalue() == "gradcheck accepts your layer: True\n"


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (conv2d_backward, conv_function.BACKWARD),
        (max_pool2d_backward, other_layers.POOL_BACKWARD),
        (linear_backward, other_layers.LINEAR_BACKWARD),
    ],
)
def test_the_mistakes_adopted_from_assignment_07_are_there(source, names):
    """`adopt_backward` leaves out what it does not find: nothing may go missing."""
    assert [name for name in names if name not in source.mistakes] == []


# What students write.


def global_cache(x, w, b, *, stride=1, padding=0):
    """Keep the image in a global, as a tutorial did."""
    global _image
    _image = x
    out, _ = reference.conv2d_function(x, w, b, stride=stride, padding=padding)

    def backward(dout):
        return reference.conv2d_function(_image, w, b, stride=stride, padding=padding)[1](dout)

    return out, backward


def mean_over_the_batch(x, w, b):
    """Divide once more."""
    return x @ w.T + b, lambda d: (d @ w, d.T @ x / len(x), d.mean(axis=0))


def gate_by_output(parameters, x, labels):
    """Forget the ReLU's share on the way back."""
    return (
        EXERCISES["lenet_gradients"]
        .mistakes["no ReLU stops a gradient"]
        .function(parameters, x, labels)
    )


def log_of_softmax(parameters, x, labels):
    """Shift the logits, and take the logarithm of a share that may be 0."""
    logits = reference.lenet_forward(parameters, x)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares = powers / powers.sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):
        loss = -np.log(shares[np.arange(len(x)), labels]).mean()
    return loss, reference.lenet_gradients(parameters, x, labels)[1]


def all_winners(x):
    """Compare with the largest value: ties win together."""
    out = reference.max_pool2d(x, 2)
    large = out.repeat(2, axis=2).repeat(2, axis=3)
    return out, lambda d: (x == large) * d.repeat(2, axis=2).repeat(2, axis=3)


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        ("linear_function", mean_over_the_batch, "dw and db are divided by N"),
        (
            "max_pool2d_function",
            all_winners,
            "every one of several equal winners gets the whole gradient",
        ),
        ("lenet_gradients", gate_by_output, "no ReLU stops a gradient"),
        ("lenet_gradients", log_of_softmax, "the loss is the logarithm of a p that is 0"),
    ],
)
def test_what_students_write_is_named(name, function, mistake):
    """Written as a student would, not as the catalogue does."""
    verdict = judge(EXERCISES[name], function, seed="practice")

    assert verdict.first_named.mistake == mistake


def test_a_cache_outside_the_function_is_caught():
    """LeNet has two convolutions, which would share it."""
    verdict = judge(EXERCISES["conv2d_function"], global_cache, seed="practice")

    named = "the way back takes x from the layer's latest call, not from its own"
    assert verdict.first_named.mistake == named


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (np.abs, "wrong for other numbers"),
        (lambda dout: np.multiply(dout, 2, out=dout) / 2, "changes dout in place"),
        (lambda dout: dout * np.nan, "gradcheck refuses dx"),
    ],
)
def test_what_a_backward_does_to_dout_is_looked_at(change, said):
    """Unit vectors alone, gradcheck's own questions, do not tell dout from its absolute value."""

    def function(x, w, b, *, stride=1, padding=0):
        out, backward = reference.conv2d_function(x, w, b, stride=stride, padding=padding)
        return out, lambda dout: backward(change(dout))

    verdict = judge(EXERCISES["conv2d_function"], function, seed="practice")

    assert said in verdict.first_failure.summary
    assert verdict.score == 0


def test_the_layers_way_back_does_not_import_sympy():
    """A time limit that interrupts its import, of seconds, leaves it broken."""
    code = (
        "import sys, numpy as np; from cnncourse import reference as r; "
        "r.conv2d_function(np.ones((1, 1, 2, 2)), np.ones((1, 1, 1, 1)), [0])[1]"
        "(np.ones((1, 1, 2, 2))); sys.exit('sympy' in sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["conv2d_function", "max_pool2d_function", "linear_function"])
def test_a_layer_without_its_way_back_is_told_so(name):
    """Only out is returned, as in assignments 04 and 05."""
    exercise = EXERCISES[name]

    def function(*arrays, **options):
        return exercise.reference(*arrays, **options)[0]

    function.__signature__ = exercise.signature
    verdict = judge(exercise, function, seed="practice")

    assert "the tuple (out, backward)" in verdict.first_failure.summary


@pytest.mark.parametrize("value", [[1, 2], {"conv1.weight": np.zeros((6, 1, 5, 5))}])
def test_a_training_that_returns_something_else_is_told_so(value):
    """A list, or a dictionary with gaps."""
    verdict = judge(EXERCISES["train_lenet"], lambda images, labels, rng: value, seed="practice")

    assert verdict.score == 0
    said = verdict.first_failure.summary
    assert "dictionary of parameters" in said or "no parameter conv1.bias and" in said


def test_parameters_trained_elsewhere_are_worth_nothing():
    """The classes of another seed are numbered otherwise."""
    exercise = EXERCISES["train_lenet"]
    home = exercise.draw("practice")[1].arguments
    trained = reference.train_lenet(home["images"], home["labels"], given.start(home["rng"]))

    verdict = judge(exercise, lambda images, labels, rng: trained, seed="a class")

    assert not any(result.passed for result in verdict.results)


# The fallbacks.


def test_all_of_the_students_own_layers_are_used(solved):
    """And the report says so."""
    said = run_notebook()[1].splitlines()

    names = ["conv2d_function", "max_pool2d_function", "linear_function", "lenet_gradients"]
    assert said == [f"{name}: your own" for name in names]


@pytest.mark.timeout(LOADED)
def test_without_own_layers_the_network_and_its_training_still_earn_their_points():
    """The four layers are not written; what is built on them is right all the same."""
    namespace, said = run_notebook(without=LAYERS)

    assert said.count("the given one, since yours is not written yet") == 3
    with redirect_stdout(io.StringIO()):
        for name in NETWORK:
            verdict = judge(EXERCISES[name], namespace[name], seed="a class")
            assert verdict.passed, verdict.first_failure


@pytest.mark.timeout(LOADED)
def test_without_own_gradients_the_training_still_earns_its_points():
    """Gradients rounded to two digits are enough to learn from."""
    namespace, _ = run_notebook(without=[*LAYERS, "lenet_forward", "lenet_gradients"])

    with redirect_stdout(io.StringIO()):
        verdict = judge(EXERCISES["train_lenet"], namespace["train_lenet"], seed="practice")

    assert verdict.passed, verdict.first_failure


@pytest.mark.parametrize(
    ("name", "stand_in"),
    [
        ("conv2d_function", "conv2d_function"),
        ("max_pool2d_function", "max_pool2d_function"),
        ("linear_function", "linear_function"),
        ("lenet_gradients", "lenet_gradients"),
    ],
)
def test_a_stand_in_earns_no_point_of_the_exercise_it_stands_in_for(name, stand_in):
    """It knows other sizes, or too few digits."""
    with redirect_stdout(io.StringIO()):
        function = given.own_or_given(stand_in, {})
    function.__signature__ = EXERCISES[name].signature

    assert judge(EXERCISES[name], function, seed="practice").score == 0


@pytest.mark.parametrize("layer", ["conv2d_function", "max_pool2d_function", "linear_function"])
def test_the_stand_ins_agree_with_pytorch(layer):
    """On the sizes they know."""
    with redirect_stdout(io.StringIO()):
        stand_in = given.own_or_given(layer, {})

    for question, _ in given._QUESTIONS[layer]():
        asked, expected = question(stand_in), question(getattr(reference, layer))
        for one, other in zip(asked, expected, strict=True):
            np.testing.assert_allclose(one, other, atol=1e-12)


@pytest.mark.parametrize(
    ("own", "why"),
    [
        (None, "is not there"),
        (not_written, "is not written yet"),
        (lambda x: x[5:6][7], "raises IndexError"),
        (lambda x: (x[:, :, ::2, ::2], lambda d: 0 * x), "gives other numbers"),
    ],
)
def test_why_a_layer_does_not_serve_is_said(own, why, capsys):
    """In the words of the cell's output."""
    given.own_or_given("max_pool2d_function", {"max_pool2d_function": own})

    assert capsys.readouterr().out.strip().endswith(f"the given one, since yours {why}")


# The whole, by plain nbgrader.


@pytest.mark.timeout(LOADED)
def test_the_notebook_earns_every_point_in_the_real_room(tmp_path):
    """Generated, handed in, executed without PyTorch, and judged."""
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    shutil.copytree(ROOT / "solutions" / ASSIGNMENT, tmp_path / "solutions" / ASSIGNMENT)
    target = tmp_path / "classroom" / "submitted" / "ada" / NAME
    target.parent.mkdir(parents=True)
    shutil.copy(ROOT / "solutions" / NAME, target)
    for command in ("generate_assignment", "autograde"):
        subprocess.run(
            [str(Path(sys.executable).parent / "nbgrader"), command, ASSIGNMENT],
            cwd=tmp_path,
            env=dict(os.environ),
            capture_output=True,
            check=True,
        )

    with Gradebook(f"sqlite:///{tmp_path}/classroom/gradebook.db") as gradebook:
        submission = gradebook.find_submission(ASSIGNMENT, "ada")
        assert (submission.score, submission.max_score) == (30, 30)


def test_the_time_limits_of_a_check_fit_the_rooms_own():
    """A function that is too slow is told so; the room would only stop its cell."""
    assert Limits().cell_seconds > training.LONGEST + training.LONGEST_OF_TWO


@pytest.mark.timeout(LOADED)
@pytest.mark.parametrize("way", ["Adam", "plain steps"])
def test_other_ways_to_train_are_accepted(way):
    """It is the digits read that count."""
    path = ROOT / "tests" / "alternatives" / f"{ASSIGNMENT}.py"
    spec = importlib.util.spec_from_file_location("alternatives_15", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    with redirect_stdout(io.StringIO()):
        function = module.ALTERNATIVES["train_lenet"][way]
        verdict = judge(EXERCISES["train_lenet"], function, seed="practice")

    assert verdict.passed, verdict.first_failure
