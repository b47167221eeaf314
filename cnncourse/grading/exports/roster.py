"""Who is who: a table that says by which names other systems know a student."""

import csv
from dataclasses import dataclass, fields
from pathlib import Path


class BadRoster(ValueError):  # noqa: N818, the name says what it is
    """A roster cannot be read; the message says where, and what to do."""


@dataclass(frozen=True)
class Entry:
    """A student as other systems know them.

    Parameters
    ----------
    student : str
        The name of the folder in ``submitted/``, nbgrader's student id.
    name, email : str
    id : str
        Canvas's own number for the student, or Moodle's "ID number".
    sis_user_id, sis_login_id, section : str
        As Canvas's gradebook has them.
    username : str
        Moodle's.
    """

    student: str
    name: str = ""
    email: str = ""
    id: str = ""
    sis_user_id: str = ""
    sis_login_id: str = ""
    section: str = ""
    username: str = ""


COLUMNS = tuple(field.name for field in fields(Entry))


def read_roster(path):
    """Read a roster.

    Parameters
    ----------
    path : str or Path
        CSV in UTF-8 with a header; its columns are those of `Entry`, ``student`` among them.

    Returns
    -------
    roster : dict of str to Entry
        By student.

    Raises
    ------
    BadRoster
        If a column is unknown, a student is named twice or a row has none.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadRoster(f"{path} cannot be read: {error}; a roster is CSV in UTF-8") from None
    reader = csv.reader(text.splitlines())
    header = [name.strip().lower().replace(" ", "_") for name in next(reader, [])]
    _check_header(path, header)
    roster = {}
    for row in reader:
        if not any(value.strip() for value in row):
            continue
        where = f"{path}, line {reader.line_num}"
        if len(row) > len(header):
            raise BadRoster(f"{where}: {len(row)} values, the header has {len(header)} columns")
        entry = Entry(**dict(zip(header, (value.strip() for value in row), strict=False)))
        if not entry.student:
            raise BadRoster(f"{where}: the column student is empty")
        if entry.student in roster:
            raise BadRoster(f"{where}: {entry.student} is there already")
        roster[entry.student] = entry
    return roster


def _check_header(path, header):
    unknown = [name for name in header if name not in COLUMNS]
    if unknown or "student" not in header or len(set(header)) < len(header):
        said = f"unknown: {', '.join(unknown) or 'none'}" if "student" in header else "no student"
        raise BadRoster(
            f"{path}, line 1: the columns are {', '.join(header) or 'missing'} ({said}); "
            f"a roster has student and any of {', '.join(COLUMNS[1:])}, each once"
        )
