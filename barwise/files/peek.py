"""What a plan looks at of objects, fetched for many of them side by side, and kept for reading."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from barwise.errors import InputError
from barwise.files.addresses import is_of_web
from barwise.files.store_errors import absent

if TYPE_CHECKING:
    from barwise.files.stores import StoredFile

AT_ONCE = 16  # requests
FIRST, LAST = 1 << 17, 1 << 16  # bytes; most footers of Parquet fit into the latter
LEAST = 1 << 14  # bytes of a file that are kept, however many files there are
MOST_KEPT = 1 << 26  # bytes of all files
PARQUET, MARK = (".parquet", ".parq", ".pq"), b"PAR1"


def peek(files: Sequence[StoredFile]) -> None:
    """Holds the first bytes of each file, or its last ones where it is called as Parquet is.

    A fault is kept for whoever reads the file, in its turn.
    """
    if not files:
        return
    most = max(LEAST, MOST_KEPT // len(files))
    with ThreadPoolExecutor(min(AT_ONCE, len(files)), "barwise-peek") as pool:
        for _ in pool.map(partial(_peek, most=most), files):
            pass


def objects_at(addresses: Sequence[str]) -> dict[str, StoredFile]:
    """The objects at some addresses, asked for side by side. Raises InputError for the first that
    is not there.
    """
    from barwise.files import stores

    with ThreadPoolExecutor(min(AT_ONCE, len(addresses)), "barwise-peek") as pool:
        asked = [
            pool.submit(stores.web_file if is_of_web(address) else stores.head, address)
            for address in addresses
        ]
        objects: dict[str, StoredFile] = {}
        for address, answer in zip(addresses, asked, strict=True):
            if (file := answer.result()) is None:
                raise absent(address)
            objects[address] = file
    return objects


def hold_end(file: StoredFile) -> None:
    """Holds the last bytes of a file of Parquet that is not called so. Raises InputError."""
    if file.has_ranges:
        start = max(0, file.size - LAST)
        file.held.append((start, file.read(start, file.size)))


def _peek(file: StoredFile, most: int) -> None:
    if file.held or not file.size:
        return
    with suppress(InputError):
        if not file.uri.lower().endswith(PARQUET):
            file.held.append((0, file.read(0, min(file.size, FIRST, max(most, LEAST)))))
            return
        start = max(0, file.size - LAST)
        tail = file.read(start, file.size)
        if len(tail) > most and is_footer(tail):
            kept = max(most, int.from_bytes(tail[-8:-4], "little") + 8)
            if kept < len(tail):  # a copy, so that the rest is freed
                start, tail = file.size - kept, memoryview(bytes(tail[-kept:]))
        file.held.append((start, tail))


def is_footer(tail: memoryview) -> bool:
    """Whether bytes at the end of a file end a footer of Parquet."""
    return bytes(tail[-4:]) == MARK


def is_parquet(file: StoredFile) -> bool:
    """Whether the end that is held says so; no request is made for the beginning then."""
    return any(
        start + len(data) == file.size and file.size >= 12 and is_footer(data)
        for start, data in file.held
    )
