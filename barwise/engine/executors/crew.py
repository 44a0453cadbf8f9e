"""Who computed a run, as its result and its record say it."""

from typing import NamedTuple


class Crew(NamedTuple):
    """Who computed; none of it changes a bit.

    executor: "threads", "processes", "dask", or "tasks" of a pool that the caller gave.
    workers: how many threads or processes; of a cluster, when the run began.
    versions: of what computed on a cluster, as "Python 3.12.1, numpy 2.4.1", one for each kind.
    doubts: a line where workers differ.
    """

    executor: str
    workers: int
    versions: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
