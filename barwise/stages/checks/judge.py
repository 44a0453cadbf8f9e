"""Checks of bars: named rules, each a pure step over a batch and what was found before it.

They change no bar and stop no run; `rules.py` names what they found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.stages.checks import prices, times
from barwise.stages.checks.finding import NOTHING, Finding, offenders

__all__ = ["Finding", "SeriesChecks", "of_batch", "start"]

if TYPE_CHECKING:
    from barwise.bars.batch import Bars


class SeriesChecks(NamedTuple):
    """What the rules see in a series so far.

    missing: bars without a close.
    times: what the rules of times see.
    prices: what those of prices see; None where they are not asked for.
    unfinished: bars that are not finished; None where no column says which.
    """

    missing: Finding = NOTHING
    times: times.TimeChecks = times.TimeChecks()
    prices: prices.PriceChecks | None = None
    unfinished: Finding | None = None


def start(interval: int | None = None, with_prices: bool = False) -> SeriesChecks:
    """Before the first bar. `interval`: of the bars, in microseconds, where it is known."""
    steps = times.Steps(interval)
    return SeriesChecks(
        times=times.TimeChecks(steps=steps), prices=prices.PriceChecks() if with_prices else None
    )


def of_batch(batch: Bars, before: SeriesChecks) -> SeriesChecks:
    """What every rule that can be asked of a batch sees in it, and saw before."""
    missing, of_times, of_prices, unfinished = before
    closes = batch.columns["close"]
    if np.isnan(np.minimum.reduce(closes)):  # half the time of looking at each
        missing = offenders(batch, np.isnan(closes), missing)
    if "time" in batch.columns:
        of_times = times.of_batch(batch, of_times)
    if of_prices is not None:
        of_prices = prices.of_batch(batch, of_prices)
    if "unfinished" in batch.columns:
        unfinished = offenders(batch, batch.columns["unfinished"], unfinished or NOTHING)
    return SeriesChecks(missing, of_times, of_prices, unfinished)
