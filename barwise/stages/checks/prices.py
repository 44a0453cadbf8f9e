"""Rules about the prices and volumes of a series, for whoever asks: they take more columns.

A missing value breaks no rule; a rule that no column is there for is not applied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.stages.checks.finding import NOTHING, Finding, where

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Bars, Closes

LONGEST_RUN = 1_000  # equal closes
BELOW = (  # the first is not above the second
    ("low", "open"), ("low", "close"), ("open", "high"), ("close", "high"), ("low", "high"),
)  # fmt: skip
PRICES = ("open", "high", "low", "close")


class EqualRun(NamedTuple):
    """How many closes at the end of a series are equal, and what they are."""

    length: int = 0
    close: float = np.nan


class PriceChecks(NamedTuple):
    """Bars that break a rule; columns: those that were there."""

    crossed: Finding = NOTHING
    not_positive: Finding = NOTHING
    negative_volume: Finding = NOTHING
    flat: Finding = NOTHING
    run: EqualRun = EqualRun()
    columns: frozenset[str] = frozenset()


def of_batch(batch: Bars, before: PriceChecks) -> PriceChecks:
    """What the rules of prices find in a batch, and was found before."""
    columns = batch.columns
    crossed = np.zeros(len(batch), np.bool_)
    for low, high in BELOW:
        if low in columns and high in columns:
            crossed |= columns[low] > columns[high]
    not_positive = np.zeros(len(batch), np.bool_)
    for name in PRICES:
        if name in columns:
            not_positive |= columns[name] <= 0
    lengths, run = _lengths(columns["close"], before.run)
    found = before._replace(
        crossed=where(batch, crossed, before.crossed),
        not_positive=where(batch, not_positive, before.not_positive),
        flat=where(batch, lengths > LONGEST_RUN, before.flat),
        run=run,
        columns=before.columns | columns.keys(),
    )
    if "volume" not in columns:
        return found
    negative = columns["volume"] < 0
    return found._replace(negative_volume=where(batch, negative, before.negative_volume))


def _lengths(closes: Closes, before: EqualRun) -> tuple[NDArray[np.int64], EqualRun]:
    """How many equal closes end at each bar, and the run that ends at the last.

    >>> _lengths(np.array([1.0, 1.0, 2.0, 2.0]), EqualRun(3, 1.0))
    (array([4, 5, 1, 2]), EqualRun(length=2, close=2.0))
    """
    places = np.arange(len(closes))
    begins = np.empty(len(closes), np.bool_)
    np.not_equal(closes[1:], closes[:-1], out=begins[1:])
    begins[0] = closes[0] != before.close
    starts = np.maximum.accumulate(np.where(begins, places, -before.length))
    lengths = places - starts + 1
    return lengths, EqualRun(int(lengths[-1]), float(closes[-1]))
