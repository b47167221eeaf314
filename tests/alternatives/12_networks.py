"""Other right networks: other names, other orders, other layers that compute the same."""

from itertools import pairwise

import torch
from torch import nn
from torch.nn import functional as F


class StageInAList(nn.Module):
    """The convolutions in a ModuleList."""

    def __init__(self, in_channels, out_channels, num_convs):
        super().__init__()
        sizes = [in_channels] + [out_channels] * num_convs
        pairs = pairwise(sizes)
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding="same") for a, b in pairs)

    def forward(self, x):
        for conv in self.convs:
            x = F.relu(conv(x))
        return F.max_pool2d(x, 2)


def stage_pooled_before_relu(in_channels, out_channels, num_convs):
    """The last ReLU behind the pooling: the largest value is the same."""
    stage = nn.Sequential()
    for i in range(num_convs):
        stage.add_module(f"c{i}", nn.Conv2d(in_channels, out_channels, (3, 3), 1, (1, 1)))
        if i < num_convs - 1:
            stage.add_module(f"r{i}", nn.ReLU(inplace=True))
        in_channels = out_channels
    stage.add_module("pool", nn.MaxPool2d((2, 2)))
    stage.add_module("relu", nn.ReLU())
    return stage


def lenet_in_one(num_classes=10, in_channels=1):
    """A function and a Sequential."""
    return nn.Sequential(
        nn.ZeroPad2d(2),
        nn.Conv2d(in_channels, 6, 5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Conv2d(6, 16, 5),
        nn.MaxPool2d(2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(400, 120),
        nn.ReLU(),
        nn.Linear(120, 84),
        nn.ReLU(),
        nn.Linear(84, num_classes),
    )


class LeNetBackwards(nn.Module):
    """The layers made from the last to the first; C5 a convolution, as in the paper."""

    def __init__(self, num_classes=10, in_channels=1):
        super().__init__()
        self.out = nn.Linear(84, num_classes)
        self.f6 = nn.Linear(120, 84)
        self.c5 = nn.Linear(400, 120)
        self.c3 = nn.Conv2d(6, 16, 5)
        self.c1 = nn.Conv2d(in_channels, 6, 5, padding=2)

    def forward(self, x):
        s2 = F.max_pool2d(self.c1(x).clamp(min=0), 2)
        s4 = F.max_pool2d(self.c3(s2).clamp(min=0), 2)
        c5 = self.c5(s4.reshape(len(x), -1)).relu()
        return self.out(self.f6(c5).relu())


class Pattern(nn.Module):
    """Convolutions, then hidden layers, then the last, each in a list."""

    def __init__(
        self,
        N,
        M,
        K,
        *,
        pool=True,
        in_channels=3,
        image_size=32,
        filters=32,
        units=128,
        num_classes=10,
    ):
        super().__init__()
        self.pool, widths = pool, [filters * 2 ** (i * pool) for i in range(M)]
        before = [in_channels, *widths]
        self.groups = nn.ModuleList(
            nn.ModuleList(
                nn.Conv2d(width if j else before[i], width, 3, padding=1) for j in range(N)
            )
            for i, width in enumerate(widths)
        )
        side = image_size // 2**M if pool else image_size
        sizes = [before[-1] * side**2, *[units] * K]
        self.hidden = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        self.last = nn.Linear(sizes[-1], num_classes)

    def forward(self, x):
        for group in self.groups:
            for conv in group:
                x = F.relu(conv(x))
            x = F.max_pool2d(x, 2) if self.pool else x
        x = torch.flatten(x, 1)
        for layer in self.hidden:
            x = F.relu(layer(x))
        return self.last(x)


def pattern_from_words(
    N,
    M,
    K,
    *,
    pool=True,
    in_channels=3,
    image_size=32,
    filters=32,
    units=128,
    num_classes=10,
):
    """The pattern written out as words first."""
    words = (["CONV", "RELU"] * N + ["POOL"] * pool) * M + ["FLAT"] + ["FC", "RELU"] * K
    layers, channels, side = [], in_channels, image_size
    for word in words:
        if word == "CONV":
            layers.append(nn.Conv2d(channels, filters, 3, padding=1))
            channels = filters
        elif word == "RELU":
            layers.append(nn.ReLU())
        elif word == "POOL":
            layers.append(nn.MaxPool2d(2))
            side, filters = side // 2, filters * 2
        elif word == "FLAT":
            layers.append(nn.Flatten())
            channels = channels * side * side
        else:
            layers.append(nn.Linear(channels, units))
            channels = units
    return nn.Sequential(*layers, nn.Linear(channels, num_classes))


class AlexNetAsInTorchvision(nn.Module):
    """With adaptive pooling, which has nothing to do at 6 x 6, and ReLUs in place."""

    def __init__(self, num_classes=1000, *, width=64):
        super().__init__()
        w = width
        self.features = nn.Sequential(
            nn.Conv2d(3, w, kernel_size=11, stride=4, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(w, 3 * w, kernel_size=5, padding=2),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
            nn.Conv2d(3 * w, 6 * w, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(6 * w, 4 * w, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(4 * w, 4 * w, kernel_size=3, padding=1),
            nn.ReLU(inplace=True),
            nn.MaxPool2d(kernel_size=3, stride=2),
        )
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(),
            nn.Linear(4 * w * 36, 64 * w),
            nn.ReLU(inplace=True),
            nn.Dropout(),
            nn.Linear(64 * w, 64 * w),
            nn.ReLU(inplace=True),
            nn.Linear(64 * w, num_classes),
        )

    def forward(self, x):
        return self.classifier(torch.flatten(self.avgpool(self.features(x)), 1))


class AlexNetByHand(nn.Module):
    """Functions for all that has no weights; the layers made out of order."""

    def __init__(self, num_classes=1000, *, width=64):
        super().__init__()
        self.fc8 = nn.Linear(64 * width, num_classes)
        self.fc7 = nn.Linear(64 * width, 64 * width)
        self.fc6 = nn.Linear(144 * width, 64 * width)
        self.conv5 = nn.Conv2d(4 * width, 4 * width, 3, padding=1)
        self.conv4 = nn.Conv2d(6 * width, 4 * width, 3, padding=1)
        self.conv3 = nn.Conv2d(3 * width, 6 * width, 3, padding=1)
        self.conv2 = nn.Conv2d(width, 3 * width, 5, padding=2)
        self.conv1 = nn.Conv2d(3, width, 11, 4, 2)

    def forward(self, x):
        x = F.relu(F.max_pool2d(self.conv1(x), 3, 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 3, 2))
        x = F.relu(self.conv4(F.relu(self.conv3(x))))
        x = F.relu(F.max_pool2d(self.conv5(x), 3, 2))
        x = F.relu(self.fc6(F.dropout(x, 0.5, self.training).flatten(1)))
        x = F.relu(self.fc7(F.dropout(x, training=self.training)))
        return self.fc8(x)


class ZFNetByHand(nn.Module):
    """Functions for all that has no weights; dropout before its ReLU."""

    def __init__(self, num_classes=1000, *, width=96):
        super().__init__()
        units, wide = width * 128 // 3, width * 8 // 3
        sizes = [(3, width, 7, 2, 1), (width, wide, 5, 2, 0), (wide, 4 * width, 3, 1, 1)]
        sizes += [(4 * width, 4 * width, 3, 1, 1), (4 * width, wide, 3, 1, 1)]
        self.convs = nn.ModuleList(nn.Conv2d(*size) for size in sizes)
        self.fcs = nn.ModuleList([nn.Linear(36 * wide, units), nn.Linear(units, units)])
        self.fcs.append(nn.Linear(units, num_classes))

    def forward(self, x):
        for i, conv in enumerate(self.convs):
            x = F.relu(conv(x))
            if i in (0, 1, 4):
                x = F.max_pool2d(x, 3, 2, ceil_mode=i < 4)
        x = torch.flatten(x, 1)
        for layer in self.fcs[:2]:
            x = F.relu(F.dropout(layer(x), training=self.training))
        return self.fcs[2](x)


def zfnet_padded_by_hand(num_classes=1000, *, width=96):
    """Rows below and right in place of ceil_mode, where a ReLU's 0 changes no maximum."""
    wide, units = 8 * width // 3, 128 * width // 3
    over = nn.ZeroPad2d((0, 1, 0, 1))
    return nn.Sequential(
        *[nn.Conv2d(3, width, 7, 2, padding=1), nn.ReLU(), over, nn.MaxPool2d(3, 2)],
        *[nn.Conv2d(width, wide, 5, 2), nn.ReLU(), over, nn.MaxPool2d(3, 2)],
        *[nn.Conv2d(wide, 4 * width, 3, padding="same"), nn.ReLU()],
        *[nn.Conv2d(4 * width, 4 * width, 3, padding="same"), nn.ReLU()],
        *[nn.Conv2d(4 * width, wide, 3, padding="same"), nn.ReLU(), nn.MaxPool2d(3, 2)],
        *[nn.Flatten(), nn.Linear(wide * 36, units), nn.ReLU(), nn.Dropout()],
        *[nn.Linear(units, units), nn.ReLU(), nn.Dropout(), nn.Linear(units, num_classes)],
    )


PLAN = {
    11: "1 M 2 M 4 4 M 8 8 M 8 8 M",
    13: "1 1 M 2 2 M 4 4 M 8 8 M 8 8 M",
    16: "1 1 M 2 2 M 4 4 4 M 8 8 8 M 8 8 8 M",
    19: "1 1 M 2 2 M 4 4 4 4 M 8 8 8 8 M 8 8 8 8 M",
}


class VGGAsInTorchvision(nn.Module):
    """From a list in which M stands for pooling, with adaptive pooling."""

    def __init__(self, depth=16, num_classes=1000, *, width=64, batch_norm=False):
        super().__init__()
        layers, channels = [], 3
        for word in PLAN[depth].split():
            if word == "M":
                layers.append(nn.MaxPool2d(kernel_size=2, stride=2))
                continue
            layers.append(nn.Conv2d(channels, int(word) * width, kernel_size=3, padding=1))
            channels = int(word) * width
            layers += [nn.BatchNorm2d(channels)] if batch_norm else []
            layers.append(nn.ReLU(inplace=True))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(channels * 49, 64 * width),
            nn.ReLU(True),
            nn.Dropout(),
            nn.Linear(64 * width, 64 * width),
            nn.ReLU(True),
            nn.Dropout(),
            nn.Linear(64 * width, num_classes),
        )

    def forward(self, x):
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


class VGGInStages(nn.Module):
    """Norms and convolutions apart; the classifier made first."""

    def __init__(self, depth=16, num_classes=1000, *, width=64, batch_norm=False):
        super().__init__()
        units = 64 * width
        self.fc = nn.ModuleList([nn.Linear(8 * width * 49, units), nn.Linear(units, units)])
        self.logits = nn.Linear(units, num_classes)
        widths = [int(word) * width for word in PLAN[depth].split() if word != "M"]
        self.norms = nn.ModuleList(
            nn.BatchNorm2d(size) if batch_norm else nn.Identity() for size in widths
        )
        pairs = zip([3, *widths], widths, strict=False)
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, padding=1) for a, b in pairs)
        self.plan = PLAN[depth].split()

    def forward(self, x):
        i = 0
        for word in self.plan:
            if word == "M":
                x = F.max_pool2d(x, 2)
            else:
                x = F.relu(self.norms[i](self.convs[i](x)))
                i += 1
        x = x.flatten(1)
        for layer in self.fc:
            x = F.dropout(F.relu(layer(x)), 0.5, self.training)
        return self.logits(x)


class InceptionInSequences(nn.Module):
    """A Sequential for each branch, made from the last to the first."""

    def __init__(self, in_channels, c1, c3_reduce, c3, c5_reduce, c5, pool):
        super().__init__()
        self.d = nn.Sequential(nn.MaxPool2d(3, 1, 1), nn.Conv2d(in_channels, pool, 1))
        self.c = nn.Sequential(
            nn.Conv2d(in_channels, c5_reduce, 1), nn.ReLU(), nn.Conv2d(c5_reduce, c5, 5, 1, 2)
        )
        self.b = nn.Sequential(
            nn.Conv2d(in_channels, c3_reduce, 1), nn.ReLU(), nn.Conv2d(c3_reduce, c3, 3, 1, 1)
        )
        self.a = nn.Conv2d(in_channels, c1, kernel_size=1)

    def forward(self, x):
        return F.relu(torch.cat((self.a(x), self.b(x), self.c(x), self.d(x)), 1))


class InceptionPiecewise(nn.Module):
    """Branches run last to first, their answers written into one tensor."""

    def __init__(self, in_channels, c1, c3_reduce, c3, c5_reduce, c5, pool):
        super().__init__()
        ways = {
            "p": [nn.MaxPool2d(3, 1, 1), nn.Conv2d(in_channels, pool, 1)],
            "five": [nn.Conv2d(in_channels, c5_reduce, 1), nn.ReLU()],
            "three": [nn.Conv2d(in_channels, c3_reduce, 1), nn.ReLU()],
            "one": [nn.Conv2d(in_channels, c1, 1)],
        }
        ways["five"].append(nn.Conv2d(c5_reduce, c5, 5, padding="same"))
        ways["three"].append(nn.Conv2d(c3_reduce, c3, 3, padding="same"))
        self.ways = nn.ModuleDict({name: nn.Sequential(*way) for name, way in ways.items()})
        self.sizes = {"p": pool, "five": c5, "three": c3, "one": c1}

    def forward(self, x):
        N, _, H, W = x.shape
        end = sum(self.sizes.values())
        out = x.new_empty(N, end, H, W)
        for name, size in self.sizes.items():
            out[:, end - size : end] = self.ways[name](x).relu()
            end -= size
        return out


def shortcut_by_cat(x, out_channels, stride):
    """Zeros of the same kind, laid behind."""
    thin = x[..., ::stride, ::stride]
    N, C, H, W = thin.shape
    return torch.cat([thin, thin.new_zeros(N, out_channels - C, H, W)], dim=1)


def shortcut_by_pooling(x, out_channels, stride):
    """Average pooling over windows of one pixel."""
    thin = F.avg_pool2d(x, 1, stride)
    out = torch.zeros(len(x), out_channels, *thin.shape[2:], dtype=x.dtype)
    out[:, : x.shape[1]] = thin
    return out


class BlockShortcutFirst(nn.Module):
    """The shortcut made first and run first; in place where nobody else looks."""

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.way = nn.Sequential()
        if stride > 1 or in_channels != out_channels:
            self.way.append(nn.Conv2d(in_channels, out_channels, 1, stride, bias=False))
            self.way.append(nn.BatchNorm2d(out_channels))
        self.norms = nn.ModuleList(nn.BatchNorm2d(out_channels) for _ in range(2))
        self.a = nn.Conv2d(in_channels, out_channels, 3, stride, 1, bias=False)
        self.b = nn.Conv2d(out_channels, out_channels, 3, 1, 1, bias=False)

    def forward(self, x):
        shortcut = self.way(x)
        out = F.relu(self.norms[0](self.a(x)), inplace=True)
        out = self.norms[1](self.b(out))
        out += shortcut
        return F.relu(out, inplace=True)


class BlockAsInTorchvision(nn.Module):
    """One ReLU for all, and a shortcut that may be None."""

    expansion = 1

    def __init__(self, in_channels, out_channels, stride=1):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample = None
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(out)) + identity)


