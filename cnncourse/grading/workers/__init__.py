"""Run and judge submissions on many processes, here or on a cluster.

`pool` hands the jobs out, `work` is what a worker does with one, `warm` what the local ones share.
"""

from cnncourse.grading.workers.pool import (
    Cluster,
    Local,
    LostTwice,
    NoCluster,
    NoWorkers,
    as_many_as_due,
    results,
)

__all__ = [
    "Cluster",
    "Local",
    "LostTwice",
    "NoCluster",
    "NoWorkers",
    "as_many_as_due",
    "results",
]
