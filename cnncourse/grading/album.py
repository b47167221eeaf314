"""Draw what a notebook asked to be shown: its arrays come sealed out of the room."""

import base64
import hashlib
import io
import json
import warnings

import numpy as np

from cnncourse.notebook import PICTURES
from cnncourse.seal import SealError, printable, unpack

MOST = 24  # drawings of one notebook
MOST_ARRAYS = 32  # in one drawing
MOST_VALUES = 500_000  # in one drawing
MOST_NUMBERS = 500  # written into its cells
LONGEST = 80  # characters of a title
KEPT = 512  # pictures, by the digest of what they show
_drawn = {}


class Album:
    """The drawings of one notebook; what was drawn before, for whichever, is not drawn again."""

    def __init__(self):
        self._left = MOST

    def draw(self, output):
        """Draw one output of `cnncourse.show`.

        Parameters
        ----------
        output : dict
            As it was executed; nothing in it is trusted.

        Returns
        -------
        output : dict
            The picture, or a line that says why there is none.
        """
        self._left -= 1
        if self._left < 0:
            return _said(f"only {MOST} pictures of a notebook are drawn")
        try:
            bundle = output["data"][PICTURES]
            png = _png(bundle if isinstance(bundle, str) else json.dumps(bundle))
        except SealError as error:
            return _said(str(error))
        except Exception as error:  # there is no end to what a forged bundle can set off
            return _said(f"its arrays are damaged: {type(error).__name__}")
        data = {"image/png": png, "text/plain": "<Figure>"}
        return {"output_type": "display_data", "data": data, "metadata": {}}


def _said(reason):
    text = f"A picture is left out: {reason}.\n"
    return {"output_type": "stream", "name": "stdout", "text": text}


def _png(text):
    """Draw a bundle, or take what was drawn for the same one."""
    digest = hashlib.sha256(text.encode()).digest()
    if digest not in _drawn:
        if len(_drawn) >= KEPT:
            _drawn.clear()
        _drawn[digest] = _draw(*_read(json.loads(text)))
    return _drawn[digest]


def _draw(arrays, options):
    import matplotlib.pyplot as plt  # late: a class without pictures needs none of it

    from cnncourse import plotting

    plt.switch_backend("agg")  # whoever grades needs no window
    buffer = io.BytesIO()
    with warnings.catch_warnings(action="ignore"):  # of numbers that are no colours
        try:
            figure = plotting.show_arrays(arrays, **options)[0].figure
            figure.savefig(buffer, format="png", pil_kwargs={"compress_level": 1})
        finally:
            plt.close("all")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _read(bundle):
    """Take arrays and options out of a bundle, and see that drawing them takes no long."""
    named = unpack(bundle["npz"])
    arrays = [np.asarray(named[str(i)], dtype=np.float64) for i in range(len(named))]
    values, numbers, columns = sum(a.size for a in arrays), bundle["numbers"], bundle["columns"]
    most = MOST_NUMBERS if numbers else MOST_VALUES
    if not 1 <= len(arrays) <= MOST_ARRAYS or values > most:
        raise SealError(f"{len(arrays)} arrays with {values} values are too many or too few")
    titles = bundle["titles"]
    if titles is not None:  # a dollar sign would begin a formula
        titles = [printable(title, LONGEST).replace("$", r"\$") for title in titles]
    if columns is not None:
        columns = min(max(int(columns), 1), len(arrays))
    limits = bundle["limits"] and tuple(float(limit) for limit in bundle["limits"])
    if limits and not np.isfinite(limits).all():
        raise SealError(f"its colours reach from {limits[0]} to {limits[1]}")
    return arrays, {
        "titles": titles,
        "numbers": bool(numbers),
        "columns": columns,
        "limits": limits,
    }
