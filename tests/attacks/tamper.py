"""The notebook's own bookkeeping, bent: cells, metadata, points, versions, kernels."""

import copy

from attacks import EVERYTHING, FULL, POINTS, attack


@attack(loses=EVERYTHING)
def deleted_tests(work):
    """Deletes every test cell of unwritten work."""
    work.unsolve()
    tests = {cell.id for cell in work.tests()}
    work.notebook.cells = [cell for cell in work.notebook.cells if cell.id not in tests]


@attack()
def deleted_tests_of_right_work(work):
    """Loses two test cells by accident; the functions are right."""
    gone = {"check_pad2d", "check_conv3d"}
    work.notebook.cells = [cell for cell in work.notebook.cells if cell.id not in gone]


@attack(loses=["conv2d"])
def deleted_solution(work):
    """Deletes the solution cell of an exercise that it could not do."""
    work.notebook.cells = [cell for cell in work.notebook.cells if cell.id != "conv2d"]


@attack(loses=["conv2d"])
def more_points(work):
    """Raises the points of the tests it passes, and takes points off for the one it fails."""
    work.unsolve("conv2d")
    for cell in work.tests():
        cell.metadata.nbgrader["points"] = 1000
    work.cell("check_conv2d").metadata.nbgrader["points"] = -1000


@attack(loses=EVERYTHING)
def points_that_are_none(work):
    """Writes texts, lists and infinities where points stand."""
    work.unsolve()
    odd = ["5", [5], 1e999, None, {"a": 1}, True, -0.0]
    for cell, points in zip(work.tests(), odd, strict=True):
        cell.metadata.nbgrader["points"] = points


@attack(loses=EVERYTHING)
def tests_as_solutions(work):
    """Marks the tests as its own solutions, and empties them."""
    work.unsolve()
    for cell in work.tests():
        cell.metadata.nbgrader.update(solution=True, locked=False, grade=False)
        cell.source = "pass"


@attack(loses=EVERYTHING)
def tests_that_print_points(work):
    """Replaces the tests' code by the number of points they give."""
    work.unsolve()
    for cell in work.tests():
        cell.source = str(POINTS[cell.id.removeprefix("check_")])
        cell.metadata.nbgrader.update(locked=False, grade=True)


@attack(loses=EVERYTHING)
def tests_as_prose(work):
    """Turns the tests into Markdown and raw cells, which cannot fail."""
    work.unsolve()
    for i, cell in enumerate(work.tests()):
        cell.cell_type = ("markdown", "raw")[i % 2]
        for key in ("outputs", "execution_count"):
            cell.pop(key, None)


@attack()
def solutions_as_prose(work):
    """Turns right solutions into Markdown cells and back; one is left as Markdown."""
    cell = work.cell("conv2d")
    cell.cell_type = "markdown"
    for key in ("outputs", "execution_count"):
        cell.pop(key, None)
    work.add(cell.source, after="conv2d")


@attack()
def tests_first(work):
    """Moves all tests above the solutions; often an accident, and the work is right."""
    tests = work.tests()
    others = [cell for cell in work.notebook.cells if cell not in tests]
    work.notebook.cells = [*tests, *others]


@attack()
def upside_down(work):
    """Hands in the cells in reverse order: nothing is defined where it is used."""
    work.notebook.cells = [work.notebook.cells[1], *reversed(work.notebook.cells[2:])]


@attack(loses=["conv2d"])
def exchanged_names(work):
    """Exchanges the names of two tests, so that the easy one gives the hard one's points."""
    work.unsolve("conv2d")
    one, other = work.cell("check_conv2d"), work.cell("check_conv1x1")
    one.metadata.nbgrader["grade_id"] = "check_conv1x1"
    other.metadata.nbgrader["grade_id"] = "check_conv2d"


@attack(loses=["conv2d"])
def repeated_names(work):
    """Gives an easy test's copies the names of the tests it fails."""
    work.unsolve("conv2d")
    for times in range(3):
        extra = copy.deepcopy(work.cell("check_conv1x1"))
        extra.id = f"copy-{times}"
        extra.metadata.nbgrader["grade_id"] = "check_conv2d"
        work.notebook.cells.insert(times, extra)


@attack()
def copied_cells(work):
    """Copies cells with everything in them, as a slip of the hand does."""
    for name in ("conv2d", "check_conv2d", "check_pad2d"):
        extra = copy.deepcopy(work.cell(name))
        work.notebook.cells.append(extra)


@attack()
def bonus_exercises(work):
    """Adds test cells of its own, worth a hundred points each."""
    for name in ("check_relu", "bonus", "check_conv2d_again"):
        work.add("100.0", markdown=False)
        cell = work.notebook.cells[-1]
        cell.metadata["nbgrader"] = {
            **copy.deepcopy(work.cell("check_conv2d").metadata.nbgrader),
            "grade_id": name,
            "points": 100,
        }


