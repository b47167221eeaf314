"""As fast as you can: one layer against the clock, in the shapes of four networks."""

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise
from cnncourse.catalogue.fast.layer import (
    add_axis_mistakes,
    add_fast_layer_mistakes,
    compare_few_images,
    draw_layer,
    draw_layer_cases,
)


@exercise("08_fast", section="13_fast#fast-measured", outputs={"out": "N F OH OW"})
def conv2d_fast(x, w, b=None, *, stride=1, padding=0):
    """Cross-correlate every image with every filter, as PyTorch does."""
    return reference.conv2d(x, w, b, stride=stride, padding=padding)


@conv2d_fast.cases
def _(rng):
    yield from draw_layer_cases(rng)
    # Processor time on a quiet core, im2col, seven loops, loops over every pixel of the output:
    # 6 ms, 6.4 s, 1.4 s; 3 ms, 9.6 s, 0.32 s; 6 ms, 10 s, 0.44 s; 1.5 ms, 9.4 s, 0.33 s.
    yield Case(
        "LeNet-5's first layer for 128 images in 0.15 s; seven loops need 7 s",
        draw_layer(rng, 128, 1, 28, 28, 6, 5, 5) | {"padding": 2},
        seconds=0.15,
    )
    yield Case(
        "a layer of VGG, of fewer channels, in 0.15 s; seven loops need 10 s",
        draw_layer(rng, 32, 16, 16, 16, 16, 3, 3) | {"padding": 1},
        seconds=0.15,
    )
    yield Case(
        "ResNet's first layer, of fewer filters, in 0.15 s; seven loops need 9 s",
        draw_layer(rng, 24, 3, 56, 56, 8, 7, 7) | {"stride": 2, "padding": 3},
        seconds=0.15,
    )
    yield Case(
        "a 1 x 1 layer of GoogLeNet, of fewer channels, in 0.15 s; seven loops need 9 s",
        draw_layer(rng, 32, 64, 14, 14, 32, 1, 1),
        seconds=0.15,
    )


compare_few_images(conv2d_fast)
add_fast_layer_mistakes(conv2d_fast)
add_axis_mistakes(conv2d_fast)
