"""The sets that need no file: drawn, or installed with scikit-learn."""

from cnncourse.data.records.changes import DIGITS
from cnncourse.data.records.record import NOT_STATED, Dataset

BUILT_IN = (
    Dataset(
        name="digits",
        title="Scikit-learn's digits",
        level="built in",
        task="classification of handwritten digits",
        num_classes=10,
        images=(("train", 1_433), ("test", 364)),
        size=(8, 8),
        channels=1,
        licence=NOT_STATED,
        home="https://scikit-learn.org/stable/datasets/toy_dataset.html#digits-dataset",
        citation=(
            "Alpaydin and Kaynak, Optical recognition of handwritten digits, "
            "UCI Machine Learning Repository, 1998"
        ),
        obtained="built in",
        sources=("counted in scikit-learn's own file",),
        loader="cnncourse.data.digits",
        note="The split is this course's: every fifth image of each digit is for the test.",
        label_changes=DIGITS,
    ),
    Dataset(
        name="shapes32",
        title="Shapes32",
        level="built in",
        task="classification of drawn shapes with a texture",
        num_classes=10,
        images=(("train", 10_000), ("test", 2_000)),
        size=(32, 32),
        channels=3,
        licence="MIT, as this course",
        home="",
        citation="drawn by cnncourse.data.shapes32",
        obtained="built in",
        sources=("drawn by this package",),
        loader="cnncourse.data.shapes32",
        note=(
            "Five shapes times two textures; colour, size and place say nothing about the "
            "class. Flips and turns keep every label."
        ),
    ),
)
