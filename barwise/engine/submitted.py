"""Tasks of a pass for whatever has `submit`, as `concurrent.futures` has it.

A task is some parts that follow each other in the plan. What it gives crosses to this process as
bytes, and is never a pickle. Each series is computed in one of three ways, decided once: its parts
alone, where nothing before them matters; by edges, where the signal has a halo; or in a chain, each
part after the one before it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, wait
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from barwise.engine.part_results import Before, Edged, Edges, Known, PartResult
from barwise.errors import UsageError
from barwise.sources import read
from barwise.sources.notes import PartNotes
from barwise.stages.blocks import ByBlock
from barwise.stages.stage import Pass
from barwise.tuning import MEASURED, Tuning

if TYPE_CHECKING:
    from barwise.bars.batch import Bars
    from barwise.sources.parts import Part, Plan
    from barwise.stages.stage import Carry, Step

FORMAT = 1  # of what a task gives


class Pool(Protocol):
    """Runs functions somewhere, as executors of `concurrent.futures` do."""

    def submit(self, function: Callable[..., bytes], /, *arguments: Any) -> Future[bytes]: ...


class Task(NamedTuple):
    """Parts that follow each other in a plan, and what is known before them.

    plan: of those parts alone.
    first: number of the first of them in the whole plan.
    what: is done with their bars.
    before: by series; None: the parts are computed without, by edges where there is a signal.
    bars_before: of the series of each part, in the parts before it; None: not known.
    many: there are so many bars that a compilation pays.
    tuning: sizes of pieces.
    """

    plan: Plan
    first: int
    what: Pass
    before: Mapping[str, Before] | None
    bars_before: tuple[int | None, ...]
    many: bool
    tuning: Tuning


class Reply(NamedTuple):
    """What a task gives.

    format: of the reply.
    results: of each part.
    notes: what is doubtful about the parts.
    """

    format: int
    results: list[PartResult]
    notes: Any


class Submitted:
    """See `barwise.engine.execute.Executor`. tasks: as many are under way at a time."""

    def __init__(self, pool: Pool, tasks: int, tuning: Tuning = MEASURED) -> None:
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


def run_task(task: Task) -> bytes:
    """Computes a task, wherever that is. Raises InputError or PriceError."""
    return encoded(computed(task))


def computed(task: Task) -> Reply:
    """What a task gives, before it is bytes."""
    notes = PartNotes(task.plan, is_piece=True)
    what, signal = task.what, task.what.signal
    step = signal.ready(task.many) if signal else None
    edges = Edges.of_pass(what) if signal and task.before is None else None
    before = None if task.before is None else dict(task.before)
    results = []
    bars = read.read(task.plan, what.needs, notes, tuning=task.tuning)
    for number, batches in groupby(bars, lambda batch: batch.part):
        first_bar = task.bars_before[number]
        if edges:
            edged = _edged(batches, edges, task.first, first_bar)
            results.append(PartResult(task.first + number, edged=edged))
        else:
            known = _known(batches, what, step, before, task.first)
            results.append(PartResult(task.first + number, known))
    return Reply(FORMAT, results, notes.packed())


def encoded(reply: Reply) -> bytes:
    """What a task gives as bytes; NumPy's numbers in it become Python's."""
    return msgspec.msgpack.encode(reply, enc_hook=lambda number: number.item())


def decoded(reply: bytes, what: Pass) -> Reply:
    """What a task of a pass gave; values have the types of their measures."""
    plain = msgspec.msgpack.decode(reply, type=Reply)
    if plain.format != FORMAT:
        raise ValueError(f"a task gives values of format {plain.format}, not {FORMAT}")
    types = {measure.name: measure.value for measure in what.measures}

    def typed(values: Mapping[str, Any] | None) -> dict[str, Any]:
        return {name: msgspec.convert(v, types[name]) for name, v in (values or {}).items()}

    results = []
    for result in plain.results:
        known = {name: one._replace(values=typed(one.values)) for name, one in result.known.items()}
        edged = {
            name: one._replace(
                plain=typed(one.plain), inner=None if one.inner is None else typed(one.inner)
            )
            for name, one in result.edged.items()
        }
        results.append(PartResult(result.part, known, edged))
    return plain._replace(results=results)


def _edged(
    batches: Iterator[Bars], edges: Edges, first_part: int, first_bar: int | None
) -> dict[str, Edged]:
    """The values of each series in one part."""
    so_far: dict[str, tuple[Edged, Carry]] = {}
    for bars in batches:
        bars.part += first_part
        if first_bar is not None:
            bars, first_bar = bars.standing(first_bar), first_bar + len(bars)
        edged, carry = so_far.get(bars.series, (None, None))
        so_far[bars.series] = edges.then(edged, bars, carry)
    return {name: edged for name, (edged, _) in so_far.items()}


def _known(
    batches: Iterator[Bars],
    what: Pass,
    step: Step | None,
    before: dict[str, Before] | None,
    first_part: int,
) -> dict[str, Known]:
    """The same where it is known what goes before, or does not matter; `before` goes on."""
    values: dict[str, Any] = {}
    carries: dict[str, Carry] = {}
    signal = what.signal
    for bars in batches:
        name = bars.series
        bars.part += first_part
        if before is not None:
            known = before.get(name, Before())
            before[name] = known._replace(bars=known.bars + len(bars))
            bars = bars.standing(known.bars)
            if name not in carries and signal:
                is_first = known.carry is None
                carries[name] = signal.start() if is_first else signal.unpacked(known.carry)
        of_bars, carries[name], _ = what.run([bars], carries.get(name), step)
        values[name] = what.merge(values.get(name), of_bars)
    if before is None:
        return {name: Known(of_series) for name, of_series in values.items()}
    for name, carry in carries.items():
        before[name] = before[name]._replace(carry=signal.packed(carry) if signal else None)
    return {name: Known(of_series, before[name]) for name, of_series in values.items()}


def _tasks(plan: Plan, what: Pass, tuning: Tuning) -> list[list[Task]]:
    """Chains of tasks, of one where it does not wait for another."""
    many = plan.size > 8 * tuning.compiled_bars  # the bytes of a close, at least without packing
    large = read.csv_is_large(plan, tuning)
    tuning = tuning._replace(fast_csv_bytes=-1 if large else 1 << 62)
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
            tasks.append(Task(some, first + begin, what, before, rows[begin:end], many, tuning))
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
    if None in rows and any(isinstance(measure, ByBlock) for measure in what.measures):
        return False
    if what.signal is None:
        return True
    needs = frozenset[str]().union(*(m.needs for m in what.of_signals.measures))
    return what.signal.halo is not None and needs <= {"signal"}


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
