"""The sources of the book: every page and part is there, and a strict build has nothing to say."""

import re

import pytest
from browser import ROOT, built_book, pages
from quiz import problem_of, quoted

pytestmark = pytest.mark.xdist_group("book")  # one worker builds it

CHAPTERS = [page for page in pages() if re.match(r"book/\d\d_", page)]

# Sections that the grader's hints link to: a page, what its labels begin with, their ends.
LABELS = {
    "02_images": ("arrays", "axes values labels"),
    "03_filters": ("filters", "window flip modes steps two-dimensions kernels separable edges"),
    "04_convolution": (
        "convolution",
        "channels several-filters bias output-size stride dilation one-by-one groups depthwise"
        " transposed three-dimensions",
    ),
    "06_padding": ("padding", "why size same even modes full"),
    "07_activation": ("activation", "why relu sigmoid softmax last"),
    "08_pooling": ("pooling", "max average stride shift padding ceil dilation indices global"),
    "09_fully_connected": ("fc", "flatten linear loss smoothing as-convolution"),
    "10_sizes": (
        "sizes",
        "output same pool transposed trace parameters macs memory receptive",
    ),
    "12_backpropagation": ("backprop", "chain linear relu loss convolution pooling check"),
    "13_fast": ("fast", "loops windows im2col einsum fft winograd measured"),
    "14_training": ("training", "initialisation sgd adam schedules hyperparameters"),
    "15_normalisation": ("norm", "why batch running fold backward layer group"),
    "16_regularisation": ("regular", "overfitting dropout dropout2d l2"),
    "17_augmentation": ("augment", "why flip crop geometry colour cutout mixup labels"),
    "28_inside": (
        "inside",
        "filters maps occlusion saliency gradcam activating deconvolution",
    ),
}

PARTS = {
    "a prompt to predict, then run": r"Predict, then run",
    "a box of common mistakes": r"Common mistakes",
    "a box about PyTorch": r"\bIn PyTorch\b",
    "a quiz": r"^```+\{quiz\}",
    "Your turn": r"^##+ Your turn",
    "a summary": r"^##+ Summary",
    "references": r"^##+ References",
    "a figure": r"^```+\{interactive\}|^    alt: ",
}


def source(page):
    """Return the text of a page, whichever kind it is."""
    for suffix in (".md", ".ipynb"):
        path = (ROOT / page).with_suffix(suffix)
        if path.exists():
            return path.read_text(encoding="utf-8")
    raise AssertionError(f"{page} is in _toc.yml, but there is no such file")


@pytest.mark.parametrize("page", pages())
def test_every_page_of_the_contents_exists_and_has_a_title(page):
    """A page begins with one title, or its entry in the contents would be empty."""
    assert re.search(r'^(\s*")?# \S', source(page), re.M)


@pytest.mark.parametrize("page", CHAPTERS)
@pytest.mark.parametrize("part", PARTS)
def test_every_chapter_has_every_part(page, part):
    """Readers find the same parts in every chapter."""
    assert re.search(PARTS[part], source(page), re.M), f"{page} lacks {part}"


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_chapter_title_carries_the_number_of_its_file(page):
    """Chapters are written out of order, so that Sphinx cannot number them."""
    number = page.split("/")[1][:2]

    assert re.search(rf"^# {number} · \S", source(page), re.M)


@pytest.mark.parametrize("page", CHAPTERS)
def test_a_quiz_asks_three_to_five_questions(page):
    """Fewer test nothing, more tire."""
    bodies = re.findall(r"^```+\{quiz\}\n(.*?)^```", source(page), re.M | re.S)

    assert 3 <= sum(body.count("- question:") for body in bodies) <= 5


@pytest.mark.parametrize("page", LABELS)
def test_sections_that_hints_link_to_exist(page):
    """The grader names these labels; a reader must land where the thing is explained."""
    prefix, names = LABELS[page]
    labels = set(re.findall(r"^\(([\w-]+)\)=$", source(f"book/{page}"), re.M))

    assert {f"{prefix}-{name}" for name in names.split()} <= labels


@pytest.mark.parametrize("page", CHAPTERS)
def test_code_cells_are_short(page):
    """A cell on a page is read, not scrolled."""
    cells = re.findall(r"^```\{code-cell\}.*?\n(.*?)^```", source(page), re.M | re.S)
    bodies = [
        re.sub(r"\A---\n.*?^---\n|\A(:[^\n]*\n)+", "", cell, flags=re.M | re.S) for cell in cells
    ]

    assert cells
    assert max(len(body.strip().splitlines()) for body in bodies) <= 15


@pytest.mark.parametrize("page", CHAPTERS)
def test_every_interactive_figure_has_its_own_picture(page):
    """Print, PDF and readers without JavaScript see the example that the chapter opens with."""
    names = re.findall(r"^```+\{interactive\}.*\n(?:.*\n)*?:name: (\S+)", source(page), re.M)

    for name in names:
        picture = ROOT / "book/pictures" / f"{name}.png"
        assert picture.exists(), f"python book/pictures/make.py draws {picture.name}"
        assert picture.stat().st_size < 200_000


@pytest.mark.timeout(600)
def test_a_strict_build_has_no_warning():
    """Broken references, unknown citations and failing cells are errors."""
    book = built_book()

    assert book.warnings == []
    assert book.succeeded, book.log[-3000:]


def question(**changes):
    """Return a sound question, or one spoilt by changing its second answer."""
    wrong = {"text": "3", "why": "That is the product."}
    wrong = {key: value for key, value in (wrong | changes).items() if value is not None}
    right = {"text": "2", "correct": "true", "why": "One and one."}
    return {"question": "1 + 1?", "answers": [right, wrong]}


def test_a_sound_question_has_no_problem():
    """The checks below must not fire on everything."""
    assert problem_of(question()) is None


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"why": None}, "answer 2 needs"),
        ({"why": "  "}, "answer 2 has an empty"),
        ({"correct": "true"}, "exactly one"),
        ({"correct": "maybe"}, "answer 2 may have"),
        ({"because": "x"}, "answer 2 may have"),
    ],
)
def test_an_unsound_question_is_named(changes, problem):
    """A quiz without a reason for every answer does not build."""
    assert problem in problem_of(question(**changes))


def test_texts_of_a_quiz_may_hold_colons_and_backslashes():
    """They are Markdown with mathematics, which YAML would read otherwise."""
    text = quoted(["- question: Stride 2: $\\lfloor", "    x \\rfloor$ isn't?", "  answers:"])

    assert text.splitlines()[0] == "- question: 'Stride 2: $\\lfloor x \\rfloor$ isn''t?'"
    assert len(text.splitlines()) == 3
