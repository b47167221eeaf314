"""Assignment 14: the examples by hand, and mistakes in students' own words."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from cnncourse import inside, reference
from cnncourse.catalogue import EXERCISES
from cnncourse.catalogue.contents import CONTENTS
from cnncourse.catalogue.inside.network import build, classifier, left_as_it_was
from cnncourse.checker import judge

NAMES = [name for names in CONTENTS["14_inside"].values() for name in names]


def test_the_assignment_asks_what_the_course_lists():
    """Five exercises, in the order of the notebook; the first one leads to the others."""
    assert NAMES == [
        "feature_maps",
        "occlusion_map",
        "saliency",
        "grad_cam",
        "maximally_activating",
    ]


# The examples that the notebook works out by hand.


def chain(weight, *, kind=nn.Linear):
    """Make a model of one layer without bias."""
    weight = torch.tensor(weight)
    if kind is nn.Linear:
        layer = nn.Linear(weight.shape[1], weight.shape[0], bias=False)
        model = nn.Sequential(nn.Flatten(), layer)
    else:
        layer = nn.Conv2d(weight.shape[1], weight.shape[0], 1, bias=False)
        model, weight = nn.Sequential(layer, nn.ReLU(inplace=True)), weight[:, :, None, None]
    layer.weight.data = weight
    return model


def test_feature_maps_keeps_the_minus_three():
    """The first channel minus twice the second, before the ReLU that works in place."""
    image = torch.tensor([[[[3.0, 1], [5, 4]], [[0, 2], [2, 1]]]])

    maps = reference.feature_maps(chain([[1.0, -2]], kind=nn.Conv2d), image, "0")

    assert maps.tolist() == [[[[3, -3], [1, 2]]]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"size": 1}, [0.881, 0.881, 0.5, 0.881, 0.881]),
        ({"size": 3}, [0.881, 0.5, 0.5, 0.5, 0.881]),
        ({"size": 3, "stride": 2}, [0.881, 0.5, 0.881]),
    ],
)
def test_occlusion_map_agrees_with_the_rows_by_hand(options, expected):
    """The model looks at the middle pixel only."""
    model = chain([[0.0, 0, 2, 0, 0], [0, 0, 0, 0, 0]])

    out = reference.occlusion_map(model, torch.ones(1, 1, 5), 0, **options)

    torch.testing.assert_close(out[0], torch.tensor(expected), atol=5e-4, rtol=0)


def test_saliency_agrees_with_the_slopes_by_hand():
    """Of 3 and -5 the steeper is 5, of -4 and 1 it is 4."""
    out = reference.saliency(chain([[3.0, -4, -5, 1]]), torch.zeros(1, 2, 1, 2), torch.tensor([0]))

    assert out.tolist() == [[[5, 4]]]


def test_grad_cam_agrees_with_the_sums_by_hand():
    """A quarter of the first map minus half of the second, and nothing below 0."""
    model = nn.Sequential(nn.Identity(), nn.AdaptiveAvgPool2d(1), *chain([[1.0, -2]]))
    maps = torch.tensor([[[[4.0, 8], [2, 4]], [[0, 1], [3, 0]]]])

    out = reference.grad_cam(model, maps, torch.tensor([0]), "0")

    assert out.tolist() == [[[1, 1.5], [0, 1]]]


def test_maximally_activating_agrees_with_the_rows_by_hand():
    """The 7 and the 5 win."""
    rows = torch.tensor([[1.0, 5], [7, 2], [3, 3]])[:, None, None]

    for batch_size in (1, 2, 3):
        out = reference.maximally_activating(lambda x: x, rows, 0, k=2, batch_size=batch_size)

        assert [one.tolist() for one in out] == [[1, 0], [0, 0], [0, 1], [7, 5]]


# The grader's answers are those of the package that the capstones use.


@pytest.fixture(scope="module")
def drawn():
    """Give a model drawn as in the cases, four images and a class for each."""
    import numpy as np

    rng = np.random.default_rng(14)
    model = build(classifier(rng, 2, (8, 10), 4, in_place=True))
    return model, torch.from_numpy(rng.normal(size=(4, 2, 8, 10))), torch.tensor([3, 0, 3, 1])


def test_the_oracle_and_the_package_agree(drawn):
    """Two implementations, written apart."""
    model, x, targets = drawn
    options = {"size": 3, "stride": 2, "fill": 0.5}
    pairs = [
        (reference.feature_maps(model, x, "conv2"), inside.feature_maps(model, x, "conv2")),
        (
            reference.occlusion_map(model, x[1], 2, **options),
            inside.occlusion_map(model, x[1], 2, **options),
        ),
        (reference.saliency(model, x, targets), inside.saliency(model, x, targets)),
        (
            reference.grad_cam(model, x, targets, "conv2"),
            inside.grad_cam(model, x, targets, layer="conv2"),
        ),
    ]

    for oracle, package in pairs:
        torch.testing.assert_close(oracle, package)


def test_the_oracle_and_the_package_find_the_same_images(drawn):
    """And the same places in them."""
    model, x, _ = drawn

    found = inside.maximally_activating(model, x, "conv2", channel=1, k=3)
    indices, rows, columns, values = reference.maximally_activating(
        lambda batch: inside.feature_maps(model, batch, "conv2"), x, 1, k=3, batch_size=2
    )

    assert [(e.image, e.row, e.column) for e in found] == list(
        zip(indices.tolist(), rows.tolist(), columns.tolist(), strict=True)
    )
    assert [e.value for e in found] == pytest.approx(values.tolist())


# Mistakes as a student writes them.


def hooked(model, layer, run):
    """Run with a hook that keeps what it is shown, and takes itself off."""
    kept = []
    handle = model.get_submodule(layer).register_forward_hook(lambda *seen: kept.append(seen))
    logits = run()
    handle.remove()
    return logits, kept[0]


def maps_without_a_copy(model, images, layer):
    """Keeps the tensor that a later layer writes into."""
    training = model.training
    _, (_, _, out) = hooked(model, layer, lambda: model.eval()(images))
    model.train(training)
    return out.detach()


def occluded_from_minus_one(model, image, target, *, size, stride=1, fill=0.0):
    """Slices from i - half without looking at the border."""
    _, H, W = image.shape
    half = size // 2
    out = torch.zeros(-(-H // stride), -(-W // stride), dtype=image.dtype)
    for a in range(len(out)):
        for b in range(out.shape[1]):
            i, j, x = a * stride, b * stride, image.clone()
            x[:, i - half : i + half + 1, j - half : j + half + 1] = fill
            out[a, b] = model(x[None]).softmax(1)[0, target]
    return out


def occluded_without_a_copy(model, image, target, *, size, stride=1, fill=0.0):
    """Copies the image once, before the loop."""
    _, H, W = image.shape
    half, x = size // 2, image.clone()
    rows = []
    for i in range(0, H, stride):
        row = []
        for j in range(0, W, stride):
            x[:, max(i - half, 0) : i + half + 1, max(j - half, 0) : j + half + 1] = fill
            row.append(model(x[None]).softmax(1)[0, target])
        rows.append(torch.stack(row))
    return torch.stack(rows)


def saliency_that_piles_up(model, images, targets):
    """Never clears the images' .grad."""
    images.requires_grad_()
    model(images)[range(len(images)), targets].sum().backward()
    return images.grad.abs().amax(1)


