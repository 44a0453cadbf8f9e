"""The one pass over all bars: pure steps, a carry for each series, series side by side.

A series is computed in its own order, or in stretches where an arithmetic can begin anywhere, so
that neither the number of workers nor the size of batches can change a bit. Bars come in waves:
while the workers compute one, the next is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.engine.spans import Piece, Stretch, share, stretches
from barwise.engine.waves import bars_in, more_than, passed, waves
from barwise.stages import digests
from barwise.stages.checks import judge
from barwise.stages.signals.arithmetic import named
from barwise.stages.tally import Tally
from barwise.workers import in_another_thread

if TYPE_CHECKING:
    from barwise.bars.batch import Bars, Closes, Signals
    from barwise.stages.signals.arithmetic import Arithmetic, Step

# A batch that is computed as soon as it is read is still in the cache, and its memory is used
# again: waves of four such batches took 0.31 s for 0.28 in 50 million bars.
WAVE_BARS = 1 << 18  # for two workers, of which reading takes one
NO_BARS = Tally()


class Series(NamedTuple):
    """All that is known of a series so far. blocks: None where no digests are asked for."""

    carry: Any  # of the arithmetic
    tally: Tally = Tally()
    found: judge.SeriesChecks = judge.SeriesChecks()
    blocks: digests.Blocks | None = None


class Progress(NamedTuple):
    """What a task adds to a series; None where it leaves it as it was."""

    name: str
    carry: Any = None
    tally: Tally = Tally()
    found: judge.SeriesChecks | None = None
    blocks: digests.Blocks | None = None


class Signalled(NamedTuple):
    """A batch and what came of it, an element a bar: signals, and the rolling means of closes."""

    batch: Bars
    signals: Signals
    means: Closes


Task = Callable[[], Progress]
Take = Callable[[Signalled], None]
Start = Callable[[str], judge.SeriesChecks]


class RunOptions(NamedTuple):
    """What is the same for all series of a run.

    with_means: somebody takes the rolling means. with_digests: the bars are hashed.
    """

    chosen: Arithmetic
    step: Step
    window: int
    workers: int
    with_means: bool
    with_digests: bool


def compute(
    batches: Iterable[Bars],
    arithmetic: str,
    window: int,
    workers: int,
    start: Start = lambda series: judge.SeriesChecks(),
    take: Take | None = None,
    with_digests: bool = False,
) -> dict[str, Series]:
    """What comes of the bars of each series; the batches of a series come in order.

    `start` gives the checks of a series before its first bar; `take`, where given, takes the
    signals and means of each batch, in the order in which they come; `with_digests` hashes the
    bars.
    """
    chosen = named(arithmetic)
    many, coming = more_than(waves(batches, WAVE_BARS * max(1, workers // 2)))
    run = RunOptions(chosen, step_of(chosen, many), window, workers, take is not None, with_digests)
    done: dict[str, Series] = {}
    written: list[tuple[Bars, Piece]] = []

    def tasks(wave: list[Bars]) -> list[Task]:
        written[:] = [(batch, Piece.of(batch.columns["close"], run.with_means)) for batch in wave]
        by_series: dict[str, list[tuple[Bars, Piece]]] = {}
        for each in written:
            by_series.setdefault(each[0].series, []).append(each)
        for name in by_series:
            if name not in done:
                blocks = digests.start() if with_digests else None
                done[name] = Series(chosen.start(), found=start(name), blocks=blocks)
        return [
            task for name, its in by_series.items() for task in _tasks(name, done[name], its, run)
        ]

    def finish(progress: list[Progress]) -> None:
        _merge(done, progress)
        for batch, piece in written:
            if take and piece.means is not None:
                take(Signalled(batch, piece.signals, piece.means))

    passed(coming, workers, tasks, finish)
    return done


def check(batches: Iterable[Bars], workers: int, start: Start) -> dict[str, Series]:
    """What the checks find in the bars of each series, and how many those are."""
    done: dict[str, Series] = {}

    def tasks(wave: list[Bars]) -> list[Task]:
        by_series: dict[str, list[Bars]] = {}
        for batch in wave:
            by_series.setdefault(batch.series, []).append(batch)
        for name in by_series:
            if name not in done:
                done[name] = Series(None, found=start(name))
        return [
            partial(_checked, name, done[name].found, its, Tally(bars_in(its)))
            for name, its in by_series.items()
        ]

    passed(waves(batches, WAVE_BARS * workers), workers, tasks, partial(_merge, done))
    return done


def write(stretch: Stretch, step: Step, window: int) -> Any:
    """Writes the signals of a stretch; gives the carry after it."""
    carry = stretch.carry
    for piece in stretch.pieces:
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
    bars = share(sum(len(piece.closes) for piece in pieces), run.workers)
    cut = stretches(pieces, series.carry, series.tally.bars, run.chosen, run.window, bars)
    # All but the first begin with a block.
    before = digests.OpenBlock() if series.blocks is None else series.blocks.open
    computed = [
        # All but the first begin with a block of the digest.
        partial(_computed, name, stretch, digests.OpenBlock() if i else before, run)
        for i, stretch in enumerate(cut)
    ]
    checked = partial(_checked, name, series.found, [batch for batch, _ in batches])
    if len(computed) > 1:
        return [checked, *computed]
    return [lambda: computed[0]()._replace(found=checked().found)]


def _computed(name: str, stretch: Stretch, before: digests.OpenBlock, run: RunOptions) -> Progress:
    carry = write(stretch, run.step, run.window)
    tally = Tally()
    blocks = digests.start()._replace(open=before) if run.with_digests else None
    for piece in stretch.pieces:
        tally += Tally(len(piece.signals), int(np.count_nonzero(piece.signals)))
        if blocks is not None:
            blocks = blocks.extend(digests.of_bars(piece.closes, piece.signals, blocks.open))
    return Progress(name, carry, tally, blocks=blocks)


def _checked(
    name: str, found: judge.SeriesChecks, batches: Sequence[Bars], tally: Tally = NO_BARS
) -> Progress:
    for batch in batches:
        found = judge.of_batch(batch, found)
    return Progress(name, None, tally, found)


def _merge(done: dict[str, Series], progress: Iterable[Progress]) -> None:
    """Adds what tasks gave, in order, to the series."""
    for name, carry, tally, found, blocks in progress:
        before = done[name]
        if before.blocks is not None and blocks is not None:
            blocks = before.blocks.extend(blocks)
        done[name] = Series(
            before.carry if carry is None else carry,
            before.tally + tally,
            before.found if found is None else found,
            before.blocks if blocks is None else blocks,
        )
