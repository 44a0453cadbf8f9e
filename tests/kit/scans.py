"""The scan of a text by the kernel, its buffers made as large as they must be."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from barwise.kernels import kernel

k: Any = kernel

NOTHING = bytearray()


class Scan(NamedTuple):
    """rows: -1 where the text is refused, because of `reason`. odd: row, column, cell of each."""

    rows: int
    reason: int
    columns: list[Any]
    odd: list[tuple[int, int, str]]


def scan(
    text: bytes, columns: int, kinds: list[tuple[int, int]], delimiter: str = ",",
    decimal: str = ".", room: int = 64, pattern: bytes = b" ",
) -> Scan:  # fmt: skip
    """`kinds`: the position and the kind of each column to read."""
    rows = len(text) // columns + 1
    wanted: list[tuple[int, int, Any, Any, bytes]] = []
    for position, kind in kinds:
        if kind == k.NUMBER:
            wanted.append((position, kind, np.empty(rows), NOTHING, b""))
        elif kind == k.TEXT:
            cells, ends = np.empty(len(text), np.uint8), np.empty(rows, np.uint32)
            wanted.append((position, kind, cells, ends, b""))
        elif kind == k.CODES:
            first = np.empty(24 * room, np.uint8)
            wanted.append((position, kind, np.empty(rows, np.int32), first, b""))
        else:
            wanted.append((position, kind, np.empty(rows, np.int64), NOTHING, pattern))
    odd = np.empty((rows, 4), np.uint32)
    behind = b'9"\n,' * (k.PAD // 4)  # what is there does not count
    count, reason, _, odds, not_ascii, used = k.scan(
        text + behind, len(text), columns, delimiter.encode(), decimal.encode(), tuple(wanted), odd
    )
    if count < 0:
        return Scan(count, reason, [], [])
    assert bool(not_ascii) == (not text.isascii())
    read: list[Any] = []
    for (_, kind, values, more, _), size in zip(wanted, used, strict=True):
        if kind == k.TEXT:
            borders = [0, *more[:count].tolist()]
            data = values[:size].tobytes()
            read.append([data[a:b] for a, b in pairwise(borders)])
        elif kind == k.CODES:
            spans = more[: 8 * size].view(np.uint32).reshape(-1, 2).tolist()
            names = [text[a:b] for a, b in spans]
            assert len({*names}) == len(names)
            read.append([names[code] for code in values[:count]])
        else:
            read.append(values[:count].tolist())
    cells_of_odd = [
        (row, which, text[start:end].decode()) for row, which, start, end in odd[:odds].tolist()
    ]
    return Scan(count, 0, read, cells_of_odd)
