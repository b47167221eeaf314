"""Loaders: each set from tiny files in its true format, its damage, and what to do without it."""

import errno
import functools
import gzip
import hashlib
import http.server
import io
import pickle
import struct
import tarfile
import threading
import zipfile

import numpy as np
import pytest
import torch
import torchvision
from PIL import Image

from cnncourse.data import at_hand, download, files, load, stream


@pytest.fixture
def home(tmp_path, monkeypatch):
    """Give a folder that CNNCOURSE_DATA names, and a cache that is empty."""
    folder = tmp_path / "named"
    folder.mkdir()
    monkeypatch.setenv("CNNCOURSE_DATA", str(folder))
    monkeypatch.setattr(files, "cache_folder", lambda: tmp_path / "cache")
    return folder


@pytest.fixture
def server(tmp_path):
    """Serve the folder `served` on this machine; `asked` counts what was asked for."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

        def do_GET(self):
            self.server.asked.append(self.path)
            super().do_GET()

    folder = tmp_path / "served"
    folder.mkdir()
    handler = functools.partial(Handler, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        running.asked, running.folder = [], folder
        running.url = f"http://127.0.0.1:{running.server_port}/"
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield running
        running.shutdown()


def idx(array):
    """Write an array of bytes as MNIST's files hold it."""
    array = np.asarray(array, dtype=np.uint8)
    return struct.pack(f">i{array.ndim}i", 2048 + array.ndim, *array.shape) + array.tobytes()


def corner(N, value=200):
    """N pictures of 28 x 28 with one bright pixel, in row 2 and column 5."""
    images = np.zeros((N, 28, 28), dtype=np.uint8)
    images[:, 2, 5] = value
    return images


def write_idx(folder, names, images, labels):
    folder.mkdir(parents=True)
    for kind in ("train", "test"):
        (folder / names[kind][0]).write_bytes(idx(images))
        (folder / names[kind][1]).write_bytes(idx(labels))


PLAIN = {
    "train": ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
    "test": ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
}
LETTERS = {
    kind: (
        f"emnist-letters-{kind}-images-idx3-ubyte",
        f"emnist-letters-{kind}-labels-idx1-ubyte",
    )
    for kind in ("train", "test")
}


@pytest.mark.parametrize(
    ("name", "folder", "first"),
    [("fashion-mnist", "FashionMNIST", "T-shirt/top"), ("kmnist", "KMNIST", "o")],
)
def test_relatives_of_mnist_keep_pixels_labels_and_names(home, name, folder, first):
    """Same files in another folder, other names of classes."""
    write_idx(home / folder / "raw", PLAIN, corner(3), [9, 0, 4])

    part = load(name, "test")

    assert part.images[:, 0, 2, 5].tolist() == pytest.approx([200 / 255] * 3)
    assert part.images.sum() == pytest.approx(3 * 200 / 255)
    assert part.labels.tolist() == [9, 0, 4]
    assert part.classes[0] == first


def test_emnist_is_put_upright_and_counts_from_0(home):
    """Its files hold pictures by columns and letters from 1."""
    write_idx(home / "EMNIST" / "raw", LETTERS, corner(2), [1, 26])

    part = load("emnist")

    assert torch.nonzero(part.images[0, 0]).tolist() == [[5, 2]]
    assert [part.classes[label] for label in part.labels] == ["A", "Z"]


def test_emnist_with_a_label_of_no_letter_is_damaged(home):
    """A label 27 is found before a network sees it."""
    write_idx(home / "EMNIST" / "raw", LETTERS, corner(1), [27])

    with pytest.raises(OSError, match=r"EMNIST files in .* are damaged .*1 to 26"):
        load("emnist")


def test_as_many_labels_as_images_or_the_files_are_damaged(home):
    """Three pictures with two labels are not read as two."""
    write_idx(home / "FashionMNIST" / "raw", PLAIN, corner(3), [1, 2])

    with pytest.raises(OSError, match=r"damaged .*3 images come with 2 labels"):
        load("fashion-mnist")


def cifar_batch(start, count, key="labels"):
    """Number images: picture n has all its red n, green n + 1, blue n + 2."""
    numbers = np.arange(start, start + count)
    data = np.repeat(numbers[:, None] + np.arange(3), 1024, axis=1).astype(np.uint8)
    # As Python 2 wrote the real ones: protocol 2, and NumPy's module by its old name.
    batch = {"data": data, key: numbers.tolist(), "batch_label": "tiny"}
    return pickle.dumps(batch, protocol=2).replace(b"numpy._core.", b"numpy.core.")


