"""A lake: Hive Parquet of one folder a symbol and one file a year, filled in one pass.

What it holds in memory is bounded, however many symbols come by turns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

import numpy as np

from barwise.outputs.parquet import ParquetRows

if TYPE_CHECKING:
    from barwise.bars.batch import Bars, Times
    from barwise.files.folders import NewFolder


class YearFile(NamedTuple):
    """A file that is being written: bars of one series in one year."""

    year: int
    rows: ParquetRows
    file: BinaryIO

    def close(self) -> None:
        self.rows.close()
        self.file.close()


class Lake:
    """Takes batches of bars in order of time, series by series or by turns.

    names: of columns, by what batches call them; one that a batch does not have is empty there.
    key: of folders that name symbols, as in `symbol=BTC/`. held_bars: that all open files hold
    at most.
    """

    def __init__(
        self, folder: NewFolder, names: Mapping[str, str], key: str, held_bars: int
    ) -> None:
        self.held_bars = held_bars
        self.folder, self.names, self.key = folder, names, key
        self.open: dict[str, YearFile] = {}
        self.files = 0

    def take(self, batch: Bars, is_alone: bool) -> None:
        """Writes a batch whose series comes `is_alone`, rather than by turns with others."""
        if is_alone:
            self.close(but=batch.series)
        empty = np.broadcast_to(np.nan, len(batch))
        columns = {name: batch.columns.get(its, empty) for its, name in self.names.items()}
        for year, bars in by_year(batch.columns["time"]):
            its = self.file_of(batch.series, year)
            its.rows.write({name: column[bars] for name, column in columns.items()})
        if sum(its.rows.rows for its in self.open.values()) > self.held_bars:
            for its in self.open.values():
                its.rows.flush()

    def file_of(self, series: str, year: int) -> YearFile:
        its = self.open.get(series)
        if its is not None and its.year == year:
            return its
        if its is not None:
            its.close()
        names = [f"{self.key}={_quoted(series)}"] if series else []
        file = self.folder.new_file(*names, f"{year:04}.parquet")
        its = self.open[series] = YearFile(year, ParquetRows(file), file)
        self.files += 1
        return its

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