def saliency_of_the_loss(model, images, targets):
    """Does what training does."""
    x = images.clone().requires_grad_()
    F.cross_entropy(model(x), targets).backward()
    return x.grad.abs().max(dim=1).values


def saliency_of_pairs(model, images, targets):
    """Indexes every image with every class."""
    x = images.clone().requires_grad_()
    model(x)[:, targets].sum().backward()
    return x.grad.abs().max(dim=1).values


def cam_without_relu(model, images, targets, layer):
    """Follows the formula up to the last step."""
    logits, (_, _, out) = hooked(model, layer, lambda: model(images))
    own = logits.gather(1, targets[:, None]).sum()
    gradient = torch.autograd.grad(own, out)[0]
    return (gradient.mean((2, 3), keepdim=True) * out).sum(1)


def found_in_batches(maps_of, images, channel, *, k, batch_size):
    """Forgets how many images came before."""
    best = []
    for batch in images.split(batch_size):
        for n, one in enumerate(maps_of(batch)[:, channel]):
            place = int(one.argmax())
            best.append((float(one.max()), n, *divmod(place, one.shape[1])))
    best.sort(key=lambda entry: -entry[0])
    values, *places = zip(*best[:k], strict=True)
    return *(torch.tensor(one) for one in places), torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize(
    ("name", "function", "mistake"),
    [
        ("feature_maps", maps_without_a_copy, "the maps were written over by a later layer"),
        ("occlusion_map", occluded_from_minus_one, "at the upper and the left border nothing"),
        ("occlusion_map", occluded_without_a_copy, "the squares pile up"),
        ("saliency", saliency_that_piles_up, "a gradient from an earlier question"),
        ("saliency", saliency_of_the_loss, "the gradient of the mean loss is taken"),
        ("saliency", saliency_of_pairs, "the classes of all images are asked about"),
        ("grad_cam", cam_without_relu, "what speaks against the class is kept"),
        ("maximally_activating", found_in_batches, "an index counts within its batch"),
    ],
)
def test_a_mistake_in_a_students_own_words_is_named(name, function, mistake):
    """The catalogue's mistakes ask wrong questions; students write hooks and loops."""
    named = judge(EXERCISES[name], function, seed="practice").first_named

    assert (named.mistake if named else "").startswith(mistake)


