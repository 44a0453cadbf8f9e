"""Frames of typed columns become tables: closes, times and symbols, or a refusal.

Which numbers are prices is decided in `arrays.py`. Where frames come from is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from polars import selectors

from barwise.bars.batch import Symbols, Table
from barwise.bars.times import NO_TIME
from barwise.errors import InputError, PriceError, clip, one_line, quoted
from barwise.sources.columns import NUMBERS, TIME_OF_DAY, Bar, refuse_many_symbols
from barwise.sources.values import arrays, times
from barwise.sources.values.polars_errors import FAULTS, raising_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Closes
    from barwise.sources.columns import ColumnsToRead
    from barwise.sources.parts import Part
    from barwise.sources.values.times import Parsed

UNREAD = (pl.Int128, pl.UInt128)  # NumPy has none
ONE_BY_ONE = 3  # columns whose cells are read singly; then all others at once: 5,000 in 1 s, not 12
EXACT_DIGITS = 15  # decimals of up to 15 digits read as different float64s (C's DBL_DIG)


class Typed:
    """The frames of one part, in order, as tables. Errors name the row, from 1."""

    def __init__(self, number: int, part: Part, to_read: ColumnsToRead) -> None:
        self.number, self.part, self.to_read = number, part, to_read
        self.needs_symbols = "symbol" in to_read and to_read["symbol"].required
        self.known_symbols: list[str] = []  # of the rows so far, by code; it only grows
        self.symbol_names: list[str] = []  # the same without blanks around them
        self.rows = 0

    def coded(self, query: pl.LazyFrame) -> pl.LazyFrame:
        """The query with symbols as codes, where they are required; null for one not known yet.

        Inside the query the cast uses all cores: 0.095 s instead of 0.14 s in ten million rows.
        """
        if not self.known_symbols or not self.needs_symbols:
            return query
        name = self.to_read["symbol"].name
        known = pl.Enum(self.known_symbols)
        return query.with_columns(selectors.by_name(name).cast(pl.String).cast(known, strict=False))

    def table(self, frame: pl.DataFrame) -> Table:
        """The next rows; raises InputError or PriceError for what is not a bar."""
        with raising_for(self.part):  # a cast of odd values may panic
            return self._table(frame)

    def _table(self, frame: pl.DataFrame) -> Table:
        doubts = []
        columns: dict[str, NDArray[Any]] = {}
        symbols = None
        for role, (name, _) in self.to_read.items():
            if name not in frame.columns:
                continue
            if role in NUMBERS:
                columns[role], doubt = self.numbers(frame[name])
                doubts += [doubt] if doubt else []
            elif role == "symbol":
                symbols = self.symbols(frame[name])
            elif role == "confirm":
                texts = frame[name].cast(pl.String).fill_null("").str.strip_chars(" \t")
                columns["unfinished"] = (texts == "0").to_numpy()
            elif role == "timestamp":
                columns["time"], columns["clock"] = self.times_of(frame)
        first = self.rows
        self.rows += len(frame)
        return Table(self.number, first, columns, symbols, next(iter(doubts), ""))

    def finish(self, promised: int | None = None) -> None:
        """Raises InputError for a part without rows, or with more or fewer than it promises."""
        if not self.rows:
            raise InputError(f"{self.part.name} has no rows: it needs at least one bar")
        if promised is not None and self.rows != promised:
            raise InputError(
                f"{self.part.name} says that it has {promised} rows, and {self.rows} can be read: "
                "it is damaged or incomplete; get a new copy"
            )

    @np.errstate(all="ignore")
    def numbers(self, column: pl.Series) -> tuple[Closes, str]:
        """Closes or other numbers, and a doubt about them, or ""."""
        kind = column.dtype
        if kind == pl.Null:
            return np.full(len(column), np.nan), ""
        if isinstance(kind, pl.Decimal):
            return self.of_decimals(column), ""
        if not (kind.is_integer() or kind.is_float()) or kind in UNREAD:
            raise self.refused(column, "write numbers as floats, integers or decimals")
        array = column.fill_null(0).to_numpy() if kind.is_integer() else column.to_numpy()
        closes = array.astype(np.float64, copy=False)
        if fault := arrays.first_fault(array, closes):
            raise PriceError(self.at(column, fault.at, fault.cell, fault.reason))
        if kind.is_integer() and column.null_count():
            closes[column.is_null().to_numpy()] = np.nan
        narrow = kind.is_float() and kind != pl.Float64
        return closes, self.doubt(column, closes) if narrow else ""

    def of_decimals(self, column: pl.Series) -> Closes:
        """The float64s that read as the decimals; polars' own cast may be one unit off."""
        texts = column.cast(pl.String)
        closes = texts.cast(pl.Float64)
        digits = texts.str.strip_chars_start("-0.").str.replace(".", "", literal=True)
        long = digits.str.strip_chars_end("0").str.len_bytes() > EXACT_DIGITS
        for at in long.fill_null(False).arg_true():
            if not arrays.reads_as(column[at], closes[at]):
                raise PriceError(self.at(column, at, column[at], "float64 cannot hold it"))
        return closes.to_numpy()

    def doubt(self, column: pl.Series, closes: Closes) -> str:
        """A line where narrow floats become other decimal numbers as float64; else ""."""
        written = column.cast(pl.String).cast(pl.Float64).to_numpy()
        changed = np.flatnonzero((written != closes) & (closes == closes))
        if not changed.size:
            return ""
        at = int(changed[0])
        reason = f"as float64 that is {closes[at]}; write it as float64"
        return f"{column.dtype} " + self.at(column, at, written[at], reason)

    def symbols(self, column: pl.Series) -> Symbols:
        """The symbols: text or whole numbers."""
        kind = column.dtype
        is_coded = isinstance(kind, pl.Enum) and kind.categories.to_list() == self.known_symbols
        if is_coded and not column.null_count():
            return Symbols(column.to_physical().to_numpy(), self.symbol_names)
        required = self.needs_symbols
        if not (kind.is_integer() or kind in (pl.String, pl.Categorical, pl.Enum, pl.Null)):
            if required:
                raise self.refused(column, "write symbols as text")
            return Symbols(np.zeros(len(column), np.uint8), [""])
        if not required:
            return _first_and_other(column)
        return self.coded_again(column, column.cast(pl.String).fill_null(""))

    def coded_again(self, column: pl.Series, texts: pl.Series) -> Symbols:
        """The symbols as codes; new ones are added to those known."""
        codes = texts.cast(pl.Enum(self.known_symbols), strict=False)
        if codes.null_count():
            news = texts.filter(codes.is_null()).unique(maintain_order=True).to_list()
            blank = next((new for new in news if not new.strip(" \t")), None)
            if blank is not None:
                at = (texts == blank).arg_max() or 0
                raise InputError(self.at(column, at, column[at], "name each bar's symbol"))
            self.known_symbols += news
            self.symbol_names += [new.strip(" \t") for new in news]
            refuse_many_symbols(len(set(self.symbol_names)), column.name, self.part.name)
            codes = texts.cast(pl.Enum(self.known_symbols))
        return Symbols(codes.to_physical().to_numpy(), self.symbol_names)

    def times_of(self, frame: pl.DataFrame) -> Parsed:
        """The times, in microseconds UTC, of one column or of dates and times of day."""
        column = frame[self.to_read["timestamp"].name]
        if TIME_OF_DAY in self.to_read:
            pair = [column, frame[self.to_read[TIME_OF_DAY].name]]
            dates, hours = (half.cast(pl.String).fill_null("").str.strip_chars() for half in pair)
            hours = hours.str.replace(r"^(\d{1,4})$", "?$1")  # as times.joined says
            return self.of_texts(dates + pl.Series([" "]) + hours)
        return self.times(column)

    def times(self, column: pl.Series) -> Parsed:
        """The times of a column."""
        kind = column.dtype
        if isinstance(kind, pl.Datetime) or kind == pl.Date:
            # With nothing to do, 50 million rows took 0.04 s to cast and 0.15 s to fill.
            if getattr(kind, "time_unit", "") != "us":
                column = column.cast(pl.Datetime("us"), strict=False)
            moments = column.to_physical()
            if moments.null_count():
                moments = moments.fill_null(NO_TIME)
            microseconds = moments.to_numpy()
            if getattr(kind, "time_zone", None) is None:
                return times.at_offset(microseconds, self.part.dates)
            return times.Parsed(microseconds, np.full(len(column), times.WITH_ZONE, np.int8))
        if kind.is_integer() and kind not in UNREAD:
            numbers = column.cast(pl.Int64, strict=False)
            if not numbers.null_count():
                return times.of_numbers(numbers.to_numpy(), self.part.dates)
            parsed = times.of_numbers(numbers.fill_null(0).to_numpy(), self.part.dates)
            parsed.times[numbers.is_null().to_numpy()] = NO_TIME
            return parsed
        if kind.is_float() or kind in (pl.String, pl.Categorical, pl.Enum, pl.Null):
            return self.of_texts(column.cast(pl.String).fill_null(""))
        return times.no_times(len(column))

    def of_texts(self, texts: pl.Series) -> Parsed:
        """The times of texts. Polars joins cells of one width three times as fast as Python."""
        widths = texts.str.len_bytes()
        width = int(widths[0]) if len(texts) else 0
        if width and (widths == width).all():
            text = texts.str.join("").item().encode()
            if text.isascii() and (parsed := times.of_fixed_width(text, width, self.part.dates)):
                return parsed
        return times.parse(texts.to_list(), self.part.dates)

    def at(self, column: pl.Series, offset: int, value: object, reason: str) -> str:
        shown = quoted(value) if isinstance(value, str) and column.dtype == pl.String else value
        where = place(self.part, self.rows + offset)
        return f"{clip(column.name, 40)} is {shown} on {where}: {reason}"

    def refused(self, column: pl.Series, way_out: str) -> PriceError:
        kind = clip(one_line(str(column.dtype)), 60)
        return PriceError(f"{column.name} of {self.part.name} is of type {kind}: {way_out}")


