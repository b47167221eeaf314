"""What a worker does with one submission: run it in the room, judge its answers.

A worker may be a process here or on another machine. It gets plain values and returns plain
values, and imports neither nbgrader nor nbformat, which take seconds.
"""

import gzip
import json
import threading
import time
from dataclasses import dataclass, field

from cnncourse.grading.album import Album
from cnncourse.grading.judge import exercise_of, judge_cell, own_outputs, packages_of, verdict_on
from cnncourse.grading.records import fingerprints
from cnncourse.grading.trim import trim, whole_letters
from cnncourse.report import to_text
from cnncourse.seal import MIME

_one_at_a_time = threading.Lock()  # a worker has one room; Dask may give it several threads


@dataclass(frozen=True)
class Job:
    """One notebook to grade.

    Parameters
    ----------
    key : tuple of str
        Assignment, student and name of the notebook.
    text : str
        The sanitised notebook as JSON.
    files : dict of str to bytes
        What else was handed in, by relative path.
    seed : str
        Of the graded cases.
    limits : Limits
        On the room.
    require : str or None
        The least confinement that is accepted.
    kept : bytes or None
        What an earlier `Outcome` kept: then only the judging is done again.
    """

    key: tuple
    text: str
    files: dict
    seed: str
    limits: object
    require: str | None = None
    kept: bytes | None = None


@dataclass(frozen=True)
class Outcome:
    """A notebook that was run and judged.

    Parameters
    ----------
    text : str
        The notebook as JSON: outputs, and under each sealed test our verdict.
    kept : bytes
        The run with its sealed answers, so that it can be judged again.
    questions : dict of str to str
        Fingerprint of what each exercise asked.
    run : dict
        ``problems``, ``rung``, ``seconds`` and ``processor_seconds`` of the run.
    judging_seconds : float
    """

    text: str
    kept: bytes
    questions: dict
    run: dict = field(default_factory=dict)
    judging_seconds: float = 0.0


def grade(job):
    """Run a job's notebook in the room, unless that was kept, and judge the answers.

    Returns
    -------
    outcome : Outcome
    """
    with _one_at_a_time:
        if job.kept is None:
            execution = _execute(job)
            kept = gzip.compress(json.dumps(execution).encode("ascii"), 1)
        else:
            execution, kept = open_kept(job.kept), job.kept
        start = time.perf_counter()
        cells = execution["notebook"]["cells"]
        questions = {
            exercise.name: fingerprints.of_questions(exercise, seed=job.seed)
            for exercise in filter(None, map(exercise_of, cells))
        }
        album = Album()
        for place, cell in enumerate(cells):
            _judge(cell, job.seed, cells[:place], album)
        seconds = time.perf_counter() - start
    text = json.dumps(execution.pop("notebook"))
    return Outcome(text, kept, questions, execution, seconds)


def replay(kept, *, seed):
    """Judge the answers of a run that was kept, and report on them with all numbers.

    Returns
    -------
    reports : dict of str to str
        By exercise.
    """
    cells = open_kept(kept)["notebook"]["cells"]
    verdicts = (verdict_on(cell, seed=seed, before=cells[:i]) for i, cell in enumerate(cells))
    return {verdict.exercise: to_text(verdict) for verdict in verdicts if verdict is not None}


def open_kept(kept):
    """Read what an `Outcome` kept; raises ValueError or OSError if it is damaged."""
    return json.loads(gzip.decompress(kept))


def _execute(job):
    from cnncourse.grading.room.execute import execute

    execution = execute(
        job.text,
        job.files,
        seed=job.seed,
        limits=job.limits,
        require=job.require,
        packages=packages_of(json.loads(job.text)["cells"]),
    )
    for cell in execution["notebook"]["cells"]:
        if cell["cell_type"] == "code":
            outputs = [trim(output, spare=(MIME,)) for output in cell["outputs"]]
            cell["outputs"] = whole_letters(outputs)
    return execution


def _judge(cell, seed, before, album):
    output = judge_cell(cell, seed=seed, before=before)
    if output is not None:
        cell["outputs"] = [output]
    elif cell["cell_type"] == "code":
        cell["outputs"] = own_outputs(cell, album)
