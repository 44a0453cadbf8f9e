"""The files that `--input` means: a file, a folder and all that is in it, or a pattern.

What the files hold is not looked at here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from barwise.errors import InputError, UsageError, clip, named, quoted, reason

if TYPE_CHECKING:
    from typing import Protocol, TypeGuard

    class ArrowStream(Protocol):
        """A table: of pandas, polars, Arrow, DuckDB and others, or a stream of batches."""

        def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

    class ArrowArray(Protocol):
        """A table of one batch."""

        def __arrow_c_array__(
            self, requested_schema: object | None = None
        ) -> tuple[object, object]: ...

    TableInput = ArrowStream | ArrowArray

DEEPEST = 200  # folders in folders
SKIPPED = (".", "_")  # how names begin that are skipped: hidden files, markers such as _SUCCESS
CHECKSUM = ".CHECKSUM"  # after the name of the file beside it
# What ends the names of downloads that are under way, or were broken off; Safari's is a folder.
UNFINISHED = (".part", ".crdownload", ".tmp", ".partial", ".download")
UNFINISHED_FOLDER = ".download"
MOST_NAMED = 3  # files in a line
NOT_FOUND, UNREADABLE = "input_not_found", "input_unreadable"  # codes of errors


Words = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]


class FileList(NamedTuple):
    """What the words of the command line mean.

    files: paths, each with whether a word or a pattern names it, not only its folder.
    folders: those that were searched.
    error: the first thing wrong with the words, to be raised before anything is read; else None.
    doubts: lines about what is doubtful.
    by_path: the files whose own path is a word, not a pattern's match.

    With an error, files and folders are still all that can be found.
    """

    files: tuple[tuple[str, bool], ...]
    folders: tuple[str, ...]
    error: InputError | None = None
    doubts: tuple[str, ...] = ()
    by_path: frozenset[str] = frozenset()


def find(input: Words | FileList | TableInput) -> FileList:
    """The files that an input means: a file, a folder, a pattern, or several of them.

    A FileList is given back as it is. Raises UsageError for a table.
    """
    if isinstance(input, FileList):
        return input
    search = _Search()
    for word in _words(input):
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
    )


def is_table(input: object) -> TypeGuard[TableInput]:
    """Whether an input is a table in memory: of Arrow, or a DataFrame of any pandas."""
    return any(
        hasattr(input, name)
        for name in ("__arrow_c_stream__", "__arrow_c_array__", "__dataframe__")
    )


def _words(input: Words | TableInput) -> list[str | os.PathLike[str]]:
    if isinstance(input, str | os.PathLike):
        return [input]
    if is_table(input):
        raise UsageError(
            f"input is a {type(input).__name__}, and only files are read here: write it to a file, "
            "as Parquet"
        )
    if isinstance(input, bytes) or not isinstance(input, Iterable):
        raise UsageError(
            f"input is {quoted(input)}: must be the path of a file, or several, or a table"
        )
    words = list(input)
    for word in words:
        if not isinstance(word, str | os.PathLike):
            raise UsageError(
                f"input is {quoted(word)}: must be the path of a file, or several, or a table"
            )
    if not words:
        raise UsageError("input names no file: name at least one")
    return words


class _Search:
    """Collects files, also after an error: no output may be written over one of them."""

    def __init__(self) -> None:
        self.files: dict[str, bool] = {}
        self.folders: list[str] = []
        self.error: InputError | None = None
        self.checksums: list[str] = []  # that were named
        self.by_path: set[str] = set()
        self.left_out: list[str] = []  # unfinished downloads that are not read
        self.unfinished: list[str] = []  # unfinished downloads that are read, since they were named
        self.by_inode: dict[tuple[int, int], str] = {}  # paths, by device and inode

    def add_word(self, word: str) -> None:
        """Adds what a word means: itself where it exists or is not a pattern, else its matches."""
        if os.path.lexists(word) or not any(magic in word for magic in "*?["):
            if _is_unfinished(word.rstrip(os.sep)):
                self.unfinished.append(word)
            self.by_path.add(word)
            self.add_paths([word])
        elif matches := _matches(word):
            unfinished = [path for path in matches if _is_of_unfinished(path, word.split(os.sep))]
            self.left_out += unfinished
            if len(unfinished) == len(matches):
                only = _several(unfinished)
                self.note_error(
                    f"the pattern {named(word)} matches no finished file, only {only}", NOT_FOUND
                )
            left_out = set(unfinished)
            self.add_paths([path for path in matches if path not in left_out])
        else:
            self.note_error(
                f"the pattern {named(word)} matches no file: check it, and quote it", NOT_FOUND
            )

    def add_paths(self, paths: list[str]) -> None:
        """Adds files, and what is in folders."""
        for path in paths:
            if path.endswith(CHECKSUM) and os.path.isfile(path):
                self.checksums.append(path)  # as where the shell expands a pattern
            elif os.path.isdir(path):
                self.folders.append(path)
                files, left_out = len(self.files), len(self.left_out)
                self.add_folder(path, set())
                if len(self.files) == files:
                    self.note_error(_no_file_in(path, self.left_out[left_out:]), NOT_FOUND)
            else:
                self.add_file(path, by_name=True)

    def add_folder(self, folder: str, above: set[tuple[int, int]]) -> None:
        """Adds the files in a folder and its folders; follows links, but not in circles."""
        try:
            status = os.stat(folder)
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError as error:
            self.note_error(
                f"cannot read the folder {named(folder)}: {reason(error)}; check it", UNREADABLE
            )
            return
        identity = status.st_dev, status.st_ino
        if len(above) > DEEPEST:
            self.note_error(f"the folder {named(folder)} is too deep: name one inside of it")
            return
        if identity in above:
            self.note_error(f"the folder {named(folder)} is a link to a folder above it: remove it")
            return
        if os.path.islink(folder):  # what is in it is elsewhere
            self.folders.append(folder)
        for entry in entries:
            if entry.name.startswith(SKIPPED) or entry.name.endswith(CHECKSUM):
                continue
            if _is_unfinished(entry.path):
                self.left_out.append(entry.path)
            elif os.path.isdir(entry.path):
                self.add_folder(entry.path, above | {identity})
            else:
                self.add_file(entry.path, by_name=False)

    def add_file(self, path: str, by_name: bool) -> None:
        try:
            status = os.stat(path)
        except (OSError, ValueError) as error:
            code = NOT_FOUND if isinstance(error, FileNotFoundError) else UNREADABLE
            self.note_error(
                f"cannot open the input {named(path)}: {reason(error)}; check the path", code
            )
            return
        identity = status.st_dev, status.st_ino
        other = self.by_inode.setdefault(identity, path)
        if path in self.files or other != path:
            twice = "twice" if other == path else f"and again as {named(path)}"
            self.note_error(
                f"the input {named(other)} is there {twice}: its bars would count twice"
            )
        self.files[path] = by_name

    def note_error(self, message: str, code: str | None = None) -> None:
        self.error = self.error or InputError(message, code=code)

    def doubts(self) -> Iterator[str]:
        what = "unfinished downloads, by their names, are"
        if self.left_out:
            way_out = "finish or remove them, or rename those that are whole"
            yield f"{what} left out: {_several(self.left_out)}; {way_out}"
        if self.unfinished:
            way_out = "make sure that they are whole"
            yield f"{what} read, since they were named: {_several(self.unfinished)}; {way_out}"


def _is_unfinished(path: str) -> bool:
    """Whether a name is that of a download which is under way, or was broken off.

    A folder that is not a download may have such a name too, as `symbol=A.TMP/`.

    >>> _is_unfinished("BTCUSDT-1m-2024-01.zip.crdownload"), _is_unfinished("part.csv")
    (True, False)
    """
    name = os.path.basename(path).lower()
    return name.endswith(UNFINISHED) and (
        not os.path.isdir(path) or (name.endswith(UNFINISHED_FOLDER) and "=" not in name)
    )


def _is_of_unfinished(path: str, pattern_names: list[str]) -> bool:
    """Whether a match is an unfinished download, or in one that the pattern does not ask for."""
    names = path.split(os.sep)
    return _is_unfinished(path) or any(
        name.lower().endswith(UNFINISHED_FOLDER)
        and name not in pattern_names
        and _is_unfinished(os.sep.join(names[:number]))
        for number, name in enumerate(names[:-1], 1)
    )


def _no_file_in(folder: str, left_out: list[str]) -> str:
    if not left_out:
        return f"the folder {named(folder)} holds no file of bars: name another"
    return f"the folder {named(folder)} holds no finished file, only {_several(left_out)}"


def _several(paths: list[str]) -> str:
    """Some files in a line: the names of the first few, and how many more there are."""
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    return ", ".join(clip(named(path), 80) for path in paths[:MOST_NAMED]) + more


def _matches(pattern: str) -> list[str]:
    """What a pattern matches, without what is in a folder that matches too."""
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


def _has_marker(path: str, pattern_names: list[str]) -> bool:
    """Whether a name in the path is a marker's, and the pattern does not ask for it."""
    from fnmatch import fnmatchcase

    pattern_names = [word for word in pattern_names if word.startswith("_")]
    return any(
        name.startswith("_") and not any(fnmatchcase(name, word) for word in pattern_names)
        for name in path.split(os.sep)
    )
