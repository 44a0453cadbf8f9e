"""Made-up archives as Binance publishes them: zip files of klines and their checksums."""

from __future__ import annotations

import hashlib
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

FUTURES_HEADER = (
    "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,"
    "taker_buy_quote_volume,ignore\n"
)
HOUR = 3_600


def klines(symbol: str, first: datetime, until: datetime, unit: int, step: int = HOUR) -> str:
    """Bars from `first` on, before `until`; times count seconds / `unit`."""
    start, end = int(first.timestamp()), int(until.timestamp())
    opened = np.arange(start, end, step)
    rng = np.random.default_rng(sum(symbol.encode()) * 10**10 + start)
    close = 4_000_000 + np.cumsum(rng.integers(-500, 501, len(opened)))
    lines = []
    moves = rng.integers(0, 99, len(opened)).tolist()
    for time, cents, move in zip(opened.tolist(), close.tolist(), moves, strict=True):
        prices = [cents - move, cents + 99, cents - 99, cents]
        texts = [f"{price // 100}.{price % 100:02}000000" for price in prices]
        closed = (time + step) * unit - 1
        last_columns = f"{closed},99.50000000,7,1.00000000,2.00000000,0"
        lines.append(f"{time * unit},{','.join(texts)},12.{move:02}000000,{last_columns}\n")
    return "".join(lines)


def write_zip(folder: Path, name: str, text: str, checksum: str | None = None) -> Path:
    """`name`.zip, and its .CHECKSUM, which may be another one."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{name}.csv", text)
    sha256 = checksum or hashlib.sha256(path.read_bytes()).hexdigest()
    Path(f"{path}.CHECKSUM").write_text(f"{sha256}  {path.name}\n")
    return path


def write_months(folder: Path, symbol: str) -> list[Path]:
    """Twelve months, of which the last six are in microseconds, as spot has been since 2025."""
    paths = []
    first = datetime(2024, 7, 1, tzinfo=UTC)
    for _ in range(12):
        until = (first + timedelta(days=31)).replace(day=1)
        unit = 1_000 if first.year < 2025 else 1_000_000
        name = f"{symbol}-1h-{first:%Y-%m}"
        place = folder / "monthly" / "klines" / symbol / "1h"
        paths.append(write_zip(place, name, klines(symbol, first, until, unit)))
        first = until
    return paths


def write_days(folder: Path, symbol: str, days: int) -> list[Path]:
    """Days of the month after those."""
    paths = []
    for day in range(days):
        first = datetime(2025, 7, 1 + day, tzinfo=UTC)
        text = klines(symbol, first, first + timedelta(days=1), 1_000_000)
        place = folder / "daily" / "klines" / symbol / "1h"
        paths.append(write_zip(place, f"{symbol}-1h-{first:%Y-%m-%d}", text))
    return paths
