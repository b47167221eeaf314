"""A class of simulated students, who make the mistakes that students make.

Each hands in the release notebook, filled with the course's own solutions in which one line
or another is as a student might have written it.
"""

import os
from pathlib import Path

import nbformat
from nbgrader.utils import is_solution

# Slips of the pen: exercise, the line that is right, the line as it was written.
SLIPS = {
    "forgotten + 1": ("cross_correlate1d", "(L - K + 1)", "(L - K)"),
    "signal not flipped": ("convolve1d", "x[i] * k", "x[i] * k[::-1]"),
    "windows move by one": ("conv1d", "start = i * stride", "start = i"),
    "no bias in 1-D": ("conv1d", "out += b[:, None]", "pass"),
    "corr2d flips": ("corr2d", "+ KW] * k)", "+ KW] * k[::-1, ::-1])"),
    "convolution transposed": ("conv2d_true", "k[::-1, ::-1]", "k.T"),
    "convolution not flipped": ("conv2d_true", "k[::-1, ::-1]", "k"),
    "box not a mean": ("make_kernel", " / size**2", ""),
    "sum of magnitudes": (
        "edge_magnitude",
        "np.sqrt(along**2 + down**2)",
        "abs(along) + abs(down)",
    ),
    "modes exchanged": ("pad2d", 'mode == "replicate"', 'mode == "reflect"'),
    "stride only in the size": ("conv2d_single", "i * stride, j * stride", "i, j"),
    "no bias": ("conv2d", "out if b is None else out + b[:, None, None]", "out"),
    "kernel flipped": ("conv2d", "w[mine, :, i, j]", "w[mine, :, KH - 1 - i, KW - 1 - j]"),
    "same pads the start": (
        "conv2d",
        "lost_h // 2, lost_w // 2",
        "-(-lost_h // 2), -(-lost_w // 2)",
    ),
    "no bias in 1 x 1": ("conv1x1", "out = out + b[:, None]", "pass"),
    "overlaps overwritten": ("conv_transpose2d", "along] += np", "along] = np"),
    "no bias in 3-D": ("conv3d", "out if b is None else out + b[:, None, None, None]", "out"),
    "maximum from 0": ("max_pool2d", "-np.inf", "0.0"),
    "padding always counts": ("avg_pool2d", "if count_include_pad:", "if True:"),
}
# Other ways to be right.
REWRITES = {
    "einsum": (
        "conv1x1",
        "w @ x.reshape(N, C, H * W)",
        "np.einsum('fc,ncp->nfp', w, x.reshape(N, C, H * W))",
    ),
    "numpy's own": ("cross_correlate1d", "out = np.zeros(L - K + 1)", "return np.correlate(x, k)"),
    "single precision": (
        "corr2d",
        "out = np.zeros(",
        "x = x.astype(np.float32)\n    out = np.zeros(",
    ),
}
# Work that does not run: it must cost its own exercise, and nothing else.
BROKEN = {
    "asks to exit": ("separable_conv2d", "OH, OW = H", "raise SystemExit\n    OH, OW = H"),
    "prints a list": ("is_separable", "return bool(", "return list("),
    "index out of range": ("conv3d", "out = np.moveaxis(out, -1, 1)", "out = out[10_000]"),
    "another name": ("edge_magnitude", "def edge_magnitude", "def edges"),
}
CHANGES = SLIPS | REWRITES | BROKEN

# Who does what; after "stops at" comes the first exercise that stays unwritten.
CLASS = {
    "amara": (),
    "bjorn": ("maximum from 0", "corr2d flips", "kernel flipped", "no bias"),
    "chidi": ("einsum",),
    "dalia": ("forgotten + 1", "stride only in the size"),
    "emeka": ("stops at corr2d", "stops at conv2d"),
    "fumiko": ("numpy's own", "same pads the start"),
    "gustav": ("signal not flipped", "kernel flipped", "overlaps overwritten"),
    "hana": ("single precision",),
    "imre": ("padding always counts", "windows move by one", "no bias in 1 x 1", "no bias"),
    "jamila": ("convolution not flipped", "modes exchanged"),
    "kofi": ("box not a mean", "index out of range"),
    "linh": ("maximum from 0", "sum of magnitudes", "kernel flipped"),
    "mateo": ("stops at conv2d_true", "stops at conv1x1"),
    "noor": ("convolution transposed", "no bias in 3-D", "no bias"),
    "olga": ("asks to exit", "overlaps overwritten"),
    "priya": ("no bias in 1-D", "stride only in the size", "no bias in 1 x 1"),
    "quentin": ("prints a list", "another name"),
    "rosa": ("corr2d flips", "same pads the start"),
    "sipho": ("stops at cross_correlate1d", "stops at pad2d"),
    "tomas": ("signal not flipped", "box not a mean", "modes exchanged"),
}


