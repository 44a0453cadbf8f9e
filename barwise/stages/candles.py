"""The bars of a series as at most 4,096 candles, for whoever draws them.

A candle is 2**j bars by their position in the series: so candles are the same however the series
was cut, and merge in pairs when there are more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.bars.times import NO_TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Bars

    Blocks = NDArray[Any]  # structured; see `FIELDS`

MOST = 1 << 12
LATEST = 1 << 8
CHUNK_BARS = 1 << 14
PRICES = ("open", "high", "low", "close", "mean", "fast_mean")
# Of a candle: its number in the series; when its first bar is; its first open, highest high, lowest
# low, last close and means, NaN where there is none; its bars, and those whose signal is 1.
FIELDS = np.dtype(
    [
        ("number", "<i8"),
        ("time", "<i8"),
        *((name, "<f8") for name in PRICES),
        ("bars", "<i8"),
        ("ones", "<i8"),
    ]
)


class Ladder(NamedTuple):
    """The candles of bars that follow each other.

    length: bars of a candle.
    blocks: the candles, as bytes of `FIELDS`; `of_bytes` reads them.
    """

    length: int
    blocks: bytes


class Candles:
    """See `Ladder`; `most` candles, and `chunk_bars` at a time: others are for tests."""

    name, value = "candles", Ladder
    needs = frozenset({"signal", "mean", "open", "high", "low", "timestamp"})
    by_position = True

    def __init__(self, most: int = MOST, chunk_bars: int = CHUNK_BARS) -> None:
        self.most, self.chunk_bars = most, chunk_bars

    def of(self, bars: Bars) -> Ladder:
        length, last = 1, (bars.first or 0) + len(bars) - 1
        while last // length >= self.most:
            length *= 2
        chunks = range(0, len(bars), self.chunk_bars)
        pieces = [_of_bars(bars.cut(at, at + self.chunk_bars), length) for at in chunks]
        blocks = grouped(np.concatenate(pieces))
        return Ladder(length, blocks.tobytes())

    def merge(self, left: Ladder, right: Ladder) -> Ladder:
        length = max(left.length, right.length)
        before, after = (coarser(ladder, length) for ladder in (left, right))
        between = grouped(np.concatenate((before[-1:], after[:1])))
        blocks = np.concatenate((before[:-1], between, after[1:]))
        while int(blocks["number"][-1]) >= self.most:
            length, blocks = 2 * length, halved(blocks)
        return Ladder(length, blocks.tobytes())


class Latest:
    """The last bars of a series, each as a candle, as bytes of `FIELDS`; so `many` of them."""

    name, value = "latest", bytes
    needs, by_position = Candles.needs, True

    def __init__(self, many: int = LATEST) -> None:
        self.many = many

    def of(self, bars: Bars) -> bytes:
        return _of_bars(bars.cut(max(0, len(bars) - self.many), len(bars)), 1).tobytes()

    def merge(self, left: bytes, right: bytes) -> bytes:
        return (left + right)[-self.many * FIELDS.itemsize :]


def coarser(ladder: Ladder, length: int) -> Blocks:
    """The candles of a length."""
    of_length, blocks = ladder.length, of_bytes(ladder.blocks)
    while of_length < length:
        of_length, blocks = 2 * of_length, halved(blocks)
    return blocks


def of_bytes(blocks: bytes) -> Blocks:
    return np.frombuffer(blocks, FIELDS)


def halved(blocks: Blocks) -> Blocks:
    """The candles of twice the length."""
    out = blocks.copy()
    out["number"] >>= 1
    return grouped(out)


def grouped(blocks: Blocks) -> Blocks:
    """Candles that follow each other, those of one number as one."""
    numbers = blocks["number"]
    first = np.flatnonzero(np.concatenate(([True], numbers[1:] != numbers[:-1])))
    last = np.append(first[1:], len(blocks)) - 1
    out = blocks[first]
    out["open"] = _first_known(blocks["open"], first, last)
    out["high"] = np.fmax.reduceat(blocks["high"], first)
    out["low"] = np.fmin.reduceat(blocks["low"], first)
    end = len(blocks) - 1
    for name in PRICES[3:]:  # the last that is known is the first from behind
        out[name] = _first_known(blocks[name][::-1], end - last, end - first)
    for name in ("bars", "ones"):
        out[name] = np.add.reduceat(blocks[name], first)
    return out


def _of_bars(bars: Bars, length: int) -> Blocks:
    columns, first = bars.columns, bars.first
    if first is None:
        raise ValueError("candles are cut by where bars stand in their series")
    blocks = np.empty(len(bars), FIELDS)
    blocks["number"] = np.arange(first, first + len(bars)) // length
    blocks["time"] = columns.get("time", NO_TIME)
    for name in PRICES:
        values = columns.get(name, np.nan)
        blocks[name] = np.where(np.isnan(values), np.nan, values + 0.0)  # one NaN, and no -0.0
    blocks["bars"], blocks["ones"] = 1, columns["signal"]
    return grouped(blocks) if length > 1 else blocks


def _first_known(
    values: NDArray[np.float64], first: NDArray[np.intp], last: NDArray[np.intp]
) -> NDArray[np.float64]:
    """Of values from one index to another the first that is not NaN; NaN, where none is."""
    end = len(values) - 1
    known = np.where(np.isnan(values), end, np.arange(len(values)))
    following = np.minimum.accumulate(known[::-1])[::-1]
    return values[np.minimum(following[first], last)]
