"""Threads of this process compute a pass while bars stream by.

A series is computed in its own order, or in spans where its signal can begin anywhere, so that
neither the number of workers nor the size of batches can change a bit.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from barwise.engine import while_reading
from barwise.engine.chunks import chunks, overlapped
from barwise.engine.executors.crew import Crew
from barwise.engine.part_results import Before, Known, PartResult
from barwise.engine.spans import Span, bars_per_worker, spans
from barwise.sources import read
from barwise.tuning import MEASURED, Tuning

if TYPE_CHECKING:
    from barwise.bars.batch import Bars
    from barwise.sources.notes import PartNotes
    from barwise.sources.parts import Plan
    from barwise.stages.stage import Carry, Pass, Signal, Step, Values


class SpanDone(NamedTuple):
    """What came of a span of one series.

    series: its name.
    carry: of the signal after the span.
    parts: by part, the values of its bars, and the bars with what the signal added.
    """

    series: str
    carry: Carry
    parts: list[tuple[int, Values, Sequence[Bars]]]


class Local:
    """See `barwise.engine.execute.Executor`."""

    def __init__(self, workers: int, tuning: Tuning = MEASURED) -> None:
        self.workers, self.tuning = workers, tuning

    @property
    def crew(self) -> Crew:
        return Crew("threads", self.workers)

    def parts(
        self,
        plan: Plan,
        what: Pass,
        notes: PartNotes,
        behind: Callable[[int], None],
        keep: bool = False,
    ) -> Generator[PartResult]:
        if not keep and while_reading.can(plan, what):
            yield from while_reading.parts(plan, what, notes, behind, self.workers, self.tuning)
            return
        with closing(
            read.read(plan, what.needs, notes, behind, self.workers, self.tuning)
        ) as batches:
            # A batch that is computed as soon as it is read is still in the cache, and its memory
            # is used again: chunks of four such batches took 0.31 s for 0.28 in 50 million bars.
            # Reading takes one of the workers.
            bars = self.tuning.chunk_bars * max(1, self.workers // 2)
            coming = chunks(batches, bars, self.tuning.chunk_batches)
            yield from self.of_chunks(coming, what, keep)

    def of_chunks(
        self, coming: Iterator[list[Bars]], what: Pass, keep: bool = False
    ) -> Generator[PartResult]:
        """What comes of bars; the batches of a series come in order."""
        step = what.signal.ready() if what.signal else None
        before: dict[str, Before] = {}

        def tasks(chunk: list[Bars]) -> list[Callable[[], SpanDone]]:
            by_series: dict[str, list[Bars]] = {}
            for batch in chunk:
                by_series.setdefault(batch.series, []).append(batch)
            return [
                partial(_computed, name, span, what, step, keep)
                for name, batches in by_series.items()
                for span in self._spans(name, batches, what.signal, before)
            ]

        # What a chunk left `before` is there before the tasks of the next are made: `overlapped`
        # gives what is done before it asks for more.
        for done in overlapped(coming, self.workers, tasks, self.tuning.thread_bars):
            for span in done:
                before[span.series] = before[span.series]._replace(carry=span.carry)
            yield from _by_part(done, what)

    def _spans(
        self, name: str, batches: list[Bars], signal: Signal | None, before: dict[str, Before]
    ) -> Iterator[Span]:
        """The next bars of a series, as many spans as there is work for."""
        bars, carry = before.get(name) or Before(0, signal.start() if signal else None)
        standing = []
        first = bars
        for batch in batches:
            standing.append(batch.standing(bars))
            bars += len(batch)
        before[name] = Before(bars, carry)
        if bars - first <= self.tuning.span_bars:  # as of very many symbols
            return iter([Span(carry, standing)])
        size = bars_per_worker(bars - first, self.workers, self.tuning.span_bars)
        return spans(standing, carry, signal, size)


def _computed(name: str, span: Span, what: Pass, step: Step | None, keep: bool) -> SpanDone:
    carry, parts = span.carry, []
    for part, batches in groupby(span.batches, lambda bars: bars.part):
        values, carry, done = what.run(batches, carry, step)
        parts.append((part, values or {}, done if keep else ()))
    return SpanDone(name, carry, parts)


def _by_part(done: Iterable[SpanDone], what: Pass) -> Iterator[PartResult]:
    """What spans gave, part by part in the order of the plan."""
    parts: dict[int, dict[str, Values | None]] = {}
    kept: dict[int, list[Bars]] = {}
    for span in done:
        for part, values, bars in span.parts:
            of_part = parts.setdefault(part, {})
            of_part[span.series] = what.merge(of_part.get(span.series), values)
            kept.setdefault(part, []).extend(bars)
    for part, of_series in sorted(parts.items()):
        in_order = sorted(kept[part], key=lambda bars: int(bars.places[0]))
        known = {name: Known(values or {}) for name, values in of_series.items()}
        yield PartResult(part, known, bars=in_order)
