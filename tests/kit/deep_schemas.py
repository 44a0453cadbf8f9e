"""Arrow files and streams of no rows, whose column is as many lists within lists as one likes.

pyarrow cannot write these, as it recurses. They are FlatBuffers, with fields as in Schema.fbs: all
share one name and one type, which lie at the end, since offsets point forward.
"""

from __future__ import annotations

import struct

LIST, FLOAT, SCHEMA, VERSION = 12, 3, 1, 4
CONTINUATION = b"\xff\xff\xff\xff"
MAGIC = b"ARROW1"
# Where the fields of tables are, each behind its own size and that of its table.
OF_SCHEMA = struct.pack("<4H", 8, 8, 0, 4)  # fields
OF_FIELD = struct.pack("<8H", 16, 20, 4, 0, 16, 8, 0, 12)  # name, kind of type, type, children
OF_LEAF = struct.pack("<8H", 16, 20, 4, 0, 16, 8, 0, 0)
OF_LIST = struct.pack("<2H", 4, 4)
OF_DOUBLE = struct.pack("<3H", 6, 8, 4)  # precision
LEVEL, LEAF = 28, 20  # bytes: a field, and the vector of its only child


def schema(depth: int) -> bytes:
    """A table of Schema, which may stand anywhere in a FlatBuffer."""
    before = 16  # the table itself, and the vector of its only field
    of_schema = before
    of_field = of_schema + len(OF_SCHEMA)
    of_leaf = of_field + len(OF_FIELD)
    of_list = of_leaf + len(OF_LEAF)
    of_double = of_list + len(OF_LIST)
    first = of_double + len(OF_DOUBLE) + 2
    leaf = first + LEVEL * depth
    name = leaf + LEAF
    a_list, double = name + 12, name + 16
    return b"".join((
        struct.pack("<iIII", -of_schema, 4, 1, first - 12),
        *(OF_SCHEMA, OF_FIELD, OF_LEAF, OF_LIST, OF_DOUBLE, bytes(2)),
        *(
            struct.pack("<4iB3xII", at - of_field, name - at - 4, a_list - at - 8, 8, LIST, 1, 4)
            for at in range(first, leaf, LEVEL)
        ),
        struct.pack("<4iB3x", leaf - of_leaf, name - leaf - 4, double - leaf - 8, 0, FLOAT),
        struct.pack("<I8s", 5, b"close"),
        struct.pack("<iih2x", a_list - of_list, double - of_double, 2),
    ))  # fmt: skip


def stream(depth: int) -> bytes:
    """A message whose header is the schema, and the mark of the end."""
    head = struct.pack("<I6HiIqhB5x", 16, 12, 24, 16, 18, 4, 8, 12, 20, 0, VERSION, SCHEMA)
    metadata = head + schema(depth)
    metadata += bytes(-len(metadata) % 8)
    length = struct.pack("<i", len(metadata))
    return CONTINUATION + length + metadata + CONTINUATION + bytes(4)


def file(depth: int) -> bytes:
    """The magic bytes, and a footer with the version and the schema."""
    head = struct.pack("<I4H4xiI8xh6x", 16, 8, 20, 16, 4, 12, 20, VERSION)
    footer = head + schema(depth)
    return MAGIC + bytes(2) + footer + struct.pack("<i", len(footer)) + MAGIC


KINDS = {"file": file, "stream": stream}
