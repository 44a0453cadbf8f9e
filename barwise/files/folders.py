"""A folder of files that appears whole or not at all."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import BinaryIO, Protocol

from barwise.errors import OutputError, named, reason
from barwise.files.addresses import is_address
from barwise.files.clashes import resolved
from barwise.files.writing import new_file, refusals_of, sync_folder, temporary_in


class NewFolder:
    """A folder that is being filled. It gets its final name when it is whole.

    path: where it is until then. name: how a message names it.
    """

    def __init__(self, path: str, name: str) -> None:
        self.path, self.name = path, name
        self.files: list[BinaryIO] = []

    def new_file(self, *names: str) -> BinaryIO:
        """A new file in it: the last name is the file's, the others are folders to be made."""
        *folders, last = names
        place = os.path.join(self.path, *folders)
        with refusals_of(self.name):
            os.makedirs(place, exist_ok=True)
        file = new_file(os.path.join(place, last), self.name)
        self.files = [*(file for file in self.files if not file.closed), file]
        return file

    def sync(self) -> None:
        for place, _, files in os.walk(self.path):
            for name in files:
                with open(os.path.join(place, name), "rb") as file:
                    os.fsync(file.fileno())
            sync_folder(place)

    def remove(self) -> None:
        """Removes all that is in it, and itself, if it is there."""
        for file in self.files:
            with suppress(OutputError):
                file.close()
        shutil.rmtree(self.path, ignore_errors=True)


class Folder(Protocol):
    """A folder that is being filled, local or in a store."""

    def new_file(self, *names: str) -> BinaryIO:
        """A new file in it: the last name is the file's, the others are its folders'."""


def new_folder(
    path: str, role: str, appearing: Callable[[], None] = lambda: None
) -> AbstractContextManager[Folder]:
    """A folder that appears at `path`, whole, when the block ends; never, on an error.

    There may be nothing at `path` but an empty folder, whose mode is kept. `appearing` is called
    just before it appears; it may raise. Raises OutputError. A kill leaves a hidden folder beside
    it, which inputs skip.
    """
    if is_address(path):
        from barwise.files import stored_folders

        return stored_folders.new_folder(path, role, appearing)
    return _new_folder(path, role, appearing)


@contextmanager
def _new_folder(path: str, role: str, appearing: Callable[[], None]) -> Iterator[NewFolder]:
    name = f"the {role} {named(path)}"
    place = resolved(path)
    mode = _mode_of_empty(path, place, name)
    parent = os.path.dirname(place)
    if not os.path.isdir(parent):
        raise OutputError(f"cannot make {name}: {named(parent)} does not exist; make it first")
    folder = NewFolder(temporary_in(parent), name)
    try:
        with refusals_of(name):
            os.mkdir(folder.path)
        yield folder
        with refusals_of(name):
            folder.sync()
            if mode is not None:
                os.chmod(folder.path, mode)
        appearing()
        with refusals_of(name):
            os.rename(folder.path, place)
        try:
            sync_folder(parent)
        except OSError as error:
            raise OutputError(
                f"{name} is there, but its disk does not confirm it: {reason(error)}; check that"
            ) from None
    finally:
        folder.remove()


def _mode_of_empty(path: str, place: str, name: str) -> int | None:
    """The mode of the empty folder that is there; None for nothing. Raises OutputError."""
    if not path:
        raise OutputError(f"{name} names no folder: name one")
    if not os.path.lexists(place):
        return None
    if not os.path.isdir(place) or os.listdir(place):
        what = "is not empty" if os.path.isdir(place) else "is not a folder"
        raise OutputError(f"{name} {what}: name a new or empty folder")
    if os.path.ismount(place):
        raise OutputError(f"{name} is a mount point, which cannot be replaced: name one in it")
    return stat.S_IMODE(os.stat(place).st_mode)
