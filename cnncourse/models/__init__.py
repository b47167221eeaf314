"""The networks of the course, an architecture a file, and a look inside any of them."""

from cnncourse.models.grammar import PatternError
from cnncourse.models.look import Row, Summary, receptive_layers, summary, trace
from cnncourse.models.network import Network
from cnncourse.models.pattern import from_pattern
from cnncourse.models.registry import create, names

__all__ = [
    "Network",
    "PatternError",
    "Row",
    "Summary",
    "create",
    "from_pattern",
    "names",
    "receptive_layers",
    "summary",
    "trace",
]
