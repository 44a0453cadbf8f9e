"""Tasks for whatever has `submit`, as `concurrent.futures` has it: processes, threads, a cluster.

Each series is computed in one of three ways, decided once: its parts alone, where nothing before
them matters; by edges, where the signal has a halo; or in a chain, each part after the one before.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from heapq import heapify, heappop, heappush
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from barwise.engine.executors.crew import Crew
from barwise.engine.part_results import Before, PartResult
from barwise.engine.tasks import Reply, Task, decoded, run_task
from barwise.errors import UsageError, quoted
from barwise.sources.notes import PartNotes
from barwise.stages.blocks import ByBlock
from barwise.tuning import MEASURED, Tuning

if TYPE_CHECKING:
    from barwise.sources.parts import Part, Plan
    from barwise.stages.stage import Pass


# Bytes of a bar in files of a kind; of others, which are compressed, fewer.
ROW_BYTES = {"csv": 50, "arrow": 50, "arrow stream": 50}
PACKED_ROW = 15
FILE_ROWS = 20_000  # whose time it takes to open a file


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


class _Piece(NamedTuple):
    """Parts that follow each other in the plan, and are computed by one task.

    first, end: from which to which part they go.
    is_alone: nothing of what goes before them must be known.
    rows: about how many bars they have.
    """

    first: int
    end: int
    is_alone: bool
    rows: int


def tasks_of(plan: Plan, what: Pass, tuning: Tuning) -> list[list[Task]]:
    """Chains of tasks, of one where it does not wait for another. Small pieces share a task."""
    of_any = any(part.series is None for part in plan.parts)
    before: list[int | None] = []
    loose: list[_Piece] = []  # that need none before them: single parts, and whole short series
    chains: list[list[_Piece]] = []
    for _, group in groupby(plan.parts, lambda part: None if of_any else part.series):
        parts, first = list(group), len(before)
        before += [None] * len(parts) if of_any else _rows_before(parts)
        is_alone = _is_alone(what, before[first:])
        pieces = [_Piece(at, at + 1, is_alone, _cost(part)) for at, part in enumerate(parts, first)]
        in_tasks = _grouped(pieces, tuning)
        if is_alone:
            loose += pieces
        elif len(in_tasks) == 1:
            loose += in_tasks
        else:
            chains.append(in_tasks)
    chains += [[piece] for piece in _grouped(loose, tuning)]
    return [[_task(piece, plan, what, before, tuning) for piece in chain] for chain in chains]


def _grouped(pieces: list[_Piece], tuning: Tuning) -> list[_Piece]:
    """The same, where neighbours that are small and alike are one."""
    groups: list[_Piece] = []
    for piece in pieces:
        last = groups[-1] if groups else None
        if (
            last is None
            or (last.end, last.is_alone) != (piece.first, piece.is_alone)
            or last.rows >= tuning.task_rows
            or piece.end - last.first > tuning.task_parts
        ):
            groups.append(piece)
        else:
            groups[-1] = last._replace(end=piece.end, rows=last.rows + piece.rows)
    return groups


def _task(piece: _Piece, plan: Plan, what: Pass, before: list[int | None], tuning: Tuning) -> Task:
    some = tuple(map(_from_anywhere, plan.parts[piece.first : piece.end]))
    known: Mapping[str, Before] | None = None if piece.is_alone else {}
    rows = tuple(before[piece.first : piece.end])
    return Task(plan._replace(parts=some, doubts=()), piece.first, what, known, rows, tuning)


def _cost(part: Part) -> int:
    """How many bars take as long as a part: about its own, and opening it."""
    rows = part.size // ROW_BYTES.get(part.kind, PACKED_ROW) if part.rows is None else part.rows
    return rows + FILE_ROWS


def _rows_before(parts: list[Part]) -> list[int | None]:
    """How many rows of a series are in the parts before each; None where that is not known."""
    before: list[int | None] = [0]
    for part in parts[:-1]:
        last = before[-1]
        before.append(None if last is None or part.rows is None else last + part.rows)
    return before


def _is_alone(what: Pass, rows: list[int | None]) -> bool:
    """Whether parts, before which there are so many rows, can be computed without their carry.

    Edges keep closes alone, and blocks must know where bars stand.
    """
    if None in rows and any(isinstance(measure, ByBlock) for measure in what.measures):
        return False
    if what.signal is None:
        return True
    return what.signal.halo is not None and what.splits


def _from_anywhere(part: Part) -> Part:
    """A part that a process in another folder finds too, and that messages name as before."""
    return part._replace(path=os.path.abspath(part.path), shown=part.path)


def _after(task: Task, reply: Reply) -> dict[str, Before]:
    """What is known of each series after a task of a chain."""
    after = dict(task.before or {})
    for result in reply.results:
        for name, known in result.known.items():
            if known.after:
                after[name] = known.after
    return after
