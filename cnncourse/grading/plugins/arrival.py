"""Collect from nbgrader's exchange by what the file system says: when work came, and whose.

In the filesystem exchange a student's own process writes the name of the folder and the file
``timestamp.txt`` in it, and may rewrite both until they are collected. The time at which an
inode last changed is the kernel's and cannot be set; neither can its owner, but by root.
"""

import contextlib
import os
import pwd
import shutil
import stat
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.exchange.default import ExchangeCollect
from nbgrader.utils import ignore_patterns

TIMESTAMP = "timestamp.txt"  # where nbgrader's autograde reads when work was handed in


class CollectByArrival(ExchangeCollect):
    """Collects as nbgrader does, but dates and names a submission by its inodes.

    Chosen by ``c.ExchangeFactory.collect``. What is no plain file or folder is left behind: a
    link would be followed with the instructor's rights. One submission that cannot be copied
    is told and stops no other; what was collected before stays.
    """

    def _path_to_record(self, path):
        return {
            "username": self._whose(Path(path)),
            "filename": Path(path).name,
            "timestamp": arrival(path),
        }

    def _whose(self, path):
        """Tell whose work a folder is: its owner's, unless owners are not to be looked at."""
        claimed = path.name.partition(f"+{self.coursedir.assignment_id}+")[0]
        owner = _owner(path)
        if not self.check_owner and claimed.strip(".") and claimed.isprintable():
            return claimed
        if claimed != owner:
            self.log.warning(
                f"{_printable(path.name)} claims to be {_printable(claimed)}'s and is owned by "
                f"{owner}: it is collected as {owner}'s"
            )
        return owner

    def copy_files(self):
        """Copy one submission after the other; what cannot be copied is told."""
        records = self.src_records
        if not records:
            super().copy_files()
        for record in records:
            self.src_records = [record]
            with tempfile.TemporaryDirectory(prefix=".collect-", dir=self._beside()) as folder:
                self._staged = Path(folder, "work")
                try:
                    self._stage(Path(self.inbound_path, record["filename"]))
                except (OSError, ValueError) as error:
                    said = _printable(f"{record['filename']} is not collected: {error}")
                    self.log.error(said)
                else:
                    super().copy_files()
        self.src_records = records

    def do_copy(self, src, dest, log=None):
        """Copy what was staged instead of what the student may still change."""
        super().do_copy(self._staged, dest, log)

    def _beside(self):
        folder = Path(self.coursedir.submitted_directory)
        folder = folder if folder.is_absolute() else Path(self.coursedir.root, folder)
        folder.parent.mkdir(parents=True, exist_ok=True)
        return folder.parent

    def _stage(self, source):
        """Copy the plain files of a submission, and date it after that."""
        if source.is_symlink():
            raise ValueError("it is a link, not a folder")
        limit = 1000 * self.coursedir.max_dir_size
        if self.get_size(source) > limit:
            raise ValueError(f"it holds more than {limit / 1e6:.0f} MB")
        left = []
        shutil.copytree(
            source,
            self._staged,
            symlinks=True,
            ignore=self._leave(left),
            copy_function=_copy_plain,
        )
        if left:
            said = f"{source.name}: left behind {', '.join(sorted(left))}, no plain file"
            self.log.warning(_printable(said))
        self._staged.chmod(0o755)
        (self._staged / TIMESTAMP).write_text(f"{arrival(source):%Y-%m-%d %H:%M:%S.%f} UTC")

    def _leave(self, left):
        by_name = ignore_patterns(
            exclude=[*self.coursedir.ignore, TIMESTAMP],
            include=self.coursedir.include,
            max_file_size=self.coursedir.max_file_size,
            log=self.log,
        )

        def leave(folder, names):
            odd = [name for name in names if not _is_plain(os.path.join(folder, name))]
            left.extend(odd)
            plain = [name for name in names if name not in odd]
            return [*odd, *by_name(folder, plain)]

        return leave


def arrival(folder):
    """Say when anything in a folder last changed, by the clock of the file system.

    Parameters
    ----------
    folder : path-like

    Returns
    -------
    arrival : datetime.datetime
        In UTC, without a time zone, as nbgrader keeps times.
    """
    paths = [folder]
    if not os.path.islink(folder):
        for here, folders, files in os.walk(folder):
            paths += [os.path.join(here, name) for name in (*folders, *files)]
    latest = 0.0
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # taken away meanwhile
            latest = max(latest, os.lstat(path).st_ctime)
    return datetime.fromtimestamp(latest or time.time(), UTC).replace(tzinfo=None)


def _owner(path):
    try:
        number = os.lstat(path).st_uid
        return pwd.getpwuid(number).pw_name
    except FileNotFoundError:  # taken away meanwhile, and not collected
        return "nobody"
    except KeyError:  # an account that was deleted
        return f"uid-{number}"


def _printable(text):
    """Replace what a terminal would obey instead of showing: names are a student's choice."""
    return "".join(one if one.isprintable() else "?" for one in text)


def _is_plain(path):
    mode = os.lstat(path).st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode)


def _copy_plain(source, target):
    """Copy a file unless it became something else since it was looked at."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    with open(os.open(source, flags), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(f"{source} is no plain file any more")
        with open(target, "wb") as copy:
            shutil.copyfileobj(file, copy)
