"""Measures that count bars and signals."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from barwise.bars.batch import Bars


class Count:
    """How many bars there are."""

    name, needs, value = "bars", frozenset[str](), int
    moves = True

    def of(self, bars: Bars) -> int:
        return len(bars)

    def merge(self, left: int, right: int) -> int:
        return left + right


class Ones:
    """How many signals are 1."""

    name, needs, value = "ones", frozenset({"signal"}), int
    moves = True

    def of(self, bars: Bars) -> int:
        return int(np.count_nonzero(bars.columns["signal"]))

    def merge(self, left: int, right: int) -> int:
        return left + right
