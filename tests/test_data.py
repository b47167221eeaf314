"""Datasets: the built-in digits, MNIST from a folder, its download from a server of our own."""

import errno
import functools
import gzip
import hashlib
import http.server
import os
import shutil
import struct
import subprocess
import sys
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from cnncourse.data import ImageSet, at_hand, load
from cnncourse.data.augment import RandomAffine

NAMES = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}


def idx_files():
    """Three training and two test images, as MNIST's files hold them; pixel = image number."""
    files = {}
    for split, N in (("train", 3), ("test", 2)):
        images, labels = NAMES[split]
        pixels = b"".join(bytes([51 * n]) * 28 * 28 for n in range(N))
        files[images] = struct.pack(">4i", 2051, N, 28, 28) + pixels
        files[labels] = struct.pack(">2i", 2049, N) + bytes(range(N))
    return files


def write_raw(folder):
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for name, content in idx_files().items():
        (raw / name).write_bytes(content)
    return raw


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """Have no MNIST at all: an empty cache and no folder named."""
    from cnncourse.data import files

    folder = tmp_path / "cache"
    monkeypatch.delenv("CNNCOURSE_DATA", raising=False)
    monkeypatch.setattr(files, "cache_folder", lambda: folder)
    return folder


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass

    def do_GET(self):
        self.server.asked.append(self.path)
        super().do_GET()


