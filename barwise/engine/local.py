"""The one pass over all bars: pure steps, a carry for each series, series side by side.

A series is computed in its own order, or in spans where an arithmetic can begin anywhere, so
that neither the number of workers nor the size of batches can change a bit. Bars come in chunks:
while the workers compute one, the next is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.engine.chunks import bars_in, chunks, more_than, overlapped
from barwise.engine.spans import Piece, Span, bars_per_worker, spans
from barwise.stages import digests
from barwise.stages.checks import judge
from barwise.stages.signals.arithmetic import named
from barwise.stages.tally import Tally
from barwise.tuning import MEASURED, Tuning
from barwise.workers import in_another_thread

if TYPE_CHECKING:
    from barwise.bars.batch import Bars, Closes, Signals
    from barwise.stages.signals.arithmetic import Arithmetic, Step

NO_BARS = Tally()


class Series(NamedTuple):
    """All that is known of a series so far.

    carry: of the arithmetic.
    tally: its bars and ones.
    checks: what the rules see in it.
    blocks: of its digests; None where none are asked for.
    """

    carry: Any
    tally: Tally = Tally()
    checks: judge.SeriesChecks = judge.SeriesChecks()
    blocks: digests.Blocks | None = None


class Progress(NamedTuple):
    """What a task adds to a series.

    name: of the series.
    carry, checks, blocks: those after the task; None where it leaves them as they were.
    tally: of the bars of the task.
    """

    name: str
    carry: Any = None
    tally: Tally = Tally()
    checks: judge.SeriesChecks | None = None
    blocks: digests.Blocks | None = None


class Signalled(NamedTuple):
    """A batch and what came of it.

    batch: the bars.
    signals: of each bar.
    means: the rolling mean at each bar, NaN where undefined.
    """

    batch: Bars
    signals: Signals
    means: Closes


Task = Callable[[], Progress]
Sink = Callable[[Signalled], None]
Start = Callable[[str], judge.SeriesChecks]


class RunOptions(NamedTuple):
    """What is the same for all series of a run.

    chosen: the arithmetic.
    step: that of the arithmetic, for many bars or few.
    window: in bars.
    workers: how many threads compute.
    span_bars: that a worker takes at least.
    with_means: rolling means are wanted.
    with_digests: the bars are hashed.
    """

    chosen: Arithmetic
    step: Step
    window: int
    workers: int
    span_bars: int
    with_means: bool
    with_digests: bool


def compute(
    batches: Iterable[Bars],
    arithmetic: str,
    window: int,
    workers: int,
    start: Start = lambda series: judge.SeriesChecks(),
    sink: Sink | None = None,
    with_digests: bool = False,
    tuning: Tuning = MEASURED,
) -> dict[str, Series]:
    """What comes of the bars of each series; the batches of a series come in order.

    `start` gives the checks of a series before its first bar; `sink`, where given, is called with
    the signals and means of each batch, in the order in which they come; `with_digests` hashes the
    bars.
    """
    chosen = named(arithmetic)
    # A batch that is computed as soon as it is read is still in the cache, and its memory is used
    # again: chunks of four such batches took 0.31 s for 0.28 in 50 million bars.
    coming = chunks(batches, tuning.chunk_bars * max(1, workers // 2))  # reading takes one worker
    many, coming = more_than(tuning.compiled_bars, coming)
    run = RunOptions(
        chosen,
        step_of(chosen, many),
        window,
        workers,
        tuning.span_bars,
        with_means=sink is not None,
        with_digests=with_digests,
    )
    done: dict[str, Series] = {}
    computing: list[tuple[Bars, Piece]] = []

    def tasks(chunk: list[Bars]) -> list[Task]:
        computing[:] = [
            (batch, Piece.of(batch.columns["close"], run.with_means)) for batch in chunk
        ]
        by_series: dict[str, list[tuple[Bars, Piece]]] = {}
        for pair in computing:
            by_series.setdefault(pair[0].series, []).append(pair)
        for name in by_series:
            if name not in done:
                blocks = digests.start() if with_digests else None
                done[name] = Series(chosen.start(), checks=start(name), blocks=blocks)
        return [
            task
            for name, pairs in by_series.items()
            for task in _tasks(name, done[name], pairs, run)
        ]

    def finish(progress: list[Progress]) -> None:
        _merge(done, progress)
        for batch, piece in computing:
            if sink and piece.means is not None:
                sink(Signalled(batch, piece.signals, piece.means))

    overlapped(coming, workers, tasks, finish, tuning.thread_bars)
    return done


def check(
    batches: Iterable[Bars], workers: int, start: Start, tuning: Tuning = MEASURED
) -> dict[str, Series]:
    """What the checks find in the bars of each series, and how many those are."""
    done: dict[str, Series] = {}

    def tasks(chunk: list[Bars]) -> list[Task]:
        by_series: dict[str, list[Bars]] = {}
        for batch in chunk:
            by_series.setdefault(batch.series, []).append(batch)
        for name in by_series:
            if name not in done:
                done[name] = Series(None, checks=start(name))
        return [
            partial(_checked, name, done[name].checks, bars, Tally(bars_in(bars)))
            for name, bars in by_series.items()
        ]

    coming = chunks(batches, tuning.chunk_bars * workers)
    overlapped(coming, workers, tasks, partial(_merge, done), tuning.thread_bars)
    return done


def write(span: Span, step: Step, window: int) -> Any:
    """Writes the signals of a span; gives the carry after it."""
    carry = span.carry
    for piece in span.pieces:
        _, carry = step(piece.closes, carry, window, piece.signals, piece.means)
    return carry


def step_of(chosen: Arithmetic, many: bool) -> Step:
    """The step for many bars is made in another thread: numba swallows what a signal raises."""
    return in_another_thread(chosen.for_run, True) if many else chosen.for_run(False)


def _tasks(
    name: str, series: Series, batches: list[tuple[Bars, Piece]], run: RunOptions
) -> list[Task]:
    """What is to be done with the next batches of a series; several tasks where there are many."""
    pieces = [piece for _, piece in batches]
    size = sum(len(piece.closes) for piece in pieces)
    bars = bars_per_worker(size, run.workers, run.span_bars)
    cut = spans(pieces, series.carry, series.tally.bars, run.chosen, run.window, bars)
    # All but the first begin with a block.
    before = digests.OpenBlock() if series.blocks is None else series.blocks.open
    computed = [
        # All but the first begin with a block of the digest.
        partial(_computed, name, span, digests.OpenBlock() if i else before, run)
        for i, span in enumerate(cut)
    ]
    checked = partial(_checked, name, series.checks, [batch for batch, _ in batches])
    if len(computed) > 1:
        return [checked, *computed]
    return [lambda: computed[0]()._replace(checks=checked().checks)]


def _computed(name: str, span: Span, before: digests.OpenBlock, run: RunOptions) -> Progress:
    carry = write(span, run.step, run.window)
    tally = Tally()
    blocks = digests.start()._replace(open=before) if run.with_digests else None
    for piece in span.pieces:
        tally += Tally(len(piece.signals), int(np.count_nonzero(piece.signals)))
        if blocks is not None:
            blocks = blocks.extend(digests.of_bars(piece.closes, piece.signals, blocks.open))
    return Progress(name, carry, tally, blocks=blocks)


def _checked(
    name: str, checks: judge.SeriesChecks, batches: Sequence[Bars], tally: Tally = NO_BARS
) -> Progress:
    for batch in batches:
        checks = judge.of_batch(batch, checks)
    return Progress(name, None, tally, checks)


def _merge(done: dict[str, Series], progress: Iterable[Progress]) -> None:
    """Adds what tasks gave, in order, to the series."""
    for name, carry, tally, checks, blocks in progress:
        before = done[name]
        if before.blocks is not None and blocks is not None:
            blocks = before.blocks.extend(blocks)
        done[name] = Series(
            before.carry if carry is None else carry,
            before.tally + tally,
            before.checks if checks is None else checks,
            before.blocks if blocks is None else blocks,
        )
