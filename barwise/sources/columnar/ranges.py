"""Large record batches of Arrow files, some rows at a time: only what is asked for is read.

Nothing is mapped into memory, where a file that becomes shorter would end the process; nor is a
batch read whole. Compressed batches cannot be cut, and do not come here. How the buffers of a
batch follow each other: https://arrow.apache.org/docs/format/Columnar.html.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from io import BufferedReader, BytesIO
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import ipc, types

from barwise.errors import InputError
from barwise.files.limits import LARGEST_BUFFER
from barwise.sources.columnar import messages
from barwise.sources.columnar.faults import raising_for, unreadable, validated
from barwise.sources.columnar.layout import Column, Span, columns_of, is_view
from barwise.sources.columnar.messages import DICTIONARY_BATCH, Message

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.sources.parts import Part

SHORT_VIEW = 12  # bytes; a view of more has them in a buffer of text


class RangeReader:
    """Reads large batches of an open file, whose messages are known, and some of its columns."""

    def __init__(
        self, file: BufferedReader, part: Part, schema: pa.Schema, wanted: Sequence[int]
    ) -> None:
        """`wanted`: the places of the columns in the schema."""
        self.file, self.part, self.schema, self.wanted = file, part, schema, wanted
        self.before = None if part.in_store else os.fstat(file.fileno())
        self.dictionaries: dict[int, pa.Array] = {}

    def batches(
        self, message: Message, listed: Sequence[Message], rows: int
    ) -> Iterator[tuple[pa.RecordBatch, float]]:
        """The rows of a batch, up to so many at a time, each time with which share is read.

        `listed`: all messages of the file.
        """
        if not self.dictionaries:
            self.dictionaries = self._read_dictionaries(listed)
        name, size = self.part.name, self.part.size
        columns = columns_of(self.file, message, self.schema, name, size)
        fields = [self.schema.field(at) for at in self.wanted]
        for first in range(0, message.rows, rows):
            count = min(rows, message.rows - first)
            with raising_for(self.part):
                arrays = [self._cells(columns[at], at, first, count) for at in self.wanted]
                batch = validated(pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields)))
            yield batch, (first + count) / message.rows
        self.refuse_changed()

    def refuse_changed(self) -> None:
        """Raises InputError where the path is another file's now, or the file was written to.

        Each read of an object in a store does so itself.
        """
        if self.before is None:
            return
        try:
            now = os.stat(self.part.path)
        except OSError:
            now = None
        kept = ("st_dev", "st_ino", "st_size", "st_mtime_ns")
        if now is None or any(getattr(now, key) != getattr(self.before, key) for key in kept):
            raise InputError(
                f"{self.part.name} has changed while it was read: run it again",
                code="input_changed",
            )

    def _read_dictionaries(self, listed: Sequence[Message]) -> dict[int, pa.Array]:
        """The dictionaries of wanted columns, whole, which pyarrow decodes from a short stream."""
        coded = [at for at in self.wanted if types.is_dictionary(self.schema.types[at])]
        if not coded:
            return {}
        stream = BytesIO()
        with raising_for(self.part):
            stream.write(messages.of_schema(messages.footer_of(self.file, self.part.size)))
            for message in listed:
                if message.kind == DICTIONARY_BATCH:
                    stream.write(self._read(Span(message.start, message.end - message.start)))
            empty = [pa.nulls(0, kind) for kind in self.schema.types]
            stream.write(pa.RecordBatch.from_arrays(empty, schema=self.schema).serialize())
            stream.seek(0)
            batch = ipc.open_stream(stream).read_next_batch()
            return {at: batch.column(at).dictionary for at in coded}

    def _cells(self, column: Column, at: int, first: int, count: int) -> pa.Array:
        """Some cells of the wanted column `at`."""
        kind = column.kind
        if types.is_null(kind) or kind.num_fields or isinstance(kind, pa.BaseExtensionType):
            return pa.nulls(count, kind)  # no bar is made of these: their type is refused
        if types.is_dictionary(kind):
            of_codes = self._cells(column._replace(kind=kind.index_type), at, first, count)
            return pa.DictionaryArray.from_arrays(
                of_codes, self.dictionaries[at], ordered=kind.ordered, safe=False
            )
        begin = first - first % 8  # bits of what is missing come by bytes
        rows = count + first % 8
        validity = None
        if column.missing:
            validity = self._cut(column.buffers[0], begin // 8, -(-rows // 8))
        if is_view(kind):
            buffers = self._views(column, begin, rows, validity)
        elif types.is_large_string(kind) or types.is_large_binary(kind):
            buffers = self._texts(column, np.dtype(np.int64), begin, rows)
        elif types.is_string(kind) or types.is_binary(kind):
            buffers = self._texts(column, np.dtype(np.int32), begin, rows)
        else:
            bits = kind.bit_width
            buffers = [self._cut(column.buffers[1], begin * bits // 8, -(-rows * bits // 8))]
        return pa.Array.from_buffers(kind, count, [validity, *buffers], -1, first % 8)

    def _texts(
        self, column: Column, offset: np.dtype[Any], begin: int, rows: int
    ) -> list[pa.Buffer]:
        """The offsets and the bytes of texts; offsets from the first of those on."""
        size = offset.itemsize
        data = self._cut(column.buffers[1], begin * size, (rows + 1) * size)
        offsets = np.frombuffer(data, offset)
        low, high = int(offsets[0]), int(offsets[-1])
        text = self._cut(column.buffers[2], low, high - low)
        return [pa.py_buffer(offsets - offset.type(low)), text]

    def _views(
        self, column: Column, begin: int, rows: int, validity: pa.Buffer | None
    ) -> list[pa.Buffer]:
        """The views of texts, and what they need of each buffer of text."""
        views = self._cut(column.buffers[1], begin * 16, rows * 16)
        words = np.frombuffer(views, np.int32).reshape(-1, 4)  # length, prefix, buffer, offset
        is_long = words[:, 0] > SHORT_VIEW
        if validity is not None:  # the view of a missing cell says nothing
            present = np.unpackbits(np.frombuffer(validity, np.uint8), bitorder="little")
            is_long &= present[:rows] == 1
        spans = column.buffers[2:]
        texts = [pa.py_buffer(b"")] * len(spans)
        moved = words.copy() if is_long.any() else words
        for places in _alike(words[:, 2], np.flatnonzero(is_long)):
            number = int(words[places[0], 2])
            if not 0 <= number < len(spans):
                raise unreadable(self.part, f"a text in buffer {number} of {len(spans)}")
            offsets = words[places, 3].astype(np.int64)
            low, high = int(offsets.min()), int((offsets + words[places, 0]).max())
            texts[number] = self._cut(spans[number], low, high - low)
            moved[places, 3] -= low
        return [pa.py_buffer(moved), *texts]

    def _cut(self, buffer: Span, start: int, size: int) -> pa.Buffer:
        """Some bytes of a buffer of the file."""
        if start < 0 or size < 0 or start + size > buffer.size:
            raise unreadable(self.part, f"a buffer of {buffer.size} bytes ends before its cells")
        return self._read(Span(buffer.start + start, size))

    def _read(self, span: Span) -> pa.Buffer:
        if span.size > LARGEST_BUFFER:
            raise InputError(
                f"{self.part.name} has texts of {span.size} bytes in a batch, which would not fit "
                f"in bounded memory: write it in smaller batches, or as Parquet; or it is damaged"
            )
        buffer = pa.allocate_buffer(span.size)
        self.file.seek(span.start)
        if self.file.readinto(buffer) < span.size:
            raise InputError(
                f"{self.part.name} became shorter while it was read: run it again",
                code="input_changed",
            )
        return buffer


def _alike(numbers: NDArray[np.int32], places: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """The places in groups of one number; of no places none."""
    ordered = places[np.argsort(numbers[places], kind="stable")]
    groups = np.split(ordered, np.flatnonzero(np.diff(numbers[ordered])) + 1)
    return [group for group in groups if len(group)]
