"""Sums of returns of many windows in blocks of 2**j bars: what luck is told by.

Blocks are cut by the position of bars in their series and merge in pairs, as those of an
evaluation; there are fewer, since each holds a number for each window.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_BLOCKS = 1 << 8
LARGEST_SUM = 1 << 62


class BlockSums(NamedTuple):
    """The blocks of bars that follow each other.

    length: bars of a block.
    numbers: of those that hold bars, in their order.
    sums: a row a block, a column a window; the last column is of holding.
    """

    length: int
    numbers: NDArray[np.int64]
    sums: NDArray[np.int64]

    def joined(self, right: BlockSums, most: int = MOST_BLOCKS) -> BlockSums:
        """With the blocks of the bars that follow."""
        left, length = self, max(self.length, right.length)
        left, right = left.of_length(length), right.of_length(length)
        numbers = np.concatenate((left.numbers, right.numbers))
        sums = np.concatenate((left.sums, right.sums))
        return _added(length, numbers, sums).coarser(most)

    def of_length(self, length: int) -> BlockSums:
        """The blocks of a length, which is this one times a power of two."""
        if length == self.length:
            return self
        return _added(length, self.numbers // (length // self.length), self.sums)

    def coarser(self, most: int = MOST_BLOCKS) -> BlockSums:
        """Merged in pairs until the last is among the first `most` of a series."""
        length = self.length
        while len(self.numbers) and int(self.numbers[-1]) * self.length // length >= most:
            length *= 2
        return self.of_length(length)


def _added(length: int, numbers: NDArray[np.int64], sums: NDArray[np.int64]) -> BlockSums:
    """Rows of one block after another, added."""
    is_new = np.ones(len(numbers), np.bool_)
    np.not_equal(numbers[1:], numbers[:-1], out=is_new[1:])
    if is_new.all():
        return BlockSums(length, numbers, sums)
    starts = np.flatnonzero(is_new)
    added = sums[starts]
    sizes = np.diff(np.append(starts, len(numbers)))
    for back in range(1, int(sizes.max())):
        more = np.flatnonzero(sizes > back)
        added[more] += sums[starts[more] + back]
        if added.max(initial=0) > LARGEST_SUM or added.min(initial=0) < -LARGEST_SUM:
            raise InputError(
                "the returns of bars leave all bounds: correct them, or leave out sweep:"
            )
    return BlockSums(length, numbers[starts], added)
