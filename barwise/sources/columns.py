"""Which columns a source reads from a part, by their roles: close, symbol, timestamp."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from barwise.errors import InputError

if TYPE_CHECKING:
    from barwise.config import Columns
    from barwise.parts import Part

LARGEST_SYMBOLS = 100_000  # a carry each


class Column(NamedTuple):
    """A column by the name that the file gives it; without a required one the file is refused."""

    name: str
    required: bool = True


Wanted = dict[str, Column]  # by role
PartWanted = tuple[int, "Part", Wanted]  # a part, its number in the plan, and what is read of it


def wanted(columns: Columns, part: Part) -> Wanted:
    """What a run reads of a part. Times only where the order of parts depends on them; symbols
    wherever a column has them, so that several are not taken for one unseen.
    """
    roles = {
        "close": Column(columns.close),
        "symbol": Column(columns.of_symbols, part.series is None),
    }
    if part.first_time is not None:
        roles["timestamp"] = Column(columns.of_times)
    return roles


def refuse_many_symbols(count: int, name: str, file: str) -> None:
    """Raises InputError for a column of more values than symbols can be."""
    if count > LARGEST_SYMBOLS:
        raise InputError(
            f"{name} of {file} has more than {LARGEST_SYMBOLS} different values: is it the "
            "column of symbols? name another in columns: {symbol: NAME}"
        )
