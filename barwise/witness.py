"""The SHA-256 of files that a run reads: a pass of its own over each, beside the run.

It also knows whether one of them changed meanwhile, which makes a digest worth nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from hashlib import sha256
from io import BufferedReader
from typing import TYPE_CHECKING, NamedTuple

from barwise.errors import BarwiseError, ConfigError, InputError, named, reason
from barwise.files import open_regular

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

ERRORS: dict[str, type[BarwiseError]] = {"config": ConfigError, "input": InputError}
PIECE = 1 << 20  # bytes that are hashed at a time
MANY_BYTES = 1 << 23  # that are worth a thread, of which the import takes 10 ms


class Hashed(NamedTuple):
    """A file's SHA-256, hexadecimal, and its size in bytes."""

    sha256: str
    bytes: int


class State(NamedTuple):
    """What tells that a file is the same one and was not written to; modified: in nanoseconds."""

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, found: os.stat_result) -> State:
        return cls(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


class Witness:
    """Hashes files from when it is made, and gives their digests if none has changed since.

    `files` are paths with their roles, "input" or "config". With more than one of `workers`, and
    many bytes, it is a thread that hashes, else whoever asks.
    """

    def __init__(self, files: Iterable[tuple[str, str]], workers: int) -> None:
        self.roles = dict(files)
        self.before = {path: _state(path) for path in self.roles}
        self.closed = False
        self.pool: ThreadPoolExecutor | None = None
        self.found: Callable[[], dict[str, Hashed]] = self._hash_all
        size = sum(state.size for state in self.before.values() if state)
        if workers > 1 and size > MANY_BYTES:
            from concurrent.futures import ThreadPoolExecutor

            self.pool = ThreadPoolExecutor(1, "barwise-witness")
            self.found = self.pool.submit(self._hash_all).result

    def hashed(self) -> dict[str, Hashed]:
        """The files by path. Raises InputError or ConfigError for one that changed."""
        found = self.found()
        for path, before in self.before.items():
            self._refuse_other(path, _state(path), before)
        return found

    def close(self) -> None:
        """Ends the hashing, done or not."""
        self.closed = True
        if self.pool:
            self.pool.shutdown(cancel_futures=True)

    def _hash_all(self) -> dict[str, Hashed]:
        return {path: self._hash(path, before) for path, before in self.before.items()}

    def _hash(self, path: str, before: State | None) -> Hashed:
        role = self.roles[path]
        try:
            with open_regular(path, role, ERRORS[role]) as file:
                self._refuse_other(path, State.of(os.fstat(file.fileno())), before)
                found = _hashed(file, path, ERRORS[role], lambda: not self.closed)
                self._refuse_other(path, State.of(os.fstat(file.fileno())), before)
        except BarwiseError:  # most likely since it is not what it was
            self._refuse_other(path, _state(path), before)
            raise
        return found

    def _refuse_other(self, path: str, now: State | None, before: State | None) -> None:
        if now is None or now != before:
            role = self.roles[path]
            raise ERRORS[role](
                f"the {role} {named(path)} changed while it was read, so that nobody can say what "
                "was: run again when nothing writes to it"
            )


def hash_file(path: str, role: str, error: type[BarwiseError]) -> Hashed:
    """The file at `path`; `role` and `error` are what a refusal is worded with and raised as."""
    with open_regular(path, role, error) as file:
        return _hashed(file, path, error)


def _hashed(
    file: BufferedReader,
    path: str,
    error: type[BarwiseError],
    goes_on: Callable[[], bool] = lambda: True,
) -> Hashed:
    digest, size = sha256(), 0
    piece = memoryview(bytearray(PIECE))
    try:
        while goes_on() and (length := file.readinto(piece)):
            digest.update(piece[:length])
            size += length
    except OSError as refusal:
        raise error(f"cannot read {named(path)}: {reason(refusal)}; check the file") from None
    return Hashed(digest.hexdigest(), size)


def _state(path: str) -> State | None:
    """None for a file that is not there: whoever reads it says so."""
    try:
        return State.of(os.stat(path))
    except (OSError, ValueError):
        return None
