"""Pretrained weights: fetched whole or not at all, and plain words where there is no network."""

import errno
import hashlib
import http.client
import io
import urllib.error

import pytest
import torch

from cnncourse.models import create, pretrained

SOURCE = pretrained._source


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Keep what is fetched in a folder of the test's own."""
    monkeypatch.setattr(torch.hub, "_hub_dir", str(tmp_path / "hub"))
    return tmp_path / "hub" / "checkpoints"


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """A small network's weights in a file, its checksum in the name, as torchvision has them."""
    torch.manual_seed(1)
    state = create("mobilenet_v2").state_dict()
    buffer = io.BytesIO()
    torch.save(state, buffer)
    checksum = hashlib.sha256(buffer.getvalue()).hexdigest()[:8]
    path = tmp_path_factory.mktemp("server") / f"mobilenet_v2-{checksum}.pth"
    path.write_bytes(buffer.getvalue())
    return path, state


@pytest.fixture
def server(published, folder, monkeypatch):
    """Have the weights fetched from a file."""
    path, state = published
    monkeypatch.setattr(
        pretrained, "_source", lambda name, weights: (path.as_uri(), folder / path.name)
    )
    return state


def test_weights_are_fetched_once_and_loaded(server, folder, monkeypatch):
    """The second time, nothing is asked of the network."""
    first = create("mobilenet_v2", weights="DEFAULT")
    monkeypatch.setattr(torch.hub, "urlopen", None)
    second = create("mobilenet_v2", weights="DEFAULT")

    assert len(list(folder.iterdir())) == 1
    for model in (first, second):
        assert all(torch.equal(model.state_dict()[key], server[key]) for key in server)


def test_another_number_of_classes_keeps_all_but_the_last_layer(server):
    """Ready to be adapted: the body is trained, the head is new."""
    model = create("mobilenet_v2", 7, weights="DEFAULT")
    own = model.state_dict()

    assert own["classifier.1.weight"].shape == (7, 1280)
    body = [key for key in server if not key.startswith("classifier.1.")]
    assert len(body) == len(server) - 2
    assert all(torch.equal(own[key], server[key]) for key in body)


class Broken(io.BytesIO):
    """An answer that breaks off after its first bytes, with an error or without."""

    def __init__(self, error=None):
        super().__init__(b"half a file")
        self.error = error

    def info(self):
        return http.client.HTTPMessage()

    def read(self, size=-1):
        part = super().read(size)
        if not part and self.error is not None:
            raise self.error
        return part


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (urllib.error.URLError(OSError("Name or service not known")), "seems to be no network"),
        (ConnectionResetError("reset by peer"), "seems to be no network"),
        (TimeoutError("timed out"), "seems to be no network"),
        (http.client.IncompleteRead(b""), "IncompleteRead"),
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device"),
        (None, "invalid hash value"),
    ],
)
def test_a_download_that_fails_leaves_nothing_and_says_what_to_do(
    error, reason, folder, monkeypatch
):
    """Whether at once, half-way, on a full disk, or with the wrong bytes."""
    if isinstance(error, urllib.error.URLError):
        monkeypatch.setattr(torch.hub, "urlopen", lambda request: (_ for _ in ()).throw(error))
    else:
        monkeypatch.setattr(torch.hub, "urlopen", lambda request: Broken(error))

    with pytest.raises(OSError, match=reason) as caught:
        create("mobilenet_v2", weights="IMAGENET1K_V1")

    assert list(folder.iterdir()) == []
    said = str(caught.value)
    url, path = SOURCE("mobilenet_v2", "IMAGENET1K_V1")
    assert "mobilenet_v2's weights are not on this machine" in said
    assert f"download {url}" in said
    assert f"put the file at {path}" in said
    assert ("no network" in said) == ("no network" in reason)


def test_a_damaged_file_is_named_and_not_loaded(server, folder, published):
    """One byte in the middle is enough."""
    create("mobilenet_v2", weights="DEFAULT")
    file = folder / published[0].name
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)

    with pytest.raises(OSError, match=f"{file.name} is damaged: delete it"):
        create("mobilenet_v2", weights="DEFAULT")


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("lenet5", {}, "lenet5 has no pretrained weights; these have: alexnet, vgg11"),
        ("resnet50", {"weights": "BEST"}, "no weights 'BEST': there are DEFAULT, IMAGENET1K_V1"),
        ("resnet18", {"in_channels": 1}, "resnet18's weights are for images of 3 channels"),
        ("resnet18", {"image_size": 32}, "the form for large images"),
    ],
)
def test_weights_that_there_are_none_of_are_refused_before_anything_is_fetched(
    name, options, reason, folder, monkeypatch
):
    """The message says which there are, or what they are for."""
    monkeypatch.setattr(torch.hub, "urlopen", None)

    with pytest.raises(ValueError, match=reason):
        create(name, **({"weights": "DEFAULT"} | options))
    assert not folder.exists()


def test_weights_of_another_form_are_refused_by_the_first_layer_that_differs(server):
    """Nothing of the network is changed half-way."""
    model = create("mobilenet_v2", in_channels=4)
    before = model.features[1].conv[0][0].weight.clone()

    with pytest.raises(ValueError, match=r"features.0.0.weight is \(32, 4, 3, 3\) here and"):
        pretrained.load_pretrained(model, "mobilenet_v2", "DEFAULT")

    assert torch.equal(model.features[1].conv[0][0].weight, before)


def test_older_names_and_unused_heads_are_brought_to_ours():
    """DenseNet's files write norm.1, GoogLeNet's carry heads for training."""
    with torch.device("meta"):
        densenet, googlenet = create("densenet121"), create("googlenet")
    old = {"features.denseblock1.denselayer2.norm.1.weight": 1, "classifier.bias": 2}

    renamed = pretrained._fitting(densenet, old)
    kept = pretrained._fitting(googlenet, {"aux1.fc1.bias": 1, "fc.bias": 2})

    assert list(renamed) == ["features.denseblock1.denselayer2.norm1.weight", "classifier.bias"]
    assert renamed.keys() <= densenet.state_dict().keys()
    assert kept == {"fc.bias": 2}
