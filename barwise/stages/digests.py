"""Digests of bars that do not depend on how the work was cut: SHA-256 by blocks of a series.

Pure steps over arrays; the bars of an unfinished block travel in what a step gives.

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

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Closes, Signals

BLOCK_BARS = 1 << 12
SIZE = 32  # bytes of a digest
MISSING = np.array(0x7FF8_0000_0000_0000).view(np.float64)  # of all NaNs the one that is hashed


class OpenBlock(NamedTuple):
    """The bars of a block that is not full.

    closes, signals: of each of them.
    """

    closes: Closes = np.empty(0)
    signals: Signals = np.empty(0, np.int8)


class Blocks(NamedTuple):
    """Blocks of a series that follow each other.

    closes: the digests of the closes of those that are full, one after the other.
    signals: the same of their signals.
    open: the bars after.
    """

    closes: bytearray
    signals: bytearray
    open: OpenBlock = OpenBlock()

    def extend(self, more: Blocks) -> Blocks:
        """These and the blocks after them; these are used up."""
        self.closes.extend(more.closes)
        self.signals.extend(more.signals)
        return self._replace(open=more.open)


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


def start() -> Blocks:
    """Before the first bar of a series."""
    return Blocks(bytearray(), bytearray())


def of_bars(closes: Closes, signals: Signals, before: OpenBlock) -> Blocks:
    """The blocks that some bars fill, which follow those `before` in an open block."""
    blocks, (open_closes, open_signals) = start(), before
    first = 0
    if len(open_closes):
        first = BLOCK_BARS - len(open_closes)
        open_closes = np.concatenate((open_closes, closes[:first]))
        open_signals = np.concatenate((open_signals, signals[:first]))
        if len(open_closes) < BLOCK_BARS:
            return blocks._replace(open=OpenBlock(open_closes, open_signals))
        _add(blocks, open_closes, open_signals)
    for end in range(first + BLOCK_BARS, len(closes) + 1, BLOCK_BARS):
        _add(blocks, closes[first:end], signals[first:end])
        first = end
    # Copies, since the arrays are used again for other bars.
    return blocks._replace(open=OpenBlock(closes[first:].copy(), signals[first:].copy()))


def of_series(blocks: Blocks) -> Digest:
    """The digest of a series, of which these are all blocks.

    >>> of_series(start()).value == sha256(bytes(8)).hexdigest()
    True
    """
    bars = len(blocks.closes) // SIZE * BLOCK_BARS + len(blocks.open.closes)
    whole = start().extend(blocks)
    if len(blocks.open.closes):
        _add(whole, *blocks.open)
    closes, signals = (tuple(_in_hex(column)) for column in (whole.closes, whole.signals))
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


def _add(blocks: Blocks, closes: Closes, signals: Signals) -> None:
    if np.isnan(np.minimum.reduce(closes)):
        closes = np.where(np.isnan(closes), MISSING, closes)
    blocks.closes.extend(sha256(_bytes(closes, "<f8")).digest())
    blocks.signals.extend(sha256(_bytes(signals, "i1")).digest())


def _bytes(values: NDArray[Any], kind: str) -> memoryview:
    return np.ascontiguousarray(values, kind).data


def _in_hex(digests: bytearray) -> Iterator[str]:
    for first in range(0, len(digests), SIZE):
        yield digests[first : first + SIZE].hex()
