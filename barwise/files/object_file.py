"""An object as an open file: what is read of it is fetched by ranges, some of it ahead.

Readers of bytes in order get blocks, and the next one comes while one is used. A reader that knows
what it will want says so in steps, as the row groups of a Parquet file.
"""

from __future__ import annotations

import io
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.files.stores import StoredFile, place_of

if TYPE_CHECKING:
    from typing_extensions import Buffer

    Range = tuple[int, int]  # from a byte to another
    Steps = Sequence[Sequence[Range]]  # ranges that are used together, in the order of their use

BLOCK = 1 << 22  # bytes; 1 MB takes a quarter more of CPU
BUFFERED = 1 << 17  # bytes that Python's own buffer holds of a block


class Fetched(NamedTuple):
    """Ranges that are on their way, or here.

    data: of each range.
    size: bytes that count as ahead.
    """

    data: list[Future[memoryview]]
    size: int


class Ahead:
    """Fetches ranges in threads, before they are asked for, as far as the bucket allows."""

    def __init__(self, file: StoredFile) -> None:
        self.file = file
        self.bucket, _ = place_of(file.address or file.uri)
        self.pool: ThreadPoolExecutor | None = None

    def fetch(self, ranges: Sequence[Range], is_needed: bool) -> Fetched | None:
        """The ranges, on their way; None where they can wait, and too much is ahead."""
        size = 0 if is_needed else sum(end - start for start, end in ranges)
        if not is_needed and not self.bucket.take(size):
            return None
        if self.pool is None:
            self.pool = ThreadPoolExecutor(2, "barwise-fetch")
        return Fetched([self.pool.submit(self.file.read, *ends) for ends in ranges], size)

    def drop(self, fetched: Fetched) -> None:
        self.bucket.give_back(fetched.size)

    def close(self) -> None:
        if self.pool:
            self.pool.shutdown(cancel_futures=True)


class InSteps:
    """Ranges that are read in the order of their steps; of these one is fetched ahead."""

    def __init__(self, steps: Steps, ahead: Ahead) -> None:
        self.steps, self.ahead = steps, ahead
        places = [
            (*ends, step, at) for step, all_ in enumerate(steps) for at, ends in enumerate(all_)
        ]
        self.places = sorted(places)
        self.starts = [place[0] for place in self.places]
        self.coming: dict[int, Fetched] = {}

    def read(self, start: int, end: int) -> memoryview | None:
        """Some bytes; None where they are in no range."""
        found = bisect_right(self.starts, start) - 1
        if found < 0 or start >= self.places[found][1]:
            return None
        first, last, step, at = self.places[found]
        if last < end:  # it goes on in the range after it, or in none
            rest = self.read(last, end)
            return rest and memoryview(b"".join((self.read(start, last) or b"", rest)))
        for earlier in [number for number in self.coming if number < step]:
            self.ahead.drop(self.coming.pop(earlier))
        for number in (step, step + 1):
            if number < len(self.steps) and number not in self.coming:
                fetched = self.ahead.fetch(self.steps[number], number == step)
                if fetched:
                    self.coming[number] = fetched
        return self.coming[step].data[at].result()[start - first : end - first]

    def close(self) -> None:
        while self.coming:
            self.ahead.drop(self.coming.popitem()[1])


