"""Makes the plan of a run: the files that the input means, their kinds, series and order.

It reads the first bytes of each file, and its first lines, its columns or its footer; and the first
bar where the order depends on times that no footer says.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any

from barwise.bars.columns import Columns, Csv
from barwise.errors import InputError, named, quoted
from barwise.files.addresses import absolute
from barwise.files.limits import LONGEST_SYMBOL
from barwise.sources import first_times, kinds
from barwise.sources.by_footers import all_recognised
from barwise.sources.columns import without_times
from barwise.sources.find import FileList
from barwise.sources.parts import Part, Plan, in_natural_order

if TYPE_CHECKING:
    from barwise.files.stores import StoredFile
    from barwise.sources.by_footers import Ranges

IN_ORDER = ("csv", "csv.gz", "csv.zst")  # kinds that can be read from a stream of bytes
HIVE_NULL = "__HIVE_DEFAULT_PARTITION__"


def planned(files: FileList, columns: Columns, csv: Csv, *, by_time: bool = False) -> Plan:
    """Which parts of files are read, how, in which order, and whose bars they hold.

    Parts of one series come in the order of their first times where all of them have times, else
    in natural order of their names. Raises InputError.
    """
    if files.error:
        raise files.error
    if files.objects:
        from barwise.files.peek import peek

        peek([*files.objects.values()])
    parts: list[Part] = []
    for path, by_name in files.files:
        try:
            parts += _parts(path, by_name, columns, files.objects.get(path))
        except InputError:  # as for Iceberg's own files, which are JSON and Avro
            _doubts_of_tables([path], files)
            raise
    doubts = _doubts_of_tables([part.path for part in parts if part.kind == "parquet"], files)
    parts, ranges = all_recognised(parts, columns, csv)
    if len({part.series for part in parts}) > 1:
        for part in parts:
            if part.series == "":
                raise InputError(
                    f"{part.name} has no symbol, and other files have: put it in a folder "
                    f"{columns.of_symbols}=NAME/ too, or name the column of symbols in "
                    "columns: {symbol: NAME}"
                )
    _refuse_long_symbols(parts)
    _refuse_intervals(parts)
    # Where a column names the symbols, any two parts may hold bars of the same series.
    is_mixed = any(part.series is None for part in parts)
    by_series: dict[str, list[Part]] = {}
    for part in parts:
        by_series.setdefault("" if is_mixed else part.series or "", []).append(part)
    in_order: list[Part] = []
    for _, parts_of_series in sorted(by_series.items()):
        in_order += _ordered(parts_of_series, ranges)
    symbols = columns.of_symbols if is_mixed else None
    return Plan(tuple(in_order), symbols, (*files.doubts, *doubts), by_time)


def _doubts_of_tables(paths: list[str], files: FileList) -> list[str]:
    """Lines about files of tables, as Delta's; raises InputError for one not named by its path."""
    if not paths:
        return []
    from barwise.sources import table_formats  # CSV does not need it

    return table_formats.doubts(paths, files.by_path)


def _refuse_long_symbols(parts: list[Part]) -> None:
    """Raises InputError for a symbol that no file system would have as a name, as archives may."""
    for part in parts:
        if len((part.series or "").encode(errors="surrogateescape")) > LONGEST_SYMBOL:
            raise InputError(
                f"the symbol {quoted(part.series)} of {part.name} is longer than {LONGEST_SYMBOL} "
                "bytes: rename its folder or file"
            )


def _refuse_intervals(parts: list[Part]) -> None:
    """Raises InputError where the names of one series' files say two intervals."""
    first: dict[str | None, Part] = {}
    for part in parts:
        if part.interval is None:
            continue
        other = first.setdefault(part.series, part)
        if part.interval != other.interval:
            raise InputError(
                f"{part.name} has bars of another interval than {other.name}: name the files of "
                "one interval, as in a pattern '*-1m-*'"
            )


def _parts(path: str, by_name: bool, columns: Columns, in_store: StoredFile | None) -> list[Part]:
    """The parts of a file: itself, or the files in a zip archive."""
    kind = kinds.kind_of(path, by_name, in_store)
    if in_store and not in_store.has_ranges and kind not in IN_ORDER:
        raise InputError(
            f"{named(path)} is of kind {kind}, which is read in parts, and its server gives only "
            "whole files: download it, and name the file"
        )
    if kind != "zip":
        size = in_store.size if in_store else os.stat(path).st_size
        return [Part(path, kind, size, series=_series(path, columns), in_store=in_store)]
    from barwise.sources.csv import archives

    return [
        Part(
            path,
            "csv in zip",
            stored.packed_size,
            name,
            _series(f"{path}/{name}", columns),
            stored=stored,
            in_store=in_store,
        )
        for name, stored in archives.members(path, in_store)
    ]


def _series(path: str, columns: Columns) -> str | None:
    """The symbol in a file's folders, as in `symbol=BTCUSDT/`; None where a column names it."""
    key = f"{columns.of_symbols}="
    for folder in reversed(os.path.dirname(absolute(path)).split(os.sep)):
        if folder.startswith(key):
            from urllib.parse import unquote  # 4 ms; Hive writes BTC/USDT as BTC%2FUSDT

            symbol = unquote(folder.removeprefix(key), errors="surrogateescape").strip(" \t")
            if symbol in ("", HIVE_NULL):
                raise InputError(f"{named(path)} is in a folder of no symbol: name the symbol")
            return symbol
    return None if columns.symbol else ""


def _by_names() -> Callable[[Part], Any]:
    """The key of parts in natural order of their names; of a folder it is made only once."""

    @cache
    def of_folder(folder: str) -> tuple[list[Any], str]:
        return in_natural_order(absolute(folder).rstrip(os.sep))

    def of_part(part: Part) -> Any:
        folder, name = os.path.split(part.path)
        folders, path = of_folder(folder)
        names, member = in_natural_order(f"{name}{os.sep}{part.member}")
        return folders + names, f"{path}{os.sep}{member}"

    return of_part


def _ordered(parts: list[Part], ranges: Ranges) -> list[Part]:
    """Parts in order: those of one series, or all where they may have series in common."""
    parts.sort(key=_by_names())
    if len(parts) == 1:
        return parts
    for part in parts:
        if part.unread and part.unread.twice:
            raise InputError(f"{part.unread.line}: the order of files depends on it")
    times = first_times.of_parts(parts, [ranges.get(part.path) for part in parts])
    timed = [part._replace(first_time=time) for part, time in zip(parts, times, strict=True)]
    if None not in times:
        return sorted(timed, key=lambda part: part.first_time or 0)
    without = [part for part in timed if part.first_time is None]
    if len(without) < len(parts):
        other = next(part for part in timed if part.first_time is not None)
        raise InputError(
            f"{other.name} has times and {without[0].name} has none, so the order of their bars is "
            f"unknown: {without_times(without[0])}"
        )
    return parts
