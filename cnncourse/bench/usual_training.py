"""Train as it is usually done: a dataset of PIL images, transforms an item, a DataLoader."""

import os
import struct
import time

from PIL import Image
from torch.nn import functional as F
from torch.optim import SGD
from torch.utils.data import DataLoader, Dataset
from torchvision import datasets, transforms

# Means and deviations as they are usually copied; which numbers does not matter to the time.
MNIST = ((0.1307,), (0.3081,))
CIFAR10 = ((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616))


def dataset(images, labels, folder, is_augmented):
    """Make torchvision's MNIST of grey images, and of colour images what its CIFAR10 is.

    Parameters
    ----------
    images : (N, C, H, W) tensor of uint8
    labels : (N,) tensor of int64
    folder : Path
        Where MNIST's files are written.
    is_augmented : bool
        Whether each item is shifted by up to 4 pixels and mirrored.

    Returns
    -------
    torch.utils.data.Dataset
        Of normalised tensors and labels.
    """
    side = images.shape[-1]
    spread = [transforms.RandomCrop(side, padding=4), transforms.RandomHorizontalFlip()]
    mean, deviation = MNIST if images.shape[1] == 1 else CIFAR10
    transform = transforms.Compose(
        [
            *(spread if is_augmented else []),
            transforms.ToTensor(),
            transforms.Normalize(mean, deviation),
        ]
    )
    if images.shape[1] == 3:
        return Pictures(images, labels, transform)
    _write_mnist(images, labels, folder / "MNIST" / "raw")
    return datasets.MNIST(folder, train=True, transform=transform)


class Pictures(Dataset):
    """Colour images in memory, handed out as torchvision's CIFAR10 does.

    That class itself takes only the true files.

    Parameters
    ----------
    images : (N, 3, H, W) tensor of uint8
    labels : (N,) tensor of int64
    transform : callable
        Makes a tensor of a PIL image.
    """

    def __init__(self, images, labels, transform):
        self.data = images.permute(0, 2, 3, 1).contiguous().numpy()
        self.targets = labels.tolist()
        self.transform = transform

    def __len__(self):
        return len(self.data)

    def __getitem__(self, index):
        """Make one image a tensor."""
        image = Image.fromarray(self.data[index])
        return self.transform(image), self.targets[index]


def train(build, dataset, *, batch_size, workers, step):
    """Train a network for one pass.

    The clock starts when the first batch is there, so that neither its making nor the start of
    the helpers counts against it.

    Parameters
    ----------
    build : callable
        Makes the network.
    dataset : torch.utils.data.Dataset
        Images and labels.
    batch_size : int
        Images a step.
    workers : int
        Helpers that prepare batches.
    step : dict
        Options of SGD.

    Returns
    -------
    seconds, processor_seconds : float
        An image; the latter with what the helpers computed, from their start on.
    """
    model = build().train()
    optimizer = SGD(model.parameters(), **step)
    computed = processor_seconds()
    loader = DataLoader(dataset, batch_size=batch_size, shuffle=True, num_workers=workers)
    begin, total = None, 0.0
    for images, labels in loader:
        begin = begin or time.perf_counter()
        optimizer.zero_grad()
        loss = F.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
        total += loss.item()
    seconds = time.perf_counter() - begin
    del loader
    computed = processor_seconds() - computed
    return seconds / len(dataset), computed / len(dataset)


def processor_seconds():
    """Give the processor time of this process, and of the helpers that have ended.

    Returns
    -------
    float
        Seconds.
    """
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _write_mnist(images, labels, folder):
    """Write the two files of a split in MNIST's own format."""
    folder.mkdir(parents=True)
    N, _, H, W = images.shape
    head = struct.pack(">IIII", 2051, N, H, W)
    (folder / "train-images-idx3-ubyte").write_bytes(head + images.numpy().tobytes())
    head = struct.pack(">II", 2049, N)
    (folder / "train-labels-idx1-ubyte").write_bytes(head + bytes(labels.tolist()))
    # torchvision looks whether both splits are there, whichever is asked for.
    for name in ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
        (folder / name).write_bytes(b"")
