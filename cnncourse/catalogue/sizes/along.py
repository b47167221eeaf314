"""How many places a window has along one axis: convolution, 'same' padding."""

from cnncourse import reference
from cnncourse.catalogue.exercise import Case, exercise


@exercise("03_sizes", section="10_sizes#sizes-output", outputs={"out": ""}, kind=int)
def conv_output_size(size, kernel_size, *, stride=1, padding=0, dilation=1):
    """Count the places of a convolution's window along one axis."""
    return reference.conv_output_size(
        size, kernel_size, stride=stride, padding=padding, dilation=dilation
    )


@conv_output_size.cases
def _(rng):
    def case(claim, size, kernel_size, **options):
        return Case(claim, {"size": int(size), "kernel_size": kernel_size, **options})

    yield case("a window of 3 on a row of a few pixels", rng.integers(5, 9), 3)
    yield case("a window of 4, an even one", rng.integers(11, 20), 4)
    yield case("a window as large as the row: one place", size := int(rng.integers(5, 9)), size)
    yield case("a stride of 2 that divides", 2 * rng.integers(8, 20) + 1, 3, stride=2)
    yield case("a stride of 2 that does not divide", 2 * rng.integers(8, 20), 3, stride=2)
    yield case("padding at both ends", rng.integers(14, 30), 5, padding=1)
    yield case("as ResNet begins", 224, 7, stride=2, padding=3)
    yield case("a window spread by dilation", rng.integers(20, 40), 4, dilation=3)
    yield case(
        "everything at once, a stride of 4 that leaves one pixel over",
        4 * rng.integers(10, 20),
        3,
        stride=4,
        padding=1,
        dilation=2,
    )


def _ints(function):
    """Make a mistake from the numbers: size, kernel, stride, padding, dilation."""

    def wrong(right, size, kernel_size, *, stride=1, padding=0, dilation=1):
        return function(right, size, kernel_size, stride, padding, dilation)

    return wrong


def _ask(right, size, kernel, stride, padding, dilation):
    return right(size, kernel, stride=stride, padding=padding, dilation=dilation)


for _name, _hint, _section, _wrong in (
    (
        "the + 1 is forgotten",
        "Count the places of a window of 2 on a row of 3 pixels: there are two, not one.",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: _ask(right, n, k, s, p, d) - 1,
    ),
    (
        "the quotient is rounded up",
        "A window that would hang over the end is not computed: what does that say about the "
        "rounding?",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: _ask(right, n + s - 1, k, s, p, d),
    ),
    (
        "the quotient is rounded to the nearest whole number",
        "A place is there or it is not: half a place counts nothing, and neither does the larger "
        "half.",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: round((n + 2 * p - d * (k - 1) - 1) / s + 1e-9) + 1,
    ),
    (
        "the stride is ignored",
        "With stride 2 the window stands at every other place only.",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: _ask(right, n, k, 1, p, d),
    ),
    (
        "the padding is ignored",
        "The window slides over the padded row: how long is that?",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: _ask(right, n, k, s, 0, d),
    ),
    (
        "the padding is counted at one end only",
        "Padding p adds p pixels before the row and p behind it.",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: _ask(right, n + p, k, s, 0, d),
    ),
    (
        "the dilation is ignored",
        "With dilation 2, three weights reach over five pixels.",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: _ask(right, n, k, s, p, 1),
    ),
    (
        "the window is taken to reach over dilation times its size",
        "Between 3 weights there are 2 gaps: the reach is dilation · (size - 1) + 1.",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: _ask(right, n, d * k, s, p, 1),
    ),
    (
        "dilation is counted as the number of gaps",
        "Dilation 1 is the ordinary window without gaps: PyTorch counts from 1.",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: _ask(right, n, k, s, p, d + 1),
    ),
    (
        "the stride divides before the window is taken off",
        "First the place of the last window is found, then it is counted in strides: which "
        "brackets are missing?",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: (n + 2 * p) // s - d * (k - 1),
    ),
    (
        "the window is not taken off",
        "A row of 5 pixels has 3 places for a window of 3.",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: _ask(right, n, 1, s, p, d),
    ),
    (
        "one pixel too many is taken off",
        "For a window of 1 every pixel is a place: try it in your formula.",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: _ask(right, n - 1, k, s, p, d),
    ),
    (
        "the 1 is not taken off before the division",
        "A window of 3 on a row of 3 pixels has one place: what does your formula say?",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: _ask(right, n + 1, k, s, p, d),
    ),
    (
        "one place too many is counted",
        "A window of 3 on a row of 3 pixels has one place: what does your formula say?",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: _ask(right, n, k, s, p, d) + 1,
    ),
    (
        "the stride divides the last term only",
        "Division comes before subtraction: put brackets around everything that is divided.",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: _ask(right, n + (s > 1), k, 1, p, d),
    ),
    (
        "the 1 is added before the division",
        "Places are the strides to the last window, and one more: the 1 comes after the division.",
        "10_sizes#sizes-output",
        lambda right, n, k, s, p, d: (n + 2 * p - d * (k - 1)) // s,
    ),
):
    conv_output_size.mistake(_name, hint=_hint, section=_section)(_ints(_wrong))


