"""Tasks for whatever has `submit`, as `concurrent.futures` has it: processes, threads, a cluster.

Tasks of a chain wait for each other; all others are under way at the same time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from contextlib import AbstractContextManager
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Protocol

from barwise.engine.execute import Crew
from barwise.engine.executors.cut import tasks_of
from barwise.engine.part_results import Before, PartResult
from barwise.engine.tasks import Reply, Task, decoded, run_task
from barwise.errors import UsageError, quoted
from barwise.sources.notes import PartNotes
from barwise.tuning import MEASURED, Tuning

if TYPE_CHECKING:
    from barwise.sources.parts import Plan
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

    @property
    def crew(self) -> Crew:
        return Crew("tasks", self.tasks)

    def parts(
        self,
        plan: Plan,
        what: Pass,
        notes: PartNotes,
        behind: Callable[[int], None],
        keep: bool = False,
    ) -> Generator[PartResult]:
        refuse_unsent(plan, keep)
        size = 0
        for task, reply in self._in_order(tasks_of(plan, what, self.tuning)):
            notes.add(reply.notes, task.first)
            yield from reply.results
            size += task.plan.size
            behind(size)

    def send(self, task: Task) -> Future[bytes]:
        """Has a task computed somewhere."""
        return self.pool.submit(run_task, task)

    def explained(self, error: BaseException, task: Task) -> BaseException:
        """The error to tell where a task failed."""
        return error

    def abandon(self, futures: Iterable[Future[bytes]]) -> None:
        """Lets go of tasks that nobody needs any more; those that have not begun never do."""
        for future in futures:
            future.cancel()

    def _in_order(self, chains: list[list[Task]]) -> Iterator[tuple[Task, Reply]]:
        """What the tasks give, in the order of the plan; those of a chain wait for each other."""
        coming = sorted((task for chain in chains for task in chain), key=lambda task: task.first)
        following = {one.first: other for chain in chains for one, other in pairwise(chain)}
        ready = [(chain[0].first, chain[0]) for chain in chains]
        heapify(ready)
        under_way: dict[Future[bytes], Task] = {}
        replies: dict[int, Reply | BaseException] = {}
        try:
            for task in coming:
                while task.first not in replies:
                    while ready and len(under_way) < self.tasks:
                        _, first = heappop(ready)
                        under_way[self._sent(first)] = first
                    done, _ = wait(under_way, return_when=FIRST_COMPLETED)
                    for future in done:
                        ended = under_way.pop(future)
                        reply = replies[ended.first] = _reply(future, ended)
                        if (later := following.get(ended.first)) and isinstance(reply, Reply):
                            later = later._replace(before=_after(ended, reply))
                            heappush(ready, (later.first, later))
                reply_or_error = replies.pop(task.first)
                if isinstance(reply_or_error, BaseException):
                    raise self.explained(reply_or_error, task)
                yield task, reply_or_error
        finally:
            self.abandon(under_way)

    def _sent(self, task: Task) -> Future[bytes]:
        try:
            return self.send(task)
        except Exception as error:
            if (explained := self.explained(error, task)) is error:
                raise
            raise explained from None


class OwnPool(ABC):
    """An executor whose pool is made for a run, and ends with it. See `Submitted`."""

    @property
    @abstractmethod
    def crew(self) -> Crew:
        """See `barwise.engine.execute.Executor`."""

    @abstractmethod
    def started(self, plan: Plan) -> AbstractContextManager[Submitted]:
        """Within it the pool is there. Raises ExecutorError."""

    def parts(
        self,
        plan: Plan,
        what: Pass,
        notes: PartNotes,
        behind: Callable[[int], None],
        keep: bool = False,
    ) -> Generator[PartResult]:
        refuse_unsent(plan, keep)
        with self.started(plan) as tasks:
            yield from tasks.parts(plan, what, notes, behind)


def _reply(future: Future[bytes], task: Task) -> Reply | BaseException:
    try:
        error = future.exception()
    except CancelledError as cancelled:  # as by a cluster that is lost
        return cancelled
    return error or decoded(future.result(), task.what)


def refuse_unsent(plan: Plan, keep: bool) -> None:
    """Raises UsageError for what tasks cannot be sent, or cannot give."""
    if keep:
        raise UsageError(
            "bars and their signals come from threads alone, not from tasks, as their rows are "
            "written in order: leave out --signals, or --on"
        )
    if any(part.table is not None for part in plan.parts):
        raise UsageError(
            "a table in memory is not sent to tasks: leave out executor, or write the table to "
            "a file, as Parquet"
        )


def _after(task: Task, reply: Reply) -> dict[str, Before]:
    """What is known of each series after a task of a chain."""
    after = dict(task.before or {})
    for result in reply.results:
        for name, known in result.known.items():
            if known.after:
                after[name] = known.after
    return after
