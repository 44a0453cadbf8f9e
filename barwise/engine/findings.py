"""What is doubtful or wrong in the bars as a whole, in words: one line a rule.

`checks` and the sources find it; here it is said where, or raised.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.bars.batch import Place
from barwise.bars.times import written
from barwise.engine.events import Message
from barwise.errors import (
    MESSAGE_LIMIT,
    CheckError,
    InputError,
    PriceError,
    clip,
    named,
    quoted,
)
from barwise.sources import read, readers
from barwise.sources.values.times import way_out
from barwise.stages.checks.finding import Finding, merged
from barwise.stages.checks.rules import (
    NO_MISSING_CLOSE,
    TIME_RULES,
    TIMES_ARE_FOUND,
    About,
    has_times,
)

if TYPE_CHECKING:
    from barwise.config import Config
    from barwise.engine.execute import RunResult, SeriesResult
    from barwise.sources.columns import Bar
    from barwise.sources.parts import Part, Plan
    from barwise.stages.checks.rules import Rule


class BrokenRule(NamedTuple):
    """A rule that bars break.

    rule: its name.
    bars: how many break it.
    symbols: of how many symbols.
    first: where the first of them stands: its part, its place there, its row in the file.
    series: its symbol, "" for the one unnamed series.
    place: where it stands, in words.
    cells: what its file says there, by column.
    line: all of it, in words.
    """

    rule: str
    bars: int
    symbols: int
    first: Place
    series: str
    place: str
    cells: Mapping[str, str]
    line: str


def doubts(
    result: RunResult, plan: Plan, config: Config, others: Iterable[str] = ()
) -> tuple[tuple[str, ...], tuple[BrokenRule, ...]]:
    """What is doubtful in a run, a line each, with `others`; and the rules that bars break.

    Raises InputError or PriceError for what no series may be, CheckError for the first doubt where
    the config says `checks: strict`.
    """
    refuse(result.series, plan)
    of_times = config.checks != "off"
    rules = (*(TIME_RULES if of_times else ()), NO_MISSING_CLOSE)
    unread = unread_times(result, plan) if of_times else []
    rules_broken = (*unread, *broken(result.series, plan, rules))
    lines = (
        *plan.doubts,
        *result.notes.words(),
        *(rule.line for rule in rules_broken),
        *others,
    )
    if config.checks == "strict" and lines:
        after = len(lines) - 1
        more = f" (and {after} more {'doubt' if after == 1 else 'doubts'})" if after else ""
        raise CheckError(f"{lines[0]}{more}; the config says checks: strict")
    return lines, rules_broken


def told(lines: Iterable[str], broken: Iterable[BrokenRule]) -> Iterator[Message]:
    """The doubts of a run as it tells them, with the rules that some of them are about."""
    rules = {rule.line: rule for rule in broken}
    for line in lines:
        rule = rules.get(line)
        yield Message(
            "doubt",
            line,
            rule=rule.rule if rule else None,
            bars=rule.bars if rule else None,
            symbols=rule.symbols if rule else None,
        )


def unread_times(result: RunResult, plan: Plan) -> list[BrokenRule]:
    """The rule that times are found, if it is broken: a column like times is not read."""
    unread = [(number, part.unread) for number, part in enumerate(plan.parts) if part.unread]
    if not unread:
        return []
    number, column = unread[0]
    names = [name for name, series in result.series.items() if not has_times(series.checks)]
    more = f" (and {len(unread) - 1} more files)" if len(unread) > 1 else ""
    return [
        BrokenRule(
            TIMES_ARE_FOUND,
            sum(result.rows[number] for number, _ in unread),
            len(names),
            Place(number, 0, 0),
            next(iter(names), ""),
            readers.place(plan.parts[number], 0),
            {column.column: column.cell},
            clip(column.line, MESSAGE_LIMIT - len(more)) + more,
        )
    ]


class _Offence(NamedTuple):
    """A rule that is broken.

    findings: of each series that breaks it, by its name.
    finding: of all of them.
    columns: those that the rule is about, in the part of the first offender.
    """

    rule: Rule
    findings: Mapping[str, Finding]
    finding: Finding
    columns: list[str]


def refuse(done: Mapping[str, SeriesResult], plan: Plan) -> None:
    """Raises InputError where files of one series overlap, PriceError where one has no close."""
    refuse_overlaps(done, plan)
    for name, series in sorted(done.items()):
        missing = series.checks.missing
        if missing.bars == series.bars:
            of_name = f" of {quoted(name)}" if name else ""
            number, _, row = missing.first
            part = plan.parts[number]
            raise PriceError(
                f"{part.roles.close} is missing in all {series.bars} rows{of_name}, from "
                f"{readers.place(part, row)} on: name the column of closes in the "
                f"config, as in columns: {{close: NAME}}"
                f"{', or leave that symbol out' if name else ''}"
            )


def of_window(window: int, done: Mapping[str, SeriesResult]) -> list[str]:
    """A line where no bar of any series can have a signal, whatever its close is."""
    if window == 1:
        return [
            "window is 1: each mean is the close itself, and a close is never above itself, so "
            "every signal is 0; set a window of 2 or more in the config"
        ]
    longest = min(done, key=lambda name: (-done[name].bars, name))
    bars = done[longest].bars
    if window <= bars:
        return []
    there = f"there {'is' if bars == 1 else 'are'}"
    if len(done) > 1:
        there = f"the longest of {len(done)} symbols, {quoted(longest)}, has"
    return [
        f"window is {window}, and {there} only {bars} {'bar' if bars == 1 else 'bars'}: no mean is "
        "ever defined, so every signal is 0; set a smaller window in the config"
    ]


def broken(done: Mapping[str, SeriesResult], plan: Plan, rules: Iterable[Rule]) -> list[BrokenRule]:
    """Those of the `rules` that bars of any series break, in that order.

    What files say of the first offenders is read in one pass over each file.
    """
    offences: list[_Offence] = []
    asked: dict[int, list[tuple[int, list[str]]]] = {}  # by part, rows and columns
    for rule in rules:
        of_all = ((name, rule.finding(series.checks)) for name, series in done.items())
        findings = {name: finding for name, finding in of_all if finding and finding.bars}
        if findings:
            finding = reduce(merged, findings.values())
            part, _, row = finding.first
            columns = _columns(rule, plan.parts[part])
            offences.append(_Offence(rule, findings, finding, columns))
            asked.setdefault(part, []).append((row, columns))
    bars = {
        (part, row, *columns): bar
        for part, rows in asked.items()
        for (row, columns), bar in zip(rows, readers.bars(plan.parts[part], rows), strict=True)
    }
    return [_broken(offence, done, bars, plan) for offence in offences]


def _broken(
    offence: _Offence, done: Mapping[str, SeriesResult], bars: Mapping[Any, Bar], plan: Plan
) -> BrokenRule:
    rule, findings, finding, columns = offence
    part, _, row = finding.first
    first = bars[part, row, *columns]
    name = min(findings, key=lambda name: findings[name].first)
    of_symbols = f" and in {len(findings)} of {len(done)} symbols" if len(done) > 1 else ""
    about = About(
        done[name].checks,
        [done[name].checks for name in findings],
        f"{finding.bars} of {sum(series.bars for series in done.values())}",
        of_symbols,
        sum(done[name].bars for name in findings),
        first.place,
        dict(zip(columns, first.cells, strict=True)),
        name if len(done) > 1 else "",
        plan.parts[part].gaps,
        way_out,
    )
    line = clip(rule.words(about), MESSAGE_LIMIT)
    return BrokenRule(
        rule.name, finding.bars, len(findings), finding.first, name, first.place, about.cells, line
    )


def _columns(rule: Rule, part: Part) -> list[str]:
    """The columns that a rule is about, by the names that the part gives them."""
    if "timestamp" in rule.roles:
        return list(part.roles.timestamp)
    all_columns = readers.column_names(part)
    names = dict.fromkeys(getattr(part.roles, role) for role in rule.roles)
    return [name for name in names if name in all_columns]


def refuse_overlaps(done: Mapping[str, SeriesResult], plan: Plan) -> None:
    """Raises InputError where files of one series overlap."""
    overlaps = {
        name: overlap for name, series in done.items() if (overlap := series.checks.parts.overlap)
    }
    if not overlaps:
        return
    number = min(overlap.part for overlap in overlaps.values())
    reaches = {name: one.reached for name, one in overlaps.items() if one.part == number}
    times = {name: reach.time for name, reach in reaches.items()}
    row, time, name = read.first_not_after(plan, number, times)
    reached = reaches[name]
    later, earlier = plan.parts[number], plan.parts[reached.part]
    of_series = f" of {quoted(name)}" if name else ""
    way_out = _way_out_of_names(later, earlier) or (
        "remove bars that are there twice, or tell symbols apart by folders symbol=NAME or a column"
    )
    raise InputError(
        f"{later.roles.times} is {written(time)} on {readers.place(later, row)}, and "
        f"{earlier.name} reaches {written(reached.time)}: files of one series{of_series} must not "
        f"overlap; {way_out}"
    )


def _way_out_of_names(one: Part, other: Part) -> str:
    """Which of two files holds what the other holds, where their names say so, as archives' do."""
    from barwise.sources.periods import holds  # for people to read

    for names in (
        [os.path.basename(part.path) for part in (one, other)],
        [os.path.basename(part.member) for part in (one, other)],
    ):
        for whole, piece in (names, names[::-1]):
            if holds(whole, piece):
                return f"by its name {named(whole)} holds {named(piece)} too: leave one of them out"
    return ""
