"""Checks of bars: named rules, each a pure step over a batch and what was found before it.

They change no bar and stop no run; `rules.py` names what they found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.stages.checks import prices, times
from barwise.stages.checks.finding import NOTHING, NOWHERE, Finding, both, where

__all__ = ["NOWHERE", "Finding", "SeriesChecks", "both", "of_batch", "start"]

if TYPE_CHECKING:
    from barwise.bars.batch import Bars


class SeriesChecks(NamedTuple):
    """What the rules found in a series so far; prices: None where its rules are not asked for;
    unfinished: None where no column says which bars are.
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


def of_batch(batch: Bars, found: SeriesChecks) -> SeriesChecks:
    """What every rule that can be asked of a batch finds in it, and was found before."""
    missing, of_times, of_prices, unfinished = found
    closes = batch.columns["close"]
    if np.isnan(np.minimum.reduce(closes)):  # half the time of looking at each
        missing = where(batch, np.isnan(closes), missing)
    if "time" in batch.columns:
        of_times = times.of_batch(batch, of_times)
    if of_prices is not None:
        of_prices = prices.of_batch(batch, of_prices)
    if "unfinished" in batch.columns:
        unfinished = where(batch, batch.columns["unfinished"], unfinished or NOTHING)
    return SeriesChecks(missing, of_times, of_prices, unfinished)
