"""Made-up bars, and each as the cells that a layout's row is put together from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
BARS = 120  # of a symbol: more than the 100 cells that are looked at
SEED = 5  # chosen so that each misreading has a value of its own; see test_vendors.py
ROLES = ("open", "high", "low", "close")


class Bar(NamedTuple):
    """A bar.

    number: from 0, in order of time.
    ticker: the symbol.
    time: when it begins, on the clock of the file.
    prices: by role, in cents.
    traded: False where a file says NaN.
    """

    number: int
    ticker: str
    time: datetime
    prices: Mapping[str, int]
    traded: bool = True

    @property
    def microseconds(self) -> int:
        return (self.time - EPOCH) // MICROSECOND

    def price(self, role: str) -> float:
        return float(self.text(role))

    def text(self, role: str) -> str:
        return f"{self.prices[role] / 100:.2f}" if self.traded else "NaN"

    def cells(self) -> dict[str, object]:
        """What the braces of a row may name.

        s, ms, us, ns: Unix times. spot: Binance's, in us since 2025. mixed: s, then ms. hms: the
        hour, minute and second as one number. comma, thousands, nano: prices with a decimal comma,
        as 45,323.9, and times 10**9.
        """
        us = self.microseconds
        s, ms, ns = us // 1_000_000, us // 1_000, us * 1_000
        texts = {role: self.text(role) for role in ROLES}
        return {
            **{"number": self.number, "ticker": self.ticker, "time": self.time, **texts},
            **{"s": s, "ms": ms, "us": us, "ns": ns},
            "spot": us if self.time.year >= 2025 else ms,
            "mixed": s if self.number < BARS // 2 else ms,
            "hms": int(f"{self.time:%H%M%S}"),
            "comma": {role: text.replace(".", ",") for role, text in texts.items()},
            "thousands": {role: f"{cents / 100:,.1f}" for role, cents in self.prices.items()},
            "nano": {role: cents * 10**7 for role, cents in self.prices.items()},
        }


def walk(
    ticker: str,
    seed: int,
    start: datetime,
    step: timedelta,
    cents: int,
    untraded: Sequence[int] = (),
) -> list[Bar]:
    """The bars of one symbol, oldest first, from about `cents`.

    A bar opens at the close before it, but for every fifth or so.
    """
    rng = np.random.default_rng([SEED, seed])
    reach = cents // 1_500
    moves = rng.integers(-reach, reach + 1, BARS).tolist()
    jumps = np.where(rng.random(BARS) < 0.2, rng.integers(-reach, reach + 1, BARS), 0).tolist()
    above, below = rng.integers(0, reach, (2, BARS)).tolist()
    bars, close = [], cents
    for n in range(BARS):
        opened, close = close + jumps[n], close + moves[n]
        high, low = max(opened, close) + above[n], min(opened, close) - below[n]
        prices = {"open": opened, "high": high, "low": low, "close": close}
        bars.append(Bar(n, ticker, start + n * step, prices, n not in untraded))
    return bars