def write_cifar(folder):
    inner = folder / "cifar-10-batches-py"
    inner.mkdir(parents=True)
    for i in range(5):
        (inner / f"data_batch_{i + 1}").write_bytes(cifar_batch(2 * i, 2))
    (inner / "test_batch").write_bytes(cifar_batch(7, 3))
    names = [f"class {n}" for n in range(10)]
    (inner / "batches.meta").write_bytes(pickle.dumps({"label_names": names}, protocol=2))
    return inner


def test_cifar10_reads_its_five_batches_in_order(home):
    """Channels first, labels beside their pictures, names from the meta file."""
    write_cifar(home)

    train, test = load("cifar10", as_bytes=True), load("cifar10", "test")

    assert train.images.dtype == torch.uint8
    assert train.images[:, :, 13, 7].tolist() == [[n, n + 1, n + 2] for n in range(10)]
    assert train.labels.tolist() == list(range(10))
    assert test.images.shape == (3, 3, 32, 32)
    assert test.images[0, 0, 0, 0] == pytest.approx(7 / 255)
    assert test.classes[3] == "class 3"


def test_cifar100_takes_the_fine_labels(home):
    """Twenty groups are in the file too; the hundred classes count."""
    inner = home / "cifar-100-python"
    inner.mkdir()
    for name in ("train", "test"):
        (inner / name).write_bytes(cifar_batch(97, 3, key="fine_labels"))
    (inner / "meta").write_bytes(pickle.dumps({"fine_label_names": ["n"] * 100}, protocol=2))

    part = load("cifar100")

    assert part.labels.tolist() == [97, 98, 99]
    assert len(part.classes) == 100


def test_a_pickle_that_would_run_something_is_refused(home, tmp_path):
    """A CIFAR file from a stranger cannot start a program."""

    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "written"), "w"))

    inner = write_cifar(home)
    (inner / "test_batch").write_bytes(pickle.dumps({"data": Evil()}, protocol=2))

    with pytest.raises(OSError, match=r"damaged \(it names io\.open, which no CIFAR file does"):
        load("cifar10", "test")

    assert not (tmp_path / "written").exists()


def test_a_cifar_file_cut_short_is_named(home):
    """Half a pickle is no half dataset."""
    path = write_cifar(home) / "data_batch_3"
    path.write_bytes(path.read_bytes()[:-100])

    with pytest.raises(OSError, match=r"CIFAR-10 files in .*cifar-10-batches-py are damaged"):
        load("cifar10")


def test_cifar10_is_downloaded_checked_and_unpacked(home, server, tmp_path, monkeypatch, capfd):
    """The archive arrives in the cache; nothing of the way there stays."""
    inner = write_cifar(tmp_path / "packing")
    with tarfile.open(server.folder / "cifar-10-python.tar.gz", "w:gz") as archive:
        archive.add(inner, arcname=inner.name)
    packed = (server.folder / "cifar-10-python.tar.gz").read_bytes()
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "url", server.url + "cifar-10-python.tar.gz")
    monkeypatch.setattr(torchvision.datasets.CIFAR10, "tgz_md5", hashlib.md5(packed).hexdigest())

    assert not at_hand("cifar10")
    assert len(load("cifar10")) == 10
    assert len(load("cifar10", "test")) == 3

    assert server.asked == ["/cifar-10-python.tar.gz"]
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["cifar-10-batches-py"]
    assert "cifar-10-python.tar.gz" in capfd.readouterr().out


def test_emnist_archive_within_archive_is_unpacked(home, server, tmp_path, monkeypatch):
    """Of a zip of many gzip files only the four of the letters are kept."""
    with zipfile.ZipFile(server.folder / "gzip.zip", "w") as archive:
        for names in LETTERS.values():
            archive.writestr(f"gzip/{names[0]}.gz", gzip.compress(idx(corner(2))))
            archive.writestr(f"gzip/{names[1]}.gz", gzip.compress(idx([3, 4])))
        archive.writestr("gzip/emnist-byclass-train-images-idx3-ubyte.gz", b"large")
    packed = (server.folder / "gzip.zip").read_bytes()
    monkeypatch.setattr(torchvision.datasets.EMNIST, "url", server.url + "gzip.zip")
    monkeypatch.setattr(torchvision.datasets.EMNIST, "md5", hashlib.md5(packed).hexdigest())

    assert load("emnist").labels.tolist() == [2, 3]

    kept = sorted(path.name for path in (tmp_path / "cache" / "EMNIST" / "raw").iterdir())
    assert kept == sorted(name for names in LETTERS.values() for name in names)


