"""CSV that a spreadsheet, an LMS and a program read alike."""

import csv
import io
import re

from cnncourse.grading.records import replace_file

# A spreadsheet computes what begins so, and a student chooses their own name.
_FORMULA = re.compile(r"[=+\-@\t\r\n]")
_NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def defused(value):
    """Keep a spreadsheet from computing a text.

    Parameters
    ----------
    value : object
        Numbers are left as they are; None is empty.

    Returns
    -------
    value : object
        A text that would be a formula begins with an apostrophe.

    Examples
    --------
    >>> defused("=1+2"), defused("Ana"), defused(-3), defused("-3"), defused(None)
    ("'=1+2", 'Ana', -3, '-3', '')
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    text = value.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    is_formula = _FORMULA.match(text.lstrip(" ")) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def write_csv(path, header, rows):
    """Write a table as CSV in UTF-8, whole or not at all.

    Parameters
    ----------
    path : Path
    header : list of str
    rows : iterable of list
        Texts are `defused`, numbers written without needless digits.
    """
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([defused(name) for name in header])
    writer.writerows([_plain(value) for value in row] for row in rows)
    replace_file(path, file.getvalue().encode("utf-8", "replace"))


def _plain(value):
    if isinstance(value, float):
        return str(round(value, 4)).removesuffix(".0")
    return defused(value)
