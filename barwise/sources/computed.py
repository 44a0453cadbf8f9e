"""What is computed of tables by the thread that reads them, so that their columns go no further."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from barwise.bars.batch import UNKNOWN, Computed
from barwise.errors import InputError
from barwise.sources.symbols import first_rows, one_series

if TYPE_CHECKING:
    from barwise.bars.batch import Bars, Table
    from barwise.sources.parts import Plan

    Compute = Callable[[Iterable[Bars]], Any]


class Computing:
    """Calls `compute` with the bars of tables; see `read.values`. Any thread may use it."""

    def __init__(self, plan: Plan, compute: Compute) -> None:
        self.plan, self.compute = plan, compute
        self.beginning: dict[str | None, int] = {}  # the part with which each series begins
        for number, part in enumerate(plan.parts):
            self.beginning.setdefault(part.series, number)

    def __call__(self, tables: Iterable[Table]) -> Iterator[Computed]:
        """What comes of tables of one part that follow each other, and then the fault in them."""
        taken = _Taken(tables, self)
        value = self.compute(taken.bars())
        if taken.rows:
            yield Computed(
                taken.part, taken.first, taken.rows, value, taken.symbols, taken.doubt, taken.done
            )
        if taken.fault:
            raise taken.fault


class _Taken:
    """Tables that follow each other, and what is known of them as far as they are taken.

    All but the fault is as in Computed.
    """

    def __init__(self, tables: Iterable[Table], computing: Computing) -> None:
        self.tables, self.computing = tables, computing
        self.part, self.first, self.rows, self.doubt, self.done = 0, UNKNOWN, 0, "", 0
        self.symbols: dict[str, int] = {}
        self.fault: InputError | None = None

    def bars(self) -> Iterator[Bars]:
        """The bars of each table, up to a fault."""
        try:
            for table in self.tables:
                if table.rows:
                    yield self._bars(table)
        except InputError as error:
            self.fault = error

    def _bars(self, table: Table) -> Bars:
        place = self.rows
        if not place:
            self.part, self.first = table.part, table.first
        for name, row in first_rows(table.symbols).items():
            self.symbols.setdefault(name, place + row)
        self.rows += table.rows
        self.doubt, self.done = self.doubt or table.doubt, table.done
        series = self.computing.plan.parts[self.part].series
        bars = one_series(table._replace(first=place), series or "")
        begins = self.first + place == 0 and self.computing.beginning[series] == self.part
        return bars.standing(0) if begins else bars
