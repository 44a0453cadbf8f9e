"""Digests of bars that do not depend on how the work was cut: SHA-256 by blocks of a series.

A block is 4096 bars by their position in the series. The digest of its closes is that of their
float64 bytes, little endian, a missing close as 0x7ff8000000000000; that of its signals is that of
a byte a bar. The digest of a series is that of the digests of its blocks of closes, of those of
signals, and of the number of bars as uint64, little endian. The digest of a run is that of its one
series; of several, sorted by name, of the length of each name (uint64, little endian), the name in
UTF-8 (as decoded from the folder symbol=...) and the digest of the series.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.stages.blocks import Blocks, ByBlock, Bytes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Bars

BLOCK_BARS = 1 << 12
SIZE = 32  # bytes of a digest
MISSING = np.array(0x7FF8_0000_0000_0000).view(np.float64)  # of all NaNs the one that is hashed


class Digest(NamedTuple):
    """Of a series; digests are hexadecimal.

    bars: how many.
    closes, signals: the digest of each block.
    value: that of the series.
    """

    bars: int
    closes: tuple[str, ...]
    signals: tuple[str, ...]
    value: str


class BlockDigests(ByBlock):
    """The blocks of closes and signals; `block_bars` other than the format's are for tests."""

    name, needs = "digest", frozenset({"signal"})
    widths, pieces = (8, 1), 2

    def __init__(self, block_bars: int = BLOCK_BARS) -> None:
        super().__init__(block_bars)

    def columns(self, bars: Bars) -> Bytes:
        closes = bars.columns["close"]
        if np.isnan(np.minimum.reduce(closes)):
            closes = np.where(np.isnan(closes), MISSING, closes)
        return _bytes(closes, "<f8"), _bytes(bars.columns["signal"], "i1")

    def of_block(self, columns: Bytes) -> tuple[bytes, ...]:
        return tuple(sha256(column).digest() for column in columns)

    def of_series(self, value: Blocks, bars: int) -> Digest:
        """The digest of a series of so many bars, of which these are all blocks."""
        closes, signals = (tuple(_in_hex(column)) for column in self.finished(value))
        return Digest(bars, closes, signals, of_blocks(closes, signals, bars))


def of_blocks(closes: Iterable[str], signals: Iterable[str], bars: int) -> str:
    """The digest of a series by those of its blocks."""
    return sha256(
        bytes.fromhex("".join((*closes, *signals))) + bars.to_bytes(8, "little")
    ).hexdigest()


def of_run(series: Mapping[str, str]) -> str:
    """The digest of a run by those of its series, by name."""
    if len(series) == 1:
        return next(iter(series.values()))
    pairs = sorted(
        (name.encode(errors="surrogateescape"), bytes.fromhex(of)) for name, of in series.items()
    )
    return sha256(
        b"".join(len(name).to_bytes(8, "little") + name + of for name, of in pairs)
    ).hexdigest()


def _bytes(values: NDArray[Any], kind: str) -> memoryview:
    return np.ascontiguousarray(values, kind).data.cast("B")


def _in_hex(digests: bytes) -> Iterator[str]:
    for first in range(0, len(digests), SIZE):
        yield digests[first : first + SIZE].hex()
