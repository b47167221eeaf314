"""The built book in a real browser: pages are sound, the explorer computes what PyTorch does."""

import functools
import http.server
import re
import threading

import numpy as np
import pytest
from browser import NARROW, WIDE, Explorer, pages, settled, violations
from playwright.sync_api import expect

from cnncourse import pictures, reference

# One worker builds the book, and reads it.
pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("book")]


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
@pytest.mark.parametrize("name", pages())
def test_a_page_is_sound(watch, folder, name, viewport):
    """From file:// nothing is fetched, nothing fails, nothing scrolls sideways, axe is content."""
    watched = watch(viewport)
    page = watched.page
    page.goto((folder / f"{name}.html").as_uri())
    settled(page)

    assert page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    expect(page.locator("article h1")).to_have_count(1)
    expect(page.locator(".interactive-figure:not(:has(.cf))")).to_have_count(0)
    assert violations(page) == []
    page.evaluate("() => { document.documentElement.dataset.theme = 'dark'; }")
    assert violations(page, "color-contrast", "link-in-text-block") == []
    assert watched.external() == []
    assert watched.errors == []


@pytest.fixture
def explorer(watch, folder):
    """Open the explorer of the chapter on filters: the digit seven, sobel-x, stride 1, valid."""
    watched = watch()
    watched.page.goto((folder / "book/03_filters.html").as_uri())
    yield Explorer(watched.page, "convolution-explorer")
    assert watched.errors == []


def expected(image, kernel, *, stride=1, padding="valid", dilation=1):
    """Compute with the package's own reference what the explorer should show."""
    if padding == "full":
        padding = [dilation * (size - 1) for size in kernel.shape]
    options = {"stride": stride, "padding": padding, "dilation": dilation}
    return reference.conv2d(image[None, None], kernel[None, None], **options)[0, 0]


SETTINGS = [
    {"stride": 2},
    {"padding": "same"},
    {"padding": "full", "dilation": 2},
    {"stride": 3, "padding": 4},
    {"stride": 2, "padding": 2, "dilation": 3},
    {"stride": 2, "padding": "full"},
    {"padding": "same", "dilation": 3},
]


@pytest.mark.parametrize("kernel", [(3, 3), (2, 4), (5, 2), (1, 3)], ids=str)
def test_the_explorer_computes_what_pytorch_computes(explorer, kernel):
    """Every setting, odd and even kernels, rows and columns of different sizes."""
    explorer.preset("image", "random")
    explorer.size("image", 10, 9)
    explorer.preset("kernel", "counting")
    explorer.size("kernel", *kernel)
    image, weights = explorer.values("image"), explorer.values("kernel")
    assert image.shape == (10, 9)
    assert weights.ravel().tolist() == list(range(1, kernel[0] * kernel[1] + 1))

    for setting in SETTINGS:
        setting = {"stride": 1, "padding": "valid", "dilation": 1} | setting
        explorer.choose("stride", 1)  # padding 'same' can be chosen only here
        for legend in ("padding", "dilation", "stride"):
            explorer.choose(legend, setting[legend])

        np.testing.assert_allclose(
            explorer.values("output"), expected(image, weights, **setting), err_msg=str(setting)
        )


def test_the_switch_flips_the_kernel(explorer):
    """Turned round, the kernel makes a true convolution."""
    explorer.preset("kernel", "counting")
    image, kernel = explorer.values("image"), explorer.values("kernel")

    explorer.node.get_by_role("switch").check()

    shown = explorer.values("output")
    np.testing.assert_allclose(shown, expected(image, kernel[::-1, ::-1]))
    assert not np.array_equal(shown, expected(image, kernel))


def test_the_seven_is_the_packages_own(explorer):
    """The chapters speak of one digit."""
    assert np.array_equal(explorer.values("image"), pictures.seven())


@pytest.mark.parametrize(("typed", "value"), [("5", 5), ("-12", -12), ("0.5", 0.5), ("1/4", 0.25)])
def test_a_typed_pixel_changes_the_output(explorer, typed, value):
    """Digits, signs, decimals and fractions go into the cell that has the focus."""
    before = explorer.values("image")
    explorer.cell("image", 0, 0).focus()
    for key in ["ArrowDown", "ArrowDown", "ArrowRight", *typed]:
        explorer.page.keyboard.press(key)

    image = explorer.values("image")
    assert image[2, 1] == value
    assert np.sum(image != before) == 1
    np.testing.assert_allclose(
        explorer.values("output"), expected(image, explorer.values("kernel"))
    )


def test_a_typed_weight_changes_the_output(explorer):
    """The kernel is edited as the image is."""
    explorer.cell("kernel", 1, 1).focus()
    explorer.page.keyboard.type("7")

    kernel = explorer.values("kernel")
    assert kernel[1, 1] == 7
    np.testing.assert_allclose(
        explorer.values("output"), expected(explorer.values("image"), kernel)
    )


