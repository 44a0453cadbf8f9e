"""The candles, the signal and the equity of one series as a page draws them: columns in JSON.

Numbers are as short as a drawing needs; the figures of the page come from the metrics. Equity is
computed by decimal arithmetic, so that a page has the same bytes on every machine.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal, localcontext
from typing import TYPE_CHECKING, NamedTuple

from barwise.stages import candles
from barwise.stages.candles import PRICES, Candles, Latest
from barwise.stages.evaluation import paths

if TYPE_CHECKING:
    from barwise.stages.candles import Blocks, Ladder
    from barwise.stages.checks.times import TimesSeen
    from barwise.stages.evaluation.curve import Curve, Points
    from barwise.stages.stage import Values

    Columns = dict[str, str]  # by name, as JSON

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
    length, blocks = ladder.length, candles.of_bytes(ladder.blocks)
    while (length > 1 or are_several) and len(blocks) > MOST:
        length, blocks = 2 * length, candles.halved(blocks)
    is_timed = times.clock is not None
    columns = _columns(blocks, length, is_timed)
    if curve:
        columns |= _equity(curve.points(values[curve.name], length), blocks)
    if length > 1:
        latest = candles.of_bytes(values[Latest.name])
        columns["latest"] = _json(_columns(latest, 1, is_timed))
    return Drawing(_json(columns), length, "open" in columns)


def _columns(blocks: Blocks, length: int, is_timed: bool) -> Columns:
    """What is drawn of candles: numbers, times, prices and the share of signals of 1."""
    prices = {name: blocks[name].tolist() for name in PRICES}
    if not all(any(map(_is_drawn, prices[name])) for name in ("open", "high", "low")):
        prices = {name: prices[name] for name in PRICES[3:]}
    if not any(map(_is_drawn, prices["fast_mean"])):
        del prices["fast_mean"]
    shares = (blocks["ones"] / blocks["bars"]).tolist()
    return {
        "bars": str(length),
        "timed": json.dumps(is_timed),
        "time": _times(blocks, length, is_timed),
        **{name: _numbers(column, 8) for name, column in prices.items()},
        "share": _numbers(shares, 3),
    }


def _equity(points: Points, blocks: Blocks) -> Columns:
    """Equity of the signal and of holding, and the drawdown in percent, of each candle."""
    at = {block: i for i, block in enumerate(points.block.tolist())}
    rows = [at.get(number) for number in blocks["number"].tolist()]
    net, hold = (_grown(path, rows) for path in (points.net, points.hold))
    falls = _grown([-drop for drop in points.drop], rows)
    percent = (None if fall is None else (fall - 1) * 100 for fall in falls)
    return {"equity": _numbers(net, 6), "hold": _numbers(hold, 6), "drawdown": _numbers(percent, 4)}


def refused(times: TimesSeen) -> str:
    """Why bars of such times cannot be drawn, or ""."""
    if times.clock is not None:
        if times.backward.bars:
            return f"times go backward at {times.backward.bars:,} of the bars"
        if times.repeated.bars:
            return f"times are there twice at {times.repeated.bars:,} of the bars"
        if times.unread.bars:
            return f"times cannot be read at {times.unread.bars:,} of the bars"
    return ""


def _json(columns: Columns) -> str:
    return "{" + ",".join(f'"{name}":{column}' for name, column in columns.items()) + "}"


def _times(blocks: Blocks, length: int, is_timed: bool) -> str:
    """The first time in seconds, then the steps; of bars without times their numbers, from 1."""
    times = blocks["time"].tolist()
    if not is_timed:
        times = [(number * length + 1) * SECOND for number in blocks["number"].tolist()]
    steps, before = [], 0
    for time in times:
        steps.append(f"{(time - before) / SECOND:.6f}".rstrip("0").rstrip("."))
        before = time
    return _array(steps)


def _numbers(values: Iterable[float | Decimal | None], digits: int) -> str:
    """Numbers to so many significant digits; null for what is not known, or cannot be drawn."""
    known = (math.nan if value is None else float(value) for value in values)
    return _array(f"{value:.{digits}g}" if _is_drawn(value) else "null" for value in known)


def _array(cells: Iterable[str]) -> str:
    return f"[{','.join(cells)}]"


def _is_drawn(value: float) -> bool:
    return -LARGEST < value < LARGEST  # NaN is not


def _grown(path: Sequence[int], rows: Iterable[int | None]) -> Iterator[Decimal | None]:
    """What a capital of 1 is at points of log equity; None where there is no point."""
    with localcontext() as context:
        context.prec = DIGITS
        grown = [(Decimal(steps) / UNIT).exp() for steps in path]
    for row in rows:
        yield None if row is None else grown[row]
