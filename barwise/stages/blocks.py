"""Measures of blocks: of whatever is cut by the position of bars in their series.

A block is so many bars, of which the first stands at a multiple of that. What a block gives does
not depend on how its bars came: a value keeps the bars of the blocks at its ends which are not
whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from barwise.bars.batch import Bars

Bytes = Sequence[bytes | memoryview]  # those of each column


class Blocks(NamedTuple):
    """Bars of a series that follow each other, block by block.

    first: index of the first bar in its series.
    head: the bytes of each column before the first border; of all bars where there is no border.
    whole: what the blocks after it gave, one after the other; None where there is no border.
    tail: the bytes of each column after the last whole block.
    """

    first: int
    head: tuple[bytes, ...]
    whole: tuple[bytes, ...] | None = None
    tail: tuple[bytes, ...] = ()


class ByBlock:
    """A measure of blocks; a subclass says which columns they have, and what a block gives.

    widths: bytes of a bar in each column. pieces: how many a block gives.
    """

    value = Blocks
    by_position = True
    widths: tuple[int, ...]
    pieces: int

    def __init__(self, block_bars: int) -> None:
        self.block_bars = block_bars

    def columns(self, bars: Bars) -> Bytes:
        """The bytes of each column."""
        raise NotImplementedError

    def of_block(self, columns: Bytes) -> tuple[bytes, ...]:
        """What a block gives; the last of a series may have fewer bars."""
        raise NotImplementedError

    def of(self, bars: Bars) -> Blocks:
        if bars.first is None:
            raise ValueError("blocks are cut by where bars stand in their series")
        return self._cut(bars.first, self.columns(bars))

    def merge(self, left: Blocks, right: Blocks) -> Blocks:
        if left.whole is None:
            between = self._cut(left.first, _joined(left.head, right.head))
            if right.whole is None:
                return between
            return right._replace(first=left.first, head=between.head)  # which ends at a border
        tail = _joined(left.tail, right.head)
        if right.whole is None:
            between = self._cut(0, tail)
            return left._replace(whole=_joined(left.whole, between.whole or ()), tail=between.tail)
        given = self.of_block(tail) if tail[0] else ()
        return left._replace(whole=_joined(left.whole, given, right.whole), tail=right.tail)

    def finished(self, value: Blocks) -> tuple[bytes, ...]:
        """What all blocks of a series gave, one after the other, the last one too."""
        whole, tail = (value.whole, value.tail) if value.whole else ((), value.head)
        return _joined(whole, self.of_block(tail) if tail[0] else ())

    def _cut(self, first: int, columns: Bytes) -> Blocks:
        bars, border = len(columns[0]) // self.widths[0], -first % self.block_bars
        if bars < border:
            return Blocks(first, self._part(columns, 0, bars))
        given, end = [], border
        while end + self.block_bars <= bars:
            given.append(self.of_block(self._views(columns, end, end + self.block_bars)))
            end += self.block_bars
        whole = tuple(map(b"".join, zip(*given, strict=True))) or (b"",) * self.pieces
        return Blocks(first, self._part(columns, 0, border), whole, self._part(columns, end, bars))

    def _part(self, columns: Bytes, first: int, end: int) -> tuple[bytes, ...]:
        """Copies of some bars, since arrays are used again for others."""
        return tuple(map(bytes, self._views(columns, first, end)))

    def _views(self, columns: Bytes, first: int, end: int) -> list[memoryview]:
        pairs = zip(columns, self.widths, strict=True)
        return [memoryview(column)[first * width : end * width] for column, width in pairs]


def _joined(*pieces: Sequence[bytes]) -> tuple[bytes, ...]:
    """Each column of all pieces, one after the other; those of no column are skipped."""
    return tuple(map(b"".join, zip(*filter(None, pieces), strict=True)))
