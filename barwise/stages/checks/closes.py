"""What rules of single bars see: bars without a close, and bars that are not finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from barwise.stages.checks.finding import NOTHING, Finding, merged, offenders

if TYPE_CHECKING:
    from barwise.bars.batch import Bars


class Missing:
    """Bars without a close."""

    name, needs, value = "missing", frozenset[str](), Finding
    moves = True

    def of(self, bars: Bars) -> Finding:
        closes = bars.columns["close"]
        if not np.isnan(np.minimum.reduce(closes)):  # half the time of looking at each
            return NOTHING
        return offenders(bars, np.isnan(closes))

    def merge(self, left: Finding, right: Finding) -> Finding:
        return merged(left, right)


class Unfinished:
    """Bars that are not finished; None where no column says which."""

    name, needs, value = "unfinished", frozenset({"confirm"}), Finding | None
    moves = True

    def of(self, bars: Bars) -> Finding | None:
        if "unfinished" not in bars.columns:
            return None
        return offenders(bars, bars.columns["unfinished"])

    def merge(self, left: Finding | None, right: Finding | None) -> Finding | None:
        if left is None or right is None:
            return right if left is None else left
        return merged(left, right)
