"""The only writer of files. A file appears whole or not at all; a log grows by whole lines.

What goes to an address is written by `new_objects`. Knows nothing of what it writes.
"""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from io import BufferedWriter, FileIO
from typing import Any, BinaryIO, NamedTuple, Protocol

from barwise import errors
from barwise.errors import OutputError, named, reason
from barwise.files.addresses import is_address, shown
from barwise.files.clashes import resolved
from barwise.files.opening import kind_of

WAYS_OUT = {
    **errors.WAYS_OUT,
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT), "free space there"),
    errno.EFBIG: "raise the limit of file sizes (ulimit -f)",
    errno.ENAMETOOLONG: "shorten its name, or the symbol's",
}
# Errors where a folder cannot be synced. The file has its new name all the same.
NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)


class Target(Protocol):
    """A file, or an object in a store, to be replaced.

    path: where it is, links followed; or its address.
    name: how a message names it.
    """

    @property
    def path(self) -> str: ...

    @property
    def name(self) -> str: ...

    def prove(self) -> None:
        """Raises OutputError where nobody can write there, if only trying shows it."""

    def replacing(self) -> AbstractContextManager[BinaryIO]:
        """See `replacing`."""

    def made(self, file: BinaryIO) -> Callable[[], bool]:
        """Says, whenever it is called, whether the file that was made is in place."""


class FileTarget(NamedTuple):
    """See `Target`."""

    path: str
    name: str

    def prove(self) -> None:
        pass

    def replacing(self) -> AbstractContextManager[BinaryIO]:
        return _replacing(self)

    def made(self, file: BinaryIO) -> Callable[[], bool]:
        with refusals_of(self.name):
            status = os.fstat(file.fileno())
        return lambda: os.path.samestat(os.stat(self.path), status)


def target(path: str, role: str) -> Target:
    """The file that writing to `path` will replace: links followed, its folder there and writable.

    Raises OutputError where it cannot be a regular file, or an object. Touches nothing.
    """
    if is_address(path):
        from barwise.files import new_objects

        return new_objects.target(path, f"{role} file")
    name = f"the {role} file {named(path)}"
    _refuse_irregular(path, name, (stat.S_IFREG,))
    real = resolved(path)
    with suppress(OSError):  # most often there is nothing yet
        status = os.stat(real)
        if _goes_to(1, status) or _goes_to(2, status):
            raise OutputError(f"{name} is where stdout or stderr goes: name another file")
    folders = os.path.dirname(path) or os.curdir, os.path.dirname(real)
    if not all(map(os.path.isdir, folders)):
        raise OutputError(f"cannot write {name}: its folder does not exist; make it first")
    if not os.access(folders[1], os.W_OK | os.X_OK):
        raise OutputError(f"cannot write {name}: its folder is not writable; name another place")
    return FileTarget(real, name)


def _refuse_irregular(path: str, name: str, allowed: tuple[int, ...]) -> None:
    if os.path.basename(path) in ("", os.curdir, os.pardir) and not os.path.isdir(path):
        raise OutputError(f"{name} names no file: name one")
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        raise OutputError(f"cannot write {name}: {_why(error)}") from None
    if stat.S_IFMT(mode) not in allowed:
        raise OutputError(f"{name} is {kind_of(mode)}: name a regular file")


def unwritten(name: str, error: OSError) -> OutputError:
    return OutputError(f"cannot write {name}: {_why(error)}", code="output_failed")


def _why(error: OSError | ValueError) -> str:
    """Why the system refused, and what to do about it."""
    number = getattr(error, "errno", None) or 0
    return f"{reason(error)}; {WAYS_OUT.get(number, 'name another place')}"


@contextmanager
def refusals_of(name: str) -> Iterator[None]:
    """Within it a refusal by the system is an OutputError that names an output."""
    try:
        yield
    except OSError as error:
        raise unwritten(name, error) from None


class _NewFile(FileIO):
    """A new file; what cannot be written to it is an OutputError that names the output."""

    def __init__(self, path: str, name: str) -> None:
        self.output = name
        with refusals_of(name):
            super().__init__(path, "xb")

    def write(self, data: Any) -> int:
        with refusals_of(self.output):
            return super().write(data)

    def close(self) -> None:
        with refusals_of(self.output):
            super().close()


def new_file(path: str, name: str) -> BufferedWriter:
    """A new file at `path`. What cannot be written to it is an OutputError that gives `name`."""
    return BufferedWriter(_NewFile(path, name))


