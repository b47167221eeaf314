"""Photograph every interactive figure of the book as it opens: `python book/pictures/make.py`.

The pictures stand in print, in the PDF and for readers without JavaScript, one for each
`{interactive}` of the chapters, named as the figure is. Run this after changing a figure, its
style or its options, and commit what it writes. It needs Chromium, which it finds as the tests do.
"""

import io
import os
import re
import shutil
import sys
from html import escape
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

PICTURES = Path(__file__).resolve().parent
BOOK = PICTURES.parent
GRADED = BOOK.parent / "classroom/feedback/bjorn/04_convolution/04_convolution.html"
sys.path.insert(0, str(BOOK / "_ext"))

from elements import ELEMENTS, STYLE  # noqa: E402 - found through the line above

WIDTH = 720
COLOURS = 128
FENCE = re.compile(r"^```+\{interactive\} (?P<element>\S+)\n(?P<body>.*?)^```+$", re.M | re.S)


def figures(text):
    """Yield element and options of every interactive figure in a page's source."""
    for match in FENCE.finditer(text):
        yield match["element"], dict(re.findall(r"^:([\w-]+): *(.*)$", match["body"], re.M))


def photograph(browser, element, options):
    """Open one figure on a page of its own and return its picture."""
    page = browser.new_page(viewport={"width": WIDTH, "height": 900}, device_scale_factor=2)
    page.emulate_media(media="print", reduced_motion="reduce")
    attributes = "".join(
        f' {name}="{escape(options[name])}"'
        for name in ELEMENTS[element]["attributes"]
        if name in options
    )
    page.set_content(
        '<html lang="en" data-theme="light"><body style="margin: 0; font-family: sans-serif">'
        f'<{element} class="interactive-figure"{attributes}></{element}></body></html>'
    )
    for style in (STYLE, *ELEMENTS[element].get("styles", ())):
        page.add_style_tag(path=BOOK / "figures" / style)
    for script in ELEMENTS[element]["scripts"]:
        page.add_script_tag(path=BOOK / "figures" / script)
    page.evaluate("() => new Promise((resolve) => setTimeout(resolve, 100))")
    shot = page.locator(element).screenshot()
    page.close()
    return Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS)


def photograph_graded_cell(browser):
    """Photograph the flipped kernel of the demo class, for the README."""
    page = browser.new_page(viewport={"width": 900, "height": 900}, device_scale_factor=2)
    page.goto(GRADED.as_uri())
    name = page.get_by_text("check_conv2d", exact=True)
    cell = page.locator(".nbgrader_cell").filter(has=name).bounding_box()
    report = page.locator(".cnncourse-report", has_text="kernel is flipped").bounding_box()
    clip = {
        "x": cell["x"],
        "y": cell["y"],
        "width": cell["width"],
        "height": report["y"] + report["height"] - cell["y"],
    }
    shot = page.screenshot(clip=clip, full_page=True)
    page.close()
    return Image.open(io.BytesIO(shot)).convert("RGB").quantize(COLOURS)


def main():
    """Write one picture for every figure of every page, and one of a graded cell."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        for source in sorted(BOOK.rglob("*.md")):
            for element, options in figures(source.read_text(encoding="utf-8")):
                path = PICTURES / f"{options['name']}.png"
                photograph(browser, element, options).save(path, optimize=True)
                print(f"{path.name}: {path.stat().st_size // 1024} KiB")
        if GRADED.exists():
            photograph_graded_cell(browser).save(PICTURES / "graded-cell.png", optimize=True)
        else:
            print("graded-cell.png is left as it is: it needs the demo class of `make course`")
        browser.close()


if __name__ == "__main__":
    main()
