"""Where bars come from: one file a kind of source, each giving tables of the columns asked for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterator
from contextlib import closing
from itertools import chain, groupby
from types import ModuleType
from typing import TYPE_CHECKING

from barwise.bars.times import are_times
from barwise.errors import InputError, quoted
from barwise.sources import checksums, symbols
from barwise.sources.columns import Column, of_times, to_read
from barwise.sources.readers import READERS, bar, place, reader_of
from barwise.tuning import MEASURED, Tuning
from barwise.workers import ahead_of

if TYPE_CHECKING:
    from barwise.bars.batch import Bars, Table
    from barwise.sources.columns import PartToRead
    from barwise.sources.parts import Part, Plan

RUN_ROWS = 1 << 18  # handed over at a time by a thread that reads ahead

FIRST_BAR = Tuning(csv_rows=1, head_rows=1)
PACKED = 3  # times smaller is CSV that is compressed, at least


def first_time(part: Part) -> int | None:
    """The time of a part's first bar, in microseconds UTC; None where it has no column of times.

    Raises InputError where the part cannot be read so far.
    """
    columns = {"close": Column(part.roles.close), **of_times(part)}
    table: Table = next(reader_of(part).read([(0, part, columns)], FIRST_BAR))
    if "time" not in table.columns:
        return None
    time = int(table.columns["time"][0])
    if not are_times(time):
        from barwise.sources.values.times import way_out

        where, cells = bar(part, 0, list(part.roles.timestamp))
        cell = " ".join(cells)
        raise InputError(
            f"{part.roles.times} is {quoted(cell)} on {where}, which is not a time, and the order "
            f"of files depends on it: {way_out(cell)}"
        )
    return time


def read(
    plan: Plan,
    needs: Collection[str] = ("symbol",),
    doubt: Callable[[str, int, str], None] = lambda rule, part, line: None,
    progress: Callable[[int], None] = lambda behind: None,
    workers: int = 1,
    by_time: Callable[[int], None] | None = None,
    tuning: Tuning = MEASURED,
) -> Generator[Bars]:
    """The bars of a plan's parts, in its order, as batches of one series each.

    `needs` are the roles of columns to be read beside the closes, where there are such. `doubt` is
    told of what is doubtful: the rule, the part's number, and a line or ""; `progress` how many
    bytes are behind. With more than one of `workers`, threads read ahead and tell symbols apart
    before it is asked for. `by_time`, where given, sorts each part by time, and is told the numbers
    of those that were not in order; `tuning` are sizes of pieces. Raises InputError, or PriceError
    for a close that is not a price, where the reader meets it.
    """
    for path in dict.fromkeys(part.path for part in plan.parts):
        checksums.verify(path)
    one_symbol = symbols.OneSymbol(place)
    behind = 0
    numbered = ((i, part, to_read(part, needs)) for i, part in enumerate(plan.parts))
    is_much = _csv_bytes(plan) > tuning.fast_csv_bytes
    ahead = workers > 1
    for reader, parts in groupby(numbered, lambda each: reader_of(each[1], is_much)):
        with closing(_runs(reader, parts, workers, tuning)) as runs:
            tables = chain.from_iterable(runs)
            for number, of_part in groupby(tables, lambda table: table.part):
                part = plan.parts[number]
                told = _told(of_part, behind, doubt, progress)
                if part.series is not None:
                    told = _of_one_symbol(told, part, one_symbol, doubt)
                if by_time:
                    told = _sorted(told, part, by_time)
                if part.series is None:
                    gatherings = symbols.split_by_symbol(told, tuning.symbol_cells)
                    with closing(ahead_of(gatherings, 1) if ahead else gatherings) as gatherings:
                        yield from chain.from_iterable(gatherings)
                else:
                    for table in told:
                        yield symbols.one_series(table, part.series)
                behind += part.size
                progress(behind)


def _of_one_symbol(
    tables: Iterator[Table],
    part: Part,
    one_symbol: symbols.OneSymbol,
    doubt: Callable[[str, int, str], None],
) -> Iterator[Table]:
    for table in tables:
        doubt("several symbols", table.part, one_symbol.doubt(table, part))
        yield table._replace(symbols=None)


def _sorted(tables: Iterator[Table], part: Part, by_time: Callable[[int], None]) -> Iterator[Table]:
    from barwise.sources.order import in_time_order

    for table in in_time_order(tables, part, bar):
        if table.order is not None:
            by_time(table.part)
        yield table


def _csv_bytes(plan: Plan) -> int:
    """How many bytes of CSV there are, unpacked, about."""
    return sum(
        part.size * (1 if part.kind == "csv" else PACKED)
        for part in plan.parts
        if READERS[part.kind] == "csv.strict"
    )


def _told(
    tables: Iterator[Table],
    behind: int,
    doubt: Callable[[str, int, str], None],
    progress: Callable[[int], None],
) -> Iterator[Table]:
    """The tables of a part, their doubts and their progress told; `behind` are bytes before it."""
    for table in tables:
        doubt("closes of a narrow type", table.part, table.doubt)
        if table.rows:
            yield table
        progress(behind + table.done)


def _runs(
    reader: ModuleType, parts: Iterator[PartToRead], workers: int, tuning: Tuning
) -> Generator[list[Table]]:
    """The tables of parts, read ahead as it suits their reader."""
    if reader.READS_AHEAD == "in its threads":
        return _gathered(reader.read(parts, tuning, threads=workers))
    runs = _gathered(reader.read(parts, tuning))
    return ahead_of(runs, 2) if reader.READS_AHEAD and workers > 1 else runs


def _gathered(tables: Iterator[Table]) -> Generator[list[Table]]:
    """Tables by the `RUN_ROWS`: handing over each of 500 small files would take 50 ms."""
    run: list[Table] = []
    rows = 0
    try:
        for table in tables:
            run.append(table)
            rows += table.rows
            if rows >= RUN_ROWS or not table.rows:
                yield run
                run, rows = [], 0
    except InputError:  # after what comes before it, so that the first fault is the one told
        yield run
        raise
    yield run
