"""The fields of a FlatBuffer, which is how Arrow writes its metadata; nothing in it is trusted.

What is not there raises one of ERRORS. Format: https://flatbuffers.dev/internals/.
"""

from __future__ import annotations

import struct

ERRORS = (struct.error, ValueError, OverflowError)


def root(data: bytes) -> int:
    """Where the outermost table is."""
    return number("<I", data, 0)


def slot(data: bytes, table: int, field: int) -> int:
    """Where a field of a table is; 0 where the table leaves it out."""
    vtable = table - number("<i", data, table)
    if 4 + 2 * field >= number("<H", data, vtable):
        return 0
    offset = number("<H", data, vtable + 4 + 2 * field)
    return table + offset if offset else 0


def value(kind: str, data: bytes, table: int, field: int) -> int:
    """The number in a field; 0 where the table leaves it out."""
    place = slot(data, table, field)
    return number(kind, data, place) if place else 0


def child(data: bytes, table: int, field: int) -> int:
    """Where the table or vector in a field is."""
    place = slot(data, table, field)
    if not place:
        raise ValueError(f"a message without field {field}")
    return place + number("<I", data, place)


def items(data: bytes, table: int, field: int, size: int) -> list[int]:
    """Where the items of `size` bytes of the vector in a field are."""
    if not slot(data, table, field):
        return []
    vector = child(data, table, field)
    count = min(number("<I", data, vector), len(data))
    return [vector + 4 + size * i for i in range(count)]


def number(kind: str, data: bytes, at: int) -> int:
    """The number at a byte; `kind` as `struct` has it."""
    if at < 0:
        raise ValueError(f"an offset of {at}")
    result: int = struct.unpack_from(kind, data, at)[0]
    return result
