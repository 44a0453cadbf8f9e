"""Opens files for reading: regular files alone, so that no device or pipe can stall a job."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from io import BufferedReader, FileIO

from barwise.errors import BarwiseError, named, reason, way_out

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