class ObjectFile(io.RawIOBase):
    """An object, open for reading.

    file: which one.
    end: the last byte that will most likely be wanted; None: the last one.
    steps: ranges that will be read, in as many orders as there are readers.
    block: how many bytes are fetched at once of what is in no range.
    """

    def __init__(
        self,
        file: StoredFile,
        end: int | None = None,
        steps: Sequence[Steps] = (),
        block: int = BLOCK,
    ) -> None:
        super().__init__()
        self.file, self.block = file, block
        self.end = file.size if end is None else min(end, file.size)
        self.ahead = Ahead(file)
        self.steps = [InSteps(some, self.ahead) for some in steps]
        self.position = 0
        self.here: tuple[int, memoryview] = (0, memoryview(b""))  # the block in use
        self.coming: tuple[int, Fetched] | None = None  # the one after it

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.position = max(0, offset + (0, self.position, self.file.size)[whence])
        return self.position

    def size(self) -> int:
        return self.file.size

    def readinto(self, buffer: Buffer) -> int:
        out = memoryview(buffer).cast("B")
        data = self.some(len(out))
        out[: len(data)] = data
        return len(data)

    def read_buffer(self, size: int) -> Any:
        """So many bytes, fewer at the end, as pyarrow takes them: without a copy."""
        import pyarrow as pa

        return pa.py_buffer(self.exactly(size))

    def exactly(self, size: int) -> memoryview:
        """So many bytes, fewer at the end."""
        start = self.position
        end = self.position = max(start, min(start + size, self.file.size))
        for steps in self.steps:
            if (data := steps.read(start, end)) is not None:
                return data
        return self.file.read(start, end) if end > start else memoryview(b"")

    def some(self, size: int) -> memoryview:
        """Up to so many bytes, of one block; none at the end."""
        at = self.position
        if size <= 0 or at >= self.file.size:
            return memoryview(b"")
        first, block = self._block_at(at)
        data = block[at - first : at - first + size]
        self.position += len(data)
        return data

    def _block_at(self, at: int) -> tuple[int, memoryview]:
        for first, data in (self.here, *self.file.held):
            if first <= at < first + len(data):
                return first, data
        is_next = at == self.here[0] + len(self.here[1]) and at > 0
        if self.coming and self.coming[0] == at:
            self.here = at, self.coming[1].data[0].result()
            self._drop_coming()
        else:
            self._drop_coming()
            self.here = at, self.file.read(*self._range(at))
        after = at + len(self.here[1])
        if is_next and after < self.end:  # it is read in order
            fetched = self.ahead.fetch([self._range(after)], is_needed=False)
            self.coming = (after, fetched) if fetched else None
        return self.here

    def _range(self, at: int) -> Range:
        end = self.end if at < self.end else self.file.size
        return at, min(at + self.block, end)

    def _drop_coming(self) -> None:
        if self.coming:
            self.ahead.drop(self.coming[1])
            self.coming = None

    def close(self) -> None:
        if not self.closed:
            self.ahead.close()
            self._drop_coming()
            for steps in self.steps:
                steps.close()
            self.here = (0, memoryview(b""))
        super().close()


class WholeStream(io.RawIOBase):
    """An object of a server that gives no ranges: all its bytes, once, in order."""

    def __init__(self, file: StoredFile) -> None:
        super().__init__()
        self.file = file
        self.pieces: Iterator[Any] | None = None
        self.here = memoryview(b"")
        self.position = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def readinto(self, buffer: Buffer) -> int:
        out = memoryview(buffer).cast("B")
        for first, data in self.file.held:  # the first lines need no request
            if self.pieces is None and first <= self.position < first + len(data):
                return self._given(out, data[self.position - first :])
        if self.pieces is None:
            self.pieces = self.file.stream(BLOCK)
            skip = self.position
            while skip >= len(self.here) and (piece := next(self.pieces, None)) is not None:
                skip -= len(self.here)
                self.here = memoryview(piece)
            self.here = self.here[skip:]
        while not self.here and (piece := next(self.pieces, None)) is not None:
            self.here = memoryview(piece)
        size = self._given(out, self.here)
        self.here = self.here[size:]
        return size

    def _given(self, out: memoryview, data: memoryview) -> int:
        size = min(len(out), len(data))
        out[:size] = data[:size]
        self.position += size
        return size


def opened(file: StoredFile, end: int | None = None, block: int = BLOCK) -> io.BufferedReader:
    """An object, open for reading its bytes; `end` and `block` as in ObjectFile."""
    raw = ObjectFile(file, end, block=block) if file.has_ranges else WholeStream(file)
    return io.BufferedReader(raw, BUFFERED)
