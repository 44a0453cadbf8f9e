"""What `check` found, rule by rule and symbol by symbol: as a table for people, or for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.bars.times import CLOCKS, interval_in_words, written
from barwise.errors import aligned, clip, named
from barwise.stages.checks.rules import NAMES, RULES, TIMES_ARE_FOUND, has_times, shown

if TYPE_CHECKING:
    from barwise.engine.execute import SeriesResult
    from barwise.engine.findings import BrokenRule


class SymbolReport(NamedTuple):
    """What `check` found in the bars of one symbol.

    bars: how many.
    earliest: the first time, in microseconds UTC; None: no bar has a time.
    latest: the last time, likewise.
    clock: how times are written; None: no bar has a time.
    interval: from one bar to the next, in microseconds; None: not known.
    rules: by rule, how many bars break it; None: it was not applied.
    """

    bars: int
    earliest: int | None
    latest: int | None
    clock: str | None
    interval: int | None
    rules: Mapping[str, int | None]


@dataclass(frozen=True)
class Report:
    """What `check` found.

    symbols: by name, "" for the one unnamed series.
    broken: by name, the rules that bars break.
    doubts: lines about files, as in the log of a run.
    inferred: by file, how it is read as far as its contents showed it, in words.
    """

    symbols: Mapping[str, SymbolReport]
    broken: Mapping[str, BrokenRule]
    doubts: tuple[str, ...]
    inferred: Mapping[str, str]

    @property
    def bars(self) -> int:
        return sum(symbol.bars for symbol in self.symbols.values())

    @property
    def is_clean(self) -> bool:
        """Whether no rule is broken and nothing is in doubt."""
        return not self.broken and not self.doubts

    def applied(self, rule: str) -> bool:
        return any(symbol.rules[rule] is not None for symbol in self.symbols.values())

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it; times in ISO 8601, intervals as in the config."""
        return {
            "status": "clean" if self.is_clean else "broken",
            "rows": self.bars,
            "rules": {name: self._of_rule(name) for name in NAMES},
            "doubts": list(self.doubts),
            "inferred": dict(self.inferred),
            "symbols": {name: _of_symbol(symbol) for name, symbol in self.symbols.items()},
        }

    def _of_rule(self, rule: str) -> dict[str, Any] | None:
        if rule not in self.broken:
            return {"bars": 0, "symbols": 0} if self.applied(rule) else None
        broken = self.broken[rule]
        first = {"symbol": broken.series, "place": broken.place, "cells": dict(broken.cells)}
        return {"bars": broken.bars, "symbols": broken.symbols, "first": first, "line": broken.line}

    def __str__(self) -> str:
        """Two tables, of the rules and of the symbols; then the doubts, and the totals."""
        rules: list[tuple[str, ...]] = [("rule", "bars", "symbols", "first")]
        rules += [self._line_of_rule(name) for name in NAMES]
        symbols: list[tuple[str, ...]] = [
            ("symbol", "bars", "from", "to", "step", "times", "broken")
        ]
        symbols += [_line_of_symbol(name, symbol) for name, symbol in self.symbols.items()]
        total = f"bars: {self.bars}, symbols: {len(self.symbols)}, broken rules: {len(self.broken)}"
        notes = [f"columns of {clip(file, 60)}: {words}" for file, words in self._inferred()]
        notes += [f"doubt: {line}" for line in self.doubts]
        if not all(map(self.applied, NAMES)):
            notes.append("-: not applied, since a column or a step is not there")
        return "\n".join((*aligned(rules), "", *aligned(symbols), "", *notes, total))

    def _inferred(self) -> Iterator[tuple[str, str]]:
        """The first file of each way of reading that was inferred."""
        for words in dict.fromkeys(self.inferred.values()):
            yield next(file for file, way in self.inferred.items() if way == words), words

    def _line_of_rule(self, rule: str) -> tuple[str, ...]:
        if rule not in self.broken:
            return rule, "0" if self.applied(rule) else "-", "", ""
        broken = self.broken[rule]
        first = shown(broken.cells, broken.place)
        return rule, str(broken.bars), str(broken.symbols), first


def report(
    done: Mapping[str, SeriesResult],
    broken: list[BrokenRule],
    doubts: tuple[str, ...],
    inferred: Mapping[str, str],
) -> Report:
    """The report of what the checks found in each series, and of the rules that are `broken`."""
    symbols = {}
    are_unread = any(rule.rule == TIMES_ARE_FOUND for rule in broken)
    for name, series in done.items():
        times = series.checks.times
        findings = {rule.name: rule.finding(series.checks) for rule in RULES}
        unread = 0 if has_times(series.checks) else series.bars if are_unread else None
        symbols[name] = SymbolReport(
            series.bars,
            None if times.clock is None else times.earliest,
            None if times.clock is None else times.latest,
            None if times.clock is None else CLOCKS[times.clock],
            series.checks.gaps.interval or None,
            {TIMES_ARE_FOUND: unread}
            | {rule: finding and finding.bars for rule, finding in findings.items()},
        )
    return Report(symbols, {rule.rule: rule for rule in broken}, doubts, inferred)


def _of_symbol(symbol: SymbolReport) -> dict[str, Any]:
    return {
        "rows": symbol.bars,
        "from": None if symbol.earliest is None else written(symbol.earliest),
        "to": None if symbol.latest is None else written(symbol.latest),
        "step": interval_in_words(symbol.interval) if symbol.interval else None,
        "times": symbol.clock,
        "rules": dict(symbol.rules),
    }


def _line_of_symbol(name: str, symbol: SymbolReport) -> tuple[str, ...]:
    in_words = _of_symbol(symbol)
    broken = (f"{rule} {bars}" for rule, bars in symbol.rules.items() if bars)
    return (
        named(name) if name else "-",
        str(symbol.bars),
        *(in_words[key] or "-" for key in ("from", "to", "step", "times")),
        "; ".join(broken),
    )
