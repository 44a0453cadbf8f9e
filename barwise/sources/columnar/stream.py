"""Arrow IPC streams: a few record batches at a time through polars, which alone would read all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO

import polars as pl

from barwise.bars.batch import Table
from barwise.errors import InputError
from barwise.files.opening import open_regular
from barwise.sources.columnar import messages
from barwise.sources.columnar.messages import (
    END_OF_STREAM,
    LARGEST_BUFFER,
    RECORD_BATCH,
    SCHEMA,
    Message,
)
from barwise.sources.columns import Bar, Column
from barwise.sources.values.frames import Typed, TypedSample, place, shown
from barwise.sources.values.polars_errors import present, raising_for
from barwise.tuning import MEASURED, Tuning

__all__ = ["READS_AHEAD", "bars", "column_names", "place", "read", "sample"]

if TYPE_CHECKING:
    from barwise.sources.columns import ColumnsToRead, PartToRead
    from barwise.sources.parts import Part

READS_AHEAD = "in a thread"


def read(parts: Iterable[PartToRead], tuning: Tuning = MEASURED) -> Iterator[Table]:
    """The rows of each part, in order; a part comes with its number.

    Raises InputError or PriceError where it meets a fault.
    """
    for number, part, to_read in parts:
        typed = Typed(number, part, to_read)
        for frame, done in _frames(part, to_read, tuning):
            for first in range(0, len(frame), tuning.batch_rows):
                yield typed.table(frame[first : first + tuning.batch_rows])._replace(done=done)
        typed.finish()


def bars(part: Part, rows: Sequence[tuple[int, list[str]]]) -> list[Bar]:
    """Rows, for messages: where each stands, and what it says in some columns."""
    by_index: dict[int, Bar] = {}
    columns = {name: Column(name) for _, names in rows for name in names}
    first = 0
    for frame, _ in _frames(part, columns):
        for i, (row, names) in enumerate(rows):
            if first <= row < first + len(frame):
                by_index[i] = shown(part, row, frame.select(names)[row - first])
        first += len(frame)
    return [by_index[i] for i in range(len(rows))]


def column_names(part: Part) -> list[str]:
    return list(_schema(part))


def sample(part: Part, rows: int) -> TypedSample:
    """The columns of a part, and their cells in its first rows."""
    schema = _schema(part)

    def first(names: list[str]) -> pl.DataFrame:
        frames = _frames(part, {name: Column(name) for name in names})
        return next((frame.head(rows) for frame, _ in frames), pl.DataFrame(schema=schema))

    return TypedSample(schema, first)


def _schema(part: Part) -> pl.Schema:
    with open_regular(part.path, "input", InputError) as file:
        for message in messages.of_stream(file, part.name, part.size):
            if message.kind == SCHEMA:
                return _decoded(part, _bytes(file, message, part)).schema
    return pl.Schema()


def _frames(
    part: Part, to_read: ColumnsToRead, tuning: Tuning = MEASURED
) -> Iterator[tuple[pl.DataFrame, int]]:
    """The columns to read of successive record batches, and where the last of these ends."""
    schema, columns = b"", [""]
    dictionaries: dict[int, bytes] = {}
    batches: list[bytes] = []
    rows = held = done = 0

    def frame() -> pl.DataFrame:
        return _decoded(part, schema, *dictionaries.values(), *batches, columns=columns)

    with open_regular(part.path, "input", InputError) as file:
        for message in messages.of_stream(file, part.name, part.size):
            unpacked = messages.refuse_large_batch(file, message, part.name)
            data = _bytes(file, message, part)
            rows += message.rows
            held += unpacked + len(data)
            is_full = rows > tuning.stream_rows or held > tuning.stream_bytes
            if batches and (is_full or message.kind != RECORD_BATCH):
                yield frame(), done
                batches, rows, held = [], message.rows, unpacked + len(data)
            if message.kind == RECORD_BATCH:
                batches.append(data)
                done = message.end
            elif message.kind == SCHEMA:
                schema = data
                columns = present(_decoded(part, schema).columns, part, to_read)
            else:
                dictionaries[message.dictionary] = data
        if batches:
            yield frame(), done


def _bytes(file: BinaryIO, message: Message, part: Part) -> bytes:
    size = message.end - message.start
    if size > LARGEST_BUFFER:
        raise InputError(
            f"{part.name} has a batch of {size} bytes, which would not fit in bounded memory: "
            f"write it in batches of at most {LARGEST_BUFFER} bytes, or as Parquet"
        )
    file.seek(message.start)
    return file.read(size)


def _decoded(part: Part, *data: bytes, columns: list[str] | None = None) -> pl.DataFrame:
    with raising_for(part):
        stream = BytesIO(b"".join((*data, END_OF_STREAM)))
        return pl.read_ipc_stream(stream, columns=columns)