ASSIGNMENTS = ("02_filters", "04_convolution", "05_pooling")  # where they make their mistakes


class RealClass(RuntimeError):  # noqa: N818, the name says what was found
    """The classroom holds work that is not the demo's."""


def hand_in(classroom, assignments):
    """Put every student's notebooks where nbgrader collects them.

    Parameters
    ----------
    classroom : Classroom
    assignments : list of str

    Returns
    -------
    count : int
        How many notebooks are new or differ from what was handed in before.

    Raises
    ------
    RealClass
        If anybody else has handed in work here: it would be mixed with the invented.
    """
    handed_in = (classroom.students(assignment) for assignment in classroom.assignments())
    others = {student for students in handed_in for student in students} - set(CLASS)
    if others:
        raise RealClass(
            f"{', '.join(sorted(others))} handed in real work: try the demo in a clone of its own"
        )
    return sum(
        _write(classroom, assignment, student, habits)
        for assignment in assignments
        for student, habits in CLASS.items()
    )


def edit(source, exercise, habits):
    """Write a solution as a student with these habits would.

    Parameters
    ----------
    source : str
        The right solution.
    exercise : str
        Its name.
    habits : iterable of str
        Keys of `CHANGES`; those of other exercises change nothing.

    Raises
    ------
    ValueError
        If the line to change is not in the solution.
    """
    for habit in habits:
        name, right, written = CHANGES.get(habit, (None, "", ""))
        if name != exercise:
            continue
        if right not in source:
            raise ValueError(
                f"demo: {habit!r} looks for {right!r}, which {exercise} no longer has"
            )
        source = source.replace(right, written)
    marks = ("### BEGIN SOLUTION", "### END SOLUTION")
    return "\n".join(line for line in source.splitlines() if line.strip() not in marks)


def write_class(source, release, submitted, count):
    """Write the work of a class of any size: the twenty again and again, with numbers.

    Parameters
    ----------
    source, release : Path
        The notebook with the solutions, and the one that was released.
    submitted : Path
        Where submissions are collected.
    count : int
        Students.
    """
    solutions, notebook = _solutions(source), release.read_text(encoding="utf-8")
    texts = {student: _solve(notebook, solutions, habits) for student, habits in CLASS.items()}
    for i in range(count):
        student = list(CLASS)[i % len(CLASS)]
        name = f"{student}-{i // len(CLASS) + 1:04d}"
        _write_if_new(submitted / name / release.parent.name / release.name, texts[student])


def _write(classroom, assignment, student, habits):
    name = f"{assignment}.ipynb"
    coursedir = classroom.coursedir
    release = Path(coursedir.release_directory, assignment, name)
    solutions = _solutions(Path(coursedir.source_directory, assignment, name))
    text = _solve(release.read_text(encoding="utf-8"), solutions, habits)
    return _write_if_new(Path(coursedir.submitted_directory, student, assignment, name), text)


def _solutions(path):
    source = nbformat.read(path, as_version=4)
    return {cell.id: cell.source for cell in source.cells if is_solution(cell)}


def _solve(text, solutions, habits):
    """Fill a release notebook in as a student with these habits would."""
    release = nbformat.reads(text, as_version=4)
    stops = {habit.removeprefix("stops at ") for habit in habits if habit.startswith("stops at ")}
    writing = True
    for cell in release.cells:
        writing = writing and cell.id not in stops
        if writing and cell.id in solutions:
            cell.source = edit(solutions[cell.id], cell.id, habits)
    return nbformat.writes(release)


def _write_if_new(path, text):
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".part")
    half.write_text(text, encoding="utf-8")
    os.replace(half, path)
    return True
