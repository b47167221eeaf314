"""What ``nbgrader_config.py`` names: our parts in nbgrader's own places.

Each is imported when it is asked for: nbgrader wants some while it grades, and others when it
shows what was graded.
"""

from importlib import import_module

_HOME = {
    "CollectByArrival": "plugins.arrival",
    "CutOutputs": "plugins.outputs",
    "ExecuteInRoom": "plugins.execute",
    "FeedbackExporter": "feedback.page",
    "RestoreCells": "plugins.restore",
    "ShowSafely": "plugins.formgrader",
    "VerifyAnswers": "plugins.verify",
    "markdown2html": "plugins.formgrader",
}
__all__ = list(_HOME)


def __getattr__(name):
    """Import a plugin."""
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"cnncourse.grading.{_HOME[name]}"), name)
