"""Hostile and broken submissions of assignment 04, each with the points its work deserves.

An attack is a function that changes a `Work`: a solved notebook on its way into a student's
folder. `cheat`, `tamper`, `leak`, `escape`, `breaks`, `package` and `honest` hold them by class.
Nothing here is harmful outside a test: what gets out leaves a mark in a folder of the test's.
"""

from dataclasses import dataclass, field
from importlib import import_module

KINDS = ("cheat", "tamper", "leak", "escape", "breaks", "package", "honest")
ASSIGNMENT = "04_convolution"
POINTS = {
    "pad2d": 3,
    "conv2d_single": 2,
    "conv2d": 5,
    "conv1x1": 2,
    "depthwise_separable_conv2d": 2,
    "conv_transpose2d": 4,
    "conv3d": 2,
}
FULL = sum(POINTS.values())
EVERYTHING = tuple(POINTS)
MARK = "cnn-attack-mark"  # in the name of everything an attack tries to leave behind
# First in what would harm the machine if there were no room around it.
SPARE_THE_MACHINE = """
import os
for kind, ours in (("pid", "$PIDS"), ("mnt", "$MOUNTS")):
    try:
        free = os.readlink(f"/proc/self/ns/{kind}") == ours
    except OSError:
        free = False
    if free:
        raise SystemExit("no room around")
"""


@dataclass(frozen=True)
class Attack:
    """One submission and what becomes of it.

    Parameters
    ----------
    name, kind, tries : str
        The name is the student's, too; `tries` says in a sentence what is attempted.
    build : callable
        Changes a `Work`.
    points : float or None
        What an honest grader gives; None where there is nothing to be graded.
    says : dict of str to str
        Words that have to stand in the report on an exercise; under ``"page"`` somewhere in
        the graded notebook; under ``"reason"`` in the reason why it was not graded; under
        ``"remark"`` among what the record of the run says.
    """

    name: str
    kind: str
    tries: str
    build: object
    points: float | None
    says: dict = field(default_factory=dict)


ATTACKS = {}


def attack(*, loses=(), points=FULL, says=None):
    """Register an attack; its work deserves full points but for the exercises it `loses`."""

    def register(build):
        kind = build.__module__.rpartition(".")[2]
        name = f"{kind}_{build.__name__}"
        left = None if points is None else points - sum(POINTS[each] for each in loses)
        tries = build.__doc__.splitlines()[0]
        ATTACKS[name] = Attack(name, kind, tries, build, left, says or {})
        return build

    return register


for kind in KINDS:
    import_module(f"attacks.{kind}")
