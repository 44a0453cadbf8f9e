"""Arrow files and streams through pyarrow, a record batch at a time.

What a batch claims is looked at before pyarrow reads it, which would believe it; see `messages.py`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from io import BufferedReader
from typing import TYPE_CHECKING, Any, BinaryIO

import pyarrow as pa
from pyarrow import ipc

from barwise.bars.batch import Table
from barwise.errors import InputError
from barwise.files.limits import LARGEST_BATCH, LARGEST_BUFFER
from barwise.files.opening import open_input
from barwise.sources.columnar import messages
from barwise.sources.columnar.faults import names_of, present, raising_for, validated
from barwise.sources.columnar.messages import RECORD_BATCH, Message
from barwise.sources.columnar.ranges import RangeReader
from barwise.sources.columnar.sample import TypedSample, first_rows, shown
from barwise.sources.columns import Bar
from barwise.sources.values.typed import Typed, place
from barwise.tuning import MEASURED, Tuning

__all__ = ["READS_AHEAD", "bars", "column_names", "place", "read", "sample"]

if TYPE_CHECKING:
    from barwise.sources.columns import PartToRead
    from barwise.sources.parts import Part

    Batches = Iterator[tuple[pa.RecordBatch, int]]  # with how many bytes of the file are read

READS_AHEAD = "in a thread"
HEADER_BLOCK = 1 << 16  # bytes of a file in a store, around what says where its batches are


def read(parts: Iterable[PartToRead], tuning: Tuning = MEASURED) -> Iterator[Table]:
    """The rows of each part, in order; a part comes with its number.

    Raises InputError or PriceError where it meets a fault.
    """
    for number, part, to_read in parts:
        typed = Typed(number, part, to_read)
        select = partial(present, part=part, to_read=to_read)
        for batch, done in joined(_batches(part, select, tuning), tuning):
            for first in range(0, len(batch), tuning.batch_rows):
                with raising_for(part):
                    piece = typed.piece(batch.slice(first, tuning.batch_rows), typed.rows)
                    table = typed.table(piece)
                yield table._replace(done=done)
        typed.finish()


def bars(part: Part, rows: Sequence[tuple[int, list[str]]]) -> list[Bar]:
    """Rows, for messages: where each stands, and what it says in some columns."""
    by_index: dict[int, Bar] = {}
    wanted = {name for _, names in rows for name in names}
    first = 0
    for batch, _ in _batches(part, lambda _: wanted):
        for i, (row, names) in enumerate(rows):
            if first <= row < first + len(batch):
                with raising_for(part):
                    by_index[i] = shown(part, row, batch.slice(row - first, 1), names)
        first += len(batch)
    return [by_index[i] for i in range(len(rows))]


def column_names(part: Part) -> list[str]:
    return sample(part, 0).names


def sample(part: Part, rows: int) -> TypedSample:
    """The columns of a part, and their cells in its first rows."""
    with _opened(part) as file:
        schema, _ = _started(file, part)

    def first(names: list[str]) -> pa.RecordBatch | None:
        return first_rows((batch for batch, _ in _batches(part, lambda _: names)), rows)

    return TypedSample(schema, first)


def _batches(
    part: Part, select: Callable[[list[str]], Collection[str]], tuning: Tuning = MEASURED
) -> Batches:
    """Some columns of the record batches, and how much of the file is read with each."""
    with _opened(part) as file:
        schema, walk = _started(file, part)
        names = select(schema.names)
        wanted = [at for at, name in enumerate(schema.names) if name in names]
        options = ipc.IpcReadOptions(included_fields=wanted, use_threads=False)
        if part.kind == "arrow":
            ranges = RangeReader(file, part, schema, wanted)
            yield from _of_file(part, walk, options, ranges, tuning.batch_rows)
        else:
            yield from _of_stream(part, walk, options)


def _opened(part: Part) -> BufferedReader:
    return open_input(part.path, part.in_store, block=HEADER_BLOCK)


def _started(file: BinaryIO, part: Part) -> tuple[pa.Schema, Iterator[Message]]:
    """The schema of an open part, and its messages after it; all of them, where a footer does."""
    walk = _messages(file, part)
    if part.kind == "arrow":
        walk = iter([*walk])
    else:
        next(walk, None)
    with raising_for(part):
        schema = _reader(part).schema
    names_of(schema, part)
    return schema, walk


def _messages(file: BinaryIO, part: Part) -> Iterator[Message]:
    """The messages of an open part; raises InputError for one too large to be read whole."""
    if part.kind == "arrow":
        for message in messages.of_file(file, part.name, part.size):
            if message.packed:  # others are read by ranges
                messages.refuse_large_batch(file, message, part.name)
            yield message
        return
    for message in messages.of_stream(file, part.name, part.size):
        messages.refuse_large_batch(file, message, part.name)
        size = message.end - message.start
        if size > LARGEST_BUFFER:
            raise InputError(
                f"{part.name} has a batch of {size} bytes, which would not fit in bounded memory: "
                f"write it in batches of at most {LARGEST_BUFFER} bytes, or as Parquet"
            )
        yield message


def _of_file(
    part: Part,
    walk: Iterator[Message],
    options: ipc.IpcReadOptions,
    ranges: RangeReader,
    rows: int,
) -> Batches:
    listed = [*walk]
    batches = [message for message in listed if message.kind == RECORD_BATCH]
    reader = None
    for at, message in enumerate(batches):
        end = message.end if message is not batches[-1] else part.size
        if _is_large(message):
            for batch, share in ranges.batches(message, listed, rows):
                yield batch, message.start + int((end - message.start) * share)
            continue
        with raising_for(part):
            reader = reader or _reader(part, options)
            batch = validated(reader.get_batch(at))
        yield batch, end


def _is_large(message: Message) -> bool:
    """Whether a batch is read by ranges; one that is compressed cannot be cut."""
    size = message.end - message.start
    return not message.packed and (message.rows > LARGEST_BATCH or size > LARGEST_BUFFER)


def _of_stream(part: Part, walk: Iterator[Message], options: ipc.IpcReadOptions) -> Batches:
    with raising_for(part):
        reader = _reader(part, options)
    for message in walk:
        if message.kind == RECORD_BATCH:  # dictionaries before it are read with it
            with raising_for(part):
                batch = validated(reader.read_next_batch())
            yield batch, message.end


def _reader(part: Part, options: ipc.IpcReadOptions | None = None) -> Any:
    """What reads a part. It is not mapped: if it became shorter, that would end the process."""
    source: Any
    if part.in_store:
        source = pa.PythonFile(open_input(part.path, part.in_store), mode="r")
    else:
        source = pa.OSFile(os.fsencode(part.path))
    return (ipc.open_file if part.kind == "arrow" else ipc.open_stream)(source, options=options)


def joined(batches: Batches, tuning: Tuning) -> Batches:
    """The same rows, small batches taken together: each costs 0.1 ms."""
    held: list[pa.RecordBatch] = []
    rows = size = done = 0
    for batch, end in batches:
        rows, size = rows + len(batch), size + batch.nbytes
        if held and (rows > tuning.batch_rows or size > tuning.joined_bytes):
            yield _one(held), done
            held, rows, size = [], len(batch), batch.nbytes
        held.append(batch)
        done = end
    if held:
        yield _one(held), done


def _one(batches: list[pa.RecordBatch]) -> pa.RecordBatch:
    return batches[0] if len(batches) == 1 else pa.concat_batches(batches)
