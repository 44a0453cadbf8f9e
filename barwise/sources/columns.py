"""Which columns a source reads from a part, by their roles: the keys of `columns` in the config."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from barwise.errors import InputError

if TYPE_CHECKING:
    from barwise.config import Columns
    from barwise.parts import Part

LARGEST_SYMBOLS = 100_000  # a carry each
NUMBERS = ("close", "open", "high", "low", "volume")  # the roles that are read as numbers


class Column(NamedTuple):
    """A column by the name that the file gives it; without a required one the file is refused."""

    name: str
    required: bool = True


class Bar(NamedTuple):
    """A row as its file has it, for a message: where it stands, and some of its cells as text."""

    place: str
    cells: list[str]


Wanted = dict[str, Column]  # by role
PartWanted = tuple[int, "Part", Wanted]  # a part, its number in the plan, and what is read of it


def wanted(columns: Columns, part: Part, needs: Collection[str] = ()) -> Wanted:
    """What a run reads of a part: the closes, what tells symbols apart, times where the order of
    parts depends on them; and what it `needs` more, by role, as far as the part has it.
    """
    roles = {"close": Column(columns.close)}
    if part.series is None or "symbol" in needs:
        roles["symbol"] = Column(columns.of_symbols, part.series is None)
    if part.first_time is not None or "timestamp" in needs:
        roles["timestamp"] = of_times(columns, part)
    taken = {column.name for column in roles.values()}
    for role in NUMBERS[1:]:
        name = getattr(columns, role)
        if role in needs and (name or role) not in taken:
            roles[role] = Column(name or role, name is not None)
    return roles


def of_times(columns: Columns, part: Part) -> Column:
    """The column of times, which may lack where nobody named it."""
    required = columns.timestamp is not None or part.first_time is not None
    return Column(part.times or columns.of_times, required)


def refuse_many_symbols(count: int, name: str, file: str) -> None:
    """Raises InputError for a column of more values than symbols can be."""
    if count > LARGEST_SYMBOLS:
        raise InputError(
            f"{name} of {file} has more than {LARGEST_SYMBOLS} different values: is it the "
            "column of symbols? name another in columns: {symbol: NAME}"
        )
