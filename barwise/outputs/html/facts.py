"""What ran, in words: the title of a page, its line, what is drawn, and where the figures are from."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from barwise.bars.times import interval_in_words, written
from barwise.stages.checks import judge
from barwise.version import __version__

if TYPE_CHECKING:
    from barwise.engine.result import Result
    from barwise.outputs.html.series import Drawing

MOST_FILES = 20
WITHOUT_RECORD = (
    (
        "to verify",
        "this run left no record: with --record FILE it has hashes of its inputs, which barwise verify FILE checks",
    ),
)


def title(result: Result) -> str:
    """What the page is about."""
    if len(result.symbols) > 1:
        return f"barwise: {len(result.symbols):,} symbols"
    name = next(iter(result.symbols))
    files = list(result.rows)
    of_files = os.path.basename(files[0]) if len(files) == 1 else f"{len(files):,} files"
    return f"barwise: {of_files}{f', {name}' if name else ''}"


def summary(result: Result) -> str:
    """Bars, times and how they were computed, in a line."""
    config = result.config
    all_times = [values["times"] for values in result.values.values()]
    intervals = {judge.gaps(times).interval for times in all_times}
    interval = intervals.pop() if len(intervals) == 1 else None
    bars = f"{result.tally.bars:,} bars{f' of {interval_in_words(interval)}' if interval else ''}"
    known = [times for times in all_times if times.clock is not None]
    span = "without times"
    if known:
        first, last = (min(t.earliest for t in known), max(t.latest for t in known))
        span = " to ".join(_minute(time) for time in (first, last)) + " UTC"
    how = f"signal 1 where the close is above the mean of {config.window:,} closes, {config.arithmetic}"
    parts = [bars, span, how]
    if evaluate := config.evaluate:
        parts.append(f"filled at {evaluate.fill.replace('_', ' ')}, {evaluate.cost_bp} bp a fill")
    return "; ".join(parts)


def of_drawing(one: Drawing, result: Result) -> str:
    """What a candle is, or why there is no chart."""
    if one.refusal:
        return f"No chart: {one.refusal}. The doubts below say where."
    if one.length == 1:
        shape = "One candle a bar" if one.has_candles else "A point a bar, of its close"
        words = (
            f"{shape}; arrows where the signal changes, once you are near enough; blue: signal 1."
        )
    elif one.has_candles:
        words = (
            f"One candle is {one.length:,} bars: first open, highest high, lowest low, last close and mean; "
            "blue: the share of its bars with signal 1."
        )
    else:
        words = f"A point is {one.length:,} bars: last close and mean; blue: the share of its bars with signal 1."
    if result.evaluations is None:
        return f"{words} Returns, drawdown and intervals come with evaluate: in the config."
    if one.length == 1:
        return words
    return f"{words} Equity is that at its end, drawdown the deepest within it."


def of_symbols(symbols: int, drawn: int, most: int) -> str:
    """Which symbols have charts and rows."""
    words = "Choose one to see its chart."
    if symbols > drawn:
        words += f" The first {drawn} of {symbols:,} have one; for another, run its files alone."
    if symbols > most:
        words += f" The table has the first {most:,}; metrics.json has all."
    return words


def no_doubts(result: Result) -> str:
    if result.config.checks == "off":
        return "None is told: the config says checks: off."
    return "None: times ascend without a gap, and no close is missing."


def of_run(result: Result) -> Iterator[tuple[str, str]]:
    """Version, config and inputs, names and texts."""
    yield "barwise", __version__
    for key, value in asdict(result.config).items():
        if shown := _of_key(value):
            yield f"config, {key}", shown
    files = list(result.rows.items())
    for path, rows in files[:MOST_FILES]:
        yield f"bars of {path}", f"{rows:,}"
    if len(files) > MOST_FILES:
        yield "more files", f"{len(files) - MOST_FILES:,}"
    for words in dict.fromkeys(result.inferred.values()):
        yield "columns", words
    if digest := result.digest:
        yield "digest of closes and signals", digest


def _of_key(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(
            f"{key}: {_of_key(of_key)}" for key, of_key in value.items() if _of_key(of_key)
        )
    if isinstance(value, tuple | list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _minute(time: int) -> str:
    """A time in UTC, without seconds where they are 0."""
    return written(time).removesuffix("Z").removesuffix(":00").replace("T", " ")