def test_dragging_paints_pixels(explorer):
    """The pen writes its value on every pixel it passes."""
    explorer.node.get_by_label("pen value").fill("3")
    explorer.node.get_by_label("pen value").press("Enter")
    explorer.cell("image", 5, 0).hover()
    explorer.page.mouse.down()
    explorer.cell("image", 5, 1).hover()
    explorer.cell("image", 5, 2).hover()
    explorer.page.mouse.up()

    assert explorer.values("image")[5, :4].tolist() == [3, 3, 3, 0]


def test_a_click_on_an_output_cell_shows_its_sum(explorer):
    """The products written out add up to the number in the cell."""
    explorer.cell("output", 3, 4).click()

    written, total = explorer.node.locator(".cf-sum").inner_text().rsplit("=", 1)
    terms = written.replace("·", "*").replace("\u2212", "-")
    assert terms.count("*") == 9
    assert eval(terms) == float(total.replace("\u2212", "-")) == explorer.values("output")[3, 4]
    expect(explorer.node.get_by_role("status")).to_contain_text("row 4 of 6, column 5 of 6")


def test_arrow_keys_move_the_window(explorer):
    """The output is one tab stop; arrows walk it, and the frame and the sum follow."""
    explorer.cell("output", 0, 0).focus()
    for key in ["ArrowDown", "ArrowDown", "ArrowRight", "End", "ArrowLeft"]:
        explorer.page.keyboard.press(key)

    here = explorer.grid("output").locator("[tabindex='0']")
    expect(here).to_have_count(1)
    expect(here).to_be_focused()
    assert float(explorer.values("output")[2, 4]) == float(explorer.total().replace("\u2212", "-"))
    place = (
        "[getComputedStyle(e).getPropertyValue('--cf-top'), e.style.getPropertyValue('--cf-left')]"
    )
    assert explorer.window.evaluate(f"e => {place}") == ["2", "4"]


def test_the_window_stays_inside_the_grid(explorer):
    """Arrow keys stop at the edges."""
    explorer.cell("output", 0, 0).focus()
    for key in ["ArrowUp", "ArrowLeft", "Control+End", "ArrowRight", "ArrowDown"]:
        explorer.page.keyboard.press(key)

    expect(explorer.cell("output", 5, 5)).to_be_focused()


def test_playing_fills_in_the_output(explorer):
    """The space bar plays from an empty output to a full one, and pauses."""
    full = explorer.values("output")
    explorer.node.get_by_label("speed").fill("10")
    explorer.cell("output", 0, 0).focus()
    explorer.page.keyboard.press(" ")
    expect(explorer.node.get_by_role("button", name="Pause")).to_be_visible()
    expect(explorer.cell("output", 0, 3)).to_have_text(re.compile(r"\d"))
    explorer.page.keyboard.press(" ")

    seen = explorer.values("output")
    assert 4 <= np.sum(~np.isnan(seen)) < full.size
    np.testing.assert_array_equal(seen[~np.isnan(seen)], full[~np.isnan(seen)])
    explorer.page.keyboard.press(" ")
    expect(explorer.node.get_by_role("button", name="Play")).to_be_visible(timeout=15_000)
    np.testing.assert_array_equal(explorer.values("output"), full)


def test_the_formula_holds_the_readers_numbers(explorer):
    """Sizes differ, so rows and columns have a line each; an even kernel pads one side more."""
    explorer.preset("image", "cross")
    explorer.size("image", 7, 5)
    explorer.choose("stride", 2)
    explorer.choose("padding", 1)

    lines = explorer.node.locator(".cf-line .cf-hidden").all_inner_texts()
    assert lines[1] == "floor((7 + 2·1 \u2212 1·(3 \u2212 1) \u2212 1) / 2) + 1 = 4"
    assert lines[2] == "floor((5 + 2·1 \u2212 1·(3 \u2212 1) \u2212 1) / 2) + 1 = 3"
    assert explorer.values("output").shape == (4, 3)


def test_same_padding_of_an_even_kernel_is_written_as_it_is(explorer):
    """PyTorch adds the odd row and column after the image."""
    explorer.preset("kernel", "box")
    explorer.size("kernel", 4, 4)
    explorer.choose("padding", "same")

    line = explorer.node.locator(".cf-line .cf-hidden").nth(1).inner_text()
    assert line == "floor((8 + 1 + 2 \u2212 1·(4 \u2212 1) \u2212 1) / 1) + 1 = 8"


def test_a_kernel_that_does_not_fit_is_explained(explorer):
    """No output is better than a wrong one, and the way out is said."""
    explorer.size("image", 3, 3)
    explorer.choose("dilation", 3)

    alert = explorer.node.get_by_role("alert")
    expect(alert).to_contain_text("its window is 7 × 7")
    expect(alert).to_contain_text("the padded image only 3 × 3")
    expect(explorer.grid("output")).to_be_hidden()
    explorer.choose("padding", "full")
    expect(alert).to_be_hidden()
    assert explorer.values("output").shape == (9, 9)


