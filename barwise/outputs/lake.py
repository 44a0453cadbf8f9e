"""A lake: Hive Parquet of one folder a symbol and one file a year, filled in one pass.

It holds a bounded number of bars in memory, however many symbols come by turns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np

from barwise.outputs.parquet import ParquetRows

if TYPE_CHECKING:
    from barwise.bars.batch import Bars, Times
    from barwise.files.folders import Folder


class YearFile(NamedTuple):
    """A file that is being written: bars of one series in one year.

    year: of all its bars, in UTC.
    rows: the writer of its rows.
    file: the open file.
    """

    year: int
    rows: ParquetRows
    file: BinaryIO

    def close(self) -> None:
        self.rows.close()
        self.file.close()


class Lake:
    """Writes batches of bars in order of time, series after series or by turns.

    folder: the new folder that holds it.
    names: of its columns, by role; a column that a batch does not have is empty there.
    key: of folders that name symbols, as in `symbol=BTC/`.
    open: by series, the file that is being written.
    held_bars: that all open files hold at most.
    files: how many were begun.
    """

    def __init__(self, folder: Folder, names: Mapping[str, str], key: str, held_bars: int) -> None:
        self.held_bars = held_bars
        self.folder, self.names, self.key = folder, names, key
        self.open: dict[str, YearFile] = {}
        self.files = 0

    def write(self, batch: Bars, one_at_a_time: bool) -> None:
        """Writes a batch. `one_at_a_time`: each series is whole before the next begins."""
        if one_at_a_time:
            self.close(but=batch.series)
        empty = np.broadcast_to(np.nan, len(batch))
        columns = {name: batch.columns.get(role, empty) for role, name in self.names.items()}
        for year, bars in by_year(batch.columns["time"]):
            rows = self.file_of(batch.series, year).rows
            rows.write({name: column[bars] for name, column in columns.items()})
        if sum(file.rows.rows for file in self.open.values()) > self.held_bars:
            for file in self.open.values():
                file.rows.flush()

    def file_of(self, series: str, year: int) -> YearFile:
        """The file of a series that is being written; another year begins another file."""
        current = self.open.get(series)
        if current is not None and current.year == year:
            return current
        if current is not None:
            current.close()
        names = [f"{self.key}={_quoted(series)}"] if series else []
        file = self.folder.new_file(*names, f"{year:04}.parquet")
        new = self.open[series] = YearFile(year, ParquetRows(file), file)
        self.files += 1
        return new

    def close(self, but: str | None = None) -> None:
        """Ends the files of all series, or all but one."""
        for series in [*self.open]:
            if series != but:
                self.open.pop(series).close()


def by_year(times: Times) -> Iterator[tuple[int, slice]]:
    """The years of ascending times, each with where its bars are.

    >>> list(by_year(np.array([0, 1, 31_536_000_000_000])))
    [(1970, slice(0, 2, None)), (1971, slice(2, 3, None))]
    """
    years = times.view("M8[us]").astype("M8[Y]").astype(np.int64) + 1970
    first = 0
    while first < len(years):
        end = int(np.searchsorted(years, years[first], side="right"))
        yield int(years[first]), slice(first, end)
        first = end


def _quoted(symbol: str) -> str:
    """A symbol as the name of a folder, as Hive writes it: BTC/USDT as BTC%2FUSDT."""
    from urllib.parse import quote  # 4 ms

    return quote(symbol, safe=" +,()!@&$;^~", errors="surrogateescape")
