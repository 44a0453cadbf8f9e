"""The candles, the signal and the equity of one series as a page draws them: columns in JSON.

Numbers are as short as a drawing needs; the figures of the page come from the metrics. Equity is
computed by decimal arithmetic, so that a page has the same bytes on every machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, NamedTuple

from barwise.stages import candles
from barwise.stages.candles import PRICES, Candles
from barwise.stages.evaluation import paths
from barwise.stages.evaluation.curve import Curve

if TYPE_CHECKING:
    from barwise.stages.candles import Blocks, Ladder
    from barwise.stages.checks.times import TimesSeen
    from barwise.stages.stage import Values

MOST = 1 << 11  # candles of several bars, or where there are several series
DIGITS = 12  # of equity before it is rounded; the last of them is never drawn
UNIT = Decimal(2**paths.BITS)
SECOND = 1_000_000
LARGEST = 9e13  # a hundredth of 2**53: what the library of charts draws


class Drawing(NamedTuple):
    """What is drawn of a series.

    data: columns by name as JSON; "" where nothing can be drawn.
    length: bars of a candle.
    has_candles: there are opens, highs and lows; else the closes are a line.
    refusal: why nothing is drawn, or "".
    """

    data: str
    length: int = 1
    has_candles: bool = False
    refusal: str = ""


def drawing(values: Values, curve: Curve | None, are_several: bool) -> Drawing:
    """What is drawn of the values of a series; `curve`: the measure of its equity."""
    ladder: Ladder = values[Candles.name]
    times: TimesSeen = values["times"]
    if refusal := refused(times):
        return Drawing("", refusal=refusal)
    length, blocks = ladder.length, ladder.candles
    while (length > 1 or are_several) and len(blocks) > MOST:
        length, blocks = 2 * length, candles.halved(blocks)
    prices = {name: blocks[name].tolist() for name in PRICES}
    has_candles = all(any(map(_is_drawn, prices[name])) for name in ("open", "high", "low"))
    if not has_candles:
        prices = {name: prices[name] for name in ("close", "mean")}
    columns = {"time": _times(blocks, length, times)}
    columns |= {name: _numbers(column, 8) for name, column in prices.items()}
    shares = (ones / bars for ones, bars in zip(blocks["ones"], blocks["bars"], strict=True))
    columns["share"] = _numbers(shares, 3)
    if curve:
        points = curve.points(values[curve.name], length)
        at = {int(block): i for i, block in enumerate(points.block)}
        rows = [at.get(int(number)) for number in blocks["number"]]
        columns["equity"] = _numbers(_grown(points.net, rows), 6)
        columns["hold"] = _numbers(_grown(points.hold, rows), 6)
        falls = _grown([-drop for drop in points.drop], rows)
        columns["drawdown"] = _numbers((_percent(fall) for fall in falls), 4)
    kinds = {"bars": length, "timed": times.clock is not None}
    lines = [f"{json.dumps(name)}:{json.dumps(kind)}" for name, kind in kinds.items()]
    lines += [f'"{name}":[{",".join(cells)}]' for name, cells in columns.items()]
    return Drawing("{" + ",".join(lines) + "}", length, has_candles)


def refused(times: TimesSeen) -> str:
    """Why bars of such times cannot be drawn, or ""."""
    if times.clock is not None:
        if times.backward.bars:
            return f"Times go backward at {times.backward.bars:,} of the bars"
        if times.repeated.bars:
            return f"Times are there twice at {times.repeated.bars:,} of the bars"
        if times.unread.bars:
            return f"Times are missing at {times.unread.bars:,} of the bars"
    return ""


def _times(blocks: Blocks, length: int, seen: TimesSeen) -> Iterator[str]:
    """The first time in seconds, then the steps; of bars without times their numbers, from 1."""
    if seen.clock is None:
        times = [(int(number) * length + 1) * SECOND for number in blocks["number"]]
    else:
        times = blocks["time"].tolist()
    before = 0
    for time in times:
        whole, rest = divmod(time - before, SECOND)
        yield f"{whole}.{rest:06}".rstrip("0") if rest else str(whole)
        before = time


def _numbers(values: Iterable[float | Decimal | None], digits: int) -> Iterator[str]:
    """Numbers in JSON, to so many significant digits; null for what is not known."""
    for value in values:
        known = value is not None and _is_drawn(number := float(value))
        yield f"{number:.{digits}g}" if known else "null"


def _is_drawn(value: float) -> bool:
    return -LARGEST < value < LARGEST  # NaN is not


def _grown(path: Sequence[int], rows: Iterable[int | None]) -> Iterator[Decimal | None]:
    """What a capital of 1 is at points of log equity; None where there is no point."""
    with localcontext() as context:
        context.prec = DIGITS
        grown = [(Decimal(steps) / UNIT).exp() for steps in path]
    for row in rows:
        yield None if row is None else grown[row]


def _percent(grown: Decimal | None) -> Decimal | None:
    return None if grown is None else (grown - 1) * 100
