"""IPython without a kernel: the cells of a notebook run as they do in Jupyter."""

import base64
import builtins
import getpass
import sys

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError, UsageError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Any, Type
from traitlets.config import Config


class _Publisher(DisplayPublisher):
    """Sends what `display` shows."""

    send = Any()

    def publish(self, data, metadata=None, *, transient=None, update=False, **_):
        """Send one display, or the new state of an older one."""
        flush()
        self.send(
            {
                "output_type": "update_display_data" if update else "display_data",
                "data": _as_text(data),
                "metadata": metadata or {},
                "transient": transient or {},
            }
        )

    def clear_output(self, wait=False):
        """Ask for the cell's outputs to be forgotten."""
        flush()
        self.send({"output_type": "clear_output", "wait": bool(wait)})


class _Hook(DisplayHook):
    """Sends the value of a cell's last line."""

    send = Any()
    _data = _metadata = None

    def write_output_prompt(self):
        """Nothing: the prompt's number stands in the notebook."""

    def write_format_data(self, format_dict, md_dict=None):
        """Keep the representations until all are there."""
        self._data, self._metadata = format_dict, md_dict

    def finish_displayhook(self):
        """Send them."""
        flush()
        if self._data:
            self.send(
                {
                    "output_type": "execute_result",
                    "data": _as_text(self._data),
                    "metadata": self._metadata or {},
                }
            )
        self._data = None


class Shell(InteractiveShell):
    """Runs cells; nobody sits in front of it."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)
    send = None

    def init_virtualenv(self):
        """There is none in the room."""

    def enable_gui(self, gui=None):
        """Refuse windows: nobody sees them."""
        if gui not in (None, "inline"):
            raise UsageError(f"no window can be opened here ({gui}): use %matplotlib inline")

    def ask_exit(self):
        """Go on: `exit` in a cell ends nothing that is worth points."""

    def _showtraceback(self, etype, evalue, stb):
        flush()
        lines = stb if isinstance(stb, list) else [stb]
        self.send(
            {
                "output_type": "error",
                "ename": _said(lambda: etype.__name__),
                "evalue": _said(lambda: str(evalue)),
                "traceback": [_said(lambda line=line: str(line)) for line in lines],
            }
        )


def make_shell():
    """Make the shell, with Matplotlib drawing into the notebook; done once, before a fork.

    Returns
    -------
    shell : Shell
    """
    config = Config()
    config.HistoryManager.enabled = False  # a thread, and a file in the home folder
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.autoindent = False
    shell = Shell.instance(config=config)
    shell.run_line_magic("matplotlib", "inline")
    return shell


def connect(shell, send):
    """Let a shell speak: everything it shows goes through `send` from now on."""
    shell.send = shell.display_pub.send = shell.displayhook.send = send
    builtins.input = _no_input
    getpass.getpass = _no_input


def flush():
    """Send the text that waits, so that outputs keep their order."""
    sys.stdout.flush()
    sys.stderr.flush()


def _no_input(prompt="", *_, **__):
    raise StdinNotImplementedError(
        f"nobody can answer {str(prompt)!r} while the notebook is graded: "
        "put the value into the cell instead of input()"
    )


def _as_text(data):
    """Representations as JSON knows them: bytes, a picture's, as base64."""
    return {
        kind: base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
        for kind, value in data.items()
    }


def _said(describe):
    try:
        return str(describe())
    except BaseException as error:  # an error that cannot say what it is
        return f"<{type(error).__name__} while it was described>"
