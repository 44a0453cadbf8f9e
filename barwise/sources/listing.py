"""What is in a folder, and which words are patterns.

Each loop asks whether to go on, as a folder may have millions of files.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple, TypeVar

Item = TypeVar("Item", str, "Entry")
Check = Callable[[], None]  # called in each loop; what it raises ends the search

SKIPPED = (".", "_")  # how names begin that are skipped: hidden files, markers such as _SUCCESS
CHECKSUM = ".CHECKSUM"  # after the name of the file beside it
SORTED_AT_ONCE = 1 << 18  # takes 0.3 s, in which no signal is heard


def is_pattern(word: str) -> bool:
    return any(magic in word for magic in "*?[")


class Entry(NamedTuple):
    """A name in a folder.

    is_folder: also where it is a link to one.
    """

    name: str
    is_folder: bool
    is_link: bool


def entries(folder: str, is_wanted: Callable[[str], bool], check: Check) -> list[Entry]:
    """The entries of a folder whose names are wanted, by name. Raises OSError, or ValueError."""
    wanted: list[Entry] = []
    with os.scandir(folder) as listed:
        for entry in listed:
            check()
            if is_wanted(entry.name):
                is_link = entry.is_symlink()
                is_folder = os.path.isdir(entry.path) if is_link else entry.is_dir()
                wanted.append(Entry(entry.name, is_folder, is_link))
    return in_order(wanted, check)


def in_order(items: list[Item], check: Check) -> list[Item]:
    """The items, sorted."""
    if len(items) <= SORTED_AT_ONCE:
        return sorted(items)
    from heapq import merge  # 1 ms

    pieces = []
    for first in range(0, len(items), SORTED_AT_ONCE):
        pieces.append(sorted(items[first : first + SORTED_AT_ONCE]))
        check()
    merged: list[Item] = []
    for item in merge(*pieces):
        check()
        merged.append(item)
    return merged
