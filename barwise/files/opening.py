"""Opens files for reading: regular files alone, so that no device or pipe can stall a job."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from io import BufferedReader, FileIO
from typing import TYPE_CHECKING

from barwise.errors import BarwiseError, InputError, named, reason, way_out

if TYPE_CHECKING:
    from barwise.files.stores import StoredFile

UNREADABLE = {
    "input": "input_unreadable"
}  # the codes of errors, by role, where they have their own
KINDS = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}


def open_regular(
    path: str | os.PathLike[str], role: str, error: type[BarwiseError]
) -> BufferedReader:
    """The regular file at `path`, open for reading bytes.

    A refusal names its `role`, as "input" or "config", and is raised as `error`.
    """
    try:
        mode = os.stat(path).st_mode  # before it is opened: opening a device can have effects
        if stat.S_ISREG(mode):
            return BufferedReader(_Regular(path, "rb", opener=_open_without_waiting))
    except (OSError, ValueError) as refusal:
        then = way_out(refusal, "check the path")
        raise error(
            f"cannot open the {role} {named(path)}: {reason(refusal)}; {then}",
            code=UNREADABLE.get(role),
        ) from None
    raise error(
        f"the {role} {named(path)} is {kind_of(mode)}: name a regular file",
        code=UNREADABLE.get(role),
    )


def open_input(
    path: str, in_store: StoredFile | None, end: int | None = None, block: int | None = None
) -> BufferedReader:
    """A file of the input, open for reading bytes: the local one at `path`, or one in a store.

    end, block: of one in a store, see `object_file.ObjectFile`. Raises InputError.
    """
    if in_store is None:
        return open_regular(path, "input", InputError)
    from barwise.files import object_file  # 17 ms, with what reads stores

    return object_file.opened(in_store, end, block or object_file.BLOCK)


class _Regular(FileIO):
    """A file that is read: that it is not closed well does not harm what was read."""

    def close(self) -> None:
        with suppress(OSError):
            super().close()


def _open_without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)  # /proc/kmsg calls itself regular, and waits


def kind_of(mode: int) -> str:
    """What a file of this `st_mode` is, when it is not a regular file."""
    return KINDS.get(stat.S_IFMT(mode), "a device")
