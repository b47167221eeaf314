"""The layers that are timed: from LeNet-5 to ResNet, at the sizes at which they occur."""

from dataclasses import dataclass

import numpy as np

from cnncourse.shapes import conv_output_size


@dataclass(frozen=True)
class Layer:
    """A convolution: square images, square kernels."""

    name: str
    N: int
    C: int
    H: int
    F: int
    kernel: int
    stride: int
    padding: int

    @property
    def options(self):
        """What `conv2d` takes by keyword."""
        return {"stride": self.stride, "padding": self.padding}

    @property
    def output_shape(self):
        """(N, F, OH, OW)."""
        side = conv_output_size(self.H, self.kernel, stride=self.stride, padding=self.padding)
        return (self.N, self.F, side, side)

    @property
    def macs(self):
        """Multiplications of the definition, forward; the backward pass needs twice as many."""
        return int(np.prod(self.output_shape)) * self.C * self.kernel**2

    def draw(self, dtype):
        """Draw x, w, b and dout; values of outputs are of the order of 1."""
        rng = np.random.default_rng(0)
        fan_in = self.C * self.kernel**2
        x = rng.standard_normal((self.N, self.C, self.H, self.H))
        w = rng.standard_normal((self.F, self.C, self.kernel, self.kernel)) / fan_in**0.5
        b = rng.standard_normal(self.F)
        dout = rng.standard_normal(self.output_shape)
        return tuple(array.astype(dtype) for array in (x, w, b, dout))


LAYERS = {
    name: Layer(name, *sizes)
    for name, *sizes in [
        # name, N, C, H, F, kernel, stride, padding
        ("lenet1", 64, 1, 28, 6, 5, 1, 2),
        ("lenet2", 64, 6, 14, 16, 5, 1, 0),
        ("alex1", 8, 3, 227, 96, 11, 4, 0),
        ("alex2", 8, 96, 27, 256, 5, 1, 2),
        ("zf1", 8, 3, 224, 96, 7, 2, 1),
        ("vgg11", 4, 3, 224, 64, 3, 1, 1),
        ("vgg64", 8, 64, 56, 64, 3, 1, 1),
        ("vgg128", 8, 128, 28, 128, 3, 1, 1),
        ("vgg256", 16, 256, 14, 256, 3, 1, 1),
        ("vgg512", 32, 512, 7, 512, 3, 1, 1),
        ("res7s2", 8, 3, 224, 64, 7, 2, 3),
        ("res3s2", 8, 64, 56, 128, 3, 2, 1),
        ("res3s2b", 16, 128, 28, 256, 3, 2, 1),
        ("res1s2", 16, 128, 28, 256, 1, 2, 0),
        ("inc1x1", 16, 192, 28, 64, 1, 1, 0),
        ("res1x1", 16, 256, 14, 1024, 1, 1, 0),
        ("inc5x5", 16, 16, 28, 32, 5, 1, 2),
        ("r20a", 128, 16, 32, 16, 3, 1, 1),
        ("r20b", 128, 32, 16, 32, 3, 1, 1),
        ("r20c", 128, 64, 8, 64, 3, 1, 1),
    ]
}
