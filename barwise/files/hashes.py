"""The SHA-256 of files that a run reads: a pass of its own over each, beside the run.

It also knows whether one of them changed meanwhile, which makes a digest worth nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from hashlib import sha256
from io import BufferedReader
from threading import Thread
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from barwise.errors import BarwiseError, ConfigError, InputError, named, reason, way_out
from barwise.files.opening import open_input, open_regular

if TYPE_CHECKING:
    from barwise.files.stores import StoredFile

Role = Literal["config", "input"]
ERRORS: dict[Role, type[BarwiseError]] = {"config": ConfigError, "input": InputError}
CHANGED = {"input": "input_changed"}  # the codes of errors, by role, where they have their own
NONE: Mapping[str, Any] = MappingProxyType({})
PIECE = 1 << 20  # bytes that are hashed at a time
MANY_BYTES = 1 << 23  # that are worth a thread


class Hashed(NamedTuple):
    """A file's digest.

    sha256: hexadecimal.
    bytes: the size of the file.
    """

    sha256: str
    bytes: int


class Stamp(NamedTuple):
    """What shows that a file is still the same one, and that nothing was written to it.

    device, inode: which file it is.
    size: in bytes.
    modified: when it was last written to, in nanoseconds.
    """

    device: int
    inode: int
    size: int
    modified: int

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        return cls(status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns)


class FileHashes:
    """Hashes files from when it is made, and gives their digests if none has changed since.

    `files` are paths with their roles, `objects` those of them that are in stores. With more than
    one of `workers`, and more than `many_bytes`, a thread hashes them; else the caller of `hashed`
    does.
    """

    def __init__(
        self,
        files: Mapping[str, Role],
        workers: int,
        many_bytes: int = MANY_BYTES,
        objects: Mapping[str, StoredFile] = NONE,
    ) -> None:
        self.roles, self.objects = files, objects
        self.before = {path: self._now(path) for path in files}
        self.by_path: dict[str, Hashed] = {}
        self.failure: Exception | None = None
        self.closed = False
        # A daemon, so that none outlives the process where a signal comes before it has an owner.
        self.thread = Thread(target=self._hash_all, name="barwise-hashes", daemon=True)
        size = sum(stamp.size for stamp in self.before.values() if stamp)
        if workers > 1 and size > many_bytes:
            self.thread.start()

    def hashed(self) -> dict[str, Hashed]:
        """The files by path. Raises InputError or ConfigError for one that changed."""
        if self.thread.ident is None:
            self._hash_all()
        else:
            self.thread.join()
        if self.failure:
            raise self.failure
        self.refuse_changed()
        return self.by_path

    def refuse_changed(self) -> None:
        """Raises InputError or ConfigError for the first file that is not what it was."""
        for path, before in self.before.items():
            self._refuse_other(path, self._now(path), before)

    def close(self) -> None:
        """Ends the hashing, done or not."""
        self.closed = True
        if self.thread.ident is not None:
            self.thread.join()

    def _hash_all(self) -> None:
        try:
            self.by_path = {path: self._hash(path, before) for path, before in self.before.items()}
        except Exception as error:  # `hashed` raises it
            self.failure = error

    def _now(self, path: str) -> Stamp | StoredFile | None:
        """What shows that a file is still the same; whoever reads an object sees for itself."""
        return self.objects.get(path) or _stamp(path)

    def _hash(self, path: str, before: Stamp | StoredFile | None) -> Hashed:
        role = self.roles[path]
        if in_store := self.objects.get(path):
            with open_input(path, in_store) as file:
                return _hashed(file, path, ERRORS[role], lambda: not self.closed)
        try:
            with open_regular(path, role, ERRORS[role]) as file:
                self._refuse_other(path, _stamp(file.fileno()), before)
                hashed = _hashed(file, path, ERRORS[role], lambda: not self.closed)
                self._refuse_other(path, _stamp(file.fileno()), before)
        except BarwiseError:  # most likely because the file changed
            self._refuse_other(path, _stamp(path), before)
            raise
        return hashed

    def _refuse_other(
        self, path: str, now: Stamp | StoredFile | None, before: Stamp | StoredFile | None
    ) -> None:
        if now is None or now != before:
            role = self.roles[path]
            raise ERRORS[role](
                f"the {role} {named(path)} changed while it was read, so that nobody can say what "
                "was read: run again when nothing writes to it",
                code=CHANGED.get(role),
            )


def hash_file(path: str, role: str, error: type[BarwiseError]) -> Hashed:
    """The digest of the file at `path`. A refusal names its `role`, and is raised as `error`."""
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
        raise error(
            f"cannot read {named(path)}: {reason(refusal)}; {way_out(refusal, 'check the file')}"
        ) from None
    return Hashed(digest.hexdigest(), size)


def _stamp(file: str | int) -> Stamp | None:
    """None for a file that is not there: whoever reads it says so."""
    try:
        return Stamp.of(os.stat(file))
    except (OSError, ValueError):
        return None