@pytest.fixture
def mirror(tmp_path, monkeypatch):
    """Serve small archives on this machine; torchvision's addresses and checksums point there."""
    from torchvision.datasets import MNIST

    folder = tmp_path / "mirror"
    folder.mkdir()
    resources = []
    for name, content in idx_files().items():
        packed = gzip.compress(content, mtime=0)
        (folder / f"{name}.gz").write_bytes(packed)
        resources.append((f"{name}.gz", hashlib.md5(packed).hexdigest()))
    handler = functools.partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.asked, server.folder = [], folder
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(MNIST, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
        monkeypatch.setattr(MNIST, "resources", resources)
        yield server
        server.shutdown()


def left_in(folder):
    return sorted(
        path.name for path in folder.rglob("*") if path.is_file() or ".part" in str(path)
    )


def test_importing_data_leaves_torch_alone():
    """A notebook in NumPy can name the module without paying for PyTorch."""
    code = "import sys, cnncourse.data; sys.exit('torch' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_digits_split_keeps_every_fifth_image_of_each_digit():
    """The two parts share out all 1,797 images, and each holds its share of every digit."""
    train, test = load("digits"), load("digits", "test")

    assert train.images.shape == (1433, 1, 8, 8)
    assert test.images.shape == (364, 1, 8, 8)
    assert test.labels.bincount().tolist() == [36, 37, 36, 37, 37, 37, 37, 36, 35, 36]


def test_digits_parts_are_together_the_whole_set():
    """No image is lost, none is in both parts by position."""
    from sklearn.datasets import load_digits

    both = torch.cat([load("digits").images, load("digits", "test").images]).flatten(1)
    whole = torch.tensor(load_digits().data / 16, dtype=torch.float32)

    assert sorted(both.tolist()) == sorted(whole.tolist())


def test_images_are_float_in_the_unit_range_and_labels_whole():
    """What every network of the course may rely on."""
    for part in (load("digits"), load("digits", "test", size=28)):
        assert part.images.dtype == torch.float32
        assert part.labels.dtype == torch.int64
        assert part.images.min() == 0
        assert 0.99 < part.images.max() <= 1


def test_size_scales_and_keeps_the_picture():
    """Enlarged 5 times, each pixel's middle holds its old value; labels are as they were."""
    small, large = load("digits", "test"), load("digits", "test", size=40)

    assert large.images.shape == (364, 1, 40, 40)
    torch.testing.assert_close(large.images[..., 2::5, 2::5], small.images, atol=1e-6, rtol=0)
    assert torch.equal(large.labels, small.labels)


@pytest.mark.parametrize(
    ("name", "message"),
    [("mnits", "'mnits': did you mean 'mnist'"), ("zebra", "there are digits, shapes32, mnist")],
)
def test_unknown_dataset_gets_the_nearest_name(name, message):
    """A slip of the fingers is answered by the name that was meant."""
    with pytest.raises(ValueError, match=message):
        load(name)


def test_unknown_split_is_named():
    """There are two splits, and the message lists them."""
    with pytest.raises(ValueError, match='split is \'valid\', it must be "train" or "test"'):
        load("digits", "valid")


def test_image_set_refuses_labels_that_do_not_match():
    """Three images with two labels are a mistake, not a dataset."""
    with pytest.raises(ValueError, match="3 images come with 2 labels"):
        ImageSet("own", "train", torch.zeros(3, 1, 6, 7), torch.zeros(2).long(), ("a",))


def test_image_set_refuses_images_without_channels():
    """Grey images as (N, H, W) are told what they lack."""
    with pytest.raises(ValueError, match=r"shape \(3, 6, 7\) are not \(N, C, H, W\)"):
        ImageSet("own", "train", torch.zeros(3, 6, 7), torch.zeros(3).long(), ("a",))


def test_mnist_is_read_from_the_named_folder(cache, tmp_path, monkeypatch):
    """Pixels are scaled, labels keep their images, both splits are found."""
    write_raw(tmp_path / "named")
    monkeypatch.setenv("CNNCOURSE_DATA", str(tmp_path / "named"))

    train, test = load("mnist"), load("mnist", "test")

    assert train.images.shape == (3, 1, 28, 28)
    assert torch.allclose(train.images[:, 0, 13, 7], torch.tensor([0.0, 0.2, 0.4]))
    assert train.labels.tolist() == [0, 1, 2]
    assert len(test) == 2
    assert not cache.exists()


def test_mnist_at_hand_only_when_all_four_files_are(cache):
    """Three files of four are no dataset."""
    assert at_hand("digits")
    assert not at_hand("mnist")
    raw = write_raw(cache)
    assert at_hand("mnist")
    (raw / NAMES["test"][1]).unlink()
    assert not at_hand("mnist")


def test_damaged_files_are_reported_with_their_folder(cache):
    """A file cut short is not read as a shorter dataset."""
    path = write_raw(cache) / NAMES["train"][0]
    path.write_bytes(path.read_bytes()[:-1])

    with pytest.raises(OSError, match=r"MNIST files in .*raw are damaged"):
        load("mnist")


def test_download_fetches_checks_and_unpacks(cache, mirror, capfd):
    """Four files arrive, a bar names each, and a second load asks for nothing."""
    train = load("mnist")
    asked = len(mirror.asked)
    load("mnist", "test")

    assert train.labels.tolist() == [0, 1, 2]
    assert len(mirror.asked) == asked == 4
    assert left_in(cache) == sorted(idx_files())
    assert "train-images-idx3-ubyte.gz" in capfd.readouterr().out


def test_download_goes_on_where_it_was_cut_off(cache, mirror):
    """The first files stay when a later one fails; only the missing are asked for again."""
    missing = mirror.folder / f"{NAMES['test'][0]}.gz"
    content = missing.read_bytes()
    missing.unlink()
    with pytest.raises(OSError, match="could not be downloaded"):
        load("mnist")
    assert left_in(cache) == sorted(NAMES["train"])

    missing.write_bytes(content)
    mirror.asked.clear()
    load("mnist")

    assert mirror.asked == [f"/{name}.gz" for name in NAMES["test"]]


def test_download_with_a_wrong_checksum_leaves_nothing_behind(cache, mirror):
    """A file changed on its way is refused, and no half of it stays."""
    archive = mirror.folder / f"{NAMES['train'][0]}.gz"
    archive.write_bytes(archive.read_bytes()[:-1] + b"x")

    with pytest.raises(OSError, match=r"train-images-idx3-ubyte\.gz could not be downloaded"):
        load("mnist")

    assert left_in(cache) == []


def test_second_mirror_is_tried_when_the_first_fails(cache, mirror, monkeypatch):
    """One dead address does not stop a class."""
    from torchvision.datasets import MNIST

    monkeypatch.setattr(MNIST, "mirrors", ["http://127.0.0.1:9/", *MNIST.mirrors])

    assert len(load("mnist")) == 3


def test_without_a_network_the_message_gives_the_steps_by_hand(cache, mirror, monkeypatch):
    """Which files, from where, into which folder, and what runs without them."""
    from torchvision.datasets import MNIST

    monkeypatch.setattr(MNIST, "mirrors", ["http://127.0.0.1:9/"])

    with pytest.raises(OSError, match="MNIST is not on this machine") as caught:
        load("mnist")

    text = str(caught.value)
    assert "http://127.0.0.1:9/" in text
    assert str(cache / "MNIST" / "raw") in text
    assert all(part in text for part in ("t10k-labels", "gunzip", "CNNCOURSE_DATA", '"digits"'))


def test_full_disk_is_named_and_leaves_no_half_file(cache, mirror, monkeypatch):
    """What the system says is passed on; nothing that looks like a dataset stays."""

    def full(source, target):
        target.write(b"half")
        raise OSError(errno.ENOSPC, "No space left on device")

    # Not shutil's own function: the server copies with that.
    monkeypatch.setattr(
        "cnncourse.data.download.shutil", SimpleNamespace(copyfileobj=full, rmtree=shutil.rmtree)
    )

    with pytest.raises(OSError, match="No space left on device"):
        load("mnist")

    assert left_in(cache) == []


def test_real_mnist_is_the_original():
    """60,000 and 10,000 images with the known number of each digit and mean brightness."""
    folder = os.environ.get("CNNCOURSE_DATA")
    if not folder or not (Path(folder) / "MNIST" / "raw" / NAMES["train"][0]).exists():
        pytest.skip("CNNCOURSE_DATA names no folder with MNIST")

    train, test = load("mnist"), load("mnist", "test")

    assert train.labels.bincount().tolist() == [
        5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949,
    ]  # fmt: skip
    assert test.images.shape == (10_000, 1, 28, 28)
    assert train.images.mean().item() == pytest.approx(0.1307, abs=1e-4)


def batch(N=5, H=9, W=11):
    return torch.rand(N, 2, H, W, generator=torch.Generator().manual_seed(4))


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def test_affine_of_nothing_changes_nothing():
    """With every amount at 0 each pixel stays."""
    images = batch()

    same = RandomAffine(degrees=0, scale=0, shear=0, shift=0)(images, seeded())

    torch.testing.assert_close(same, images, atol=1e-5, rtol=0)


def test_affine_that_shrinks_to_nothing_is_refused():
    """A size is divided by, so it must stay above 0."""
    with pytest.raises(ValueError, match="scale is 1, it must be below 1"):
        RandomAffine(scale=1)


def test_affine_draws_from_its_generator_alone():
    """One seed, one distortion; another seed, another; the global stream is not touched."""
    before = torch.get_rng_state()

    one, again, other = (RandomAffine()(batch(), seeded(s)) for s in (1, 1, 2))

    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert torch.equal(torch.get_rng_state(), before)


def test_affine_distorts_each_image_by_its_own_amount():
    """Five copies of one image come out as five."""
    out = RandomAffine()(batch(1).expand(5, -1, -1, -1), seeded())

    assert len({tuple(image.flatten().tolist()) for image in out}) == 5


def test_affine_shift_moves_no_further_than_told():
    """A dot in the middle, shifted by 2 at most, stays within 2 pixels on both axes."""
    dots = torch.zeros(200, 1, 9, 11)
    dots[:, :, 4, 5] = 1

    out = RandomAffine(degrees=0, scale=0, shear=0, shift=2)(dots, seeded())
    rows = (out.sum(dim=(1, 3)) * torch.arange(9)).sum(1) - 4
    columns = (out.sum(dim=(1, 2)) * torch.arange(11)).sum(1) - 5

    for moved in (rows, columns):
        assert moved.abs().max() <= 2.001
        assert moved.min() < -1.5
        assert moved.max() > 1.5


def test_affine_turn_keeps_distances_on_an_oblong_image():
    """Dots 4 pixels apart stay 4 apart: turning happens in pixels, not in fractions of a side."""
    dots = torch.zeros(100, 1, 21, 31)
    dots[:, :, 10, 11] = 1
    dots[:, :, 10, 19] = 1

    out = RandomAffine(degrees=60, scale=0, shear=0, shift=0)(dots, seeded())
    mass = out / out.sum(dim=(2, 3), keepdim=True)
    rows = torch.arange(21.0).view(1, 1, 21, 1) - 10
    columns = torch.arange(31.0).view(1, 1, 1, 31) - 15
    spread = (mass * (rows**2 + columns**2)).sum(dim=(1, 2, 3)).sqrt()

    assert (spread - 4).abs().max() < 0.2
