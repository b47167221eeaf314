"""The exam room: where a student's notebook runs, shut off from everything that counts.

`Room` runs one submission after the other, each in a process of its own; `execute` is the same as
a function of plain values, for a pool of workers or a cluster. Nothing that comes out of the room
is believed but that it is what the student's process said.

What is promised on the rung ``bubblewrap``. A submission sees Python, the allowed packages, its
own files in a scratch folder, and nothing else: no network, no home or course folder, no other
process, no ``/proc``. It cannot reach the grader, the warm process it was forked from, or any
submission before or after it. Time, processor time, memory, processes, files and output are
bounded from outside; a process that breaks a bound is ended with all that it started, and costs
its own cell. ``cnncourse doctor`` tries all this on the machine at hand.

What is not. A hole in the kernel: all submissions share it with the grader. What can be learned
from how long things take. How often another submission is slowed down by one that computes as
much as it may. That answers were the student's own work. On lower rungs, less:

``landlock``
    Files and the network stay shut; the machine's processes can be counted, disk space and,
    where the grader is the superuser, processes are bounded by measuring only.
``limits``
    A guard at `import`, and limits: no wall. For work that is trusted.

macOS has no rung of its own: there it is ``limits``.
"""

from cnncourse.grading.room.environment import NoRoom
from cnncourse.grading.room.execute import borrowed_room, execute
from cnncourse.grading.room.files import BadFile, read_folder
from cnncourse.grading.room.limits import Limits
from cnncourse.grading.room.packages import site
from cnncourse.grading.room.room import Execution, Room

__all__ = [
    "BadFile",
    "Execution",
    "Limits",
    "NoRoom",
    "Room",
    "borrowed_room",
    "execute",
    "read_folder",
    "site",
]
