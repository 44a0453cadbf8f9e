"""The files that `--input` means: a file, a folder and all that is in it, or a pattern.

What the files hold is not looked at here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from barwise.errors import InputError, clip, named, reason, way_out
from barwise.files.addresses import is_address
from barwise.files.limits import DEEPEST_FOLDER
from barwise.sources.listing import CHECKSUM, SKIPPED, Check, entries, is_pattern
from barwise.sources.unfinished import is_of_unfinished, is_unfinished
from barwise.sources.words import Words, in_a_list

if TYPE_CHECKING:
    from barwise.files.stores import StoredFile
    from barwise.sources.words import TableInput

MOST_NAMED = 3  # files in a line
NOT_FOUND, UNREADABLE = "input_not_found", "input_unreadable"  # codes of errors


class FileList(NamedTuple):
    """What the words of the command line mean.

    files: paths, each with whether a word or a pattern names it, not only its folder.
    folders: those that were searched.
    error: the first thing wrong with the words, to be raised before anything is read; else None.
    doubts: lines about what is doubtful.
    by_path: the files whose own path is a word, not a pattern's match.
    objects: those of the files that are in stores, by their addresses.

    With an error, files and folders are still all that can be found.
    """

    files: tuple[tuple[str, bool], ...]
    folders: tuple[str, ...]
    error: InputError | None = None
    doubts: tuple[str, ...] = ()
    by_path: frozenset[str] = frozenset()
    objects: Mapping[str, StoredFile] = {}


def find(input: Words | FileList | TableInput, check: Check = lambda: None) -> FileList:
    """The files that an input means: a file, a folder, a pattern, or several of them.

    A FileList is given back as it is. `check` is called at each step; what it raises ends the
    search. Raises UsageError for a table.
    """
    if isinstance(input, FileList):
        return input
    search = _Search(check)
    for word in in_a_list(input):
        search.add_word(os.fsdecode(word))
    for path in search.checksums:
        if path.removesuffix(CHECKSUM) not in search.files:  # it is not a checksum of an input
            search.add_file(path, by_name=True)
    return FileList(
        tuple(search.files.items()),
        tuple(search.folders),
        search.error,
        tuple(search.doubts()),
        frozenset(search.by_path.intersection(search.files)),
        search.objects,
    )


class _Search:
    """Collects files, also after an error: no output may be written over one of them.

    Each folder is listed once, by whichever path it is met first.
    """

    def __init__(self, check: Check) -> None:
        self.check = check
        self.files: dict[str, bool] = {}
        self.folders: list[str] = []
        self.error: InputError | None = None
        self.checksums: list[str] = []  # that were named
        self.by_path: set[str] = set()
        self.left_out: list[str] = []  # unfinished downloads that are not read
        self.unfinished: list[str] = []  # unfinished downloads that are read, since they were named
        self.by_inode: dict[tuple[int, int], str] = {}  # paths, by device and inode
        self.searched: dict[tuple[int, int], _Searched] = {}  # folders, likewise
        self.above: set[tuple[int, int]] = set()  # folders that are being searched
        self.unfollowed: list[str] = []  # links to folders under `**`
        self.unread: list[str] = []  # folders under a pattern
        self.objects: dict[str, StoredFile] = {}  # by address

    def add_word(self, word: str) -> None:
        """Adds what a word means: itself where it exists or is not a pattern, else its matches."""
        if is_address(word):
            self.add_address(word)
        elif os.path.lexists(word) or not is_pattern(word):
            if is_unfinished(word.rstrip(os.sep)):
                self.unfinished.append(word)
            self.by_path.add(word)
            self.add_paths([word])
        else:
            self.add_matches(word)

    def add_address(self, word: str) -> None:
        """Adds the objects that an address means."""
        from barwise.sources import find_objects  # 17 ms, with what reads stores

        try:
            found = find_objects.find(word, self.check)
        except InputError as error:
            self.error = self.error or error
            return
        self.folders += found.folders
        self.left_out += found.left_out
        if not found.files:
            what = "pattern" if is_pattern(word) else "folder"
            why = f"only {_several(found.left_out)}" if found.left_out else "no file of bars"
            self.note_error(f"the {what} {named(word)} holds {why}: name another", NOT_FOUND)
        for file, by_name in found.files:
            if file.uri in self.files:
                self._note_file_twice(file.uri, file.uri)
            self.files[file.uri] = by_name
            self.objects[file.uri] = file
        one = [file.uri for file, _ in found.files if found.is_one]
        self.by_path.update(one)
        self.unfinished += filter(is_unfinished, one)

    def add_matches(self, word: str) -> None:
        """Adds what a pattern matches."""
        from barwise.sources.patterns import Pattern  # 1 ms that only a pattern needs

        pattern = Pattern(word, self.check)
        matches = [path for path in pattern.search() if not path.endswith(CHECKSUM)]
        self.unfollowed += pattern.links
        self.unread += pattern.unread
        if pattern.error:
            self.note_error(pattern.error, UNREADABLE)
        if not matches:
            then = not_expanded(word) or "check it, and quote it"
            self.note_error(f"the pattern {named(word)} matches no file: {then}", NOT_FOUND)
        names = word.split(os.sep)
        left_out = len(self.left_out)
        finished = [path for path in matches if not self._is_left_out(path, names)]
        if matches and not finished:
            only = _several(self.left_out[left_out:])
            self.note_error(
                f"the pattern {named(word)} matches no finished file, only {only}", NOT_FOUND
            )
        self.add_paths(finished)

    def _is_left_out(self, path: str, pattern_names: list[str]) -> bool:
        self.check()
        is_left_out = is_of_unfinished(path, pattern_names)
        if is_left_out:
            self.left_out.append(path)
        return is_left_out

    def add_paths(self, paths: list[str]) -> None:
        """Adds files, and what is in folders."""
        for path in paths:
            self.check()
            if path.endswith(CHECKSUM) and os.path.isfile(path):
                self.checksums.append(path)  # as where the shell expands a pattern
            elif os.path.isdir(path):
                self.folders.append(path)
                files, left_out = len(self.files), len(self.left_out)
                self.add_folder(path)
                if len(self.files) == files:
                    self.note_error(_no_file_in(path, self.left_out[left_out:]), NOT_FOUND)
            else:
                self.add_file(path, by_name=True)

    def add_folder(self, folder: str) -> None:
        """Adds the files in a folder and its folders; follows links, but to each folder once."""
        try:
            status = os.stat(folder)
            identity = status.st_dev, status.st_ino
            is_first = identity not in self.searched
            listed = entries(folder, _is_wanted, self.check) if is_first else []
        except (OSError, ValueError) as error:
            then = way_out(error, "check it")
            self.note_error(
                f"cannot read the folder {named(folder)}: {reason(error)}; {then}", UNREADABLE
            )
            return
        if len(self.above) > DEEPEST_FOLDER:
            self.note_error(f"the folder {named(folder)} is too deep: name one inside of it")
            return
        if identity in self.above:
            self.note_error(f"the folder {named(folder)} is a link to a folder above it: remove it")
            return
        if os.path.islink(folder):  # what is in it is elsewhere
            self.folders.append(folder)
        if not is_first:
            self.note_twice(self.searched[identity], folder)
            return
        before = len(self.files)
        self.searched[identity] = _Searched(folder, before, before)
        self.above.add(identity)
        for name, is_folder, _ in listed:
            path = os.path.join(folder, name)
            if is_unfinished(path):
                self.left_out.append(path)
            elif is_folder:
                self.add_folder(path)
            else:
                self.add_file(path, by_name=False)
        self.above.remove(identity)
        self.searched[identity] = _Searched(folder, before, len(self.files))

    def note_twice(self, first: _Searched, folder: str) -> None:
        """Notes that a folder with files is there by two paths."""
        if self.error is None and first.after > first.before:
            path = next(islice(self.files, first.before, None))
            inside = path.removeprefix(first.folder).lstrip(os.sep)
            self._note_file_twice(path, os.path.join(folder, inside))

    def add_file(self, path: str, by_name: bool) -> None:
        self.check()
        try:
            status = os.stat(path)
        except (OSError, ValueError) as error:
            code = NOT_FOUND if isinstance(error, FileNotFoundError) else UNREADABLE
            then = (by_name and not_expanded(path)) or "check the path"
            self.note_error(f"cannot open the input {named(path)}: {reason(error)}; {then}", code)
            return
        identity = status.st_dev, status.st_ino
        other = self.by_inode.setdefault(identity, path)
        if path in self.files or other != path:
            self._note_file_twice(other, path)
        self.files[path] = by_name

    def _note_file_twice(self, path: str, other: str) -> None:
        twice = "twice" if other == path else f"and again as {named(other)}"
        self.note_error(f"the input {named(path)} is there {twice}: its bars would count twice")

    def note_error(self, message: str, code: str | None = None) -> None:
        self.error = self.error or InputError(message, code=code)

    def doubts(self) -> Iterator[str]:
        what = "unfinished downloads, by their names, are"
        if self.left_out:
            then = "finish or remove them, or rename those that are whole"
            yield f"{what} left out: {_several(self.left_out)}; {then}"
        if self.unfinished:
            then = "make sure that they are whole"
            yield f"{what} read, since they were named: {_several(self.unfinished)}; {then}"
        if self.unfollowed:
            then = "name them too if their bars count"
            yield f"links to folders are not followed by **: {_several(self.unfollowed)}; {then}"
        if self.unread:
            then = "make them readable, or leave them out of the pattern"
            yield f"folders that must not be read are left out: {_several(self.unread)}; {then}"


class _Searched(NamedTuple):
    """A folder, and how many files were known before and after it was searched."""

    folder: str
    before: int
    after: int


def _is_wanted(name: str) -> bool:
    return not name.startswith(SKIPPED) and not name.endswith(CHECKSUM)


def not_expanded(word: str) -> str:
    """The way out for a word that a shell, or another program, would have read; "" for others.

    >>> not_expanded("~/bars.csv")
    '~ is not expanded here: write the whole path, or let the shell do it, without quotes'
    """
    if "://" in word:
        others = "download what is elsewhere, and name the file"
        return f"an address begins with s3://, gs://, az://, abfs:// or https://; {others}"
    if word.startswith(("s3:/", "gs:/", "az:/", "abfs:/", "https:/")):  # of a Path
        return "an address has two slashes, and is text: write it as in 's3://bucket/bars.csv'"
    for mark in ("~", "$"):
        if word.startswith(mark) or (mark == "$" and mark in word):
            return (
                f"{mark} is not expanded here: write the whole path, or let the shell do it, "
                "without quotes"
            )
    return ""


def _no_file_in(folder: str, left_out: list[str]) -> str:
    if not left_out:
        return f"the folder {named(folder)} holds no file of bars: name another"
    return f"the folder {named(folder)} holds no finished file, only {_several(left_out)}"


def _several(paths: list[str]) -> str:
    """Some files in a line: the names of the first few, and how many more there are."""
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    return ", ".join(clip(named(path), 80) for path in paths[:MOST_NAMED]) + more
