"""Which cases a submission is graded on: drawn from a course secret, and repeatable."""

import contextlib
import hashlib
import hmac
import json
import os
import secrets
import tempfile
from pathlib import Path

from traitlets import Unicode
from traitlets.config import Configurable

KEY_BYTES = 32


class GradedSeeds(Configurable):
    """Gives the two preprocessors that need it the same seed for the same submission."""

    secret_file = Unicode(
        "classroom/secret",
        help="Where the course secret is kept; made at its first use, and never to be shared.",
    ).tag(config=True)

    def seed_for(self, nb, resources):
        """Derive the seed of a submission's graded cases.

        Parameters
        ----------
        nb : NotebookNode
            The submission. Its code takes part, so that what a student may have learnt about
            the cases of one submission is worth nothing in the next.
        resources : dict
            nbgrader's, with the student's and the assignment's name.

        Returns
        -------
        seed : str
            The same submission has the same seed, so that a complaint can be replayed.
        """
        names = resources["nbgrader"]
        code = [cell.source for cell in nb.cells if cell.cell_type == "code"]
        message = json.dumps([names["assignment"], names["student"], code]).encode("ascii")
        key = _read_or_make(Path(self.secret_file))
        return hmac.new(key, message, hashlib.sha256).hexdigest()


def _read_or_make(path):
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent) as file:  # readable by its owner only
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            with contextlib.suppress(FileExistsError):  # another grader was first
                os.link(file.name, path)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ValueError(
            f"{path} holds {len(key)} bytes, a course secret has {KEY_BYTES}: restore it from a "
            "backup, or delete it to draw new cases for everybody"
        )
    return key