def write_svhn(folder, monkeypatch):
    from scipy.io import savemat

    pixels = np.zeros((32, 32, 3, 4), dtype=np.uint8)
    pixels[2, 5, 1] = [10, 20, 30, 40]
    lists = {}
    for split in ("train", "test", "extra"):
        path = folder / f"{split}_32x32.mat"
        savemat(path, {"X": pixels, "y": np.array([[1], [10], [9], [5]], dtype=np.uint8)})
        md5 = hashlib.md5(path.read_bytes()).hexdigest()
        lists[split] = ["http://127.0.0.1:9/x", path.name, md5]
    monkeypatch.setattr(torchvision.datasets.SVHN, "split_list", lists)


def test_svhn_calls_ten_zero_and_puts_channels_first(home, monkeypatch):
    """Its MATLAB files count digits 1 to 10 and end on the number of the picture."""
    (home / "svhn").mkdir()
    write_svhn(home / "svhn", monkeypatch)

    part = load("svhn", "extra", as_bytes=True)

    assert part.labels.tolist() == [1, 0, 9, 5]
    assert part.images[:, 1, 2, 5].tolist() == [10, 20, 30, 40]
    assert part.images.sum() == 100


def test_svhn_damaged_is_said_with_its_file(home, monkeypatch):
    """The checksum is compared each time it is read."""
    write_svhn(home, monkeypatch)
    (home / "test_32x32.mat").write_bytes(b"not it")

    with pytest.raises(OSError, match=r"test_32x32\.mat is damaged"):
        load("svhn", "test")


def test_svhn_without_a_network_gives_the_steps(home, monkeypatch, tmp_path):
    """Another split than those there is asked for in vain."""
    with pytest.raises(ValueError, match='must be "train", "test" or "extra"'):
        load("svhn", "valid")
    write_svhn(tmp_path, monkeypatch)

    with pytest.raises(OSError, match=r"SVHN is not on this machine(.|\n)*1\. on another"):
        load("svhn")

    assert not any(path.is_file() for path in (tmp_path / "cache").rglob("*"))


def test_stl10_turns_its_columns_into_rows(home):
    """A picture is stored by columns, labels from 1; the unlabelled part may be missing."""
    inner = home / "stl10_binary"
    inner.mkdir()
    pixels = np.zeros((2, 3, 96, 96), dtype=np.uint8)  # N, C, W, H
    pixels[1, 2, 5, 40] = 7
    for split in ("train", "test"):
        (inner / f"{split}_X.bin").write_bytes(pixels.tobytes())
        (inner / f"{split}_y.bin").write_bytes(bytes([1, 10]))

    part = load("stl10", as_bytes=True)

    assert torch.nonzero(part.images).tolist() == [[1, 2, 40, 5]]
    assert [part.classes[label] for label in part.labels] == ["airplane", "truck"]
    (inner / "test_X.bin").write_bytes(b"short")
    with pytest.raises(OSError, match=r"STL-10 files in .* are damaged \(5 bytes for 2 labels\)"):
        load("stl10", "test")


def save(path, colour, size=(40, 30)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).save(path)


def test_gtsrb_scales_signs_of_all_sizes_and_reads_the_table_of_the_test(home):
    """Training signs lie in folders, those of the test in a table with semicolons."""
    base = home / "gtsrb"
    save(base / "GTSRB" / "Training" / "00000" / "00000_00000.ppm", (255, 0, 0), (29, 30))
    save(base / "GTSRB" / "Training" / "00014" / "00000_00000.ppm", (0, 0, 255), (45, 41))
    save(base / "GTSRB" / "Final_Test" / "Images" / "00000.ppm", (0, 255, 0), (20, 50))
    header = "Filename;Width;Height;Roi.X1;Roi.Y1;Roi.X2;Roi.Y2;ClassId"
    (base / "GT-final_test.csv").write_text(f"{header}\n00000.ppm;20;50;5;5;15;45;33\n")

    train, test = load("gtsrb", as_bytes=True), load("gtsrb", "test", size=20)

    assert train.images.shape == (2, 3, 32, 32)
    assert train.images[:, :, 9, 9].tolist() == [[255, 0, 0], [0, 0, 255]]
    assert train.labels.tolist() == [0, 14]  # also where signs between them are missing
    assert test.images.shape == (1, 3, 20, 20)
    assert test.labels.tolist() == [33]


