"""Errors of pyarrow as one clear line that names the part; and what no reader lets pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa
from pyarrow import types

from barwise.errors import NO_THREAD, BarwiseError, InputError, clip, one_line, quoted, way_out
from barwise.sources import header

if TYPE_CHECKING:
    from barwise.sources.columns import ColumnsToRead
    from barwise.sources.parts import Part

# A damaged file may claim more than there is memory for.
FAULTS = (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError)

LARGEST_SCALE = 76  # as many digits as decimal256 has


@contextmanager
def raising_for(part: Part) -> Iterator[None]:
    """Within it any error of pyarrow becomes an InputError that names the part."""
    try:
        yield
    except BarwiseError:
        raise
    except FAULTS as error:
        why = in_short(error)
        then = way_out(error, NO_THREAD if "worker thread" in why else "")
        if then:
            raise InputError(
                f"cannot read {part.name} ({why}): {then}", code="limit_reached"
            ) from None
        if isinstance(error, MemoryError):
            raise InputError(
                f"{part.name} cannot be read ({why}): give the job more memory, or it is damaged; "
                "get a new copy",
                code="out_of_memory",
            ) from None
        raise unreadable(part, why) from None


def in_short(error: Exception) -> str:
    """What an error of pyarrow says, without its details."""
    return clip(one_line(str(error).strip().partition("\n")[0]), 160)


def unreadable(part: Part, why: str) -> InputError:
    """The error for a part that cannot be read."""
    return InputError(
        f"{part.name} cannot be read ({why}): it is damaged, incomplete or of a kind that is not "
        "read; get a new copy",
        code="input_unreadable",
    )


def names_of(schema: pa.Schema, part: Part) -> list[str]:
    """The names of a part's columns; raises InputError for what no reader lets pass.

    That are two columns of one name, and decimals of which pyarrow's tables hold no power of ten:
    it would read beyond their ends.
    """
    with raising_for(part):  # names may not be text
        names: list[str] = schema.names
    if len(set(names)) < len(names):
        twice = next(name for name, count in Counter(names).items() if count > 1)
        raise InputError(f"{part.name} has the column {quoted(twice)} twice: rename one of them")
    for kind in schema.types:
        kind = kind.value_type if types.is_dictionary(kind) else kind
        if types.is_decimal(kind) and abs(kind.scale) > LARGEST_SCALE:
            raise unreadable(part, f"a decimal with a scale of {kind.scale}")
    return names


def present(names: list[str], part: Part, to_read: ColumnsToRead) -> list[str]:
    """The columns to read that are there; raises InputError where a required one is not."""
    for role, (name, required) in to_read.items():
        if required and name not in names:
            raise header.absent(role, name, names, part)
    wanted = {column.name for column in to_read.values()}
    return [name for name in names if name in wanted]


def validated(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch; raises ArrowInvalid where a buffer is too short, or offsets point beyond it.

    pyarrow does not look: what such a buffer holds would be read from beyond its end.
    """
    batch.validate()
    for column in batch.columns:
        if not types.is_primitive(column.type):  # takes 3 ns a row of text
            column.validate(full=True)
    return batch
