"""The only writer of files. A file appears whole or not at all; a log grows by whole lines.

Knows nothing of what it writes.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import BinaryIO

from barwise.errors import OutputError, named, reason
from barwise.files import kind_of

# A folder that cannot be synced, by its file system or for us: the renaming stands all the same.
NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EACCES)


def refuse_clashes(outputs: Mapping[str, str], inputs: Mapping[str, str]) -> None:
    """Raises OutputError if an output is an input or another output, also through links.

    Both map a role ("metrics", "log", "input", "config") to a path. Touches nothing.
    """
    taken = dict(inputs)
    for role, path in outputs.items():
        for other_role, other in taken.items():
            if _same_file(path, other):
                raise OutputError(
                    f"the {role} file {named(path)} is also the {other_role} file "
                    f"{named(other)}: name another file"
                )
        taken[role] = path


def _same_file(path: str, other: str) -> bool:
    try:
        return os.path.samefile(path, other)
    except (OSError, ValueError):  # one of them does not exist yet
        return os.path.realpath(path) == os.path.realpath(other)


def target(path: str, role: str) -> str:
    """The file that writing to `path` will replace: links followed, its folder there and writable.

    Raises OutputError where it cannot be a regular file. Touches nothing.
    """
    _refuse_irregular(path, role, allow=stat.S_ISREG)
    resolved = os.path.realpath(path)
    folder = os.path.dirname(resolved)
    if not os.path.isdir(folder):
        raise OutputError(f"cannot write the {role} file {named(path)}: its folder does not exist")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"cannot write the {role} file {named(path)}: its folder is not writable")
    return resolved


def _regular_or_terminal(mode: int) -> bool:
    return stat.S_ISREG(mode) or stat.S_ISCHR(mode)


def _refuse_irregular(path: str, role: str, allow: Callable[[int], bool]) -> None:
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        if path and path[-1] != os.sep:
            return
        raise OutputError(f"the {role} file {named(path)} names no file: name one") from None
    except (OSError, ValueError) as error:
        raise OutputError(f"cannot write the {role} file {named(path)}: {reason(error)}") from None
    if not allow(mode):
        raise OutputError(f"the {role} file {named(path)} is {kind_of(mode)}: name a regular file")


@contextmanager
def replacing(path: str, role: str) -> Iterator[BinaryIO]:
    """A new file that takes the place of `path` when the block ends, whole; or never, on an error.

    `path` is what `target` gave. An existing file's mode is kept. Raises OutputError; whatever is
    raised, `path` is as it was and no temporary file is left.
    """
    temporary = os.path.join(os.path.dirname(path), f".barwise-{os.urandom(8).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            with suppress(FileNotFoundError):
                os.fchmod(file.fileno(), stat.S_IMODE(os.stat(path).st_mode))
            yield file
            sync(file)
        os.replace(temporary, path)
        _sync_folder(os.path.dirname(path))
    except OSError as error:
        raise OutputError(
            f"cannot write the {role} file {named(path)}: {reason(error)}; "
            "free space there or name another place"
        ) from None
    finally:
        with suppress(OSError):
            os.unlink(temporary)


def sync(file: BinaryIO) -> None:
    """Brings what was written to the disk, so that only the renaming is left."""
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: str) -> None:
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
    """A file that grows by whole lines: a regular file, or a device such as /dev/null.

    Raises OutputError where it cannot be opened or written.
    """

    def __init__(self, path: str, role: str) -> None:
        self.path, self.role = path, role
        _refuse_irregular(path, role, allow=_regular_or_terminal)
        try:
            self.descriptor = os.open(
                path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOCTTY, 0o666
            )
        except OSError as error:
            raise self._error(error) from None

    def write(self, line: str) -> None:
        data = line.encode("utf-8", "backslashreplace")
        try:
            while data:
                data = data[os.write(self.descriptor, data) :]
        except OSError as error:
            raise self._error(error) from None

    def close(self) -> None:
        os.close(self.descriptor)

    def _error(self, error: OSError) -> OutputError:
        return OutputError(
            f"cannot write the {self.role} file {named(self.path)}: {reason(error)}; "
            "name one that can be written"
        )
