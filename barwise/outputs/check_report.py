"""What `check` found, rule by rule and symbol by symbol: as a table for people, or for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.bars.times import CLOCKS, interval_in_words, written
from barwise.errors import aligned, clip, named
from barwise.stages.checks.rules import NAMES, RULES, TIMES_ARE_FOUND, has_times, shown

if TYPE_CHECKING:
    from barwise.engine.findings import BrokenRule
    from barwise.engine.local import Series


class OfSymbol(NamedTuple):
    """The bars of one symbol.

    earliest, latest: times in microseconds UTC, and clock: how they are written, None where there
    are none; interval: the one they should have, in microseconds. rules: how many bars break each,
    None where it was not applied.
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

    symbols: by name, "" for the one unnamed series. broken: by rule, where and how. doubts: lines
    about files, as a run's log has them. inferred: by file, what it showed of how it is read.
    """

    symbols: Mapping[str, OfSymbol]
    broken: Mapping[str, BrokenRule]
    doubts: tuple[str, ...]
    inferred: Mapping[str, str]

    @property
    def bars(self) -> int:
        return sum(its.bars for its in self.symbols.values())

    @property
    def is_clean(self) -> bool:
        """Whether no rule is broken and nothing is in doubt."""
        return not self.broken and not self.doubts

    def applied(self, rule: str) -> bool:
        return any(its.rules[rule] is not None for its in self.symbols.values())

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON has it; times in ISO 8601, intervals as in the config."""
        return {
            "status": "clean" if self.is_clean else "broken",
            "rows": self.bars,
            "rules": {name: self._of_rule(name) for name in NAMES},
            "doubts": list(self.doubts),
            "inferred": dict(self.inferred),
            "symbols": {name: _of_symbol(its) for name, its in self.symbols.items()},
        }

    def _of_rule(self, rule: str) -> dict[str, Any] | None:
        if rule not in self.broken:
            return {"bars": 0, "symbols": 0} if self.applied(rule) else None
        broken = self.broken[rule]
        first = {"symbol": broken.series, "place": broken.place, "cells": dict(broken.cells)}
        return {"bars": broken.bars, "symbols": broken.symbols, "first": first, "line": broken.line}

    def __str__(self) -> str:
        """Two tables, of the rules and of the symbols; then the doubts, and the sum of it."""
        rules: list[tuple[str, ...]] = [("rule", "bars", "symbols", "first")]
        rules += [self._line_of_rule(name) for name in NAMES]
        symbols: list[tuple[str, ...]] = [
            ("symbol", "bars", "from", "to", "step", "times", "broken")
        ]
        symbols += [_line_of_symbol(name, its) for name, its in self.symbols.items()]
        total = f"bars: {self.bars}, symbols: {len(self.symbols)}, broken rules: {len(self.broken)}"
        notes = [f"columns of {clip(file, 60)}: {words}" for file, words in self._inferred()]
        notes += [f"doubt: {line}" for line in self.doubts]
        if not all(map(self.applied, NAMES)):
            notes.append("-: not applied, since a column or a step is not there")
        return "\n".join((*aligned(rules), "", *aligned(symbols), "", *notes, total))

    def _inferred(self) -> Iterator[tuple[str, str]]:
        """The first file of each way of reading that was inferred."""
        for words in dict.fromkeys(self.inferred.values()):
            yield next(file for file, its in self.inferred.items() if its == words), words

    def _line_of_rule(self, rule: str) -> tuple[str, ...]:
        if rule not in self.broken:
            return rule, "0" if self.applied(rule) else "-", "", ""
        broken = self.broken[rule]
        first = shown(broken.cells, broken.place)
        return rule, str(broken.bars), str(broken.symbols), first


def report(
    done: Mapping[str, Series],
    broken: list[BrokenRule],
    doubts: tuple[str, ...],
    inferred: Mapping[str, str],
) -> Report:
    """What the checks of each series came to, with the rules that are `broken`, in words."""
    symbols = {}
    are_unread = any(each.rule == TIMES_ARE_FOUND for each in broken)
    for name, its in sorted(done.items()):
        times = its.checks.times
        findings = {rule.name: rule.finding(its.checks) for rule in RULES}
        unread = 0 if has_times(its.checks) else its.tally.bars if are_unread else None
        symbols[name] = OfSymbol(
            its.tally.bars,
            times.span.earliest,
            None if times.span.earliest is None else times.span.latest.time,
            None if times.clock is None else CLOCKS[times.clock],
            times.steps.judged().interval or None,
            {TIMES_ARE_FOUND: unread}
            | {rule: finding and finding.bars for rule, finding in findings.items()},
        )
    return Report(symbols, {each.rule: each for each in broken}, doubts, inferred)


def _of_symbol(its: OfSymbol) -> dict[str, Any]:
    return {
        "rows": its.bars,
        "from": None if its.earliest is None else written(its.earliest),
        "to": None if its.latest is None else written(its.latest),
        "step": interval_in_words(its.interval) if its.interval else None,
        "times": its.clock,
        "rules": dict(its.rules),
    }


def _line_of_symbol(name: str, its: OfSymbol) -> tuple[str, ...]:
    told = _of_symbol(its)
    broken = (f"{rule} {bars}" for rule, bars in its.rules.items() if bars)
    return (
        named(name) if name else "-",
        str(its.bars),
        *(told[key] or "-" for key in ("from", "to", "step", "times")),
        "; ".join(broken),
    )
