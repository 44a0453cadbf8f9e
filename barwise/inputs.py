"""The files that `--input` means: a file, a folder and all that is in it, or a pattern.

What the files hold is not looked at here.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from barwise.errors import InputError, named, reason

PASSED_OVER = (".", "_")  # hidden files, and markers such as _SUCCESS


class Found(NamedTuple):
    """What the words of the command line mean.

    files: each with whether it was named itself, rather than found in a folder. folders: those
    that were searched.
    """

    files: tuple[tuple[str, bool], ...]
    folders: tuple[str, ...]


def find(words: Iterable[str | os.PathLike[str]]) -> Found:
    """The files that each word means; raises InputError where one means none, or two the same."""
    files: dict[str, bool] = {}
    folders: list[str] = []
    seen: dict[tuple[int, int], str] = {}
    for word in words:
        for path in _meant(os.fsdecode(word)):
            if not os.path.isdir(path):
                _keep(path, True, files, seen)
                continue
            folders.append(path)
            before = len(files)
            for file in _walk(path, set()):
                _keep(file, False, files, seen)
            if len(files) == before:
                raise InputError(f"the folder {named(path)} holds no file of bars: name another")
    return Found(tuple(files.items()), tuple(folders))


def _keep(
    path: str, by_name: bool, files: dict[str, bool], seen: dict[tuple[int, int], str]
) -> None:
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot open the input {named(path)}: {reason(error)}; check the path"
        ) from None
    identity = status.st_dev, status.st_ino
    if identity in seen:
        twice = "twice" if seen[identity] == path else f"and again as {named(path)}"
        raise InputError(
            f"the input {named(seen[identity])} is there {twice}: its bars would count twice"
        )
    seen[identity] = path
    files[path] = by_name


def _meant(word: str) -> list[str]:
    """The paths that a word means: itself where it exists or is no pattern, else its matches."""
    if os.path.lexists(word) or not any(magic in word for magic in "*?["):
        return [word]
    from glob import glob  # 3 ms that only a pattern needs

    matches = sorted(glob(word, recursive=True))
    if not _has_marker(word):
        matches = [match for match in matches if not _has_marker(match)]
    if not matches:
        raise InputError(
            f"the pattern {named(word)} matches no file: check it, and quote it in the shell"
        )
    return _without_what_is_inside(matches)


def _has_marker(path: str) -> bool:
    return any(name.startswith("_") for name in path.split(os.sep))


def _without_what_is_inside(matches: list[str]) -> list[str]:
    """Matches that are in no folder that matches too, since a folder means all that is in it."""
    folders = {match for match in matches if os.path.isdir(match)}
    return [
        m
        for m in matches
        if not any(m.startswith(f.rstrip(os.sep) + os.sep) for f in folders - {m})
    ]


def _walk(folder: str, above: set[tuple[int, int]]) -> Iterator[str]:
    """The files in a folder and its folders; links are followed, but not in circles."""
    try:
        status = os.stat(folder)
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        raise InputError(f"cannot read the folder {named(folder)}: {reason(error)}") from None
    identity = status.st_dev, status.st_ino
    if identity in above:
        raise InputError(f"the folder {named(folder)} is a link to a folder above it: remove it")
    for entry in entries:
        if entry.name.startswith(PASSED_OVER):
            continue
        if entry.is_dir():
            yield from _walk(entry.path, above | {identity})
        else:
            yield entry.path
