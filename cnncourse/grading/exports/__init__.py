"""Grades out: to spreadsheets, and to the formats that learning platforms read.

Each is an export plugin of nbgrader's, so that ``nbgrader export --exporter=CLASS`` works with
the names in `FORMATS`, as ``cnncourse export --format NAME`` does.
"""

from importlib import import_module

FORMATS = {
    "csv": "cnncourse.grading.exports.tables.CsvExport",
    "canvas": "cnncourse.grading.exports.tables.CanvasExport",
    "moodle": "cnncourse.grading.exports.tables.MoodleExport",
    "gradescope": "cnncourse.grading.exports.gradescope.GradescopeExport",
}


def plugin(name):
    """Find the plugin of a format.

    Parameters
    ----------
    name : str
        One of `FORMATS`.

    Returns
    -------
    plugin : type
        A subclass of nbgrader's ExportPlugin.
    """
    module, _, kind = FORMATS[name].rpartition(".")
    return getattr(import_module(module), kind)