def test_same_padding_is_closed_above_stride_one(explorer):
    """As in PyTorch, and the reader is told why."""
    explorer.choose("padding", "same")
    explorer.choose("stride", 2)

    expect(explorer.node.locator('input[value="same"]')).to_be_disabled()
    expect(explorer.node.locator('input[value="valid"]')).to_be_checked()
    expect(explorer.node.locator(".cf-note")).to_contain_text("same")


def test_the_output_can_be_read_as_text(explorer):
    """A table holds every value, for those who cannot see the grids."""
    explorer.node.get_by_text("The output as text").click()

    rows = explorer.node.locator("details tr").all()
    read = [[cell.inner_text() for cell in row.locator("td").all()] for row in rows]
    shown = np.array([[float(cell.replace("\u2212", "-")) for cell in row] for row in read])
    np.testing.assert_array_equal(shown, explorer.values("output"))


def test_the_explorer_works_by_touch(watch, folder):
    """A tap paints a pixel or moves the window, on a narrow screen."""
    watched = watch(NARROW, has_touch=True)
    watched.page.goto((folder / "book/03_filters.html").as_uri())
    explorer = Explorer(watched.page, "convolution-explorer")
    explorer.cell("image", 3, 2).tap()
    explorer.cell("output", 2, 2).tap()

    image = explorer.values("image")
    assert image[3, 2] == 1
    assert explorer.cell("output", 2, 2).get_attribute("aria-selected") == "true"
    np.testing.assert_allclose(
        explorer.values("output"), expected(image, explorer.values("kernel"))
    )
    explorer.size("image", 3, 3)
    explorer.choose("dilation", 3)  # the message must not push the page wide
    assert watched.page.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    assert watched.errors == []


@pytest.mark.parametrize("padding", ["full", "valid"])
def test_an_explorer_at_its_fullest_stays_accessible(watch, folder, padding):
    """Largest padding and no output at all: the two ends of what a reader can set."""
    page = watch(NARROW).page
    page.goto((folder / "book/03_filters.html").as_uri())
    explorer = Explorer(page, "convolution-explorer")
    explorer.size("kernel", 5, 4)
    explorer.choose("dilation", 3)
    explorer.choose("padding", padding)
    explorer.node.locator("summary").click()

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def test_the_figure_follows_dark_mode(watch, folder):
    """The theme's own button changes page and figure alike."""
    page = watch(color_scheme="light").page
    page.goto((folder / "book/03_filters.html").as_uri())
    settled(page)
    figure = page.locator(".cf")
    colours = "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
    light = figure.evaluate(colours)
    while page.locator("html").get_attribute("data-mode") != "dark":
        page.locator(".theme-switch-button:visible").first.click()

    dark = figure.evaluate(colours)
    assert light[0] != dark[0]
    assert light[1] != dark[1]


def test_print_shows_the_numbers_without_the_controls(explorer):
    """On paper a figure is a picture."""
    explorer.page.emulate_media(media="print")

    expect(explorer.grid("output")).to_be_visible()
    expect(explorer.node.locator(".cf-formula")).to_be_visible()
    expect(explorer.node.locator(".cf-settings")).to_be_hidden()
    expect(explorer.node.get_by_role("button", name="Play")).to_be_hidden()


def test_without_javascript_the_page_still_reads(watch, folder):
    """The picture stands in for the figure, and the quiz gives its reasons."""
    page = watch(java_script_enabled=False).page
    page.goto((folder / "book/03_filters.html").as_uri())

    picture = page.locator("convolution-explorer img")
    expect(picture).to_be_visible()
    assert len(picture.get_attribute("alt")) > 20
    page.locator(".quiz-right input").first.check()
    expect(page.locator(".quiz-right .quiz-why").first).to_be_visible()


def test_a_quiz_is_answered_by_keyboard(watch, folder):
    """Space chooses, arrows change the answer, the reason appears and is spoken."""
    page = watch().page
    page.goto((folder / "book/04_convolution.html").as_uri())
    answers = page.locator(".quiz-question").first.locator(".quiz-answer")
    expect(answers.first.locator(".quiz-why")).to_be_hidden()
    answers.first.locator("input").focus()
    page.keyboard.press("Space")
    expect(answers.first.locator(".quiz-why")).to_be_visible()
    page.keyboard.press("ArrowDown")

    reason = answers.nth(1).locator(".quiz-why")
    expect(reason).to_be_visible()
    expect(answers.first.locator(".quiz-why")).to_be_hidden()
    expect(page.locator(".quiz-spoken").first).to_have_text(reason.inner_text())


class Quiet(http.server.SimpleHTTPRequestHandler):
    """A server that does not write to the terminal."""

    def log_message(self, *args):
        """Say nothing."""


@pytest.fixture
def address(folder):
    """Serve the book on this machine; on file:// a browser lets no page read another."""
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_search_finds_a_term(watch, address):
    """A reader who looks for dilation is led to the layers."""
    watched = watch()
    watched.page.goto(f"{address}/search.html?q=dilation")

    found = watched.page.locator("#search-results a", has_text="The convolution layer")
    expect(found.first).to_be_visible(timeout=15_000)
    assert watched.external() == []
    assert watched.errors == []