def _first_and_other(column: pl.Series) -> Symbols:
    """Symbols that the run does not need: code 0 is the first one, 1 any other, 2 an empty cell.

    Only the distinct ones are looked at, since symbols may be long.
    """
    texts = column.cast(pl.String)
    distinct = texts.drop_nulls().unique(maintain_order=True)
    names = distinct.str.strip_chars(" \t")
    filled = names.filter(names != "")
    if not len(filled):
        return Symbols(np.zeros(len(column), np.uint8), [""])
    first, other = filled[0], [*filled.filter(filled != filled[0]), ""][0]
    is_first = texts.is_in(distinct.filter(names == first).implode()).fill_null(False).to_numpy()
    is_blank = texts.is_in(distinct.filter(names == "").implode()).fill_null(True).to_numpy()
    codes = np.select([is_first, is_blank], [0, 2], 1).astype(np.uint8)
    return Symbols(codes, [first, other, ""])


class TypedSample:
    """The columns of a part, and their first cells as text; see `find_times.Sample`."""

    def __init__(
        self, schema: Mapping[str, pl.DataType], first: Callable[[list[str]], pl.DataFrame]
    ) -> None:
        """`first` gives the first rows of some columns."""
        self.schema, self.first = schema, first
        self.cells_read: dict[str, list[str]] = {}  # by column
        self.names = list(schema)
        self.typed = [n for n, kind in schema.items() if kind == pl.Date or kind == pl.Datetime]

    def cells(self, name: str) -> list[str]:
        """The first cells of a column.

        Empty for one that is not text, numbers, days or times of day, or that cannot be read.
        """
        if name not in self.cells_read:
            unread = [other for other in self.names if other not in self.cells_read]
            self.cells_read |= self.texts([name] if len(self.cells_read) < ONE_BY_ONE else unread)
        return self.cells_read[name]

    def texts(self, names: list[str]) -> dict[str, list[str]]:
        """The first cells of some columns."""
        readable = [name for name in names if _is_readable(self.schema[name])]
        texts: dict[str, list[str]] = {name: [] for name in names}
        try:
            for column in self.first(readable) if readable else ():
                text = column.cast(pl.String).fill_null("").str.strip_chars(" \t")
                texts[column.name] = text.to_list()
        except FAULTS:  # the reader raises an error when it reads the part
            if len(readable) > 1:
                return {name: self.texts([name])[name] for name in names}
        return texts


def _is_readable(kind: pl.DataType) -> bool:
    is_text = kind in (pl.String, pl.Categorical, pl.Enum)
    return is_text or kind.is_numeric() or kind in (pl.Date, pl.Time)


def place(part: Part, row: int) -> str:
    """Where a row stands, for a message."""
    return f"row {row + 1} of {part.name}"


def shown(part: Part, row: int, frame: pl.DataFrame) -> Bar:
    """A row, given as a frame of that row and some of its columns, for a message."""
    return Bar(place(part, row), [_text(column) for column in frame])


def _text(column: pl.Series) -> str:
    """The one value of a column; the number of a date beyond the calendar, where polars panics."""
    with suppress(*FAULTS):
        return "" if column[0] is None else str(column[0])
    return str(column.to_physical()[0])
