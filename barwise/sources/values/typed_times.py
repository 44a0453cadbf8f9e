"""Columns of any type become times, as `times.py` reads them where they are text or numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from pyarrow import types

from barwise.bars.batch import of_one_clock
from barwise.bars.times import END_OF_TIME, NO_TIME
from barwise.sources.values import arrow, times
from barwise.sources.values.texts import Texts

if TYPE_CHECKING:
    import pyarrow as pa

    from barwise.bars.batch import Times
    from barwise.sources.parts import Dates
    from barwise.sources.values.times import Parsed

FACTORS = {"s": 1_000_000, "ms": 1_000, "days": 86_400_000_000}  # microseconds in each unit


def of_column(column: pa.Array, dates: Dates) -> Parsed:
    """The times of a column of moments, whole numbers or text; none of another type."""
    kind = column.type
    if types.is_timestamp(kind) or types.is_date(kind):
        moments = _moments(column)
        if getattr(kind, "tz", None) is None:
            return times.at_offset(moments, dates)
        return times.Parsed(moments, of_one_clock(times.WITH_ZONE, len(column)))
    if types.is_integer(kind):
        return _of_numbers(column, dates)
    if types.is_floating(kind):
        return times.parse(arrow.cells(column), dates)
    return _of_texts(column, dates) if arrow.is_text(kind) else times.no_times(len(column))


def of_pair(days: pa.Array, hours: pa.Array, dates: Dates) -> Parsed:
    """The times of a column of dates and one of times of day."""
    import pyarrow.compute as pc  # 30 ms, which one column of times does not need

    halves = [pc.utf8_trim_whitespace(arrow.as_text(half)) for half in (days, hours)]
    # A time of day of four digits is marked as not one, as `times.joined` says.
    halves[1] = pc.replace_substring_regex(halves[1], r"^(\d{1,4})$", r"?\1")
    return _of_texts(pc.binary_join_element_wise(*halves, " "), dates)


def _moments(column: pa.Array) -> Times:
    """Typed times in microseconds; NO_TIME where a cell is missing, or far beyond the calendar."""
    kind = column.type
    unit = "days" if types.is_date32(kind) else "ms" if types.is_date64(kind) else kind.unit
    moments: Times = arrow.numbers(column, np.int32 if unit == "days" else np.int64)
    if unit == "ns":
        moments = moments // 1_000
    elif factor := FACTORS.get(unit):
        limit = END_OF_TIME // factor
        in_range = (moments >= -limit) & (moments <= limit)
        moments = np.where(in_range, moments, 0).astype(np.int64) * factor
        moments[~in_range] = NO_TIME
    if column.null_count:
        return np.where(arrow.are_missing(column), NO_TIME, moments)
    return moments


def _of_numbers(column: pa.Array, dates: Dates) -> Parsed:
    numbers = arrow.numbers(column, column.type.to_pandas_dtype())
    missing = numbers > np.iinfo(np.int64).max
    if column.null_count:
        missing |= arrow.are_missing(column)
    if not missing.any():
        return times.of_numbers(numbers.astype(np.int64, copy=False), dates)
    parsed = times.of_numbers(np.where(missing, 0, numbers).astype(np.int64), dates)
    parsed.times[missing] = NO_TIME
    return parsed


def _of_texts(column: pa.Array, dates: Dates) -> Parsed:
    """The times of texts, read where they lie in memory."""
    texts = arrow.as_text(column)
    if len(texts) and not texts.null_count:
        _, offsets, data = texts.buffers()
        ends = np.frombuffer(offsets, np.int32, len(texts) + 1, 4 * texts.offset)
        text = bytes(memoryview(data)[ends[0] : ends[-1]]) if data else b""
        return Texts(text, ends[1:].astype(np.int64) - ends[0]).times(dates)
    return times.parse(arrow.cells(texts), dates)
