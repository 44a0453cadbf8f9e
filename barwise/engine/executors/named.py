"""From words to an executor: threads, processes:4, dask://host:8786.

Only the one that is named is imported.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from barwise.errors import UsageError, quoted
from barwise.tuning import MEASURED, Tuning

if TYPE_CHECKING:
    from barwise.engine.execute import Executor

THREADS = "threads"
FORMS = "threads, processes:N, dask://HOST:PORT, dask+tls://HOST:PORT or dask+file://FILE"
MOST_PROCESSES = 1024
ADDRESS = re.compile(r"(\[[0-9a-fA-F:.%]+\]|[^\s:/?#@\[\]]+)(:[0-9]{1,5})?")
PORT = ":8786"  # Dask's own
SCHEMES = {"dask": "tcp", "dask+tls": "tls"}  # by ours, Dask's


def chosen(
    executor: Executor | str | None, workers: int | None, tuning: Tuning = MEASURED
) -> Executor:
    """The executor that is given or named; or threads, `workers` of them. Raises UsageError."""
    if executor is None or executor == THREADS:
        from barwise.engine.local import Local  # NumPy, which a command line does not need
        from barwise.workers import checked_workers

        return Local(checked_workers(workers), tuning)
    if workers is not None:
        raise UsageError("workers are threads, and executor computes in their place: give one")
    if isinstance(executor, str):
        return _named(*words_of(executor), tuning)
    if not hasattr(executor, "parts"):
        raise UsageError("executor has no parts(): give barwise.Submitted(pool, tasks)")
    return executor


def words_of(name: str) -> tuple[str, str]:
    """The kind of an executor and where or how many it is. Raises UsageError.

    >>> words_of("dask://scheduler")
    ('dask', 'tcp://scheduler:8786')
    """
    scheme, colon, rest = name.partition("://")
    if name == THREADS:
        return THREADS, ""
    if scheme in SCHEMES and colon and (address := ADDRESS.fullmatch(rest.removesuffix("/"))):
        host, port = address.groups()
        return "dask", f"{SCHEMES[scheme]}://{host}{port or PORT}"
    if scheme == "dask+file" and rest:
        return "dask", f"file://{rest}"
    kind, _, number = name.partition(":")
    if kind == "processes":
        if re.fullmatch("[1-9][0-9]{0,3}", number) and int(number) <= MOST_PROCESSES:
            return kind, number
        raise UsageError(f"{quoted(name)} names no processes: write processes:4, at most 1024")
    if kind == THREADS:
        raise UsageError(f"{quoted(name)} has a number, which workers is for: write --workers")
    raise UsageError(f"{quoted(name)} is not where a run can be computed: write {FORMS}")


def _named(kind: str, what: str, tuning: Tuning) -> Executor:
    if kind == "processes":
        from barwise.engine.executors.processes import Processes

        return Processes(int(what), tuning)
    from barwise.engine.executors.dask import Dask

    return Dask(what, tuning)
