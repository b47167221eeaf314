"""What is known of each dataset: 25 records, cheap to import, from which tables are made."""

from cnncourse.data.records.advanced import ADVANCED
from cnncourse.data.records.beginner import BEGINNER
from cnncourse.data.records.built_in import BUILT_IN
from cnncourse.data.records.intermediate import INTERMEDIATE
from cnncourse.data.records.record import NOT_STATED, Catalogue, Dataset, LabelChange

__all__ = ["ALL", "CATALOGUE", "NOT_STATED", "Catalogue", "Dataset", "LabelChange"]

CATALOGUE = Catalogue((*BEGINNER, *INTERMEDIATE, *ADVANCED))
ALL = Catalogue((*BUILT_IN, *CATALOGUE.values()))
