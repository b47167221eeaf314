"""Where the course keeps its notebooks, and how nbgrader grades them: sealed."""

import os
import sys
from pathlib import Path

from nbconvert.preprocessors import ClearMetadataPreprocessor
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    ClearOutput,
    DeduplicateIds,
    GetGrades,
    IgnorePattern,
    LimitOutput,
    OverwriteKernelspec,
    SaveAutoGrades,
)

from cnncourse.collect import NOT_WRITTEN
from cnncourse.grading.plugins import CutOutputs, ExecuteInRoom, RestoreCells, VerifyAnswers

c = get_config()  # noqa: F821, jupyter gives it
here = Path.cwd()

# nbgrader calls alembic by its name; it stands beside the interpreter.
os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

c.CourseDirectory.course_id = "cnncourse"
c.CourseDirectory.root = str(here)
c.CourseDirectory.source_directory = "solutions"
c.CourseDirectory.release_directory = "exercises"
c.CourseDirectory.submitted_directory = "classroom/submitted"
c.CourseDirectory.autograded_directory = "classroom/autograded"
c.CourseDirectory.feedback_directory = "classroom/feedback"
c.CourseDirectory.db_url = f"sqlite:///{here}/classroom/gradebook.db"
c.ExportPlugin.to = "classroom/grades.csv"
c.GradedSeeds.secret_file = str(here / "classroom" / "secret")
(here / "classroom").mkdir(exist_ok=True)

c.ClearSolutions.code_stub = {
    "python": f'# YOUR CODE HERE\nraise NotImplementedError("{NOT_WRITTEN}")'
}

# A deleted test cell comes back; else it would keep an older score.
c.Autograde.sanitize_preprocessors = [
    ClearOutput,
    RestoreCells,
    DeduplicateIds,
    OverwriteKernelspec,
    CheckCellMetadata,
]
c.Autograde.autograde_preprocessors = [
    ExecuteInRoom,
    VerifyAnswers,
    CutOutputs,
    IgnorePattern,
    ClearMetadataPreprocessor,
    LimitOutput,
    SaveAutoGrades,
    AssignLatePenalties,
    CheckCellMetadata,
]

# Feedback links into the book where CNNCOURSE_BOOK names the address it is served from.
c.GenerateFeedback.exporter_class = "cnncourse.grading.plugins.FeedbackExporter"
c.GenerateFeedback.preprocessors = [GetGrades]

# The formgrader shows what students wrote from where Jupyter's terminals are: cleaned.
c.HTMLExporter.preprocessors = ["cnncourse.grading.plugins.ShowSafely"]
c.HTMLExporter.filters = {"markdown2html": "cnncourse.grading.plugins.markdown2html"}
