"""Rules about the prices and volumes of a series, for whoever asks: they take more columns.

A missing value breaks no rule; a rule that no column is there for is not applied.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.stages.checks.finding import NOTHING, Finding, offenders

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Bars, Closes

LONGEST_RUN = 1_000  # equal closes
BELOW = (  # the first is not above the second
    ("low", "open"), ("low", "close"), ("open", "high"), ("close", "high"), ("low", "high"),
)  # fmt: skip
PRICES = ("open", "high", "low", "close")


class EqualRun(NamedTuple):
    """Equal closes at the end of a series.

    length: how many.
    close: what they are; NaN where the last is missing.
    """

    length: int = 0
    close: float = np.nan


class PriceChecks(NamedTuple):
    """What the rules of prices see.

    crossed: bars whose prices cross low or high.
    not_positive: bars with a price that is not above 0.
    negative_volume: bars whose volume is below 0.
    flat: bars that end too long a run of equal closes.
    run: the equal closes at the end.
    columns: those that the bars had.
    """

    crossed: Finding = NOTHING
    not_positive: Finding = NOTHING
    negative_volume: Finding = NOTHING
    flat: Finding = NOTHING
    run: EqualRun = EqualRun()
    columns: frozenset[str] = frozenset()


def of_batch(batch: Bars, before: PriceChecks) -> PriceChecks:
    """What the rules of prices see in a batch, and saw before."""
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
    checks = before._replace(
        crossed=offenders(batch, crossed, before.crossed),
        not_positive=offenders(batch, not_positive, before.not_positive),
        flat=offenders(batch, lengths > LONGEST_RUN, before.flat),
        run=run,
        columns=before.columns | columns.keys(),
    )
    if "volume" not in columns:
        return checks
    negative = columns["volume"] < 0
    return checks._replace(negative_volume=offenders(batch, negative, before.negative_volume))


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
