"""The figures of a run in words: cards, and the rows of the table of symbols.

Figures are those of metrics.json; a figure that is not defined is a dash, and says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.engine import metrics

if TYPE_CHECKING:
    from barwise.engine.result import Result
    from barwise.stages.tally import Tally

    Figures = Mapping[str, Any]

NONE = "–"
MINUS = "−"
TOO_FEW = "too few bars for an interval"


class Card(NamedTuple):
    """A figure: its name, its value, and what to hold beside it."""

    name: str
    value: str
    beside: str


def of_series(tally: Tally, figures: Figures) -> list[Card]:
    """The eight cards of a series that is evaluated."""
    net, hold = figures["net"], figures["hold"]
    year, even = figures["bars_per_year"], figures["gross"]["break_even_bp"]
    by_year = "the interval of bars is not known" if year is None else f"{year:,} bars a year"
    ratios = (figure(net["sharpe"]), figure(net["sharpe_annualised"], 2))
    drops = [_percent(of["max_drawdown"]) for of in (net, hold)]
    return [
        _rate(tally),
        *_of_signal(figures),
        Card("Net return", _percent(net["return"]), f"holding {_percent(hold['return'])}"),
        Card("Sharpe of a bar", ratios[0], _interval(net["sharpe_interval"])),
        Card("Sharpe of a year", ratios[1], by_year),
        Card("Max drawdown", drops[0], f"holding {drops[1]}"),
        Card(
            "Break-even cost",
            "none" if even is None else f"{even:,.4f} bp",
            f"a fill costs {figures['cost_bp']} bp here",
        ),
    ]


def _of_signal(figures: Figures) -> list[Card]:
    base, exposure = figure(figures["base_rate"]), _percent(figures["exposure"])
    return [
        Card("Hit rate", figure(figures["hit_rate"]), f"base rate {base}"),
        Card("Switches", f"{figures['switches']:,}", f"long {exposure} of the time"),
    ]


def of_run(result: Result) -> list[Card]:
    """The cards of a run that is not evaluated, or of several series together."""
    tally, symbols, doubts = result.tally, len(result.symbols), len(result.doubts)
    missing = sum(values["missing"].bars for values in result.values.values())
    cards = [
        _rate(tally),
        Card("Bars", f"{tally.bars:,}", f"{missing:,} without a close"),
        Card("Signals of 1", f"{tally.ones:,}", f"window of {result.config.window:,} bars"),
        Card("Doubts", str(doubts), "see below" if doubts else "no rule is broken"),
    ]
    if symbols > 1:
        cards.insert(1, Card("Symbols", f"{symbols:,}", "each has its own bars and mean"))
    return cards + (_pooled(result.evaluations.of_run) if result.evaluations else [])


def _pooled(figures: Figures) -> list[Card]:
    bars, forward = next(iter(figures["forward"].items()))
    name = "Gain of the next bar" if bars == "1" else f"Gain of the next {bars} bars"
    inside, outside = (_percent(forward[which], 4) for which in ("in", "out"))
    return [*_of_signal(figures), Card(name, inside, f"after signal 1; {outside} after 0")]


def heads(result: Result) -> list[str]:
    """What the columns of the table of symbols are."""
    plain = ["Symbol", "Bars", "Signal rate"]
    if not result.evaluations:
        return [*plain, "Signals of 1"]
    of_signal = ["Hit rate", "Base rate", "Net", "Holding", "Drawdown"]
    return [*plain, *of_signal, "Sharpe of a bar", "95 % interval"]


def cells(result: Result, name: str) -> list[str]:
    """What the table says of a symbol, but for its name."""
    tally = result.symbols[name]
    plain = [f"{tally.bars:,}", _rate(tally).value]
    if not result.evaluations:
        return [*plain, f"{tally.ones:,}"]
    figures = result.evaluations.of_symbols[name]
    net, hold = figures["net"], figures["hold"]
    return [
        *plain,
        figure(figures["hit_rate"]),
        figure(figures["base_rate"]),
        *map(_percent, (net["return"], hold["return"], net["max_drawdown"])),
        figure(net["sharpe"]),
        _ends(net["sharpe_interval"]) or "too few bars",
    ]


def _rate(tally: Tally) -> Card:
    rate = metrics.signal_rate(tally)
    return Card("Signal rate", f"{rate:.4f}", f"{tally.ones:,} of {tally.bars:,} bars")


def _interval(ends: list[float | None] | None) -> str:
    shown = _ends(ends)
    return f"95 %: {shown}" if shown else TOO_FEW


def _ends(ends: list[float | None] | None) -> str:
    return " to ".join(map(figure, ends)) if ends else ""


def figure(value: float | None, places: int = 4) -> str:
    """A figure with so many places; a dash where it is not defined."""
    return NONE if value is None else f"{value:,.{places}f}".replace("-", MINUS)


def _percent(value: float | None, places: int = 2) -> str:
    return NONE if value is None else f"{figure(value * 100, places)} %"