def sign_row(label, pixel=0):
    return ",".join(map(str, [label, pixel, *[0] * 782, 255]))


def test_sign_language_mnist_closes_the_gap_of_j(home):
    """Labels 10 to 24 move down by one, so that 24 classes count from 0 to 23."""
    folder = home / "sign-mnist"
    folder.mkdir()
    header = ",".join(["label", *[f"pixel{n}" for n in range(1, 785)]])
    rows = [header, sign_row(0, 17), sign_row(8), sign_row(10), sign_row(24)]
    for split in ("train", "test"):
        (folder / f"sign_mnist_{split}.csv").write_text("\n".join(rows) + "\n")

    part = load("sign-mnist", as_bytes=True)

    assert part.images.shape == (4, 1, 28, 28)
    assert (part.images[0, 0, 0, 0], part.images[0, 0, 27, 27]) == (17, 255)
    assert [part.classes[label] for label in part.labels] == ["A", "I", "K", "Y"]
    assert part.labels.tolist() == [0, 8, 9, 23]
    (folder / "sign_mnist_test.csv").write_text(f"{header}\n{sign_row(9)}\n")
    with pytest.raises(OSError, match=r"sign_mnist_test\.csv is damaged .*the letter J"):
        load("sign-mnist", "test")
    (folder / "sign_mnist_test.csv").write_text(f"{header}\n1,2,3\n")
    with pytest.raises(OSError, match="a row holds 2 pixels, 784 make a picture"):
        load("sign-mnist", "test")


@pytest.mark.parametrize(
    ("file", "header"),
    [("fer2013.csv", "emotion,pixels,Usage"), ("icml_face_data.csv", "emotion, Usage, pixels")],
)
def test_fer2013_reads_both_of_its_tables(home, file, header):
    """Columns in either order, with the blanks of the second; the test is both small parts."""
    folder = home / "fer2013"
    folder.mkdir()
    columns = [name.strip() for name in header.split(",")]
    lines = [header]
    for emotion, usage in ((3, "Training"), (6, "PublicTest"), (0, "PrivateTest")):
        pixels = " ".join([str(emotion * 10), *["0"] * 2303])
        row = {"emotion": str(emotion), "pixels": pixels, "Usage": usage}
        lines.append(",".join(row[column] for column in columns))
    (folder / file).write_text("\n".join(lines) + "\n")

    train, test = load("fer2013", as_bytes=True), load("fer2013", "test")

    assert train.images.shape == (1, 1, 48, 48)
    assert train.images[0, 0, 0, 0] == 30
    assert [test.classes[label] for label in test.labels] == ["neutral", "angry"]


def test_fer2013_with_a_short_picture_is_damaged(home):
    """The message counts the pixels."""
    (home / "fer2013").mkdir()
    (home / "fer2013" / "fer2013.csv").write_text("emotion,pixels,Usage\n1,7 8 9,Training\n")

    with pytest.raises(OSError, match="picture 0 holds 3 pixels, 2,304 make one"):
        load("fer2013")


def test_dogs_vs_cats_keeps_every_fifth_of_each_for_the_test(home):
    """Names begin with the class; no picture is in both parts, none is lost."""
    for n in range(6):
        save(home / "dogs-vs-cats" / "train" / f"cat.{n}.jpg", (250, 40 * n, 0))
        save(home / "dogs-vs-cats" / "train" / f"dog.{n}.jpg", (0, 40 * n, 250))

    train, test = load("dogs-vs-cats", size=16), load("dogs-vs-cats", "test", size=16)

    assert train.labels.tolist() == [0] * 4 + [1] * 4
    assert test.labels.tolist() == [0, 0, 1, 1]
    assert test.images.shape == (4, 3, 16, 16)
    assert (test.images[:, 0, 8, 8] > 0.9).tolist() == [True, True, False, False]
    green = torch.cat([train.images, test.images])[:, 1, 8, 8].mul(255 / 40).round()
    assert sorted(green.tolist()) == sorted([*range(6)] * 2)


def test_flowers_are_cut_to_the_middle_square(home):
    """A wide picture loses its sides, not its shape."""
    wide = Image.new("RGB", (90, 30), (255, 0, 0))
    wide.paste((0, 255, 0), (30, 0, 60, 30))
    for name in ("daisy", "tulip"):
        folder = home / "flowers-recognition" / "flowers" / name
        folder.mkdir(parents=True)
        for n in range(2):
            wide.save(folder / f"{n}.png")
        (folder / "flickr.py").write_text("no picture")

    part = load("flowers", "test", as_bytes=True)

    assert part.images.shape == (2, 3, 64, 64)
    assert part.images[:, 1].float().mean() > 250
    assert part.classes == ("daisy", "tulip")


