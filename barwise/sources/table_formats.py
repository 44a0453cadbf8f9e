"""Tables that are Parquet files with a log, which says which of their rows still count.

The files alone also give rows that were deleted or replaced long ago. No log is read here: a table
is known by the folder of its log, and is not read as bars.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from typing import NamedTuple

from barwise.errors import InputError, named
from barwise.files.addresses import is_address

METADATA = (".metadata.json", ".metadata.json.gz")  # how Iceberg names its log


class Format(NamedTuple):
    """A format of tables.

    name: as a message names it.
    log: what the folder of a table holds, as a message names it.
    is_in: whether a folder holds that.
    """

    name: str
    log: str
    is_in: Callable[[str], bool]


class FormatTable(NamedTuple):
    """A table.

    format: which one it has.
    folder: the absolute path of its folder.
    """

    format: Format
    folder: str


def _holds(name: str) -> Callable[[str], bool]:
    return lambda folder: os.path.isdir(os.path.join(folder, name))


def _holds_metadata(folder: str) -> bool:
    try:
        names = os.listdir(os.path.join(folder, "metadata"))
    except OSError:  # nearly always: there is none
        return False
    return any(name.endswith(METADATA) for name in names)


FORMATS = (
    # https://github.com/delta-io/delta/blob/master/PROTOCOL.md#file-types
    Format("a Delta Lake table", "_delta_log/", _holds("_delta_log")),
    # https://hudi.apache.org/tech-specs/#timeline
    Format("a Hudi table", ".hoodie/", _holds(".hoodie")),
    # https://iceberg.apache.org/spec/#file-system-tables
    Format("an Iceberg table", "metadata/*.metadata.json", _holds_metadata),
)


def doubts(paths: Iterable[str], by_path: Collection[str]) -> list[str]:
    """Lines about the files that belong to tables, a line a table.

    Raises InputError for such a file, unless its own path was named: those are `by_path`.
    """
    tables = _Tables()
    of_tables: dict[FormatTable, list[str]] = {}
    for path in paths:
        if is_address(path):  # it was looked at when it was listed
            continue
        table = tables.table_of(path)
        if table and path not in by_path:
            raise InputError(refusal(table, path))
        if table:
            of_tables.setdefault(table, []).append(path)
    return [_doubt(table, files) for table, files in of_tables.items()]


def of_listing(paths: Iterable[str]) -> dict[str, FormatTable]:
    """The tables whose logs are among some paths, by their folders."""
    delta, hudi, iceberg = FORMATS
    tables: dict[str, FormatTable] = {}
    for path in paths:
        for mark, log in (("/_delta_log/", delta), ("/.hoodie/", hudi), ("/metadata/", iceberg)):
            folder, found, name = path.partition(mark)
            if found and (log is not iceberg or name.endswith(METADATA)):
                tables[folder] = FormatTable(log, folder)
    return tables


class _Tables:
    """The tables that files belong to. Each folder is looked into once, however many its files."""

    def __init__(self) -> None:
        self.above: dict[str, FormatTable | None] = {}  # by absolute path of a folder
        self.by_folder: dict[str, FormatTable | None] = {}  # by folder as the files' paths have it

    def table_of(self, path: str) -> FormatTable | None:
        """The table whose file this is, wherever links lead."""
        folder = os.path.dirname(path)
        if folder not in self.by_folder:
            written, real = os.path.abspath(folder), os.path.realpath(folder)
            self.by_folder[folder] = self.at_or_above(written) or self.at_or_above(real)
        table = self.by_folder[folder]
        if table is None and os.path.islink(path):
            return self.at_or_above(os.path.dirname(os.path.realpath(path)))
        return table

    def at_or_above(self, folder: str) -> FormatTable | None:
        climbed = []
        while folder not in self.above:
            climbed.append(folder)
            table_format = next((known for known in FORMATS if known.is_in(folder)), None)
            upper = os.path.dirname(folder)
            if table_format or upper == folder:
                self.above[folder] = FormatTable(table_format, folder) if table_format else None
            else:
                folder = upper
        self.above.update(dict.fromkeys(climbed, self.above[folder]))
        return self.above[folder]


def refusal(table: FormatTable, path: str) -> str:
    name, log, _ = table.format
    return (
        f"{_shown(table, path)} is {name} ({log} is in it): its files also hold rows that were "
        "deleted or replaced; export the rows that count to Parquet, as with the table's own "
        "tool, and name that"
    )


def _doubt(table: FormatTable, files: list[str]) -> str:
    more = f" (and {len(files) - 1} more files)" if len(files) > 1 else ""
    return (
        f"{named(files[0])}{more} is of {_shown(table, files[0])}, {table.format.name}: it may "
        "hold rows that were deleted or replaced; export the rows that count to Parquet, and name "
        "that"
    )


def _shown(table: FormatTable, path: str) -> str:
    """The folder of a table: as a relative path where the file is named so and is not outside."""
    if is_address(path):
        return named(table.folder)
    here = os.path.relpath(table.folder)
    return named(table.folder if os.path.isabs(path) or here.startswith(os.curdir) else here)
