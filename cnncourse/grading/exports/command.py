"""What ``cnncourse export`` does."""

import copy
import logging

from nbgrader.api import Gradebook

from cnncourse.grading.exports import plugin
from cnncourse.grading.exports.roster import BadRoster
from cnncourse.grading.marks import NotInGradebook

STOPS = (BadRoster, NotInGradebook, OSError, ValueError)  # told in a sentence


def export(classroom, assignments, form, output, roster, missing_as_zero):
    """Write the grades of some assignments.

    Parameters
    ----------
    classroom : Classroom
    assignments : list of str
    form : str
        One of `FORMATS`.
    output : Path or None
        Where to; ``exports`` in the classroom's folder by default.
    roster : Path or None
    missing_as_zero : bool

    Returns
    -------
    done : GradesExport
        With ``remarks`` and what was ``written``.
    """
    if not assignments:  # nbgrader would take that for all
        raise ValueError("nothing was handed in yet: name an assignment to export it all the same")
    name = {"csv": "grades.csv", "gradescope": "gradescope"}.get(form, f"{form}.csv")
    options = {"to": str(output or classroom.folder / "exports" / name)}
    options |= {"assignment": assignments, "student": []}
    options |= {"roster": str(roster)} if roster else {}
    options |= {"missing_as_zero": True} if missing_as_zero else {}
    kind = plugin(form)
    config = copy.deepcopy(classroom.config)
    config.merge({kind.__name__: options})  # before what nbgrader_config.py says of all exports
    done = kind(parent=classroom.api, config=config)
    done.log = logging.getLogger(__name__)  # the remarks are the caller's to print
    done.log.addHandler(logging.NullHandler())
    done.log.propagate = False
    with Gradebook(classroom.coursedir.db_url, classroom.coursedir.course_id) as gradebook:
        done.export(gradebook)
    return done
