"""What is doubtful or wrong in the bars as a whole, in words: one line a rule.

`checks.py` and the sources find it; here it is said where, or raised.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import reduce
from typing import TYPE_CHECKING

from barwise import checks, sources
from barwise.errors import InputError, PriceError, quoted
from barwise.parts import written

if TYPE_CHECKING:
    from barwise.config import Columns
    from barwise.engine import Series
    from barwise.parts import Plan


class OfParts:
    """Lines about parts: the first of each rule, and how many parts more."""

    def __init__(self) -> None:
        self.first: dict[str, str] = {}
        self.parts: dict[str, set[int]] = {}

    def add(self, rule: str, part: int, line: str) -> None:
        """Takes a line about a part; "" is none."""
        if line:
            self.first.setdefault(rule, line)
            self.parts.setdefault(rule, set()).add(part)

    def lines(self) -> list[str]:
        return [
            line + (f" (and {more} more files)" if (more := len(self.parts[rule]) - 1) else "")
            for rule, line in sorted(self.first.items())
        ]


def of_series(done: Mapping[str, Series], plan: Plan, columns: Columns) -> list[str]:
    """Lines about the bars of all series.

    Raises InputError where files of one series overlap, PriceError where a series has no close.
    """
    _refuse_overlaps(done, plan, columns)
    for name, its in sorted(done.items()):
        missing = its.found.missing
        if missing.bars == its.tally.bars:
            of_name = f" of {quoted(name)}" if name else ""
            raise PriceError(
                f"{columns.close} is missing in all {its.tally.bars} rows{of_name}, from "
                f"{_place(plan, missing)} on: name the column of closes in the config, as in "
                f"columns: {{close: NAME}}{', or leave that symbol out' if name else ''}"
            )
    return [*_backward_times(done, plan, columns), *_missing_closes(done, plan, columns)]


def _backward_times(done: Mapping[str, Series], plan: Plan, columns: Columns) -> Iterator[str]:
    found = reduce(checks.both, (its.found.order.found for its in done.values()))
    if found.bars:
        yield (
            f"{columns.of_times} goes back at {found.bars} bars, first on "
            f"{_place(plan, found)}: a window over newest-first bars looks ahead; sort them"
        )


def _missing_closes(done: Mapping[str, Series], plan: Plan, columns: Columns) -> Iterator[str]:
    found = reduce(checks.both, (its.found.missing for its in done.values()))
    if found.bars:
        bars = sum(its.tally.bars for its in done.values())
        offenders = sum(its.found.missing.bars > 0 for its in done.values())
        of_symbols = f" and in {offenders} of {len(done)} symbols" if len(done) > 1 else ""
        yield (
            f"{columns.close} is missing in {found.bars} of {bars} rows{of_symbols}, first on "
            f"{_place(plan, found)}: windows that hold a missing close give signal 0"
        )


def _refuse_overlaps(done: Mapping[str, Series], plan: Plan, columns: Columns) -> None:
    overlaps = [
        (its.found.span.overlap, name) for name, its in done.items() if its.found.span.overlap
    ]
    if not overlaps:
        return
    (part, row, time, reached), name = min(overlaps)
    of_series = f" of {quoted(name)}" if name else ""
    raise InputError(
        f"{columns.of_times} is {written(time)} on "
        f"{sources.place(plan.parts[part], row)}, and {plan.parts[reached.part].name} reaches "
        f"{written(reached.time)}: files of one series{of_series} must not overlap; remove "
        "bars that are there twice, or tell symbols apart by folders symbol=NAME or a column"
    )


def _place(plan: Plan, found: checks.Finding) -> str:
    """Where the first offender stands."""
    part, row = found.first
    return sources.place(plan.parts[part], row)
