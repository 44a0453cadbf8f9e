"""Which columns a source reads from a part, by their roles: the keys of `columns` in the config."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, NamedTuple

from barwise.errors import InputError, quoted
from barwise.files.limits import LONGEST_SYMBOL, MOST_SYMBOLS

if TYPE_CHECKING:
    from barwise.sources.parts import Part, Unread

NUMBERS = ("close", "open", "high", "low", "volume")  # the roles that are read as numbers
TIME_OF_DAY = "time of day"  # the role of a second column of times, where the first has dates


class Column(NamedTuple):
    """A column to read.

    name: as the file has it.
    required: whether a file without it is refused.
    """

    name: str
    required: bool = True


class TimeColumns(NamedTuple):
    """Which columns of a part are its times.

    columns: that of times, or those of dates and of times of day; empty where no times are read.
    inferred: whether neither the config nor an exact name says so.
    unread: a column that looks like times and is not read; None if there is none.
    """

    columns: tuple[str, ...] = ()
    inferred: bool = False
    unread: Unread | None = None


class Bar(NamedTuple):
    """A row as its file has it, for a message.

    place: where it stands, in words.
    cells: some of its cells, as text.
    """

    place: str
    cells: list[str]


ColumnsToRead = dict[str, Column]  # by role
PartToRead = tuple[int, "Part", ColumnsToRead]  # the number is that of the part in the plan


def to_read(part: Part, needs: Collection[str] = ()) -> ColumnsToRead:
    """What a run reads of a part.

    The closes, the symbols where a column names them, and the times where the order of parts
    depends on them; and the roles that the run `needs` beside, as far as the part has them.
    """
    roles = part.roles
    columns = {"close": Column(roles.close)}
    if roles.symbol and (part.series is None or "symbol" in needs):
        columns["symbol"] = Column(roles.symbol, part.series is None)
    if part.first_time is not None or "timestamp" in needs:
        columns |= of_times(part)
    if roles.confirm and "confirm" in needs:
        columns["confirm"] = Column(roles.confirm, required=False)
    names = {column.name for column in columns.values()}
    for role in NUMBERS[1:]:
        name = getattr(roles, role)
        if role in needs and name and name not in names:
            columns[role] = Column(name, role in roles.named)
    return columns


def of_times(part: Part) -> ColumnsToRead:
    """The column of times, or the two of them; they may be absent where the config names none."""
    required = "timestamp" in part.roles.named or part.first_time is not None
    names = ("timestamp", TIME_OF_DAY)
    return {
        role: Column(name, required)
        for role, name in zip(names, part.roles.timestamp, strict=False)
    }


def without_times(part: Part) -> str:
    """Why a part has no times, and the way out, for a message."""
    if part.unread:
        return part.unread.line
    column = part.roles.times or "timestamp"
    return (
        f"it has no column {quoted(column)}; name the column of times in columns: "
        "{timestamp: NAME}"
    )


NOT_SYMBOLS = f"a symbol has at most {LONGEST_SYMBOL} bytes; is it the column of symbols?"


def refuse_many_symbols(count: int, name: str, file: str) -> None:
    """Raises InputError for a column of more values than there can be symbols."""
    if count > MOST_SYMBOLS:
        raise InputError(
            f"{name} of {file} has more than {MOST_SYMBOLS} different values: is it the "
            "column of symbols? name another in columns: {symbol: NAME}"
        )
