"""Outputs in stores: an object appears whole or not at all, as a file does.

A large one goes in parts while it is made; a store drops them, or keeps them hidden, until all are
there. Knows nothing of what is written.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

from barwise.errors import BarwiseError, OutputError, named
from barwise.files import stores
from barwise.files.addresses import is_of_web, shown
from barwise.files.store_errors import raising

if TYPE_CHECKING:
    from barwise.files.hashes import Hashed

PART = 5 << 20  # bytes that are sent at once: S3 takes no fewer
AT_ONCE = 2  # parts that are on their way
MOST_PARTS = 10_000  # of one object in S3
WAYS_OUT = "name a local file, or an object of s3://, gs:// or az://"


class ObjectTarget(NamedTuple):
    """An object to be replaced; see `writing.Target`.

    path: its address.
    role: what it is, as "metrics file".
    """

    path: str
    role: str

    @property
    def name(self) -> str:
        return f"the {self.role} {named(self.path)}"

    def prove(self) -> None:
        """Raises OutputError where the store lets nobody write there, before a run is done in vain.

        An upload in parts is begun and dropped, which shows nowhere.
        """
        writer = self.writer(part=1, at_once=0)  # 0: each write waits for the parts before it
        with self.refusals():
            try:
                writer.write(b"0")
                writer.write(b"")
            finally:
                drop(writer)

    @contextmanager
    def replacing(self) -> Iterator[BinaryIO]:
        """A new object that replaces it when the block ends, whole; never, on an error."""
        file = NewObject(self)
        try:
            yield cast(BinaryIO, file)
            file.finish()
        finally:
            file.close()

    def made(self, file: BinaryIO) -> Callable[[], bool]:
        return lambda: cast(NewObject, file).is_in_place

    def put(self, data: bytes) -> None:
        stores.put(self.path, data, doing=f"write the {self.role}", error=OutputError)

    def remove(self) -> None:
        with raising(self.path, f"remove the {self.role}", OutputError):
            stores.delete([self.path], error=OutputError)

    def writer(self, part: int, at_once: int) -> Any:
        with self.refusals():
            bucket, key = stores.place_of(self.path, patient=part == PART)
            from obstore import open_writer  # by now it is installed

            return open_writer(bucket.client, key, buffer_size=part, max_concurrency=at_once)

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Within it a refusal by the store is an OutputError that names the output."""
        with raising(self.path, f"write the {self.role}", OutputError):
            yield


class NewObject(io.RawIOBase):
    """A file of bytes that are written in order, and become an object by `finish`.

    held: bytes that are not sent yet.
    writer: of an upload in parts; None: all bytes are held.
    size: bytes, with those that are held.
    is_in_place: whether the object has appeared.
    """

    def __init__(self, target: ObjectTarget) -> None:
        from hashlib import sha256

        super().__init__()
        self.target = target
        self.held: list[bytes] = []
        self.length = 0
        self.writer: Any = None
        self.size = 0
        self.digest = sha256()
        self.is_in_place = False

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.size

    def write(self, data: Any) -> int:
        piece = bytes(data)
        self.digest.update(piece)
        self.held.append(piece)
        self.size += len(piece)
        self.length += len(piece)
        if self.length >= PART:
            self._send()
        return len(piece)

    def finish(self) -> None:
        """Makes the object appear. Raises OutputError."""
        if self.writer is None:
            self.target.put(b"".join(self.held))
        else:
            self._send()
            writer, self.writer = self.writer, None
            with self.target.refusals():
                writer.close()
        self.held, self.is_in_place = [], True

    def close(self) -> None:
        """Drops what was sent, unless the object has appeared."""
        if self.writer is not None:
            writer, self.writer = self.writer, None
            drop(writer)
        super().close()

    def hashed(self) -> Hashed:
        """The hash of all that was written."""
        from barwise.files.hashes import Hashed

        return Hashed(self.digest.hexdigest(), self.size)

    def _send(self) -> None:
        if self.size > PART * MOST_PARTS:
            raise OutputError(
                f"{self.target.name} would have more than {PART * MOST_PARTS >> 30} GB, which a "
                "store does not take: run fewer bars at a time",
                code="output_failed",
            )
        if self.writer is None:
            self.writer = self.target.writer(PART, AT_ONCE)
        with self.target.refusals():
            self.writer.write(b"".join(self.held))
        self.held, self.length = [], 0


def drop(writer: Any) -> None:
    """Ends an upload without an object; what a store keeps of it all the same is hidden."""
    with suppress(Exception):  # it does not answer, or forbids that too
        writer.__exit__(OutputError, None, None)


def target(path: str, role: str) -> ObjectTarget:
    """The object at an address. Raises OutputError where that can be none."""
    name = f"the {role} {named(shown(path))}"
    scheme, _, place = path.partition("://")
    bucket, _, key = place.partition("/")
    if is_of_web(path):
        raise OutputError(f"{name} is at an address of the web, which is only read: {WAYS_OUT}")
    if "@" in bucket and scheme in ("s3", "gs", "az"):  # not named: it may be a secret
        raise OutputError(
            f"the address of the {role} has a user or a key before its bucket: leave it out, and "
            "set the store's environment variables"
        )
    if not bucket or not key:
        raise OutputError(f"{name} names no object: write {scheme}://BUCKET/NAME")
    if not {"", ".", ".."}.isdisjoint(key.split("/")) or not key.isprintable():
        raise OutputError(
            f"{name} has an empty or dotted name or a control character in it, which stores do not "
            "agree on: name another"
        )
    try:
        stores.place_of(path)
    except BarwiseError as error:
        raise OutputError(str(error), code=error.code) from None
    return ObjectTarget(path, role)
