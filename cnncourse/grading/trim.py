"""Keep what a notebook printed and drew to a size that a page can show, and to whole letters."""

import re

MOST = 2**20  # characters of one output; nbgrader's own limit counts lines
_HALF = re.compile("[\ud800-\udfff]")  # half a pair of surrogates: text to Python, to no file


def trim(output, *, spare=()):
    """Replace an output that is too large by a line that says so.

    Parameters
    ----------
    output : dict
        As nbformat writes it.
    spare : tuple of str
        Outputs that carry one of these kinds of data may be larger.

    Returns
    -------
    output : dict
    """
    if set(spare) & set(output.get("data", ())):
        return output
    size = _size(output)
    if size <= MOST:
        return output
    said = f"An output of {size / 2**20:.0f} MB is left out here.\n"
    return {"output_type": "stream", "name": "stdout", "text": said}


def _size(value):
    """Count the characters of all texts that a JSON value holds."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(map(_size, value.values())) + sum(map(_size, value))
    return sum(map(_size, value)) if isinstance(value, list) else 1


def whole_letters(value):
    """Replace halves of surrogate pairs in all texts that a JSON value holds.

    Returns
    -------
    value : object
        The same kind of value, which any file can hold.
    """
    if isinstance(value, str):
        return _HALF.sub("\ufffd", value)
    if isinstance(value, list):
        return [whole_letters(one) for one in value]
    if isinstance(value, dict):
        return {whole_letters(key): whole_letters(held) for key, held in value.items()}
    return value
