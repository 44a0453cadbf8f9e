"""The files that `--input` means: a file, a folder and all that is in it, or a pattern.

What the files hold is not looked at here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

from barwise.errors import InputError, named, reason

DEEPEST = 200  # folders in folders
PASSED_OVER = (".", "_")  # hidden files, and markers such as _SUCCESS
CHECKSUM = ".CHECKSUM"  # after the name of the file beside it


class Found(NamedTuple):
    """What the words of the command line mean.

    files: each with whether it was named itself, rather than found in a folder. folders: those
    that were searched. error: the first thing that is wrong with the words, to be raised before
    anything is read; files and folders are all the same those that can be found.
    """

    files: tuple[tuple[str, bool], ...]
    folders: tuple[str, ...]
    error: InputError | None = None


def find(words: Iterable[str | os.PathLike[str]]) -> Found:
    """The files that the words mean."""
    search = _Search()
    for word in words:
        search.word(os.fsdecode(word))
    for path in search.checksums:
        if path.removesuffix(CHECKSUM) not in search.files:  # it is no checksum of an input
            search.keep(path, by_name=True)
    return Found(tuple(search.files.items()), tuple(search.folders), search.error)


class _Search:
    """What was found so far. It goes on after an error, so that no input is taken for an output."""

    def __init__(self) -> None:
        self.files: dict[str, bool] = {}
        self.folders: list[str] = []
        self.error: InputError | None = None
        self.checksums: list[str] = []  # that were named
        self.seen: dict[tuple[int, int], str] = {}  # by device and inode

    def word(self, word: str) -> None:
        """Takes what a word means: itself where it exists or is no pattern, else its matches."""
        if os.path.lexists(word) or not any(magic in word for magic in "*?["):
            paths = [word]
        else:
            paths = _matches(word)
            if not paths:
                self.wrong(f"the pattern {named(word)} matches no file: check it, and quote it")
        for path in paths:
            if path.endswith(CHECKSUM) and os.path.isfile(path):
                self.checksums.append(path)  # as of a pattern that the shell expands
            elif os.path.isdir(path):
                self.folders.append(path)
                before = len(self.files)
                self.walk(path, set())
                if len(self.files) == before:
                    self.wrong(f"the folder {named(path)} holds no file of bars: name another")
            else:
                self.keep(path, by_name=True)

    def walk(self, folder: str, above: set[tuple[int, int]]) -> None:
        """Takes the files in a folder and its folders; follows links, but not in circles."""
        try:
            status = os.stat(folder)
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self.wrong(f"cannot read the folder {named(folder)}: {reason(error)}; check it")
            return
        identity = status.st_dev, status.st_ino
        if len(above) > DEEPEST:
            self.wrong(f"the folder {named(folder)} is too deep: name one inside of it")
            return
        if identity in above:
            self.wrong(f"the folder {named(folder)} is a link to a folder above it: remove it")
            return
        if os.path.islink(folder):  # what is in it is elsewhere
            self.folders.append(folder)
        for entry in entries:
            if entry.name.startswith(PASSED_OVER) or entry.name.endswith(CHECKSUM):
                continue
            if os.path.isdir(entry.path):
                self.walk(entry.path, above | {identity})
            else:
                self.keep(entry.path, by_name=False)

    def keep(self, path: str, by_name: bool) -> None:
        try:
            status = os.stat(path)
        except (OSError, ValueError) as error:
            self.wrong(f"cannot open the input {named(path)}: {reason(error)}; check the path")
            return
        identity = status.st_dev, status.st_ino
        other = self.seen.setdefault(identity, path)
        if path in self.files or other != path:
            twice = "twice" if other == path else f"and again as {named(path)}"
            self.wrong(f"the input {named(other)} is there {twice}: its bars would count twice")
        self.files[path] = by_name

    def wrong(self, message: str) -> None:
        self.error = self.error or InputError(message)


def _matches(pattern: str) -> list[str]:
    """What a pattern matches, but for what is in a folder that matches too."""
    from glob import glob  # 3 ms that only a pattern needs

    matches = sorted(
        match for match in glob(pattern, recursive=True) if not match.endswith(CHECKSUM)
    )
    matches = [match for match in matches if not _has_marker(match, pattern.split(os.sep))]
    folders = {os.path.join(match, "") for match in matches if os.path.isdir(match)}
    return [
        match
        for match in matches
        if not any(match.startswith(f) for f in folders - {os.path.join(match, "")})
    ]


def _has_marker(path: str, asked_for: list[str]) -> bool:
    """Whether a name in the path is a marker's, and the pattern does not ask for such."""
    from fnmatch import fnmatchcase

    asked_for = [word for word in asked_for if word.startswith("_")]
    return any(
        name.startswith("_") and not any(fnmatchcase(name, word) for word in asked_for)
        for name in path.split(os.sep)
    )
