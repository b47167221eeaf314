"""The pooling explorer in a real browser computes, routes and says what PyTorch does."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from browser import ELEMENTS, NARROW, WIDE, Explorer, violations
from playwright.sync_api import expect

# One worker builds the book, and reads it.
pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("book")]

MINUS = "\u2212"


class Pooling(Explorer):
    """The pooling explorer, as a reader uses it."""

    def switch(self, label, on):
        """Turn a switch on or off, if it is there."""
        switch = self.node.get_by_role("switch", name=label)
        if switch.count():
            switch.set_checked(on)

    def set(self, *, stride="size", padding=0, ceil=False, count_include_pad=True):
        """Choose every option of one setting."""
        self.choose("stride", stride)
        self.choose("padding", padding)
        self.switch("ceil mode", ceil)
        self.switch("count the padding", count_include_pad)

    def said(self):
        """Read what stands below the grids, with a minus that Python knows."""
        return self.node.locator(".cf-sum").inner_text().replace(MINUS, "-")

    def winners(self, name):
        """List the places that are marked as winners."""
        read = """grid => [...grid.querySelectorAll('.cf-winner')].map(cell => cell.place)"""
        return self.grid(name).evaluate(read)


@pytest.fixture
def open_pooling(open_figure):
    """Open the figure on a page of its own, by its attributes."""

    def start(*arguments, **attributes):
        return Pooling(
            open_figure("pooling-explorer", *arguments, **attributes), "pooling-explorer"
        )

    return start


def pooled(image, operation, size, *, stride="size", padding=0, ceil=False, **options):
    """Let PyTorch pool an image; return its output and a function for the image's gradient."""
    x = torch.tensor(image, requires_grad=True)
    function = {"max": F.max_pool2d, "average": F.avg_pool2d}[operation]
    if operation == "max":
        options = {}
    step = size if stride == "size" else stride
    out = function(x[None, None], size, step, padding, ceil_mode=ceil, **options)[0, 0]

    def gradient(dout):
        return torch.autograd.grad(out, x, torch.tensor(dout), retain_graph=True)[0].numpy()

    return out.detach().numpy(), gradient


def matrix(text):
    """Write an array as the figure's attribute."""
    return "; ".join(" ".join(str(int(value)) for value in row) for row in text)


# All of them negative somewhere: a padding of zeros would win, or change which mean is right.
IMAGE = np.random.default_rng(8).integers(-9, 3, (10, 9)).astype(float)

SETTINGS = [
    {},
    {"ceil": True},
    {"stride": 1},
    {"stride": 2, "padding": 1},
    {"stride": 2, "padding": 1, "ceil": True},
    {"stride": 2, "padding": 1, "ceil": True, "count_include_pad": False},
    {"stride": 3, "padding": 1, "ceil": True},
    {"stride": 4, "ceil": True},
    {"padding": 1, "count_include_pad": False},
]


@pytest.mark.parametrize("operation", ["max", "average"])
@pytest.mark.parametrize("size", [(2, 2), (3, 3), (5, 4)], ids=str)
def test_the_explorer_pools_and_routes_as_pytorch_does(open_pooling, operation, size):
    """Padding, ceil mode, overlap and gaps, odd and even windows: outputs and gradients."""
    figure = open_pooling(image=matrix(IMAGE), operation=operation)
    figure.size("window", *size)
    for setting in SETTINGS:
        figure.choose("show", "output")
        figure.set(**setting)
        out, gradient = pooled(IMAGE, operation, size, **setting)
        np.testing.assert_allclose(figure.values("output"), out, err_msg=str(setting))

        figure.choose("show", "gradient")
        figure.preset("output gradient", "counting")
        dout = figure.values("sent")
        assert dout.ravel().tolist() == list(range(1, out.size + 1))
        np.testing.assert_allclose(
            figure.values("received"), gradient(dout), err_msg=str(setting), atol=1e-12
        )


