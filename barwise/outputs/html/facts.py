"""What ran, in words: the title of a page and its line, what is drawn, where figures are from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

from barwise.bars.times import interval_in_words, written
from barwise.config import REQUIRED, RULES, Config
from barwise.files.addresses import shown
from barwise.stages.checks import judge
from barwise.version import __version__

if TYPE_CHECKING:
    from barwise.engine.result import Result
    from barwise.outputs.html.series import Drawing

MOST_FILES = 20
FILLS = {
    "next_open": "the next open",
    "next_close": "the next close",
    "close": "the close that decides",
}
MEANS = "Orange: the mean of the window. Purple: the fast mean."
WITHOUT_FIGURES = " Returns, drawdown and intervals come with evaluate: in the config."
WITHOUT_RECORD = (
    (
        "to verify",
        "this run left no record; --record FILE makes one, with hashes of the inputs, and "
        "barwise verify FILE checks it",
    ),
)


def title(result: Result) -> str:
    """What the page is about."""
    if len(result.symbols) > 1:
        return f"barwise: {len(result.symbols):,} symbols"
    name = next(iter(result.symbols))
    files = list(map(shown, result.rows))
    of_files = os.path.basename(files[0]) if len(files) == 1 else f"{len(files):,} files"
    return f"barwise: {of_files}{f', {name}' if name else ''}"


def summary(result: Result) -> str:
    """Bars, times and how they were computed, in a line."""
    config = result.config
    all_times = [values["times"] for values in result.values.values()]
    intervals = {judge.gaps(times).interval for times in all_times}
    interval = intervals.pop() if len(intervals) == 1 else None
    known = [times for times in all_times if times.clock is not None]
    ends = (min(t.earliest for t in known), max(t.latest for t in known)) if known else ()
    parts = [
        f"{result.tally.bars:,} bars{f' of {interval_in_words(interval)}' if interval else ''}",
        f"{' to '.join(map(_minute, ends))} UTC" if ends else "without times",
        _signal(config),
        f"arithmetic {config.arithmetic}",
    ]
    if evaluate := config.evaluate:
        parts.append(f"a switch fills at {FILLS[evaluate.fill]} for {evaluate.cost_bp} bp")
    return "; ".join(parts)


def _signal(config: Config) -> str:
    fast, band = _fast(config), config.signal.band_bp if config.signal else "0"
    what = "the close" if fast == 1 else f"the mean of {fast:,} closes"
    within = "" if band == "0" else f", with a band of {band} bp"
    return f"signal 1 where {what} is above the mean of {config.window:,} closes{within}"


def _fast(config: Config) -> int:
    """Bars of the fast mean; 1: the close itself."""
    return config.signal.fast if config.signal else 1


def of_drawing(one: Drawing, result: Result) -> list[str]:
    """What is drawn, first of all bars, then of the last ones alone; or why there is no chart."""
    if one.refusal:
        where = " The doubts below say where." if result.doubts else ""
        return [f"No chart: {one.refusal}.{where}"]
    means = "Orange: the mean." if _fast(result.config) == 1 else MEANS
    of_one = "One candle a bar." if one.has_candles else "The line: the close of each bar."
    of_one += f" {means} Blue: signal 1. Arrows: it switches; zoom in to see them."
    if one.length == 1:
        return [of_one + (WITHOUT_FIGURES if result.evaluations is None else "")]
    shape = "The line: the last close of each"
    if one.has_candles:
        shape = "First open, highest high, lowest low, last close of each"
    words = f"{shape} {one.length:,} bars. {means} Blue: the share of their signals that is 1."
    if result.evaluations is None:
        return [words + WITHOUT_FIGURES, of_one]
    return [f"{words} Equity: as they end. Drawdown: the deepest within them.", of_one]


def of_symbols(symbols: int, drawn: int, most: int) -> str:
    """Which symbols have charts and rows."""
    words = "Choose one to see its chart."
    if symbols > drawn:
        words += f" The first {drawn} of {symbols:,} have one; for another, run its files alone."
    if symbols > most:
        words += f" The table has the first {most:,}; metrics.json has all."
    return words


def no_doubts(result: Result) -> str:
    """What it means that there are none."""
    if result.config.checks == "off":
        return "None is told: the config says checks: off."
    if any(values["times"].clock is None for values in result.values.values()):
        return "None; but there are bars without times, so gaps and order are not checked."
    return "None: times ascend without a gap, and no close is missing."


def of_run(result: Result) -> Iterator[tuple[str, str]]:
    """Version, config and inputs, names and texts."""
    yield "version", f"barwise {__version__}"
    yield "config", "\n".join(_of_config(result.config))
    files = list(result.rows.items())
    for path, rows in files[:MOST_FILES]:
        yield f"bars of {shown(path)}", f"{rows:,}"
    if len(files) > MOST_FILES:
        yield "more files", f"{len(files) - MOST_FILES:,}"
    for words in dict.fromkeys(filter(None, result.inferred.values())):
        yield "columns", words
    if digest := result.digest:
        yield "digest of closes and signals", digest


def _of_config(config: Config) -> Iterator[str]:
    """What the config has to say, and what differs from what is usual, as YAML."""
    usual = Config(config.seed, config.window, config.version)
    for key in RULES:
        value = getattr(config, key)
        if key in REQUIRED or value != getattr(usual, key):
            yield f"{key}: {_in_yaml(value)}"


def _in_yaml(value: Any) -> str:
    if is_dataclass(value) and not isinstance(value, type):
        value = {key: one for key, one in asdict(value).items() if one is not None}
        return f"{{{', '.join(f'{key}: {_in_yaml(one)}' for key, one in value.items())}}}"
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_in_yaml, value))}]"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _minute(time: int) -> str:
    """A time in UTC, without seconds where they are 0."""
    return written(time).removesuffix("Z").removesuffix(":00").replace("T", " ")
