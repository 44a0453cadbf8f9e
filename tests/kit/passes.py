"""Bars with whatever can be wrong with them, passes over them, and random cuts and trees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, TypeVar

import numpy as np

from barwise.bars.batch import Bars
from barwise.bars.times import NO_TIME
from barwise.stages.candles import Candles, Latest
from barwise.stages.checks.closes import Missing, Unfinished
from barwise.stages.checks.prices import Prices
from barwise.stages.checks.times import Times
from barwise.stages.counts import Count, Ones
from barwise.stages.digests import BlockDigests
from barwise.stages.evaluation.curve import Curve
from barwise.stages.evaluation.measure import Evaluation
from barwise.stages.stage import Measure
from barwise.stages.sweep.measure import Sweep

Value = TypeVar("Value")
MINUTE = 60_000_000


def all_measures(block_bars: int = 7, most_steps: int = 3, longest_run: int = 2) -> list[Measure]:
    """Every measure there is, with limits so small that bars reach them."""
    return [
        Count(),
        Ones(),
        Missing(),
        Unfinished(),
        Times(most_steps=most_steps, block_bars=5),
        Prices(longest_run),
        BlockDigests(block_bars),
        Evaluation("next_close", 1e-4, (1, 3), most_blocks=2, chunk_bars=5),
        Curve("next_close", 1e-4, most=4),
        Candles(most=4, chunk_bars=5),
        Latest(3),
        Sweep([(2, 1), (3, 1), (7, 1), (7, 2)], "next_open", 1e-4, most_blocks=2, chunk_bars=5),
    ]


def dirty_bars(seed: int, size: int, first: int = 0) -> Bars:
    """Bars of one series in one part, whose signals are random too."""
    rng = np.random.default_rng(seed)
    closes = np.round(100 + np.cumsum(rng.integers(-1, 2, size)) / 4, 2)
    closes[rng.random(size) < 0.1 * rng.integers(0, 2)] = np.nan
    times = 1_735_689_600_000_000 + MINUTE * np.arange(size)
    times += MINUTE * np.cumsum(rng.random(size) < 0.2 * rng.integers(0, 2)) * rng.integers(1, 9)
    swapped = rng.random(size) < 0.2 * rng.integers(0, 2)
    times[swapped] = times[rng.integers(0, size, int(swapped.sum()))]
    times[rng.random(size) < 0.1 * rng.integers(0, 2)] = NO_TIME
    columns: dict[str, Any] = {
        "close": closes,
        "time": times,
        "clock": rng.choice([3, 3, 3, 4], size).astype(np.int8),
        "open": closes + rng.integers(-1, 2, size),
        "high": closes + rng.integers(0, 3, size),
        "low": closes - rng.integers(0, 3, size),
        "volume": rng.integers(-1, 9, size).astype(float),
        "unfinished": rng.random(size) < 0.05,
        "signal": rng.integers(0, 2, size).astype(np.int8),
        "mean": np.where(rng.random(size) < 0.2, np.nan, closes + 1),
        "fast_mean": closes - 1,
    }
    for name in ("open", "high", "low", "volume", "unfinished", "fast_mean"):
        if rng.random() < 0.2:
            del columns[name]
    if rng.random() < 0.1:
        del columns["time"], columns["clock"]
    return Bars("", 0, range(size), columns, None, first)


def cut(bars: Bars, places: Sequence[int]) -> list[Bars]:
    """The bars in pieces, cut before some of them."""
    edges = sorted({0, *(place % len(bars) for place in places), len(bars)})
    return [bars.cut(begin, end) for begin, end in pairwise(edges)]


def merged(
    values: Sequence[Value], merge: Callable[[Value, Value], Value], draws: Sequence[int]
) -> Value:
    """Neighbours merged two by two, in an order that is drawn."""
    remaining = list(values)
    for draw in draws:
        if len(remaining) > 1:
            at = draw % (len(remaining) - 1)
            remaining[at : at + 2] = [merge(remaining[at], remaining[at + 1])]
    while len(remaining) > 1:
        remaining[:2] = [merge(remaining[0], remaining[1])]
    return remaining[0]