@pytest.mark.parametrize("setting", [{"padding": 2, "stride": 3, "ceil": True}, {"padding": 2}])
@pytest.mark.parametrize("operation", ["max", "average"])
def test_padding_of_two_under_a_window_of_five(open_pooling, operation, setting):
    """The largest window with the largest padding."""
    figure = open_pooling(image=matrix(IMAGE[:7, :6]), operation=operation)
    figure.size("window", 5, 5)
    figure.set(**setting)

    out, _ = pooled(IMAGE[:7, :6], operation, (5, 5), **setting)
    np.testing.assert_allclose(figure.values("output"), out)


def test_attributes_open_an_example(open_pooling):
    """A chapter chooses what its figure shows first."""
    image = np.array([[1.0, -2, 3, 0, 2], [4, 5, -6, 1, 1], [7, 8, 9, 2, 0], [1, 1, 1, 1, 5]])
    setting = {"stride": 2, "padding": 1, "ceil": True, "count_include_pad": False}
    figure = open_pooling(
        image=matrix(image),
        operation="average",
        size="3x2",
        stride=2,
        padding=1,
        ceil="",
        count_include_pad="false",
        view="gradient",
        position="1,2",
    )

    out, gradient = pooled(image, "average", (3, 2), **setting)
    np.testing.assert_allclose(figure.values("received"), gradient(np.ones_like(out)))
    expect(figure.grid("sent").locator("[aria-selected=true]")).to_have_count(1)
    expect(figure.cell("sent", 1, 2)).to_have_attribute("aria-selected", "true")
    figure.choose("show", "output")
    np.testing.assert_allclose(figure.values("output"), out)


def test_the_default_is_two_by_two_max_pooling(open_pooling):
    """Without attributes: windows side by side, the stride as large as they are."""
    figure = open_pooling()

    image = figure.values("image")
    assert image.shape == (6, 6)
    np.testing.assert_array_equal(figure.values("output"), pooled(image, "max", 2)[0])


