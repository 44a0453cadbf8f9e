"""What is noted of parts while they are read, beside their bars."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from barwise.errors import InputError, in_yaml, quoted
from barwise.sources.readers import place

if TYPE_CHECKING:
    from barwise.sources.parts import Part, Plan

SEVERAL_SYMBOLS = "several symbols"
NARROW_CLOSES = "closes of a narrow type"


class PartNotes:
    """Doubts about the parts of a plan, in their order: of each rule the first, and how many more.

    lines: the first line of each rule.
    doubtful: numbers of the parts that each rule doubts.
    unsorted: numbers of the parts that `order: time` sorted.
    symbols: of parts of a series without a name, up to two symbols that their column has, each with
        its row; only where the plan is a piece.
    """

    def __init__(self, plan: Plan, *, is_piece: bool = False) -> None:
        """is_piece: of a larger plan, whose earlier parts may have had another symbol."""
        self.plan, self.is_piece = plan, is_piece
        self.lines: dict[str, str] = {}
        self.doubtful: dict[str, set[int]] = {}
        self.unsorted: list[int] = []
        self.symbols: dict[int, dict[str, int]] = {}
        self._first: dict[str, str] = {}  # symbol of each series

    def doubt(self, rule: str, part: int, line: str) -> None:
        """Notes a line about a part; "" is none."""
        if line:
            self.lines.setdefault(rule, line)
            self.doubtful.setdefault(rule, set()).add(part)

    def symbol(self, number: int, name: str, row: int) -> None:
        """Notes which symbol a row of a part has; a second one in a series is a doubt.

        Raises InputError where the config names the column, and a folder the symbol.
        """
        if number in self.doubtful.get(SEVERAL_SYMBOLS, ()):
            return  # to say where a row stands takes a pass over the file
        part = self.plan.parts[number]
        series = part.series or ""
        if self.is_piece and not series:
            symbols = self.symbols.setdefault(number, {})
            if len(symbols) < 2:
                symbols.setdefault(name, row)
            return
        first = self._first.setdefault(series, series or name)
        if name != first:
            self.doubt(SEVERAL_SYMBOLS, number, _of_second(part, row, name, first))

    def words(self) -> list[str]:
        """The doubts, a line for each rule."""
        return [
            line + (f" (and {more} more files)" if (more := len(self.doubtful[rule]) - 1) else "")
            for rule, line in sorted(self.lines.items())
        ]

    def order_in_words(self) -> str:
        """What `order: time` did."""
        parts = self.plan.parts
        first = f", first {parts[min(self.unsorted)].name}" if self.unsorted else ""
        return (
            f"Sorted by time: {len(self.unsorted)} of {len(parts)} files were out of order{first}"
        )

    def packed(self) -> Any:
        """As plain values, for another process."""
        doubts = [(rule, sorted(self.doubtful[rule]), line) for rule, line in self.lines.items()]
        return doubts, self.unsorted, self.symbols

    def add(self, packed: Sequence[Any], first: int) -> None:
        """Adds what another process noted of later parts, of which it calls part `first` 0."""
        doubts, unsorted, symbols = packed
        for part, rows in symbols.items():
            for name, row in rows.items():
                self.symbol(part + first, name, row)
        for rule, parts, line in doubts:
            for part in parts:
                self.doubt(rule, part + first, line)
        self.unsorted += [part + first for part in unsorted]


def _of_second(part: Part, row: int, name: str, first: str) -> str:
    """A line about a second symbol in one series, or one that its folder does not say."""
    column = part.roles.symbol or ""
    what = f"{column} is {quoted(name)} on {place(part, row)}"
    if "symbol" in part.roles.named:
        raise InputError(f"{what}, and its folder says {quoted(part.series or '')}: move the file")
    if part.series:
        return f"{what}, and its folder says {quoted(part.series)}, which is taken"
    return (
        f"{what} and {quoted(first)} before, yet all is read as one series: to tell "
        f"them apart set columns: {{symbol: {in_yaml(column)}}}"
    )