@exercise(
    "03_sizes",
    section="10_sizes#sizes-same",
    outputs={"before": "", "after": ""},
    kind=int,
)
def same_padding(kernel_size, *, dilation=1):
    """Tell how many pixels 'same' adds before and after an axis, at stride 1."""
    return reference.same_padding(kernel_size, dilation=dilation)


@same_padding.cases
def _(rng):
    odd = 2 * int(rng.integers(3, 7)) + 1
    even = 2 * int(rng.integers(3, 7))
    yield Case("a window of 3", {"kernel_size": 3})
    yield Case("a larger odd window", {"kernel_size": odd})
    yield Case("a window of 1 needs none", {"kernel_size": 1})
    yield Case("an even window: the end gets one more", {"kernel_size": even})
    yield Case("an odd window, spread", {"kernel_size": odd, "dilation": 3})
    yield Case(
        "an even window, spread so that both ends are equal", {"kernel_size": even, "dilation": 2}
    )
    yield Case("an even window, spread by 3", {"kernel_size": even, "dilation": 3})


def _of_total(function):
    """Make a mistake from what is lost without padding."""
    return lambda right, kernel_size, *, dilation=1: function(kernel_size, dilation)


for _name, _hint, _wrong in (
    (
        "the odd pixel is added before the axis",
        "Frameworks differ here: with PyTorch the end gets one pixel more, not the beginning.",
        lambda right, kernel_size, *, dilation=1: right(kernel_size, dilation=dilation)[::-1],
    ),
    (
        "both ends get the smaller half",
        "An even window loses an odd number of pixels: one of the two ends has to give one more.",
        _of_total(lambda k, d: (d * (k - 1) // 2,) * 2),
    ),
    (
        "both ends get the larger half",
        "Count the output: with an even window it is now one pixel too long.",
        _of_total(lambda k, d: (-(-d * (k - 1) // 2),) * 2),
    ),
    (
        "both ends get half of the window's size",
        "A window of 3 loses 2 pixels, not 3.",
        _of_total(lambda k, d: (d * k // 2,) * 2),
    ),
    (
        "both ends get all that is lost",
        "That is the total: how much of it goes to either end?",
        _of_total(lambda k, d: (d * (k - 1),) * 2),
    ),
    (
        "all of it is added at the end",
        "The output would be as long as the input, and shifted: divide between both ends.",
        _of_total(lambda k, d: (0, d * (k - 1))),
    ),
    (
        "all of it is added before the axis",
        "The output would be as long as the input, and shifted: divide between both ends.",
        _of_total(lambda k, d: (d * (k - 1), 0)),
    ),
    (
        "the dilation is ignored",
        "A window of 3 with dilation 2 reaches over 5 pixels, so that 4 are lost.",
        _of_total(lambda k, d: ((k - 1) // 2, k - 1 - (k - 1) // 2)),
    ),
    (
        "the dilation multiplies each half instead of the total",
        "First find how many pixels are lost in all, then halve.",
        _of_total(lambda k, d: (d * ((k - 1) // 2), d * (k - 1 - (k - 1) // 2))),
    ),
):
    same_padding.mistake(_name, hint=_hint)(_wrong)
