"""Imports point downwards, and a student's process never pays for torch."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

import cnncourse

PACKAGE = Path(cnncourse.__file__).parent
RANKS = {
    **dict.fromkeys(["shapes", "verdict", "seal", "plotting", "pictures", "reference"], 0),
    **dict.fromkeys(["compare", "catalogue", "fast", "models"], 1),
    **dict.fromkeys(["collect", "report", "data", "inside"], 2),
    **dict.fromkeys(["checker", "training"], 3),
    "notebook": 4,
    **dict.fromkeys(["grading", "audit"], 5),
    "bench": 6,
    "cli": 7,
}
MODULES = sorted(PACKAGE.rglob("*.py"))


def unit_of(path):
    """Name the part of the package a file belongs to; the package itself is ''."""
    parts = path.relative_to(PACKAGE).with_suffix("").parts
    return "" if parts == ("__init__",) else parts[0]


def imported_units(path):
    """Name the parts of the package that a file imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = (
                [f"cnncourse.{alias.name}" for alias in node.names]
                if node.module == "cnncourse"
                else [node.module]
            )
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "cnncourse" and len(parts) > 1:
                yield parts[1]


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_downwards(path):
    """A module knows only what ranks below it, or its own part."""
    unit = unit_of(path)
    for imported in imported_units(path):
        if unit not in ("", imported):
            assert RANKS[imported] < RANKS[unit], f"{unit} imports {imported}"


def test_every_part_of_the_package_has_a_rank():
    """A new module is placed before it is used."""
    assert {unit_of(path) for path in MODULES} - {""} <= set(RANKS)


def run_python(code):
    """Run code in a fresh interpreter and read what it prints as JSON."""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return json.loads(run.stdout)


def test_the_package_imports_without_torch_and_matplotlib():
    """A student's process that is graded never loads what it does not use."""
    loaded = run_python("import cnncourse, sys, json; print(json.dumps(sorted(sys.modules)))")

    assert "numpy" in loaded
    assert not {"torch", "matplotlib", "torchvision", "sklearn", "IPython"} & set(loaded)


def test_the_package_imports_about_as_fast_as_numpy():
    """The bound is generous: three times NumPy's own import, or 0.3 s where that is more."""
    code = (
        "import time, json; a = time.perf_counter(); import numpy; b = time.perf_counter();"
        "import cnncourse; c = time.perf_counter(); print(json.dumps([b - a, c - b]))"
    )
    best = min((run_python(code) for _ in range(3)), key=lambda pair: pair[1])

    assert best[1] < max(0.3, 3 * best[0])


def test_the_documented_example_of_the_lazy_reference():
    """Asking the reference for an unknown name says so, as any module does."""
    from cnncourse import reference

    with pytest.raises(AttributeError, match="no attribute 'conv9d'"):
        _ = reference.conv9d
