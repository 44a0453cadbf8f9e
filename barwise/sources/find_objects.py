"""The objects that an address means: one, a folder of a store and all that is in it, or a pattern.

Folders are the names between slashes. A listing gives all that is below one, so a pattern costs
what the folder before its first `*` costs.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import translate
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from barwise.errors import InputError, named
from barwise.files import stores
from barwise.files.addresses import UNFINISHED as UNFINISHED_LAKE
from barwise.files.addresses import is_of_web, shown
from barwise.sources import table_formats
from barwise.sources.listing import CHECKSUM, SKIPPED, Check, is_pattern
from barwise.sources.unfinished import UNFINISHED, UNFINISHED_FOLDER

if TYPE_CHECKING:
    from barwise.files.stores import StoredFile

ANY_FOLDERS = "**"


class Objects(NamedTuple):
    """What an address means.

    files: objects, each with whether the address or its pattern names it, not only its folder.
    folders: that were searched.
    left_out: unfinished downloads, by their names.
    is_one: whether the address is that of one object.
    """

    files: list[tuple[StoredFile, bool]]
    folders: list[str]
    left_out: list[str]
    is_one: bool = False


def find(word: str, check: Check) -> Objects:
    """The objects that an address means; none where a folder or a pattern has none.

    Raises InputError, as where there is no such object, or where it cannot be asked for.
    """
    if is_of_web(word):
        return Objects([(_of_web(word), True)], [], [], is_one=True)
    root, names = _split(word)
    if root.endswith("/"):
        raise InputError(f"{named(word)} names no bucket: write {root}BUCKET/...")
    if any(map(is_pattern, names)):
        return _matching(root, names, word.endswith("/"), check)
    if names and not word.endswith("/") and (file := stores.head(word)):
        return Objects([(file, True)], [], [], is_one=True)
    found = _matching(root, names, True, check)
    if not found.files and not found.left_out and not found.folders:
        raise InputError(
            f"cannot open the input {named(word)}: there is no such object, and no folder of that "
            "name; check the address",
            code="input_not_found",
        )
    return found


def _of_web(word: str) -> StoredFile:
    path = shown(word).partition("://")[2].partition("/")[2]
    if not path or path.endswith("/") or not {"*", "["}.isdisjoint(path):
        raise InputError(
            f"{named(shown(word))} is of the web, where no folder and no pattern can be listed: "
            "name one file"
        )
    return stores.web_file(word)


def _split(word: str) -> tuple[str, list[str]]:
    """The bucket of an address, and the names in its key."""
    scheme, _, rest = word.partition("://")
    bucket, _, key = rest.partition("/")
    return f"{scheme}://{bucket}", [name for name in key.split("/") if name]


def _matching(root: str, pattern: list[str], is_folder: bool, check: Check) -> Objects:
    """The objects in the folders that a pattern means, or whose own names it means.

    is_folder: it means folders alone.
    """
    fixed = next((at for at, name in enumerate(pattern) if is_pattern(name)), len(pattern))
    top = "/".join((root, *pattern[:fixed]))
    listed = sorted(stores.listed(top, check), key=lambda file: file.uri)
    matched = Objects([], [], [])
    folders: dict[str, None] = {}
    for file in listed:
        check()
        names = file.uri.removeprefix(f"{top}/").split("/")
        ends = _ends(names, pattern[fixed:]) - ({len(names)} if is_folder else set())
        if not ends or names[-1].endswith(CHECKSUM) or _is_marker(file, listed):
            continue
        is_named = len(names) in ends
        below = names[len(names) if is_named else min(ends) :]
        if any(name.startswith(SKIPPED) for name in below):
            continue
        if not is_named:
            folders["/".join((top, *names[: min(ends)]))] = None
        if _is_unfinished(names, pattern):
            matched.left_out.append(file.uri)
        else:
            matched.files.append((file, is_named))
    matched.folders.extend(folders or ([top] if listed and fixed == len(pattern) else []))
    paths = [file.uri for file, _ in matched.files]
    _refuse_tables([file.uri for file in listed], paths)
    for file in listed:
        folder, _, name = file.uri.rpartition("/")
        if name == UNFINISHED_LAKE and any(path.startswith(f"{folder}/") for path in paths):
            raise InputError(
                f"the folder {named(folder)} is not whole: a lake is being written to it, or was "
                "broken off; wait, or delete it and convert again",
                code="input_unreadable",
            )
    return matched


def _ends(names: list[str], pattern: list[str]) -> set[int]:
    """After how many of some names a pattern may end."""
    ends = {0}
    for word in pattern:
        if word == ANY_FOLDERS:
            ends = {
                end
                for first in ends
                for end in range(first, len(names))
                if not any(name.startswith(SKIPPED) for name in names[first:end])
            }
        else:
            ends = {end + 1 for end in ends if end < len(names) and _is_called(names[end], word)}
    return ends


def _is_called(name: str, word: str) -> bool:
    """Whether a name matches a word of a pattern; hidden ones only what begins as they do."""
    if name.startswith(SKIPPED) and not word.startswith(name[0]):
        return False
    return _matcher(word).match(name) is not None


@cache
def _matcher(word: str) -> re.Pattern[str]:
    return re.compile(translate(word.replace(ANY_FOLDERS, "*")) if is_pattern(word) else
                      re.escape(word) + r"\Z")  # fmt: skip


def _is_marker(file: StoredFile, listed: list[StoredFile]) -> bool:
    """Whether an empty object only stands for a folder, as some programs make them."""
    if file.size:
        return False
    return any(other.uri.startswith(f"{file.uri}/") for other in listed)


def _is_unfinished(names: list[str], pattern: list[str]) -> bool:
    """Whether an object is an unfinished download, or in one that the pattern does not ask for."""
    is_in = any(
        name.lower().endswith(UNFINISHED_FOLDER) and "=" not in name and name not in pattern
        for name in names[:-1]
    )
    return is_in or names[-1].lower().endswith(UNFINISHED)


def _refuse_tables(listed: Iterable[str], paths: Iterable[str]) -> None:
    """Raises InputError for a file of a table whose log is listed too."""
    tables = table_formats.of_listing(listed)
    for path in paths if tables else ():
        folder = path
        while "/" in folder.partition("://")[2]:
            folder = folder.rpartition("/")[0]
            if folder in tables:
                raise InputError(table_formats.refusal(tables[folder], path))
