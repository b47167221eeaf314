"""nbgrader's Execute, in the exam room."""

from nbgrader.preprocessors import Execute

from cnncourse.grading import room
from cnncourse.grading.seeds import GradedSeeds
from cnncourse.notebook import SEED


class ExecuteInRoom(Execute, GradedSeeds):
    """Runs a submission in a fresh process that holds no key and no torch."""

    def __init__(self, *args, **kwargs):
        kwargs["kernel_manager_class"] = room.RoomKernelManager
        super().__init__(*args, **kwargs)

    def preprocess(self, nb, resources=None, km=None):
        """Run every cell; the graded cases are those of this submission."""
        self._seed = self.seed_for(nb, resources)
        return super().preprocess(nb, resources, km)

    def setup_kernel(self, **kwargs):
        """Start the kernel with the room's environment instead of the grader's."""
        return super().setup_kernel(env=room.environment(SEED, self._seed), **kwargs)