def test_the_first_of_equal_pixels_wins(open_pooling):
    """PyTorch sends the whole gradient to the first; so does the figure, and says so."""
    figure = open_pooling(image="4 4 4 4; 4 4 4 4; 4 4 4 4", size="3x2", stride=1)

    assert figure.winners("image") == [[0, 0]]
    assert figure.winners("window") == [[0, 0]]
    assert "the first of 6 equal pixels wins at row 1, column 1" in figure.said()
    figure.choose("show", "gradient")
    np.testing.assert_array_equal(
        figure.values("received"), [[1, 1, 1, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    )


def test_the_winner_is_the_one_that_pytorch_names(open_pooling):
    """At every place, also where windows overlap and reach into the padding."""
    figure = open_pooling(image=matrix(IMAGE[:5, :6]), size=3, stride=2, padding=1)
    _, indices = F.max_pool2d(
        torch.tensor(IMAGE[:5, :6])[None, None], 3, 2, 1, return_indices=True
    )

    for place in np.ndindex(3, 3):
        figure.cell("output", *place).click()
        assert figure.winners("image") == [list(divmod(indices[0, 0][place].item(), 6))]


def test_minus_infinity_stands_in_the_border_of_a_maximum(open_pooling):
    """It loses to every pixel; a mean takes zeros instead, or nothing."""
    figure = open_pooling(image="-5 -4; -3 -2", size=2, padding=1)
    border = figure.grid("image").locator(".cf-border").first

    expect(border).to_have_text(f"{MINUS}∞")
    assert figure.said().startswith("max(-∞, -∞, -∞, -5) = -5")
    figure.choose("operation", "average")
    expect(border).to_have_text("0")
    assert figure.said().startswith("(0 + 0 + 0 + (-5)) / 4 = -5 / 4 = -1.25")
    figure.switch("count the padding", False)
    expect(border).to_have_text("")
    assert figure.said().startswith("((-5)) / 1 = -5 / 1 = -5")
    assert "3 cells of padding not counted" in figure.said()


def test_a_mean_never_counts_what_lies_beyond_the_padding(open_pooling):
    """In ceil mode the last window hangs over, and its divisor is smaller."""
    figure = open_pooling(image="1 2 3; 4 5 6; 7 8 9", operation="average", ceil="")
    figure.cell("output", 1, 0).click()

    assert figure.said().startswith("(7 + 8) / 2 = 15 / 2 = 7.5")
    assert "2 cells beyond the padding never counted" in figure.said()
    assert figure.values("output").tolist() == [[3, 4.5], [7.5, 9]]


def test_every_sum_and_divisor_add_up(open_pooling):
    """What is written out is what the cell holds."""
    figure = open_pooling(operation="average", size=3, stride=2, padding=1, ceil="")
    out = figure.values("output")

    for place in np.ndindex(out.shape):
        figure.cell("output", *place).click()
        terms, quotient, *_ = figure.said().splitlines()[0].split(" = ")
        assert eval(terms) == pytest.approx(eval(quotient)) == pytest.approx(out[place])


@pytest.mark.parametrize(("typed", "value"), [("5", 5), ("-12", -12), ("0.5", 0.5), ("1/4", 0.25)])
def test_a_typed_pixel_changes_the_output(open_pooling, typed, value):
    """The image is edited as in every figure."""
    figure = open_pooling()
    figure.cell("image", 0, 0).focus()
    for key in ["ArrowDown", "ArrowRight", "ArrowRight", *typed]:
        figure.page.keyboard.press(key)

    image = figure.values("image")
    assert image[1, 2] == value
    np.testing.assert_array_equal(figure.values("output"), pooled(image, "max", 2)[0])


@pytest.mark.parametrize("operation", ["max", "average"])
def test_a_typed_gradient_is_routed(open_pooling, operation):
    """The output gradient is the reader's; arrow keys move the window with it."""
    figure = open_pooling(operation=operation, size=3, stride=2, padding=1, view="gradient")
    figure.cell("sent", 0, 0).focus()
    for key in ["ArrowDown", "ArrowRight", "-", "7", "ArrowRight", "2"]:
        figure.page.keyboard.press(key)

    dout = figure.values("sent")
    assert dout.tolist() == [[1, 1, 1], [1, -7, 2], [1, 1, 1]]
    expect(figure.node.get_by_label("output gradient preset")).to_have_value("my own")
    _, gradient = pooled(figure.values("image"), operation, (3, 3), stride=2, padding=1)
    np.testing.assert_allclose(figure.values("received"), gradient(dout))


def test_gradients_add_up_where_windows_overlap(open_pooling):
    """One bright pixel under four windows receives four gradients, and the sentence adds them."""
    figure = open_pooling(image="0 0 0; 0 9 0; 0 0 0", size=2, stride=1, view="gradient")
    figure.preset("output gradient", "counting")

    assert "goes whole to the winner at row 2, column 2" in figure.said()
    assert "1 + 2 + 3 + 4 = 10" in figure.said()
    assert "In all, 10 was sent. The image received all of it." in figure.said()
    assert figure.values("received").tolist() == [[0, 0, 0], [0, 10, 0], [0, 0, 0]]


def test_what_falls_on_the_padding_is_said_to_be_lost(open_pooling):
    """A mean that counts its padding sends part of the gradient there."""
    figure = open_pooling(
        image="1 2; 3 4", operation="average", padding=1, view="gradient", position="0,1"
    )

    assert "1 / 4 = 0.25 to each of 4 cells, 3 of them padding" in figure.said()
    assert "In all, 4 was sent. The image received 1; the rest" in figure.said()
    figure.switch("count the padding", False)
    assert "1 / 1 = 1 to each of 1 cell" in figure.said()
    assert "received all of it" in figure.said()


@pytest.mark.parametrize("view", ["output", "gradient"])
def test_playing_goes_through_every_window(open_pooling, view):
    """The space bar starts from nothing, pauses and goes on to the end."""
    figure = open_pooling(view=view)
    places, filled = {"output": ("output", "output"), "gradient": ("sent", "received")}[view]
    full = figure.values(filled)
    figure.node.get_by_label("speed").fill("10")
    figure.cell(places, 0, 0).focus()
    figure.page.keyboard.press(" ")
    expect(figure.node.get_by_role("button", name="Pause")).to_be_visible()
    expect(figure.cell(places, 1, 0)).to_have_attribute("aria-selected", "true")
    figure.page.keyboard.press(" ")

    seen = np.nan_to_num(figure.values(filled))
    assert 0 < seen.sum() < full.sum()
    figure.page.keyboard.press(" ")
    expect(figure.node.get_by_role("button", name="Play")).to_be_visible()
    np.testing.assert_array_equal(figure.values(filled), full)
    expect(figure.node.get_by_role("status")).to_contain_text("row 3 of 3, column 3 of 3")


def test_the_window_follows_the_arrow_keys(open_pooling):
    """The frame stands where stride and place say, and stays inside the grid."""
    figure = open_pooling(size="2x3", image=matrix(IMAGE), padding=1)
    figure.cell("output", 0, 0).focus()
    for key in ["ArrowUp", "ArrowDown", "ArrowDown", "End", "ArrowRight", "ArrowLeft"]:
        figure.page.keyboard.press(key)

    expect(figure.cell("output", 2, 1)).to_be_focused()
    frame = ["top", "left", "height", "width"]
    read = f"e => {[f'--cf-{side}' for side in frame]}.map(name => e.style.getPropertyValue(name))"
    assert figure.window.evaluate(read) == ["4", "3", "2", "3"]


def formula(figure):
    """Read the lines of the size formula that hold the reader's numbers."""
    lines = figure.node.locator(".cf-line .cf-hidden").all_inner_texts()
    return [line.replace(MINUS, "-") for line in lines[1:]]


def test_the_formula_holds_the_readers_numbers(open_pooling):
    """Rounding down, rounding up, and one window less where it would start outside."""
    figure = open_pooling(image=matrix(IMAGE[:7, :7]), size="3x2", padding=1)
    assert formula(figure) == [
        "floor((7 + 2·1 - 3) / 3) + 1 = 3",
        "floor((7 + 2·1 - 2) / 2) + 1 = 4",
    ]
    expect(figure.node.locator(".cf-formula .cf-note")).to_have_text("")

    figure.set(stride=4, padding=1)
    assert formula(figure)[0] == "floor((7 + 2·1 - 3) / 4) + 1 = 2"
    expect(figure.node.locator(".cf-formula .cf-note")).to_have_text(
        "No window reads the last row or the last 2 columns."
    )
    figure.switch("ceil mode", True)
    assert formula(figure) == [
        "ceil((7 + 2·1 - 3) / 4) + 1 - 1 = 2",
        "ceil((7 + 2·1 - 2) / 4) + 1 - 1 = 2",
    ]
    assert figure.values("output").shape == (2, 2)
    expect(figure.node.locator(".cf-formula .cf-note")).to_contain_text("is dropped: 1 less")


def test_padding_is_at_most_half_of_the_window(open_pooling):
    """As in PyTorch; a smaller window takes the padding with it, and the reader is told."""
    figure = open_pooling(size=4, padding=2)
    figure.size("window", 3, 4)

    expect(figure.node.locator('[data-choices=padding] input[value="2"]')).to_be_disabled()
    expect(figure.node.locator('[data-choices=padding] input[value="1"]')).to_be_checked()
    expect(figure.node.locator(".cf-settings .cf-note")).to_contain_text("The padding is now 1")
    image = figure.values("image")
    np.testing.assert_array_equal(
        figure.values("output"), pooled(image, "max", (3, 4), padding=1)[0]
    )


@pytest.mark.parametrize("view", ["output", "gradient"])
def test_a_window_that_does_not_fit_is_explained(open_pooling, view):
    """No output, the reason, and a way out that works."""
    figure = open_pooling(image="1 2 3; 4 5 6; 7 8 9", size=5, stride=1, view=view)
    places = {"output": "output", "gradient": "sent"}[view]

    alert = figure.node.get_by_role("alert")
    expect(alert).to_contain_text("it is 5 × 5, and the padded image only 3 × 3")
    expect(figure.grid(places)).to_be_hidden()
    figure.node.get_by_role("button", name="Play").click()
    figure.choose("padding", 1)
    expect(alert).to_be_hidden()
    expect(figure.cell(places, 0, 0)).to_be_visible()


def test_the_numbers_can_be_read_as_text(open_pooling):
    """A table holds every value, of the output and of the image's gradient."""
    figure = open_pooling(size=3, stride=1, view="gradient")
    figure.node.get_by_text("The output as text").click()

    tables = figure.node.locator("details table").all()
    read = [
        [[float(cell.inner_text()) for cell in row.locator("td").all()] for row in rows]
        for rows in (table.locator("tr").all() for table in tables)
    ]
    out, gradient = pooled(figure.values("image"), "max", 3, stride=1)
    assert read == [out.tolist(), gradient(np.ones_like(out)).tolist()]


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_figure_is_accessible_at_its_fullest(open_pooling, viewport):
    """Both views and no output at all: axe is content and nothing scrolls sideways."""
    figure = open_pooling(viewport, size=4, stride=1, padding=2, ceil="")
    figure.node.locator("summary").click()
    for rows, padding in ((10, 2), (5, 1), (3, 0)):
        figure.size("image", rows, rows)
        figure.choose("padding", padding)
        for operation, view in (("average", "output"), ("max", "gradient")):
            figure.choose("operation", operation)
            figure.choose("show", view)
            width = figure.page.evaluate("document.documentElement.scrollWidth")
            assert width <= viewport["width"]
            if rows < 10:  # axe takes seconds for hundreds of cells
                assert violations(figure.page, inside="pooling-explorer") == []


def test_the_figure_is_legible_in_dark_mode(open_pooling):
    """Contrast holds in both views."""
    figure = open_pooling(theme="dark", operation="average", size=3, stride=2, padding=1)
    for view in ("output", "gradient"):
        figure.choose("show", view)
        assert violations(figure.page, "color-contrast", inside="pooling-explorer") == []


def test_the_figure_works_by_touch(open_pooling):
    """A tap paints a pixel or moves the window, on a narrow screen."""
    figure = open_pooling(NARROW, touch=True)
    figure.cell("image", 3, 1).tap()
    figure.cell("output", 1, 0).tap()

    assert figure.values("image")[3, 1] == 9
    assert figure.said().startswith("max(6, 7, 7, 9) = 9")


@pytest.mark.parametrize(
    "options",
    [{"padding": "1", "size": "1"}, {"padding": "2", "size": "5x3"}, {"padding": "2"}],
    ids=str,
)
def test_an_example_that_pytorch_refuses_is_refused(options):
    """A page with more padding than half of the window does not build."""
    problem = ELEMENTS["pooling-explorer"]["problem"]

    assert "half of the window" in problem(options)
    assert problem(options | {"padding": "0"}) is None


@pytest.mark.parametrize("text", ["0", "6", "2 x 3", "2x", "two"])
def test_a_window_size_that_is_none_is_refused(text):
    """It is one side, or rows and columns, of 1 to 5 pixels."""
    with pytest.raises(ValueError, match="is no window"):
        ELEMENTS["pooling-explorer"]["attributes"]["size"](text)
