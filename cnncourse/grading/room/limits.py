"""How much of everything a submission may use."""

from dataclasses import asdict, dataclass

MIB = 2**20
LOADED = 10  # a machine with so many times more to do than processors


@dataclass(frozen=True)
class Limits:
    """Bounds on one submission, kept from outside the student's process.

    Seconds are a submission's own: time by the clock, less the time it stood in line for a
    processor that others had, so that a busy machine changes no grade. By the clock alone,
    ten times as many seconds end it.

    Parameters
    ----------
    processor_seconds : float
        Of processor time, all processes of the submission and all its restarts together.
    notebook_seconds : float
        Own seconds for the whole notebook, restarts included.
    cell_seconds : float
        Own seconds for one cell.
    memory : int
        Bytes, all processes together.
    processes : int
        Processes and threads.
    file_size, scratch_size : int
        Bytes in one file, and in the scratch folder.
    output_bytes : int
        Bytes that one run of the notebook may say, sealed answers included.
    """

    processor_seconds: float = 400.0
    notebook_seconds: float = 300.0
    cell_seconds: float = 150.0
    memory: int = 4096 * MIB
    processes: int = 64
    file_size: int = 64 * MIB
    scratch_size: int = 256 * MIB
    output_bytes: int = 128 * MIB

    def __post_init__(self):
        """Refuse what no process could run under."""
        for name, value in asdict(self).items():
            if not value > 0:
                raise ValueError(f"the limit {name} is {value}: it must be more than 0")