def replacing(target: Target) -> AbstractContextManager[BinaryIO]:
    """A new file that replaces `target` when the block ends, whole; never, on an error.

    An existing file's mode is kept. Raises OutputError; whatever is raised, the old file is as it
    was and no temporary file is left.
    """
    return target.replacing()


@contextmanager
def _replacing(target: FileTarget) -> Iterator[BinaryIO]:
    folder = os.path.dirname(target.path)
    temporary = temporary_in(folder)
    try:
        with new_file(temporary, target.name) as file:
            with refusals_of(target.name), suppress(FileNotFoundError):
                os.fchmod(file.fileno(), stat.S_IMODE(os.stat(target.path).st_mode))
            yield file
            file.flush()
            with refusals_of(target.name):
                os.fsync(file.fileno())
        with refusals_of(target.name):
            os.replace(temporary, target.path)
            sync_folder(folder)
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def replace_or_complain(path: str, role: str, data: bytes, complain: Callable[[str], None]) -> None:
    """Replaces the file at `path`; where that cannot be, says that it is from an earlier run."""
    try:
        with replacing(target(path, role)) as file:
            file.write(data)
    except OutputError as unwritten:
        complain(str(unwritten))
        if is_address(path):
            complain(f"{named(shown(path))}, if it is there, is from an earlier run")
        elif os.path.isfile(path):
            complain(f"{named(path)} is from an earlier run")


def remove(path: str, role: str) -> None:
    """Removes an output, links followed. Raises OutputError where that cannot be."""
    if is_address(path):
        from barwise.files import new_objects

        return new_objects.target(path, role).remove()
    try:
        os.unlink(resolved(path))
    except OSError as error:
        raise OutputError(
            f"cannot remove the {role} {named(path)}: {reason(error)}; remove it",
            code="output_failed",
        ) from None


def temporary_in(folder: str) -> str:
    """A hidden name that nothing in the folder has. Inputs skip it, if a kill leaves the file."""
    return os.path.join(folder, f".barwise-{os.urandom(8).hex()}.tmp")


def sync_folder(folder: str) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno not in NO_FOLDER_SYNC:
            raise


class Appended:
    """A file that grows by whole lines: a regular file, or a device or pipe such as /dev/null.

    Raises OutputError where it cannot be opened or written.
    """

    def __init__(self, path: str, role: str) -> None:
        self.name = f"the {role} file {named(shown(path))}"
        if is_address(path):
            raise OutputError(
                f"{self.name} is in a store, where no line can be added to a file: name a local "
                "file, or /dev/null, as stdout has the lines too"
            )
        _refuse_irregular(path, self.name, (stat.S_IFREG, stat.S_IFCHR, stat.S_IFIFO))
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY
        with refusals_of(self.name):  # a pipe that nobody reads must not stall the job
            self.descriptor = os.open(path, flags | os.O_NONBLOCK, 0o666)
        try:
            with refusals_of(self.name):
                is_overwritten = any(_overwrites(stream, self.descriptor) for stream in (1, 2))
            if is_overwritten:
                raise OutputError(f"{self.name} is where stdout or stderr goes: name another file")
        except OutputError:
            self.close()
            raise

    def write(self, line: str) -> None:
        """Appends a line; where it does not fit whole, what was written of it is taken back."""
        data = line.encode("utf-8", "backslashreplace")
        written = 0
        try:
            while written < len(data):
                written += os.write(self.descriptor, data[written:])
        except OSError as error:
            if written:
                self._take_back(written)
            raise unwritten(self.name, error) from None

    def _take_back(self, written: int) -> None:
        with suppress(OSError):  # a pipe cannot
            end = os.lseek(self.descriptor, 0, os.SEEK_CUR)
            if end == os.fstat(self.descriptor).st_size:  # nobody has appended since
                os.ftruncate(self.descriptor, end - written)

    def close(self) -> None:
        """Raises OutputError where the system says only now that it has not kept all lines."""
        with refusals_of(self.name):
            os.close(self.descriptor)


def _overwrites(stream: int, log: int) -> bool:
    """Whether what is written to `stream` lands on top of what is appended to `log`."""
    if not _goes_to(stream, os.fstat(log)):
        return False
    return not fcntl.fcntl(stream, fcntl.F_GETFL) & os.O_APPEND


def _goes_to(stream: int, file: os.stat_result) -> bool:
    """Whether what is written to `stream` goes to this regular file."""
    try:
        status = os.fstat(stream)
    except OSError:  # closed
        return False
    return stat.S_ISREG(status.st_mode) and os.path.samestat(status, file)