@attack(loses=EVERYTHING)
def written_answers(work):
    """Turns the tests into written answers, to be graded by hand."""
    work.unsolve()
    for cell in work.tests():
        cell.metadata.nbgrader.update(solution=True, grade=True, task=False, locked=False)
    work.cell("check_pad2d").metadata.nbgrader.update(task=True, solution=False, grade=False)


@attack(loses=EVERYTHING)
def skipped_tests(work):
    """Asks by tags and metadata that the tests be skipped, hidden or allowed to fail."""
    work.unsolve()
    for cell in work.tests():
        cell.metadata["tags"] = ["skip-execution", "raises-exception", "remove-cell"]
    work.notebook.metadata["execution"] = {"allow_errors": True, "timeout": 0}


@attack()
def rewritten_helper(work):
    """Rewrites a locked cell that belongs to the course; its solutions are right."""
    work.cell("pair").source = "def pair(value): raise RuntimeError('this is mine now')"


@attack()
def without_schema(work):
    """Loses the version of nbgrader's metadata in one cell."""
    del work.cell("conv2d").metadata.nbgrader["schema_version"]


@attack()
def odd_schemas(work):
    """Claims other versions of nbgrader's metadata: older, newer, none."""
    for name, version in {"pad2d": 1, "conv2d": 99, "conv3d": "x", "check_pad2d": 2}.items():
        work.cell(name).metadata.nbgrader["schema_version"] = version


@attack()
def metadata_of_other_kinds(work):
    """Has null, a text and a list where cells have nbgrader's metadata."""
    plain = work.plain()
    odd = iter([None, "nbgrader", [1, 2], 7, {}, {"grade_id": None}, {"grade_id": ["a"]}])
    for cell in plain["cells"]:
        if "nbgrader" not in cell["metadata"]:
            cell["metadata"]["nbgrader"] = next(odd, None)
    work.write(plain)


@attack()
def lost_metadata(work):
    """Has been through an editor that drops every cell's metadata; ids are left."""
    for cell in work.notebook.cells:
        cell.metadata.clear()


@attack()
def huge_metadata(work):
    """Carries a million entries of metadata."""
    work.cell("conv2d").metadata["mine"] = {f"k{i}": i for i in range(300_000)}
    work.notebook.metadata["mine"] = list(range(700_000))


@attack()
def odd_identities(work):
    """Has cell ids that are repeated, overlong, paths, or missing."""
    plain = work.plain()
    odd = ["same", "same", "x" * 5000, "../../etc/passwd", "<b>", "", "名"]
    others = [cell for cell in plain["cells"] if "nbgrader" not in cell["metadata"]]
    for cell, identity in zip(others, odd, strict=False):
        cell["id"] = identity
    del others[-1]["id"]
    work.write(plain)


@attack()
def odd_counts(work):
    """Has execution counts below zero, as texts, and none."""
    plain = work.plain()
    odd = [-5, "7", None, 2**70, 1.5]
    code = [cell for cell in plain["cells"] if cell["cell_type"] == "code"]
    for cell, count in zip(code, odd, strict=False):
        cell["execution_count"] = count
    work.write(plain)


@attack()
def attachments(work):
    """Attaches files to Markdown cells, one of them with a path and no picture at all."""
    cell = next(cell for cell in work.notebook.cells if cell.cell_type == "markdown")
    cell["attachments"] = {
        "../../canary.png": {"image/png": "bm8gcGljdHVyZQ=="},
        "page.html": {"text/html": "<script>alert(1)</script>"},
    }


@attack()
def kernel_that_is_not_there(work):
    """Asks for a kernel that no machine of the course has."""
    work.notebook.metadata["kernelspec"] = {"name": "ir", "display_name": "R", "language": "R"}
    work.notebook.metadata["language_info"] = {"name": "R", "mimetype": "text/x-r-source"}


@attack()
def kernel_of_no_kind(work):
    """Has a text for a kernel, and nothing else in the notebook's metadata."""
    plain = work.plain()
    plain["metadata"] = {"kernelspec": "python3", "language_info": []}
    work.write(plain)


@attack()
def no_metadata(work):
    """Has no metadata at all, as some converters leave a notebook."""
    plain = work.plain()
    plain["metadata"] = {}
    work.write(plain)


@attack()
def widgets(work):
    """Carries the state of a thousand widgets."""
    state = {f"{i:032x}": {"model_name": "FloatModel", "state": {}} for i in range(1000)}
    work.notebook.metadata["widgets"] = {
        "application/vnd.jupyter.widget-state+json": {"state": state, "version_major": 2}
    }


@attack(points=FULL)
def scores_in_the_metadata(work):
    """Writes scores and comments where nbgrader keeps its own."""
    for cell in work.tests():
        cell.metadata.nbgrader.update(score=1000, max_score=1, comment="<b>by hand</b>")
    work.notebook.metadata["nbgrader"] = {"score": 1000, "extra_credit": 50}
