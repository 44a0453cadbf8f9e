"""The one pass over all bars: pure steps, a carry for each series, series side by side.

A series is computed in its own order, or in stretches where an arithmetic can begin anywhere, so
that neither the number of workers nor the size of batches can change a bit. Bars come in waves:
while the workers compute one, the next is read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise import checks
from barwise.arithmetic import named
from barwise.stretches import Stretch, share, stretches
from barwise.tally import Tally
from barwise.workers import Workers, elsewhere

if TYPE_CHECKING:
    from barwise.arithmetic import Arithmetic, Step
    from barwise.batch import Batch, Closes, Signals

    Wave = dict[str, list[Batch]]  # by series

# A batch that is computed as soon as it is read is still in the cache, and its memory is used
# again: waves of four such batches took 0.31 s for 0.28 in 50 million bars.
WAVE_BARS = 1 << 18  # for two workers, of which reading takes one
# Shorter tasks hold the interpreter's lock for most of their time: 500 series of 20,000 bars took
# 0.29 s in two threads and 0.25 s in one, beside the one that reads.
BARS_FOR_A_THREAD = 1 << 15
MANY_BARS = 1 << 20  # more than these pay for a compilation


class Series(NamedTuple):
    """All that is known of a series so far."""

    carry: Any  # of the arithmetic
    tally: Tally = Tally()
    found: checks.Found = checks.Found()


class Progress(NamedTuple):
    """What a task adds to a series; None where it leaves it as it was."""

    name: str
    carry: Any = None
    tally: Tally = Tally()
    found: checks.Found | None = None


Task = Callable[[], Progress]


class Run(NamedTuple):
    """What is the same for all series of a run."""

    chosen: Arithmetic
    step: Step
    window: int
    workers: int


def compute(
    batches: Iterable[Batch], arithmetic: str, window: int, workers: int
) -> dict[str, Series]:
    """What comes of the bars of each series; the batches of a series come in order."""
    chosen = named(arithmetic)
    many, coming = _are_many(waves(batches, WAVE_BARS * max(1, workers // 2)))
    run = Run(chosen, _step(chosen, many), window, workers)
    done: dict[str, Series] = {}
    with Workers(workers) as pool:
        finished: Callable[[], list[Progress]] = list
        for wave in coming:
            _merge(done, finished())
            tasks: list[Task] = []
            for name, its in wave.items():
                series = done.setdefault(name, Series(chosen.start()))
                tasks += _tasks(name, series, its, run)
            finished = pool.start(tasks, inline=bars_in(wave) < len(tasks) * BARS_FOR_A_THREAD)
        _merge(done, finished())
    return done


def signals(
    closes: Closes,
    arithmetic: str,
    window: int,
    workers: int,
    look: Callable[[Closes, int], None],
) -> Signals:
    """The signals of one series in memory.

    Each worker first takes a `look` at its closes, of which it tells the index of the first.
    """
    chosen = named(arithmetic)
    step = _step(chosen, len(closes) > MANY_BARS)
    signals = np.empty(len(closes), np.int8)
    tasks, end = [], 0
    bars = share(len(closes), workers)
    for stretch in stretches([closes], chosen.start(), 0, chosen, window, bars):
        first, end = end, end + sum(map(len, stretch.closes))
        tasks.append(partial(_written, stretch, first, step, window, signals, look))
    with Workers(workers) as pool:
        pool.start(tasks)()
    return signals


def _written(
    stretch: Stretch,
    first: int,
    step: Step,
    window: int,
    signals: Signals,
    look: Callable[[Closes, int], None],
) -> None:
    carry = stretch.carry
    for closes in stretch.closes:
        look(closes, first)
        end = first + len(closes)
        _, carry = step(closes, carry, window, signals[first:end])
        first = end


def _step(chosen: Arithmetic, many: bool) -> Step:
    """The step for many bars is made in another thread: numba swallows what a signal raises."""
    return elsewhere(chosen.for_run, True) if many else chosen.for_run(False)


def _are_many(coming: Iterator[Wave]) -> tuple[bool, Iterator[Wave]]:
    """Whether the waves hold more than `MANY_BARS`, and the waves; so many bars are held."""
    held: deque[Wave] = deque()
    bars = 0
    for wave in coming:
        held.append(wave)
        bars += bars_in(wave)
        if bars > MANY_BARS:
            break

    def again() -> Iterator[Wave]:
        while held:
            yield held.popleft()
        yield from coming

    return bars > MANY_BARS, again()


def bars_in(wave: Wave) -> int:
    return sum(len(batch) for batches in wave.values() for batch in batches)


def waves(batches: Iterable[Batch], bars: int) -> Iterator[Wave]:
    """Successive batches by series, `bars` or a little more at a time."""
    wave: Wave = {}
    size = 0
    for batch in batches:
        wave.setdefault(batch.series, []).append(batch)
        size += len(batch)
        if size >= bars:
            yield wave
            wave, size = {}, 0
    if wave:
        yield wave


def _tasks(name: str, series: Series, batches: list[Batch], run: Run) -> list[Task]:
    """What is to be done with the next batches of a series; several tasks where there are many."""
    arrays = [batch.columns["close"] for batch in batches]
    bars = share(sum(map(len, arrays)), run.workers)
    cut = stretches(arrays, series.carry, series.tally.bars, run.chosen, run.window, bars)
    computed = [partial(_computed, name, stretch, run) for stretch in cut]
    checked = partial(_checked, name, series.found, batches)
    if len(computed) > 1:
        return [checked, *computed]
    return [lambda: computed[0]()._replace(found=checked().found)]


def _computed(name: str, stretch: Stretch, run: Run) -> Progress:
    carry, tally = stretch.carry, Tally()
    for closes in stretch.closes:
        signals, carry = run.step(closes, carry, run.window)
        tally += Tally(len(signals), int(np.count_nonzero(signals)))
    return Progress(name, carry, tally)


def _checked(name: str, found: checks.Found, batches: Sequence[Batch]) -> Progress:
    for batch in batches:
        found = checks.of_batch(batch, found)
    return Progress(name, found=found)


def _merge(done: dict[str, Series], progress: Iterable[Progress]) -> None:
    """Adds what tasks gave, in order, to the series."""
    for name, carry, tally, found in progress:
        before = done[name]
        done[name] = Series(
            before.carry if carry is None else carry,
            before.tally + tally,
            before.found if found is None else found,
        )
