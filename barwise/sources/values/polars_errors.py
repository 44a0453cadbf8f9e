"""Errors of polars as one clear line: its panics are not an `Exception`, its messages are long."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from polars.exceptions import PanicException, PolarsError

from barwise.errors import BarwiseError, InputError, clip, one_line
from barwise.sources import header

if TYPE_CHECKING:
    from barwise.sources.columns import ColumnsToRead
    from barwise.sources.parts import Part

FAULTS = (PolarsError, PanicException, OSError, ValueError, RuntimeError)


@contextmanager
def raising_for(part: Part) -> Iterator[None]:
    """Within it any error of polars becomes an InputError that names the part."""
    try:
        yield
    except BarwiseError:
        raise
    except FAULTS as error:
        why = clip(one_line(str(error).strip().partition("\n")[0]), 160)
        if "thread" in why:
            raise InputError(
                f"{part.name} cannot be read: {why}; raise the limit of threads or of memory"
            ) from None
        raise InputError(
            f"{part.name} cannot be read ({why}): it is damaged, incomplete or of a kind that "
            "polars does not read; get a new copy"
        ) from None


def present(names: list[str], part: Part, to_read: ColumnsToRead) -> list[str]:
    """The columns to read that are there; raises InputError where a required one is not."""
    for role, (name, required) in to_read.items():
        if required and name not in names:
            raise header.absent(role, name, names, part)
    return [name for name in names if name in {column.name for column in to_read.values()}]
