"""Tries to break out of the room that this machine would use, and says what held."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from nbformat.v4 import new_code_cell, new_notebook
from rich.table import Table
from rich.text import Text

from cnncourse.grading.room.limits import MIB, Limits
from cnncourse.grading.room.probes import PRELUDE, PROBES
from cnncourse.grading.room.room import Room

# Small ones, so that the probes reach them soon.
LIMITS = Limits(memory=1024 * MIB, file_size=8 * MIB, scratch_size=32 * MIB, processes=40)
ADVICE = {
    "bubblewrap": "This is the full room.",
    "landlock": "For the full room install bubblewrap (Debian, Ubuntu: apt install bubblewrap) "
    "and allow user namespaces, or grade as the superuser.",
    "limits": "This room has no walls: grade only work that you trust, or install bubblewrap "
    "(Debian, Ubuntu: apt install bubblewrap); in a container, allow user namespaces.",
}


@dataclass(frozen=True)
class Finding:
    """What came of one probe.

    Parameters
    ----------
    name : str
        What was tried.
    held : bool
    promised : bool
        Whether this rung promises to hold.
    said : str
        What got through, or why the probe itself failed.
    """

    name: str
    held: bool
    promised: bool
    said: str


def examine(*, require=None, keeper=None):
    """Run every probe in a room.

    Parameters
    ----------
    require : str or None
        The least rung of the ladder.
    keeper : callable, optional
        A rung to examine instead of the best, see `Room`.

    Returns
    -------
    rung : str
    findings : list of Finding
    """
    with _targets() as outside, Room(limits=LIMITS, require=require, keeper=keeper) as room:
        sources = [PRELUDE + f"outside = {outside!r}", *(probe.source for probe in PROBES)]
        notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
        execution = room.run(notebook, seed="doctor")
        cells = execution.notebook.cells[1:]
        return room.rung, [
            _finding(probe, cell, room.rung) for probe, cell in zip(PROBES, cells, strict=True)
        ]


def _finding(probe, cell, rung):
    results = [output for output in cell.outputs if output.output_type == "execute_result"]
    if results:
        said = results[-1].data["text/plain"].strip("'\"")
    else:
        said = " ".join(o.get("evalue", o.output_type) for o in cell.outputs) or "no answer"
    return Finding(probe.name, said == "", rung in probe.promised, said)


@contextlib.contextmanager
def _targets():
    """Put up what a hostile student would look for, open to every user of this machine."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="doctor-")))
        folder.chmod(0o777)
        files = [folder / name for name in ("gradebook.db", "secret", "submission.ipynb")]
        for file in files:
            file.write_text("open to all")
            file.chmod(0o644)
        addresses = _listeners(stack, folder)
        sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"])
        stack.callback(sleeper.wait)
        stack.callback(sleeper.kill)
        yield {
            "files": [*map(str, files), "/etc/shadow", "/etc/passwd"],
            "folders": sorted({str(folder), str(Path.home()), str(Path.cwd())} - {"/"}),
            "process": sleeper.pid,
            **addresses,
            **{name: value for name, value in asdict(LIMITS).items() if isinstance(value, int)},
        }


def _listeners(stack, folder):
    abstract, path = f"doctor-{secrets.token_hex(8)}", str(folder / "socket")
    kinds = {
        "tcp": (socket.AF_INET, ("127.0.0.1", 0)),
        "path": (socket.AF_UNIX, path),
    }
    if sys.platform == "linux":
        kinds["abstract"] = (socket.AF_UNIX, "\0" + abstract)
    port = None
    for name, (family, address) in kinds.items():
        listener = stack.enter_context(socket.socket(family))
        listener.bind(address)
        listener.listen()
        if name == "tcp":
            port = listener.getsockname()[1]
    os.chmod(path, 0o777)
    return {"port": port, "abstract": abstract, "socket": path}


def as_json(rung, findings):
    """Write what was found as JSON."""
    return json.dumps({"rung": rung, "findings": [asdict(one) for one in findings]}, indent=1)


def table(rung, findings):
    """Draw what was found.

    Returns
    -------
    table : rich.table.Table
    """
    drawn = Table("tried", "result", title=f"The exam room here: {rung}")
    for finding in findings:
        drawn.add_row(Text(finding.name), Text(_result(finding)))
    return drawn


def _result(finding):
    if finding.held:
        return "held"
    return f"{'BROKEN' if finding.promised else 'open, as on this rung'}: {finding.said}"


def advice(rung, findings):
    """Say in a sentence or two what to do about it."""
    broken = [finding.name for finding in findings if finding.promised and not finding.held]
    if broken:
        return f"Do not grade here before this holds: {'; '.join(broken)}."
    return ADVICE[rung]
