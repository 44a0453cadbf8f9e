"""A layout of files: how it is written, and what a right reading of it gives by pandas."""

from __future__ import annotations

import gzip
import hashlib
import io
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from tests.kit.oracles import pandas_signals
from tests.kit.vendors.bars import MICROSECOND, Bar, walk
from tests.kit.vendors.encodings import Encode

WINDOW = 5
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
NEW_YEAR = datetime(2024, 1, 1, tzinfo=UTC)

Order = Callable[[Sequence[Sequence[Bar]]], list[Bar]]  # of the bars of each symbol, oldest first
Expected = Literal["right", "file order", "several symbols", "words", "error"]


def oldest_first(series: Sequence[Sequence[Bar]]) -> list[Bar]:
    """Symbols stand one after the other."""
    return [bar for bars in series for bar in bars]


def newest_first(series: Sequence[Sequence[Bar]]) -> list[Bar]:
    return oldest_first(series)[::-1]


def unsorted(series: Sequence[Sequence[Bar]]) -> list[Bar]:
    """Stretches of ten bars in any order."""
    stretches = np.random.default_rng(5).permutation(len(series[0]) // 10)
    bars = oldest_first(series)
    return [bar for at in stretches for bar in bars[10 * at : 10 * at + 10]]


def interleaved(series: Sequence[Sequence[Bar]]) -> list[Bar]:
    """Each time has a bar of every symbol."""
    return [bar for bars in zip(*series, strict=True) for bar in bars]


@dataclass(frozen=True)
class Layout:
    """One layout of one vendor.

    name: vendor and variant, as "Binance: csv with a header".
    file: the name of the input; .gz and .zip are packed as that.
    encode: writes bars as the bytes of a file.
    pieces: where a zip or folder holds several files, the name of the file of each bar.
    tickers: the symbols in it.
    start: of the first bar, on the clock of the file.
    step: from one bar to the next.
    order: of the rows.
    stamp: how much later than a bar begins its time is.
    cents: about the price.
    untraded: the numbers of bars without a price.
    has_checksum: whether a .CHECKSUM is beside it.
    tells_zone: whether times are UTC, or say their zone.
    named: the symbol in the name of the file; None: there is none.
    expect: "right", without a config; "file order": right in the order of the file, with a WARNING
        that names `order: time`; "several symbols": a WARNING that names the config; "words":
        messages that name each line of the config; "error": one that no config mends.
    config: the lines to paste, "" where none is needed.
    doubt: a part of a WARNING that a right reading has all the same.
    """

    name: str
    file: str
    encode: Encode
    pieces: str = ""
    tickers: tuple[str, ...] = ("BTCUSD",)
    start: datetime = NEW_YEAR
    step: timedelta = MINUTE
    order: Order = oldest_first
    stamp: timedelta = timedelta()
    cents: int = 4_500_000
    untraded: tuple[int, ...] = ()
    has_checksum: bool = False
    tells_zone: bool = True
    named: str | None = None
    expect: Expected = "right"
    config: str = ""
    doubt: str = ""

    @property
    def vendor(self) -> str:
        return self.name.partition(":")[0]

    @cached_property
    def series(self) -> list[list[Bar]]:
        return [
            walk(ticker, seed, self.start, self.step, self.cents, self.untraded)
            for seed, ticker in enumerate(self.tickers)
        ]

    @cached_property
    def bars(self) -> list[Bar]:
        """As they stand in the file."""
        return self.order(self.series)

    @property
    def rows(self) -> int:
        return len(self.bars)

    @property
    def is_in_order(self) -> bool:
        return self.order in (oldest_first, interleaved)

    @property
    def value(self) -> float:
        """The mean of all signals, of each symbol's bars in order of time."""
        return _value([signal for bars in self.series for signal in _signals(bars)])

    @property
    def value_in_file_order(self) -> float:
        """The same of the rows as they stand there, as one series."""
        return _value(_signals(self.bars))

    def value_of(self, role: str) -> float:
        """The value of who takes another price for the close."""
        return _value([signal for bars in self.series for signal in _signals(bars, role)])

    @property
    def symbols(self) -> dict[str, tuple[int, float]] | None:
        """Rows and value of each symbol, where there are several."""
        if len(self.tickers) == 1:
            return None
        return {bars[0].ticker: (len(bars), _value(_signals(bars))) for bars in self.series}

    @property
    def times(self) -> tuple[int, int]:
        """Those of the earliest and the latest bar, in microseconds UTC, by the file's clock."""
        times = [bar.microseconds + self.stamp // MICROSECOND for bar in self.bars]
        return min(times), max(times)

    @property
    def first(self) -> int | None:
        return self.times[0] if self.tells_zone else None

    @property
    def last(self) -> int | None:
        return self.times[1] if self.tells_zone else None

    @property
    def turned(self) -> Layout:
        """The same with the rows the other way round."""
        order = self.order
        return replace(self, order=lambda series: order(series)[::-1])

    def write(self, folder: Path) -> Path:
        """Writes it under `folder`; the path to give as input."""
        path = folder / self.file
        by_piece: dict[str, list[Bar]] = {}
        name = self.pieces or path.with_suffix(".csv").name
        for bar in self.bars:
            by_piece.setdefault(name.format_map(bar.cells()), []).append(bar)
        files = {piece: self.encode(bars) for piece, bars in by_piece.items()}
        if self.pieces and path.suffix != ".zip":
            path.mkdir(parents=True)
            for piece, data in files.items():
                _write(path / piece, {Path(piece).with_suffix(".csv").name: data})
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(path, files)
        if self.has_checksum:
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            Path(f"{path}.CHECKSUM").write_text(f"{sha256}  {path.name}\n")
        return path


def _signals(bars: Sequence[Bar], role: str = "close") -> list[int]:
    return pandas_signals([bar.price(role) for bar in bars], WINDOW)


def _value(signals: Sequence[int]) -> float:
    return round(sum(signals) / len(signals), 4)


def _write(path: Path, files: dict[str, bytes]) -> None:
    """The one file, packed as the path's name says; or several in a zip."""
    if path.suffix == ".zip":
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in files.items():
                archive.writestr(name, data)
        path.write_bytes(buffer.getvalue())
        return
    [data] = files.values()
    path.write_bytes(gzip.compress(data, mtime=0) if path.suffix == ".gz" else data)
