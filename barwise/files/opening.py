"""Opens files for reading: regular files alone, so that no device or pipe can stall a job."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from io import BufferedReader, FileIO
from typing import TYPE_CHECKING

from barwise.errors import BarwiseError, InputError, named, reason, way_out
from barwise.files.addresses import is_address, is_of_web

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

    Or the object at that address. A refusal names its `role`, as "input" or "config", and is raised
    as `error`.
    """
    if is_address(address := os.fspath(path)):
        return _open_object(address, role, error)
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


def _open_object(address: str, role: str, error: type[BarwiseError]) -> BufferedReader:
    from barwise.files import object_file, stores  # 17 ms, with what reads stores

    try:
        is_one = is_of_web(address)
        file = stores.web_file(address) if is_one else stores.head(address)
    except BarwiseError as refusal:
        raise error(str(refusal), code=refusal.code if error is InputError else None) from None
    if file is None:
        raise error(
            f"cannot open the {role} {named(address)}: there is no such object; check the address",
            code="input_not_found" if error is InputError else None,
        )
    return object_file.opened(file)


def size_of(path: str) -> int | None:
    """The bytes of a regular file, or of the object at an address; None where there is none.

    Raises InputError where a store does not say.
    """
    if not is_address(path):
        return os.path.getsize(path) if os.path.isfile(path) else None
    from barwise.files import stores

    file = stores.head(path)
    return None if file is None else file.size


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
