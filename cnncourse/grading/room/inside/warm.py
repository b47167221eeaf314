"""The warm process: imports once what every submission needs, then forks for each of them.

It runs no line of a student's code: only its forks do, after `namespaces` shut them off.
"""

import gc
import os
import signal
import socket
import sys
from importlib import import_module

from .namespaces import fork_shut_off
from .serve import serve
from .shell import connect, make_shell

_REHEARSAL = (
    "__import__('matplotlib.pyplot').pyplot.imshow([[0, 1]]);",
    "1 / 0",
    "list(__import__('cnncourse.catalogue').catalogue.EXERCISES.values());",
    "__import__('cnncourse.pictures').pictures.house();",
)


def fork_for_each(control, options, modules):
    """Fork a process for each submission, until the supervisor hangs up.

    Parameters
    ----------
    control : socket
        Of packets; each brings two descriptors, the line to the supervisor and the one on which
        the process's end is told.
    options : dict
        See `namespaces.fork_shut_off`.
    modules : sequence of str
        What is imported before the first fork.
    """
    shell = make_shell()
    for name in modules:
        import_module(name)
    _rehearse(shell)
    gc.collect()
    gc.freeze()  # a fork's collector leaves these pages shared
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _silence()
    control.send(b"warm")
    while True:
        data, descriptors, *_ = socket.recv_fds(control, 16, 2)
        if not data:
            os._exit(0)
        line, status = descriptors
        if os.fork() == 0:
            control.detach()
            try:
                connection = fork_shut_off(socket.socket(fileno=line), status, options)
            except BaseException as error:  # the supervisor reads it where the handle should be
                os.write(line, f"!{type(error).__name__}: {error}".encode()[:500])
                os._exit(1)
            _serve(connection, shell)
        os.close(line)
        os.close(status)


def _rehearse(shell):
    """Do once what loads code late: a figure, a traceback, the cases of every exercise."""
    connect(shell, lambda output: None)
    for source in _REHEARSAL:
        shell.run_cell(source, store_history=False)
    for name in ("last_type", "last_value", "last_traceback", "last_exc"):
        vars(sys).pop(name, None)


def _serve(connection, shell):
    try:
        serve(connection, shell)
    finally:
        os._exit(1)


def _silence():
    sys.stderr.flush()
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 2)
    os.close(null)
