"""A task: some parts that follow each other in a plan, computed wherever that is.

What it gives crosses to another process as bytes, and is never a pickle.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from barwise.engine.part_results import Before, Edged, Edges, Known, PartResult
from barwise.sources import read
from barwise.sources.notes import PartNotes

if TYPE_CHECKING:
    from barwise.bars.batch import Bars
    from barwise.sources.parts import Plan
    from barwise.stages.stage import Carry, Pass, Step
    from barwise.tuning import Tuning

FORMAT = 1  # of what a task gives


class Task(NamedTuple):
    """Parts that follow each other in a plan, and what is known before them.

    plan: of those parts alone.
    first: number of the first of them in the whole plan.
    what: is done with their bars.
    before: by series; None: the parts are computed without, by edges where there is a signal.
    bars_before: of the series of each part, in the parts before it; None: not known.
    tuning: sizes of pieces.
    """

    plan: Plan
    first: int
    what: Pass
    before: Mapping[str, Before] | None
    bars_before: tuple[int | None, ...]
    tuning: Tuning

    @property
    def name(self) -> str:
        """Its parts, as a message names them."""
        parts = self.plan.parts
        more = f" (or one of the {len(parts) - 1} files after it)" if len(parts) > 1 else ""
        return f"{parts[0].name}{more}"


class Reply(NamedTuple):
    """What a task gives.

    format: of the reply.
    results: of each part.
    notes: what is doubtful about the parts.
    """

    format: int
    results: list[PartResult]
    notes: Any


def run_task(task: Task) -> bytes:
    """Computes a task, wherever that is. Raises InputError or PriceError."""
    return encoded(computed(task))


def computed(task: Task) -> Reply:
    """What a task gives, before it is bytes."""
    notes = PartNotes(task.plan, is_piece=True)
    what, signal = task.what, task.what.signal
    step = signal.ready() if signal else None
    edges = Edges.of_pass(what) if signal and task.before is None else None
    before = None if task.before is None else dict(task.before)
    results = []
    with closing(read.read(task.plan, what.needs, notes, tuning=task.tuning)) as bars:
        for number, batches in groupby(bars, lambda batch: batch.part):
            part = task.first + number
            if edges:
                edged = _edged(batches, edges, task.first, task.bars_before[number])
                results.append(PartResult(part, edged=edged))
            else:
                results.append(PartResult(part, _known(batches, what, step, before, task.first)))
    return Reply(FORMAT, results, notes.packed())


def encoded(reply: Reply) -> bytes:
    """What a task gives as bytes; NumPy's numbers in it become Python's."""
    results = [
        result._replace(known=_renamed(result.known, _plain), edged=_renamed(result.edged, _plain))
        for result in reply.results
    ]
    return msgspec.msgpack.encode(
        reply._replace(results=results), enc_hook=lambda number: number.item()
    )


def _renamed(of_series: Mapping[str, Any], name_of: Callable[[str], str]) -> dict[str, Any]:
    return {name_of(name): value for name, value in of_series.items()}


def _plain(name: str) -> str:
    """The name of a folder may be bytes that are not UTF-8, which no wire takes as text."""
    return name.encode(errors="surrogateescape").decode("latin-1")


def _as_before(name: str) -> str:
    return name.encode("latin-1").decode(errors="surrogateescape")


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
        known = {
            _as_before(name): one._replace(values=typed(one.values))
            for name, one in result.known.items()
        }
        edged = {
            _as_before(name): one._replace(
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
