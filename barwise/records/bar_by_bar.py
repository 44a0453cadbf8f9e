"""A proof of no look-ahead: some blocks are computed one bar at a time.

Whoever computes a bar has then seen no later close, as there is none yet. Where the digest of a
block comes out as recorded, no signal in it has seen one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING

import numpy as np

from barwise.engine.execute import execute
from barwise.engine.local import Local
from barwise.engine.run import planned_input
from barwise.errors import clip, quoted
from barwise.records.differences import Difference, difference
from barwise.stages.counts import Count
from barwise.stages.digests import BLOCK_BARS
from barwise.stages.mix import chosen
from barwise.stages.signals.kinds import signal_of
from barwise.stages.stage import Pass

if TYPE_CHECKING:
    from barwise.bars.batch import Bars
    from barwise.config import Config
    from barwise.engine.events import Events
    from barwise.records.own_details import SeriesDigests
    from barwise.sources.find import FileList
    from barwise.stages.stage import Carry, Signal, Step


def replayed(
    recorded: Mapping[str, SeriesDigests],
    config: Config,
    files: FileList,
    workers: int,
    events: Events,
) -> tuple[int, list[Difference]]:
    """Computes blocks of each recorded series one bar at a time.

    Gives how many blocks, and which of them are not as recorded. Raises InputError or PriceError.
    """
    fast, band = config.fast_and_band
    signal = signal_of(config.window, config.arithmetic, fast=fast, band=band)
    step = signal.ready()
    replays = {
        name: _Replay(signal, step, _blocks(of_series.bars, config, number))
        for number, (name, of_series) in enumerate(sorted(recorded.items()))
    }

    def replay(bars: Bars) -> None:
        if bars.series in replays:
            replays[bars.series].then(bars)

    plan = planned_input(files, config)
    execute(plan, Pass(None, (Count(),)), Local(workers), events, sinks=[replay])
    changes = [
        change
        for name, one in replays.items()
        for change in _changes(name, one.digests(), recorded[name])
    ]
    return sum(len(one.digests()) for one in replays.values()), changes


def _blocks(bars: int, config: Config, number: int) -> list[int]:
    """The block in which the warm-up ends, and one of those after it, by the seed."""
    last = (bars - 1) // BLOCK_BARS
    first = min((config.window - 1) // BLOCK_BARS, last)
    others = last - first
    return [first, first + 1 + chosen(config.seed, number, others)] if others else [first]


def _changes(
    name: str, digests: Mapping[int, str], recorded: SeriesDigests
) -> Iterator[Difference]:
    of_name = f" of {clip(quoted(name)[1:-1], 40)}" if name else ""
    for block, digest in digests.items():
        if digest != recorded.signals[block]:
            first = block * BLOCK_BARS + 1
            last = min(first + BLOCK_BARS - 1, recorded.bars)
            line = (
                f"signals{of_name} of bars {first} to {last}, computed one bar at a time, are not "
                "those recorded: some of these have seen a later close, or the bars have changed"
            )
            yield difference("signals", name, line, (block,))


class _Replay:
    """One series: batches up to a block, and single bars within it.

    wanted: the blocks, in order. bars: how many came by. held: the last closes that decide.
    """

    def __init__(self, signal: Signal, step: Step, wanted: Iterable[int]) -> None:
        self.signal, self.step, self.wanted = signal, step, [*wanted]
        self.bars = 0
        self.carry: Carry = signal.start()
        self.held = np.empty(0)
        self.hashes = {block: sha256() for block in self.wanted}

    def then(self, bars: Bars) -> None:
        """The next bars of the series."""
        begin = 0
        while begin < len(bars) and self.wanted:
            first = self.wanted[0] * BLOCK_BARS
            is_within = self.bars >= first
            room = first + (BLOCK_BARS if is_within else 0) - self.bars
            end = min(len(bars), begin + room)
            if is_within:
                self._computed(bars.cut(begin, end), self.wanted[0])
            else:
                self._skipped(bars.cut(begin, end))
            self.bars += end - begin
            begin = end
            if is_within and self.bars == first + BLOCK_BARS:
                del self.wanted[0]

    def digests(self) -> dict[int, str]:
        """The digest of the signals of each block."""
        return {block: hashed.hexdigest() for block, hashed in self.hashes.items()}

    def _computed(self, bars: Bars, block: int) -> None:
        self._hold(bars)
        for at in range(len(bars)):
            bar = bars.cut(at, at + 1)
            alone = bar.having({"close": bar.columns["close"].copy()})  # nothing lies behind it
            done, self.carry = self.step(alone, self.carry)
            self.hashes[block].update(done.columns["signal"].tobytes())

    def _skipped(self, bars: Bars) -> None:
        """Bars before a block, of which all or the last ones decide what is in it."""
        self._hold(bars)
        if self.signal.halo is None:
            _, self.carry = self.step(bars, self.carry)
        else:
            self.carry = self.signal.after(self.held)

    def _hold(self, bars: Bars) -> None:
        halo = self.signal.halo or 0
        closes = np.concatenate((self.held, bars.columns["close"]))
        self.held = closes[max(0, len(closes) - halo) :].copy()
