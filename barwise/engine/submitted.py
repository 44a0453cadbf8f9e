"""Tasks for whatever has `submit`, as `concurrent.futures` has it: processes, threads, a cluster.

Each series is computed in one of three ways, decided once: its parts alone, where nothing before
them matters; by edges, where the signal has a halo; or in a chain, each part after the one before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, Protocol

from barwise.engine.part_results import Before, PartResult
from barwise.engine.tasks import Reply, Task, decoded, run_task
from barwise.errors import UsageError, quoted
from barwise.sources.notes import PartNotes
from barwise.tuning import MEASURED, Tuning

if TYPE_CHECKING:
    from barwise.sources.parts import Part, Plan
    from barwise.stages.stage import Pass


class Pool(Protocol):
    """Runs functions somewhere, as executors of `concurrent.futures` do."""

    def submit(self, function: Callable[..., bytes], /, *arguments: Any) -> Future[bytes]: ...


class Submitted:
    """See `barwise.engine.execute.Executor`. tasks: as many are under way at a time."""

    def __init__(self, pool: Pool, tasks: int, tuning: Tuning = MEASURED) -> None:
        if type(tasks) is not int or tasks < 1:
            raise UsageError(f"tasks is {quoted(tasks)}: must be a whole number, 1 or more")
        self.pool, self.tasks, self.tuning = pool, tasks, tuning

    def parts(
        self,
        plan: Plan,
        what: Pass,
        notes: PartNotes,
        behind: Callable[[int], None],
        keep: bool = False,
    ) -> Generator[PartResult]:
        if keep:
            raise UsageError("bars and their signals come from threads alone, not from tasks")
        if any(part.table is not None for part in plan.parts):
            raise UsageError(
                "a table in memory is not sent to tasks: leave out executor, or write the table to "
                "a file, as Parquet"
            )
        size = 0
        for task, reply in self._in_order(_tasks(plan, what, self.tuning)):
            notes.add(reply.notes, task.first)
            yield from reply.results
            size += task.plan.size
            behind(size)

    def _in_order(self, chains: list[list[Task]]) -> Iterator[tuple[Task, Reply]]:
        """What the tasks give, in the order of the plan; those of a chain wait for each other."""
        coming = sorted((task for chain in chains for task in chain), key=lambda task: task.first)
        following = {one.first: other for chain in chains for one, other in pairwise(chain)}
        ready = sorted((chain[0] for chain in chains), key=lambda task: task.first)
        under_way: dict[Future[bytes], Task] = {}
        replies: dict[int, Reply | BaseException] = {}
        try:
            for task in coming:
                while task.first not in replies:
                    while ready and len(under_way) < self.tasks:
                        first = ready.pop(0)
                        under_way[self.pool.submit(run_task, first)] = first
                    done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                    for future in done:
                        ended = under_way.pop(future)
                        if error := future.exception():
                            replies[ended.first] = error
                            continue
                        reply = decoded(future.result(), ended.what)
                        replies[ended.first] = reply
                        if later := following.get(ended.first):
                            ready.insert(0, later._replace(before=_after(ended, reply)))
                            ready.sort(key=lambda task: task.first)
                reply_or_error = replies.pop(task.first)
                if isinstance(reply_or_error, BaseException):
                    raise reply_or_error
                yield task, reply_or_error
        finally:
            for future in under_way:
                future.cancel()


def _tasks(plan: Plan, what: Pass, tuning: Tuning) -> list[list[Task]]:
    """Chains of tasks, of one where it does not wait for another."""
    of_any = any(part.series is None for part in plan.parts)
    chains: list[list[Task]] = []
    first = 0
    for _, group in groupby(plan.parts, lambda part: None if of_any else part.series):
        parts = list(group)
        rows = (None,) * len(parts) if of_any else _rows_before(parts)
        is_alone = _is_alone(what, rows)
        tasks = []
        for begin, end in _groups([part.size for part in parts], tuning):
            some = plan._replace(parts=tuple(map(_from_anywhere, parts[begin:end])), doubts=())
            before: Mapping[str, Before] | None = None if is_alone else {}
            tasks.append(Task(some, first + begin, what, before, rows[begin:end], tuning))
        chains += [[task] for task in tasks] if is_alone else [tasks]
        first += len(parts)
    return chains


def _rows_before(parts: list[Part]) -> tuple[int | None, ...]:
    """How many rows of a series are in the parts before each; None where that is not known."""
    before: list[int | None] = [0]
    for part in parts[:-1]:
        last = before[-1]
        before.append(None if last is None or part.rows is None else last + part.rows)
    return tuple(before)


def _is_alone(what: Pass, rows: tuple[int | None, ...]) -> bool:
    """Whether parts, before which there are so many rows, can be computed without their carry.

    Edges keep closes alone, and blocks must know where bars stand.
    """
    if None in rows and any(getattr(measure, "by_position", False) for measure in what.measures):
        return False
    if what.signal is None:
        return True
    return what.signal.halo is not None and what.splits


def _from_anywhere(part: Part) -> Part:
    """A part that a process in another folder finds too, and that messages name as before."""
    return part._replace(path=os.path.abspath(part.path), shown=part.path)


def _groups(sizes: list[int], tuning: Tuning) -> Iterator[tuple[int, int]]:
    """From which to which part tasks go: small parts share one."""
    begin = size = 0
    for at, bytes_of_part in enumerate(sizes):
        is_full = at - begin == tuning.task_parts or size + bytes_of_part > tuning.task_bytes
        if at > begin and is_full:
            yield begin, at
            begin, size = at, 0
        size += bytes_of_part
    yield begin, len(sizes)


def _after(task: Task, reply: Reply) -> dict[str, Before]:
    """What is known of each series after a task of a chain."""
    after = dict(task.before or {})
    for result in reply.results:
        for name, known in result.known.items():
            if known.after:
                after[name] = known.after
    return after
