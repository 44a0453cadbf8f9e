"""Slow, plain answers that barwise did not write: pandas, fractions, and hashlib over struct."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from itertools import chain
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import strategies as st
from numpy.typing import NDArray


def pandas_signals(closes: Sequence[float], window: int) -> list[int]:
    close = pd.Series(closes, dtype="float64")
    return list((close > close.rolling(window).mean()).astype(int))


def stands_for(close: float) -> Fraction:
    """The decimal that a close stands for, by the rule in `decimals/ticks.py`."""
    shortest = Decimal(repr(close)).normalize()
    near = Fraction(f"{Decimal(close):.12e}")  # 13 digits
    read = Fraction(float(near))
    beside = abs(read - Fraction(close)) <= 2 * Fraction(math.ulp(close))
    is_fraction_that_floats_lack = near.denominator > 1 and read != near
    if len(shortest.as_tuple().digits) > 13 and beside and is_fraction_that_floats_lack:
        return near
    return Fraction(shortest)


def exact_signals(closes: Sequence[float], window: int) -> list[int]:
    values = [None if math.isnan(close) else stands_for(close) for close in closes]
    signals = []
    for end in range(1, len(values) + 1):
        held = values[max(0, end - window) : end]
        known = [value for value in held if value is not None]
        last = held[-1]
        full = len(known) == window
        signals.append(int(full and last is not None and last * window > sum(known)))
    return signals


def exact_means(closes: Sequence[float], window: int) -> list[float]:
    """The correctly rounded means of the decimals that closes stand for; NaN where undefined."""
    values = [None if math.isnan(close) else stands_for(close) for close in closes]
    means = []
    for end in range(1, len(values) + 1):
        known = [value for value in values[max(0, end - window) : end] if value is not None]
        mean = sum(known, Fraction(0)) / window
        means.append(mean.numerator / mean.denominator if len(known) == window else math.nan)
    return means


def signals_in_pieces(
    arithmetic: ModuleType,
    closes: Sequence[float],
    window: int,
    cuts: Sequence[int] = (),
    **options: Any,
) -> list[int]:
    """What an arithmetic gives for a series that is cut into batches before the bars in `cuts`."""
    pieces = np.split(np.array(closes, np.float64), sorted(cuts))
    carry = arithmetic.start()
    signals: list[int] = []
    for piece in pieces:
        piece_signals, carry = arithmetic.step(piece, carry, window, **options)
        assert piece_signals.dtype == np.int8
        signals.extend(piece_signals.tolist())
    return signals


def nudged(closes: NDArray[np.float64], units: NDArray[np.int64]) -> NDArray[np.float64]:
    """Closes moved by so many units in the last place each, as a careless reader leaves them."""
    with np.errstate(all="ignore"):
        return closes + units * np.spacing(np.abs(closes))


@st.composite
def walks(draw: st.DrawFn) -> list[float]:
    """A random walk on a grid of 0 to 8 decimals, from flat to wild, at any price."""
    decimals = draw(st.integers(0, 8))
    steps = draw(st.lists(st.integers(-3, 3), min_size=1, max_size=60))
    start = draw(st.integers(-(10**6), 10**9))
    widest = draw(st.sampled_from([0, 1, 1000]))
    ticks = start + np.cumsum(np.array(steps) * widest)
    return [float(Fraction(int(tick), 10**decimals)) for tick in ticks]


def wild() -> st.SearchStrategy[list[float]]:
    """Any finite float64s."""
    return st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=40)


@st.composite
def series(draw: st.DrawFn) -> list[float]:
    """Walks, noisy walks, near-ties far above 2**53 and any floats, with and without gaps."""
    closes = np.array(
        draw(
            st.one_of(
                walks(),
                wild(),
                st.lists(st.sampled_from([0.1, 0.2, 0.3, 0.7, -0.0]), min_size=1, max_size=60),
                st.lists(st.integers(0, 3).map(lambda k: 1e17 + 16 * k), min_size=1, max_size=40),
                walks().map(lambda walk: [close * 1e-12 for close in walk]),
            )
        )
    )
    if draw(st.booleans()):
        units = draw(st.lists(st.integers(-3, 3), min_size=len(closes), max_size=len(closes)))
        closes = nudged(closes, np.array(units))
        closes[~np.isfinite(closes)] = 1e308
    for gap in draw(st.lists(st.integers(0, len(closes) - 1), max_size=3)):
        closes[gap] = np.nan
    return [float(close) for close in closes]


windows = st.one_of(st.integers(1, 8), st.integers(1, 80))


@st.composite
def cut_series(draw: st.DrawFn) -> tuple[list[float], int, list[int]]:
    """A series, a window, and where to cut the series."""
    closes = draw(series())
    return closes, draw(windows), draw(st.lists(st.integers(0, len(closes)), max_size=5))


def block_digests(closes: Sequence[float], signals: Sequence[int], bars: int) -> list[list[str]]:
    """The digests of blocks of so many closes, and of so many signals."""
    missing = b"\0\0\0\0\0\0\xf8\x7f"
    packed = [missing if math.isnan(close) else struct.pack("<d", close) for close in closes]
    blocks = range(0, len(closes), bars)
    return [
        [sha256(b"".join(packed[i : i + bars])).hexdigest() for i in blocks],
        [sha256(bytes(signals[i : i + bars])).hexdigest() for i in blocks],
    ]


def series_digest(closes: Sequence[float], signals: Sequence[int], bars: int = 4096) -> str:
    blocks = "".join(chain.from_iterable(block_digests(closes, signals, bars)))
    return sha256(bytes.fromhex(blocks) + struct.pack("<Q", len(closes))).hexdigest()


def run_digest(series: Mapping[str, str]) -> str:
    """The digest of a run of several series, by their digests."""
    pairs = sorted((name.encode(), bytes.fromhex(digest)) for name, digest in series.items())
    parts = (struct.pack("<Q", len(name)) + name + digest for name, digest in pairs)
    return sha256(b"".join(parts)).hexdigest()


def exact_crossings(closes: Sequence[float], window: int, fast: int, band_bp: str) -> list[int]:
    """The signals of two means and a band, in fractions; see `signal:` in docs/config.md."""
    values = [None if math.isnan(close) else stands_for(close) for close in closes]
    band, last = Fraction(band_bp) / 10_000, 0
    signals = []
    for end in range(1, len(values) + 1):
        known = [value for value in values[max(0, end - window) : end] if value is not None]
        slow, quick = Fraction(sum(known)) / window, Fraction(sum(known[-fast:])) / fast
        if len(known) < window:
            last = 0
        elif quick > slow * (1 + band):
            last = 1
        elif quick <= slow * (1 - band):
            last = 0
        signals.append(last)
    return signals


def pandas_crossings(closes: Sequence[float], window: int, fast: int, band_bp: str) -> list[int]:
    """The same in float64, by pandas' own rolling means."""
    close, band = pd.Series(closes, dtype="float64"), float(Fraction(band_bp) / 10_000)
    quick = close.rolling(fast).mean() if fast > 1 else close
    slow = close.rolling(window).mean()
    is_on, is_within = quick > slow * (1 + band), quick > slow * (1 - band)
    signals, last = [], 0
    for on, within in zip(is_on, is_within, strict=True):
        last = int(on or (within and last))
        signals.append(last)
    return signals