# What a look leaves behind is told in a sentence.


def maps_with_hook_left(model, images, layer):
    """Registers and forgets."""
    kept = []
    training = model.training
    model.get_submodule(layer).register_forward_hook(lambda *seen: kept.append(seen[2].clone()))
    model.eval()(images)
    model.train(training)
    return kept[0].detach()


def maps_left_in_evaluation(model, images, layer):
    """Forgets that the model was training."""
    model.eval()
    return hooked(model, layer, lambda: model(images))[1][2].clone().detach()


def maps_while_training(model, images, layer):
    """Takes the model as it comes."""
    return hooked(model, layer, lambda: model(images))[1][2].clone().detach()


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (maps_with_hook_left, "leaves a hook in mix: keep the handle that registering it returns"),
        (maps_left_in_evaluation, "leaves the model in evaluation mode, it was in training mode"),
        (maps_while_training, "changes stem.bn.running_mean of the model: was it in training"),
    ],
)
def test_what_is_left_behind_is_told(function, said):
    """None of these can be seen in the maps."""
    verdict = judge(EXERCISES["feature_maps"], function, seed="practice")

    told = [r.summary for r in verdict.results if not r.passed]
    assert any(summary.startswith(said) for summary in told)


def test_too_large_a_batch_is_told():
    """The set stands for one that does not fit in memory."""

    def at_once(maps_of, images, channel, *, k, batch_size):
        return reference.maximally_activating(maps_of, images, channel, k=k, batch_size=99)

    failure = judge(EXERCISES["maximally_activating"], at_once, seed="practice").first_failure

    assert failure.summary == "gives maps_of 7 images at once, batch_size is 3"


def test_a_model_that_was_left_alone_passes(drawn):
    """And one whose weights were moved does not."""
    import numpy as np

    network = classifier(np.random.default_rng(0), 2, (8, 10), 4)
    model = build(network)
    left_as_it_was(model, network)

    with torch.no_grad():
        model.conv1.bias += 1

    with pytest.raises(Exception, match=r"changes conv1\.bias of the model"):
        left_as_it_was(model, network)