def test_intel_is_found_in_folders_that_lie_twice_inside_each_other(home):
    """Kaggle's archive holds seg_train/seg_train."""
    for split, count in (("train", 3), ("test", 1)):
        for name in ("sea", "forest"):
            for n in range(count):
                path = home / "intel" / f"seg_{split}" / f"seg_{split}" / name / f"{n}.jpg"
                save(path, (0, 99, 0), (150, 150))

    train, test = load("intel"), load("intel", "test", size=30)

    assert train.classes == test.classes == ("forest", "sea")
    assert (len(train), len(test)) == (6, 2)
    assert test.images.shape == (2, 3, 30, 30)


def test_asl_names_its_few_test_pictures_after_their_classes(home):
    """The test is a picture a class, in one folder; classes are those of the training part."""
    inner = home / "asl"
    for name in ("A", "B", "space"):
        save(inner / "asl_alphabet_train" / "asl_alphabet_train" / name / f"{name}1.jpg", "red")
    for name in ("space", "A"):
        save(inner / "asl_alphabet_test" / "asl_alphabet_test" / f"{name}_test.jpg", "blue")

    test = load("asl", "test")

    assert test.labels.tolist() == [0, 2]
    assert len(load("asl")) == 3


def test_a_damaged_photograph_is_named(home):
    """Of a thousand files the one that is broken is the one to know."""
    folder = home / "flowers" / "flowers" / "rose"
    save(folder / "1.jpg", "red")
    (folder / "0.jpg").write_bytes((folder / "1.jpg").read_bytes()[:200])

    with pytest.raises(OSError, match=r"0\.jpg is no picture, or a damaged one"):
        load("flowers", "test")


@pytest.mark.parametrize("name", ["sign-mnist", "fer2013", "dogs-vs-cats", "flowers", "asl"])
def test_what_kaggle_guards_is_explained(home, name):
    """Where to sign in, what to put where, and what runs without it."""
    with pytest.raises(OSError, match="not on this machine, and Kaggle gives it only") as caught:
        load(name)

    text = str(caught.value)
    assert all(part in text for part in ("kaggle.com", "CNNCOURSE_DATA", name, "shapes32"))
    assert not at_hand(name)


def test_cifar10_as_jpeg_files_is_read_from_its_archive(home):
    """The archive is read as it is; the set goes by a name of its own."""
    with tarfile.open(home / "cifar10-jpeg.tar.gz", "w:gz") as archive:
        for path, colour in (
            ("train/cat/0.jpg", "red"),
            ("test/cat/0.jpg", "red"),
            ("test/ship/7.jpg", "blue"),
        ):
            buffer = io.BytesIO()
            Image.new("RGB", (32, 32), colour).save(buffer, "JPEG")
            member = tarfile.TarInfo(path)
            member.size = buffer.tell()
            buffer.seek(0)
            archive.addfile(member, buffer)

    test = load("cifar10-jpeg", "test")

    assert repr(test) == "<cifar10-jpeg, test: 2 images, 3 x 32 x 32, 2 classes>"
    assert test.images[0, :, 9, 9].tolist() == pytest.approx([1, 0, 0], abs=0.02)
    assert test.labels.tolist() == [0, 1]


def test_full_disk_on_the_way_stops_at_once_and_keeps_what_was_there(
    home, server, tmp_path, monkeypatch
):
    """A second address would fill the disk just as well, so none is tried."""
    (server.folder / "file.bin").write_bytes(b"new")
    there = tmp_path / "cache" / "set"
    there.mkdir(parents=True)
    (there / "file.bin").write_bytes(b"old")

    def full(packed, folder):
        (folder / "file.bin").write_bytes(b"ha")
        raise OSError(errno.ENOSPC, "No space left on device")

    urls = (server.url + "file.bin", server.url + "again/file.bin")
    remote = download.Remote("file.bin", hashlib.md5(b"new").hexdigest(), urls)
    with pytest.raises(OSError, match=r"No space left on device for file\.bin .* free some"):
        download.fetch(remote, there, unpack=full)

    assert [path.name for path in there.iterdir()] == ["file.bin"]
    assert (there / "file.bin").read_bytes() == b"old"
    assert server.asked == ["/file.bin"]


