"""The exam room in the place of nbgrader's Execute."""

from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Float, Integer, Unicode

from cnncourse.grading.judge import packages_of
from cnncourse.grading.plugins.seeds import GradedSeeds
from cnncourse.grading.room import Limits, borrowed_room, read_folder

_DEFAULT = Limits()


class ExecuteInRoom(NbGraderPreprocessor, GradedSeeds):
    """Runs a submission in the exam room: plain ``nbgrader autograde`` and the formgrader too.

    Stands in ``Autograde.autograde_preprocessors`` where nbgrader has Execute.
    """

    notebook_seconds = Float(
        _DEFAULT.notebook_seconds, help="Seconds for a notebook; time in line does not count."
    ).tag(config=True)
    cell_seconds = Float(
        _DEFAULT.cell_seconds, help="Seconds for a cell; time in line does not count."
    ).tag(config=True)
    processor_seconds = Float(
        _DEFAULT.processor_seconds, help="Seconds of processor time for a notebook."
    ).tag(config=True)
    memory = Integer(_DEFAULT.memory, help="Bytes of memory for a notebook.").tag(config=True)
    require = Unicode(
        None, allow_none=True, help='The least confinement: "bubblewrap" refuses all others.'
    ).tag(config=True)

    def preprocess(self, nb, resources):
        """Run every cell; the graded cases are those of this submission."""
        seed = self.seed_for(nb, resources)
        folder = resources.get("metadata", {}).get("path")
        files = read_folder(folder) if folder else {}
        with borrowed_room(self._limits(), self.require) as room:
            execution = room.run(nb, seed=seed, files=files, packages=packages_of(nb.cells))
        for problem in execution.problems:
            self.log.warning("%s: %s", resources.get("unique_key", "notebook"), problem)
        return execution.notebook, resources

    def _limits(self):
        names = ("notebook_seconds", "cell_seconds", "processor_seconds", "memory")
        return Limits(**{name: getattr(self, name) for name in names})
