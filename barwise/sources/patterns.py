"""What a pattern matches: `*`, `?` and `[...]` in names, and `**` for folders in folders.

It is Python's glob in two bounds: `**` follows no links, and a folder is looked at once for each
place in the pattern. So folders that are linked to each other come to an end.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from fnmatch import translate

from barwise.errors import named, reason, way_out
from barwise.files.limits import DEEPEST_FOLDER
from barwise.sources.listing import Check, Entry, entries, in_order, is_pattern

ANY_FOLDERS = "**"
NOT_PERMITTED = (errno.EACCES, errno.EPERM)
NOT_THERE = (errno.ENOENT, errno.ENOTDIR)


class Pattern:
    """A pattern and what it matches, as far as `search` has come.

    matches: paths, without what is in a folder that matches too.
    links: links to folders, which `**` does not follow.
    unread: folders that nobody permits to read.
    error: the first thing wrong with the folders, in words; "" for nothing.
    """

    def __init__(self, word: str, check: Check) -> None:
        self.check = check
        self.matches: list[str] = []
        self.links: list[str] = []
        self.unread: list[str] = []
        self.error = ""
        self._start = os.sep * word.startswith(os.sep)
        self._end = os.sep * word.endswith(os.sep)  # only folders match
        self._names: list[str] = []
        for name in filter(None, word.split(os.sep)):
            if not name == ANY_FOLDERS == (self._names or [""])[-1]:
                self._names.append(name)
        markers = [name for name in self._names if name.startswith("_")]
        self._asks_for = _matcher(*markers) if markers else None
        self._known: dict[tuple[int, int, int], _Visit] = {}  # by device, inode and place

    def search(self) -> list[str]:
        """The matches, sorted."""
        self._look(self._start, 0, 0)
        matches = in_order([*dict.fromkeys(self.matches)], self.check)
        folders = {os.path.join(match, "") for match in matches if self._is_folder(match)}
        self.matches = [match for match in matches if not _is_within(match, folders)]
        return self.matches

    def _is_folder(self, path: str) -> bool:
        self.check()
        return os.path.isdir(path)

    def _look(self, folder: str, place: int, depth: int) -> None:
        """Looks in a folder, "" or with a slash at its end, for what its place in the pattern says.

        depth: how many folders `**` has gone down.
        """
        self.check()
        name = self._names[place]
        if not is_pattern(name):
            self._take(folder + name, place, depth)
            return
        visit = self._first_visit(folder, place)
        if visit is None:
            return
        if depth > DEEPEST_FOLDER:
            self._fail(f"the folder {named(folder)} is too deep: name one inside of it")
            return
        if name == ANY_FOLDERS and place + 1 < len(self._names):
            self._look(folder, place + 1, depth)
            self._go_down(folder, place, depth)
        elif name == ANY_FOLDERS and folder:
            self.matches.append(folder)  # and all that is in it
        else:
            matches = _matcher(name.replace(ANY_FOLDERS, "*"))
            hidden = name.startswith(".")
            for entry in self._entries(folder, lambda n: self._may_be(n, hidden) and matches(n)):
                self._take(folder + entry.name, place, depth)
        visit.after = len(self.matches)

    def _go_down(self, folder: str, place: int, depth: int) -> None:
        for entry in self._entries(folder, lambda name: self._may_be(name, False)):
            path = folder + entry.name
            if entry.is_folder and entry.is_link:
                self.links.append(path)
            elif entry.is_folder:
                self._look(path + os.sep, place, depth + 1)

    def _take(self, path: str, place: int, depth: int) -> None:
        """Takes what has the name of its place: a match, or a folder to look in."""
        self.check()
        if place + 1 < len(self._names):
            if os.path.isdir(path):
                self._look(path + os.sep, place + 1, depth)
        elif os.path.isdir(path) if self._end else os.path.lexists(path):
            self.matches.append(path + self._end)

    def _may_be(self, name: str, hidden: bool) -> bool:
        """Whether a name is neither hidden nor a marker, unless the pattern asks for it."""
        if name.startswith("_"):
            return self._asks_for is not None and self._asks_for(name)
        return hidden or not name.startswith(".")

    def _first_visit(self, folder: str, place: int) -> _Visit | None:
        """None where the folder has been looked at for this place, perhaps by another path."""
        try:
            status = os.stat(folder or os.curdir)
        except (OSError, ValueError):  # gone, or never there
            return None
        key = status.st_dev, status.st_ino, place
        if first := self._known.get(key):
            if first.folder != folder and first.after > first.before:
                match = self.matches[first.before]
                other = folder + match.removeprefix(first.folder)
                self._fail(
                    f"the input {named(match)} is there and again as {named(other)}: its bars "
                    "would count twice"
                )
            return None
        visit = self._known[key] = _Visit(folder, len(self.matches))
        return visit

    def _entries(self, folder: str, is_wanted: Callable[[str], bool]) -> list[Entry]:
        try:
            return entries(folder or os.curdir, is_wanted, self.check)
        except (OSError, ValueError) as error:
            number = getattr(error, "errno", None)
            if number in NOT_PERMITTED:
                self.unread.append(folder)
            elif number not in NOT_THERE:
                then = way_out(error, "check it")
                self._fail(f"cannot read the folder {named(folder)}: {reason(error)}; {then}")
            return []

    def _fail(self, message: str) -> None:
        self.error = self.error or message


class _Visit:
    """A look at a folder: how many matches there were before and after it."""

    def __init__(self, folder: str, before: int) -> None:
        self.folder = folder
        self.before = self.after = before


def _matcher(*words: str) -> Callable[[str], bool]:
    """Whether a name matches one of some words."""
    match = re.compile("|".join(map(translate, words))).match
    return lambda name: match(name) is not None


def _is_within(path: str, folders: set[str]) -> bool:
    """Whether a path is in one of some folders, which end with a slash."""
    end = path.find(os.sep, 1)
    while 0 <= end < len(path) - 1:
        if path[: end + 1] in folders:
            return True
        end = path.find(os.sep, end + 1)
    return False