def test_a_broken_line_is_tried_again_and_then_named(home, server, tmp_path):
    """A wrong file is asked for twice, and each address is listed with its reason."""
    (server.folder / "file.bin").write_bytes(b"wrong")
    md5 = hashlib.md5(b"right").hexdigest()
    remote = download.Remote("file.bin", md5, (server.url + "file.bin",))

    with pytest.raises(OSError, match=r"file\.bin could not be downloaded:\n  http.*ValueError"):
        download.fetch(remote, tmp_path / "cache")

    assert server.asked == ["/file.bin"] * download.TRIES
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(tmp_path):
    """A file where the folder should be, for example."""
    (tmp_path / "cache").write_text("a file")
    remote = download.Remote("file.bin", "0" * 32, ("http://127.0.0.1:9/file.bin",))

    with pytest.raises(OSError, match=r"file\.bin cannot be written to .*cache .*XDG_CACHE_HOME"):
        download.fetch(remote, tmp_path / "cache")


def test_folders_that_are_there_are_filled_not_replaced(home, server, tmp_path):
    """The second archive of a set adds to what the first one brought."""
    with zipfile.ZipFile(server.folder / "two.zip", "w") as archive:
        archive.writestr("GTSRB/Final_Test/a.ppm", "a")
    (tmp_path / "cache" / "GTSRB" / "Training").mkdir(parents=True)
    md5 = hashlib.md5((server.folder / "two.zip").read_bytes()).hexdigest()

    remote = download.Remote("two.zip", md5, (server.url + "two.zip",))
    download.fetch(remote, tmp_path / "cache", unpack=download.unpack_zip)

    inside = sorted(path.name for path in (tmp_path / "cache" / "GTSRB").iterdir())
    assert inside == ["Final_Test", "Training"]


def test_streams_read_masks_and_boxes_through_torchvision(home):
    """Cityscapes and VOC, a picture each, opened by their names in the catalogue."""
    city = home / "cityscapes"
    save(city / "leftImg8bit" / "val" / "bonn" / "bonn_0_0_leftImg8bit.png", "red", (64, 32))
    for kind in ("instanceIds", "labelIds", "color"):
        save(city / "gtFine" / "val" / "bonn" / f"bonn_0_0_gtFine_{kind}.png", "blue", (64, 32))
    voc = home / "voc" / "VOCdevkit" / "VOC2012"
    save(voc / "JPEGImages" / "2007_000027.jpg", "red")
    (voc / "ImageSets" / "Main").mkdir(parents=True)
    (voc / "ImageSets" / "Main" / "trainval.txt").write_text("2007_000027\n")
    (voc / "Annotations").mkdir()
    (voc / "Annotations" / "2007_000027.xml").write_text(
        "<annotation><object><name>person</name></object></annotation>"
    )

    image, mask = stream("cityscapes", "val")[0]
    _, boxes = stream("voc", "trainval")[0]

    with mask:  # torchvision leaves its file open
        assert image.size == mask.size == (64, 32)
    assert boxes["annotation"]["object"][0]["name"] == "person"


def test_streams_say_what_is_missing(home):
    """A folder, a part, a class, a package."""
    with pytest.raises(OSError, match=r"ImageNet .*part train, is not on this machine, and it is"):
        stream("imagenet")
    with pytest.raises(ValueError, match="split is 'test', COCO 2017 has train, val to read"):
        stream("coco", "test")
    with pytest.raises(ValueError, match=r"YouTube-8M is not read .*torchvision has no class"):
        stream("youtube8m")
    with pytest.raises(ValueError, match=r"CIFAR-10 is not read .*load\('cifar10'\) puts it"):
        stream("cifar10")
    (home / "coco").mkdir()
    with pytest.raises(OSError, match=r"COCO 2017 cannot be read: .* the package pycocotools"):
        stream("coco")
    (home / "voc").mkdir()
    with pytest.raises(OSError, match="voc is not complete"):
        stream("voc")


@pytest.mark.parametrize("name", ["imagenet", "voc"])
def test_what_does_not_fit_into_memory_is_refused_with_the_way(name):
    """Loading ImageNet is no accident to have."""
    with pytest.raises(ValueError, match=rf"does not go into memory .*stream\('{name}'\)"):
        load(name)


def test_a_size_of_nothing_is_refused():
    """An image has at least one pixel."""
    with pytest.raises(ValueError, match="size is 0, an image has at least one pixel"):
        load("digits", size=0)
