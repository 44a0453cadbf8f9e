"""Which bytes of a Parquet file in a store are fetched together, and in which order.

Its footer says where each column of a row group lies. Nothing is fetched here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

HOLE = 1 << 16  # bytes between columns that are cheaper to fetch along than to ask again
PIECE = 1 << 22  # bytes of a column that are fetched at once, where it is read page by page

Range = tuple[int, int]  # from a byte to another


class Chunk(NamedTuple):
    """A column of a row group: which column it is, and where it lies."""

    place: int
    start: int
    end: int


def steps_of(metadata: Any, which: range, places: Sequence[int]) -> list[list[Chunk]]:
    """The chunks of some columns in each of some row groups."""
    return [[_chunk(metadata.row_group(number), place) for place in places] for number in which]


def _chunk(group: Any, place: int) -> Chunk:
    column = group.column(place)
    starts = (column.dictionary_page_offset, column.data_page_offset)
    start = min(max(0, at) for at in starts if at is not None)
    return Chunk(place, start, start + max(0, column.total_compressed_size))


def together(steps: list[list[Chunk]]) -> list[list[Range]]:
    """The ranges of each row group; columns that lie side by side are one.

    >>> together([[Chunk(0, 4, 100), Chunk(1, 100, 300), Chunk(5, 900_000, 900_100)]])
    [[(4, 300), (900000, 900100)]]
    """
    return [_joined(chunks) for chunks in steps]


def _joined(chunks: list[Chunk]) -> list[Range]:
    ranges: list[Range] = []
    for start, end in sorted((chunk.start, chunk.end) for chunk in chunks):
        if ranges and start - ranges[-1][1] <= HOLE:
            ranges[-1] = ranges[-1][0], max(end, ranges[-1][1])
        else:
            ranges.append((start, end))
    return ranges


def by_column(steps: list[list[Chunk]]) -> list[list[list[Range]]]:
    """The same for each column by itself, in pieces, for row groups that are read page by page.

    >>> by_column([[Chunk(0, 4, 5_000_004)]])
    [[[(4, 4194308)], [(4194308, 5000004)]]]
    """
    columns: dict[int, list[list[Range]]] = {}
    for chunks in steps:
        for place, start, end in chunks:
            pieces = columns.setdefault(place, [])
            pieces += [[(at, min(at + PIECE, end))] for at in range(start, end, PIECE)]
    return [*columns.values()]
