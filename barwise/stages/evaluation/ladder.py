"""At most 1,024 blocks of 2**j bars of a series: what is summed of the bars of each.

Blocks are cut by the position of bars in their series, missing closes among them, and merge in
pairs when there are more. So they are the same however the series was cut.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.stages.evaluation import paths, wide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Blocks = NDArray[Any]  # structured; see `fields`

MOST_BLOCKS = 1 << 10
LEAST_LENGTH = 1 << 5
LARGEST_LENGTH = 1 << 62
MOST_PADDED = 1 << 12  # blocks that are shortened at once
# The sums of a block: of the signal's returns and their squares, of those of holding, and then of
# forward returns by horizon: where the signal was 1, and where it was 0.
S1, S2, BELOW, HOLD_S1, HOLD_S2, FORWARD = range(6)
NET, HOLD = range(2)  # paths of a block


class Ladder(NamedTuple):
    """The blocks of bars that follow each other.

    length: bars of a block.
    blocks: those that hold bars, in their order, as bytes of `fields`.
    """

    length: int
    blocks: bytes


def fields(horizons: int) -> np.dtype[Any]:
    """A block: its number in the series, its bars, sums, paths, and bars by horizon, in and out."""
    return np.dtype(
        [
            ("block", "<i8"),
            ("bars", "<i8"),
            ("sums", "<u8", (FORWARD + 2 * horizons, wide.LIMBS)),
            ("paths", "<i8", (2, paths.WIDTH)),
            ("forward", "<i8", (2 * horizons,)),
        ]
    )


def least_length(*bars: int) -> int:
    """The shortest block: the power of two of at least 32, and of all those bars."""
    return min(1 << (max(LEAST_LENGTH, *bars) - 1).bit_length(), LARGEST_LENGTH)


def coarser(blocks: Blocks, length: int, most: int = MOST_BLOCKS) -> tuple[int, Blocks]:
    """Blocks of a length merged in pairs until the last is among the first `most` of a series."""
    while len(blocks) and int(blocks["block"][-1]) >= most:
        length, blocks = 2 * length, halved(blocks)
    return length, blocks


def shortened(blocks: Blocks, times: int) -> Blocks:
    """The blocks of so many times the length; a power of two."""
    first, last = int(blocks["block"][0]), int(blocks["block"][-1])
    groups = last // times - first // times + 1
    if last - first >= len(blocks) or groups * times > MOST_PADDED:  # they have gaps, or are few
        while times > 1:
            times, blocks = times >> 1, halved(blocks)
        return blocks
    filled = np.zeros(groups * times, blocks.dtype)  # which change nothing where no bar is
    filled[first % times : first % times + len(blocks)] = blocks
    pieces = filled.reshape(groups, times)
    out = np.empty(groups, blocks.dtype)
    out["block"] = np.arange(groups) + first // times
    out["bars"], out["forward"] = pieces["bars"].sum(axis=1), pieces["forward"].sum(axis=1)
    out["sums"] = wide.summed(pieces["sums"], 1)
    out["paths"] = paths.chained(pieces["paths"])
    return out


def halved(blocks: Blocks) -> Blocks:
    """The blocks of twice the length."""
    numbers = blocks["block"] >> 1
    is_second = np.zeros(len(blocks), np.bool_)
    np.equal(numbers[1:], numbers[:-1], out=is_second[1:])
    out = blocks[~is_second]
    out["block"] = numbers[~is_second]
    second = np.flatnonzero(is_second)
    if second.size:
        at = np.cumsum(~is_second)[second] - 1
        out[at] = _both(out[at], blocks[second])
    return out


def of_pieces(pieces: list[Blocks]) -> Blocks:
    """Blocks of one length, and of bars that follow each other, as one array."""
    apart = pieces[:1]
    for piece in pieces[1:]:
        if apart[-1]["block"][-1] == piece["block"][0]:
            piece = joined(apart.pop(), piece)
        apart.append(piece)
    return np.frombuffer(b"".join(piece.tobytes() for piece in apart), pieces[0].dtype)


def joined(left: Blocks, right: Blocks) -> Blocks:
    """Blocks of one length of bars, and of those that follow; they share one block at most."""
    if not len(left) or not len(right):
        return left if len(left) else right
    if left["block"][-1] < right["block"][0]:
        return of_pieces([left, right])
    both = _both(left[-1:], right[:1])
    parts = (left[:-1], both, right[1:])  # NumPy takes 30 times as long to join them
    return np.frombuffer(b"".join(part.tobytes() for part in parts), left.dtype)


def together(ladders: Sequence[tuple[int, Blocks]]) -> Blocks:
    """Blocks of several series by their number, at the length of the longest; without paths."""
    longest = max(length for length, _ in ladders)
    all_blocks = []
    for length, blocks in ladders:
        while length < longest:
            length, blocks = 2 * length, halved(blocks)
        all_blocks.append(blocks)
    out = np.zeros(max(int(b["block"][-1]) + 1 for b in all_blocks if len(b)), all_blocks[0].dtype)
    out["block"] = np.arange(len(out))
    for blocks in all_blocks:
        at = blocks["block"]
        out["bars"][at] += blocks["bars"]
        out["forward"][at] += blocks["forward"]
        out["sums"][at] = wide.added(out["sums"][at], blocks["sums"])
    return out[out["bars"] > 0]


def _both(left: Blocks, right: Blocks) -> Blocks:
    """Each block with the one that holds the bars after it."""
    out = left.copy()
    out["bars"] += right["bars"]
    out["forward"] += right["forward"]
    out["sums"] = wide.added(left["sums"], right["sums"])
    out["paths"] = paths.joined(left["paths"], right["paths"])
    return out