class BottleneckInSequence(nn.Module):
    """The body a Sequential, the shortcut made first."""

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        out = 4 * width
        self.shortcut = nn.Identity()
        if stride != 1 or in_channels != out:
            self.shortcut = nn.Sequential(
                nn.Conv2d(in_channels, out, 1, stride, bias=False), nn.BatchNorm2d(out)
            )
        self.body = nn.Sequential(
            *[nn.Conv2d(in_channels, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()],
            *[nn.Conv2d(width, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)],
            *[nn.ReLU(), nn.Conv2d(width, out, 1, bias=False), nn.BatchNorm2d(out)],
        )

    def forward(self, x):
        return (self.shortcut(x) + self.body(x)).clamp(min=0)


class BottleneckThatStepsLast(nn.Module):
    """The last 1 x 1 steps: what the 3 x 3 found in between is thrown away, the rest equal."""

    def __init__(self, in_channels, width, stride=1):
        super().__init__()
        self.c = nn.ModuleList(
            [
                nn.Conv2d(in_channels, width, 1, bias=False),
                nn.Conv2d(width, width, 3, padding=1, bias=False),
                nn.Conv2d(width, 4 * width, 1, stride=stride, bias=False),
            ]
        )
        self.n = nn.ModuleList(nn.BatchNorm2d(conv.out_channels) for conv in self.c)
        self.p = None
        if stride != 1 or in_channels != 4 * width:
            self.p = nn.Conv2d(in_channels, 4 * width, 1, stride=stride, bias=False)
            self.pn = nn.BatchNorm2d(4 * width)

    def forward(self, x):
        out = x
        for i in range(3):
            out = self.n[i](self.c[i](out))
            out = F.relu(out) if i < 2 else out
        return F.relu(out + (x if self.p is None else self.pn(self.p(x))))


class CifarByIndex(nn.Module):
    """No block: lists of layers, and a loop that adds."""

    def __init__(self, depth, num_classes=10, *, width=16):
        super().__init__()
        n = (depth - 2) // 6
        widths = [width] + [width * 2**stage for stage in range(3) for _ in range(2 * n)]
        self.steps = [2 if a < b else 1 for a, b in pairwise(widths)]
        self.fc = nn.Linear(4 * width, num_classes)
        self.norms = nn.ModuleList(nn.BatchNorm2d(size) for size in widths)
        pairs = zip([3, *widths], widths, [1, *self.steps], strict=False)
        self.convs = nn.ModuleList(nn.Conv2d(a, b, 3, s, 1, bias=False) for a, b, s in pairs)

    def forward(self, x):
        x = F.relu(self.norms[0](self.convs[0](x)))
        for i in range(1, len(self.convs), 2):
            out = F.relu(self.norms[i](self.convs[i](x)))
            out = self.norms[i + 1](self.convs[i + 1](out))
            step = self.steps[i - 1]
            out[:, : x.shape[1]] += x[:, :, ::step, ::step]
            x = F.relu(out)
        return self.fc(x.mean((2, 3)))


class CifarBlockWithZeros(nn.Module):
    """The shortcut by average pooling of single pixels, and zeros laid behind."""

    def __init__(self, before, after):
        super().__init__()
        step = 1 if before == after else 2
        self.body = nn.Sequential(
            *[nn.Conv2d(before, after, 3, step, 1, bias=False), nn.BatchNorm2d(after), nn.ReLU()],
            *[nn.Conv2d(after, after, 3, 1, 1, bias=False), nn.BatchNorm2d(after)],
        )
        self.thin = nn.AvgPool2d(1, step)

    def forward(self, x):
        out, x = self.body(x), self.thin(x)
        zeros = torch.zeros_like(out)[:, x.shape[1] :]
        return torch.relu(out + torch.cat([x, zeros], 1))


def cifar_in_stages(depth, num_classes=10, *, width=16):
    """A Sequential of Sequentials."""
    n = depth // 6
    stem = nn.Sequential(
        nn.Conv2d(3, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()
    )
    sizes = [width] * (n + 1) + [2 * width] * n + [4 * width] * n
    pairs = pairwise(sizes)
    blocks = nn.Sequential(*(CifarBlockWithZeros(a, b) for a, b in pairs))
    head = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(sizes[-1], num_classes))
    return nn.Sequential(stem, blocks, head)


ALTERNATIVES = {
    "conv_stage": {
        "a class with a list": StageInAList,
        "the last ReLU behind the pooling": stage_pooled_before_relu,
    },
    "LeNet5": {
        "a function": lenet_in_one,
        "the layers made from the last to the first": LeNetBackwards,
    },
    "from_pattern": {"a class with lists": Pattern, "words first": pattern_from_words},
    "AlexNet": {
        "as in torchvision": AlexNetAsInTorchvision,
        "functions, pooling before ReLU": AlexNetByHand,
    },
    "ZFNet": {
        "functions, dropout before ReLU": ZFNetByHand,
        "zeros at the border for ceil_mode": zfnet_padded_by_hand,
    },
    "VGG": {"as in torchvision": VGGAsInTorchvision, "norms in a list": VGGInStages},
    "Inception": {
        "one ReLU for all branches": InceptionInSequences,
        "written into one tensor": InceptionPiecewise,
    },
    "zero_pad_shortcut": {
        "zeros laid behind": shortcut_by_cat,
        "average pooling of single pixels": shortcut_by_pooling,
    },
    "BasicBlock": {
        "the shortcut first": BlockShortcutFirst,
        "as in torchvision": BlockAsInTorchvision,
    },
    "Bottleneck": {
        "the body in a Sequential": BottleneckInSequence,
        "the last 1 x 1 steps": BottleneckThatStepsLast,
    },
    "resnet_cifar": {"no blocks at all": CifarByIndex, "Sequentials": cifar_in_stages},
}
