"""Which cases a student is graded on: drawn per course secret and student, and repeatable."""

import contextlib
import hashlib
import hmac
import os
import secrets
import tempfile
from pathlib import Path

from traitlets import Unicode
from traitlets.config import Configurable

KEY_BYTES = 32


class GradedSeeds(Configurable):
    """Gives the two preprocessors that need it the same seed for the same student."""

    secret_file = Unicode(
        "classroom/secret",
        help="Where the course secret is kept; made at its first use, and never to be shared.",
    ).tag(config=True)

    def seed_for(self, student, assignment):
        """Derive the seed of a student's graded cases.

        Parameters
        ----------
        student, assignment : str
            As nbgrader names them.

        Returns
        -------
        seed : str
        """
        key = _read_or_make(Path(self.secret_file))
        return hmac.new(key, f"{assignment}/{student}".encode(), hashlib.sha256).hexdigest()


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
