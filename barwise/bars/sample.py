"""Made-up bars: a BTC/USD-like minute series, the same bytes for the same seed everywhere.

All integers: cents, and millionths of a bitcoin. Nothing here depends on NumPy or on how a
platform rounds.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta

HEADER = "timestamp,open,high,low,close,volume_btc,volume_usd\n"
FIRST_MINUTE = datetime(2024, 1, 1)
FIRST_PRICE = 4_500_000  # cents
RANDOM_BITS = 53  # what random.random() draws; Python keeps its sequence for a seed
SPREAD = 700  # a minute moves the price by about this many millionths (one standard deviation)
GAP_EVERY = 50  # about one minute in so many does not open at the close before it
WIDEST = 2_000  # such a gap is at most a 2,000th of the price, or one tick
GAP_SEEDS = 1 << 64  # where the seeds of gaps begin: above all that `barwise sample` accepts


def rows(count: int, seed: int, tick: int = 1) -> Iterator[str]:
    """The CSV lines of `count` minutes, header first, with prices in steps of `tick` cents.

    open, high, low, close: USD, two decimals, low <= open, close <= high.
    volume_btc: six decimals.
    volume_usd: two decimals, at the price in the middle of the bar.

    A minute opens at the close before it. About one in 50 opens up to 0.05 % higher or lower, so
    that a trade at the next open differs from one at the close. Those gaps have random numbers of
    their own: closes and volume_btc do not depend on them.

    >>> print(*rows(1, seed=1), sep="", end="")
    timestamp,open,high,low,close,volume_btc,volume_usd
    2024-01-01 00:00:00,45000.00,45021.02,44966.70,45000.00,0.080010,3599.96
    """
    draw, gaps = random.Random(seed), random.Random(GAP_SEEDS + seed)
    yield HEADER
    last = open_ = max(1, FIRST_PRICE // tick) * tick
    for minute in range(count):
        close = _step(draw, last, tick)
        high = max(open_, close, _step(draw, max(open_, close), tick))
        low = min(open_, close, _step(draw, min(open_, close), tick))
        volume = _below(draw, 1_000) * _below(draw, 50_000)  # millionths; mostly small, some large
        usd = (volume * (high + low) // 2 + 500_000) // 1_000_000
        yield (
            f"{FIRST_MINUTE + timedelta(minutes=minute)},"
            f"{_cents(open_)},{_cents(high)},{_cents(low)},{_cents(close)},"
            f"{volume // 1_000_000}.{volume % 1_000_000:06d},{_cents(usd)}\n"
        )
        last, open_ = close, _opened(gaps, close, tick)


def _opened(gaps: random.Random, last: int, tick: int) -> int:
    """Where the minute after a close of `last` opens."""
    if _below(gaps, GAP_EVERY):
        return last
    gap = (1 + _below(gaps, max(1, last // (WIDEST * tick)))) * tick
    return last - gap if _below(gaps, 2) and gap < last else last + gap


def _step(draw: random.Random, price: int, tick: int) -> int:
    """The price after a random move, nearly normal, in whole ticks and above zero."""
    # Four uniform draws of 0 to n sum to mean 2 n and variance n**2 / 3.
    n = SPREAD * 1_732 // 1_000
    move = sum(_below(draw, n + 1) for _ in range(4)) - 2 * n
    moved = price + (price * move + 500_000) // 1_000_000
    return max(1, (moved + tick // 2) // tick) * tick


def _below(draw: random.Random, bound: int) -> int:
    """A whole number from 0 to bound - 1."""
    return int(draw.random() * (1 << RANDOM_BITS)) * bound >> RANDOM_BITS


def _cents(amount: int) -> str:
    return f"{amount // 100}.{amount % 100:02d}"
