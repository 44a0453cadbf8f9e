"""Values in Thrift's compact protocol, in which Parquet writes its footer.

pyarrow reads footers too, yet of a damaged one it ends the process where statistics are asked for.
Format: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

from __future__ import annotations

from typing import Any

TRUE, FALSE, BYTE, I64, DOUBLE, BINARY, LIST, SET, STRUCT = 1, 2, 3, 6, 7, 8, 9, 10, 12
Struct = dict[int, Any]  # by the number of the field


def struct(data: bytes, at: int) -> tuple[Struct, int]:
    """The struct that begins at a byte, and where it ends.

    Raises IndexError or ValueError where it is damaged.

    >>> struct(bytes([0x15, 0x02, 0x18, 0x01, 0x61, 0x00]), 0)
    ({1: 1, 2: b'a'}, 6)
    """
    fields: Struct = {}
    number = 0
    while head := data[at]:
        at += 1
        if head < 16:
            number, at = _integer(data, at)
        else:
            number += head >> 4
        kind = head & 15
        if BYTE < kind <= I64 and (byte := data[at]) < 128:  # as most are: half the time
            fields[number] = (byte >> 1) ^ -(byte & 1)
            at += 1
        elif kind <= FALSE:
            fields[number] = kind == TRUE
        else:
            fields[number], at = value(data, at, kind)
    return fields, at + 1


def value(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    """The value of a kind that begins at a byte, and where it ends."""
    if BYTE < kind <= I64:
        return _integer(data, at)
    if kind == BINARY:
        length, at = _unsigned(data, at)
        if at + length > len(data):
            raise IndexError
        return data[at : at + length], at + length
    if kind == STRUCT:
        return struct(data, at)
    if kind in (LIST, SET):
        return _list(data, at)
    if kind == DOUBLE:
        return data[at : at + 8], at + 8
    if kind <= BYTE:
        return data[at], at + 1
    raise ValueError(f"a value of kind {kind}")


def _list(data: bytes, at: int) -> tuple[list[Any], int]:
    head, at = data[at], at + 1
    count = head >> 4
    if count == 15:
        count, at = _unsigned(data, at)
    values = []
    for _ in range(count):
        item, at = value(data, at, head & 15)
        values.append(item)
    return values, at


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while (byte := data[at]) > 127:
        number |= (byte & 127) << shift
        shift += 7
        at += 1
        if shift > 63:
            raise ValueError("a number of more than 64 bits")
    return number | byte << shift, at + 1


def _integer(data: bytes, at: int) -> tuple[int, int]:
    number, at = _unsigned(data, at)
    return (number >> 1) ^ -(number & 1), at
