"""The log of a submission: all that an instructor needs to answer a complaint."""

import json
from datetime import UTC, datetime

from cnncourse.grading.judge import VERDICT_MIME
from cnncourse.grading.records import replace_file


def write_log(path, assignment, student, record=None, prepared=None, texts=None, *, error=""):
    """Write what became of a submission.

    Parameters
    ----------
    path : Path
    assignment, student : str
    record : Record, optional
    prepared : Prepared, optional
    texts : dict of str to str, optional
        The judged notebooks as JSON.
    error : str
        The traceback, where the grader failed.
    """
    when = datetime.now(UTC).isoformat(sep=" ", timespec="seconds")
    lines = [f"{assignment} of {student}, {when}"]
    if prepared is not None:
        lines += _handed_in(prepared)
    if record is not None:
        lines += _result(record)
    for name, text in (texts or {}).items():
        seed, run = record.seeds[name], record.run[name]
        lines += [
            "",
            f"{name}: seed {seed}, replay with `cnncourse replay {assignment} {student}`",
        ]
        lines.append(
            f"  ran in {run['seconds']:.2f} s, {run['processor_seconds']:.2f} s of the processor, "
            f"rung {run['rung']}"
        )
        lines += [f"  {line}" for line in _verdicts(text)]
    if error:
        lines += ["the grader failed; the submission is tried again by the next run", error]
    replace_file(path, ("\n".join(lines) + "\n").encode("utf-8", "replace"))


def _handed_in(prepared):
    yield f"handed in: {len(prepared.submission.files)} files"
    for name, data in sorted(prepared.submission.files.items()):
        yield f"  {name.encode('utf-8', 'replace').decode()}: {len(data)} bytes"


def _result(record):
    yield f"digest of the submission: {record.submission}"
    if record.rejected:
        yield f"rejected: {record.rejected}"
    if record.points:
        yield f"points: {record.points[0]:g} of {record.points[1]:g}"
    for problem in record.problems:
        yield f"remark: {problem}"
    if record.run:
        limits = ", ".join(f"{name} {value:g}" for name, value in record.run["limits"].items())
        yield f"limits: {limits}"


def _verdicts(text):
    """Say the verdict of every sealed test of a notebook in a line."""
    for cell in json.loads(text)["cells"]:
        for output in cell.get("outputs", ()):
            verdict = output.get("data", {}).get(VERDICT_MIME)
            if verdict is None:
                continue
            points = cell["metadata"]["nbgrader"]["points"]
            whys = {}
            for result in verdict["results"]:
                if not result["passed"]:
                    named = f" ({result['mistake']})" if result["mistake"] else ""
                    whys.setdefault(result["summary"] + named, []).append(result["claim"])
            why = "".join(f"; {what}: {' | '.join(claims)}" for what, claims in whys.items())
            reached = output["data"]["text/plain"]
            yield f"{verdict['exercise']}: {reached} of {points:g}{why}"
