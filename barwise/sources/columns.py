"""Which columns a source reads from a part, by their roles: close, symbol, timestamp."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from barwise.config import Columns
    from barwise.parts import Part

SYMBOL, TIMESTAMP = "symbol", "timestamp"  # the names of columns that the config does not name


class Column(NamedTuple):
    """A column by the name that the file gives it; without a required one the file is refused."""

    name: str
    required: bool = True


Wanted = dict[str, Column]  # by role


def wanted(columns: Columns, part: Part) -> Wanted:
    """What a run reads of a part. Times only where the order of parts depends on them; symbols
    wherever a column has them, so that several are not taken for one unseen.
    """
    roles = {
        "close": Column(columns.close),
        "symbol": Column(columns.symbol or SYMBOL, part.series is None),
    }
    if part.first_time is not None:
        roles["timestamp"] = Column(columns.timestamp or TIMESTAMP)
    return roles
