"""The config's keys about how the input is written: `columns:` and `csv:`, each with its rule.

No file is read here. How a file is read in the end is in the plan.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from barwise.errors import ConfigError, listed, quoted

Rule = Callable[[object], "str | None"]  # what is wrong with a value, or None

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
DATES = ("day-first", "month-first")
MOST_SKIPPED = 10_000  # lines above the header
OTHERS = ("symbol", "open", "high", "low", "volume")
OFFSET = r"([-+])(0[0-9]|1[0-4]):([0-5][0-9])"


def one_of(names: Sequence[str]) -> Rule:
    def rule(value: object) -> str | None:
        if isinstance(value, str) and value in names:
            return None
        return f"must be one of {listed(names)}"

    return rule


def optional(rule: Rule) -> Rule:
    return lambda value: None if value is None else rule(value)  # None: the key is not there


def _column(value: object) -> str | None:
    if type(value) is str and value:
        return None
    return "must be the name of a column as the input's header writes it; put it in quotes"


def _other_column(value: object) -> str | None:
    return None if value is False or getattr(value, "is_null", False) else _column(value)


def _times(value: object) -> str | None:
    if isinstance(value, list | tuple):
        if len(value) == 2 and not any(map(_column, value)) and value[0] != value[1]:
            return None
        return 'must be one column, or those of dates and of times of day, as in ["Date", "Time"]'
    return _other_column(value)


def _delimiter(value: object) -> str | None:
    if isinstance(value, str) and value in (*DELIMITERS, "tab"):
        return None
    return 'must be one of ",", ";", "|" and "tab", in quotes'


def _decimal(value: object) -> str | None:
    return None if value in (".", ",") else 'must be "." or ",", in quotes'


def _skip(value: object) -> str | None:
    if type(value) is int and 0 <= value <= MOST_SKIPPED:
        return None
    return f"must be how many lines stand above the header, a whole number up to {MOST_SKIPPED}"


def _names(value: object) -> str | None:
    if not isinstance(value, list | tuple) or not value or any(map(_column, value)):
        return "must be the names of all columns in their order, as in [time, open, close]"
    names: set[str] = set()
    for name in value:
        if name in names:
            return f"must not hold {quoted(name)} twice"
        names.add(name)
    return None


def _offset(value: object) -> str | None:
    if isinstance(value, str) and re.fullmatch(OFFSET, value):
        return None
    return 'must be how far the times are ahead of UTC, as in "+03:00" or "-05:00"'


COLUMN_RULES: Mapping[str, Rule] = {
    "close": _column,
    "timestamp": optional(_times),
    **dict.fromkeys(OTHERS, optional(_other_column)),
}
CSV_RULES: Mapping[str, Rule] = {
    "delimiter": optional(_delimiter),
    "decimal": optional(_decimal),
    "skip": optional(_skip),
    "names": optional(_names),
    "dates": optional(one_of(DATES)),
    "offset": optional(_offset),
}


def obey(rules: Mapping[str, Rule], values: object, prefix: str = "") -> None:
    """Raises ConfigError for the first value that breaks its rule."""
    for key, rule in rules.items():
        value = getattr(values, key)
        if wrong := rule(value):
            raise ConfigError(f"{prefix}{key} is {quoted(value)}: {wrong}")


@dataclass(frozen=True)
class Columns:
    """The names that the input gives its columns.

    close: "close" is also the only column of that name apart from case, blanks and the like.
    timestamp: one name, or the two of dates and of times of day; None to recognise it.
    symbol: None where no column names the symbols; a folder `symbol=NAME` may.
    open, high, low, volume: None for the column of that name, where there is one.

    Any but close may be False (`null` in a file): there is no such column.

    >>> Columns(close="last", timestamp=("day", "hour")).times
    ('day', 'hour')
    """

    close: str = "close"
    timestamp: str | tuple[str, str] | Literal[False] | None = None
    symbol: str | Literal[False] | None = None
    open: str | Literal[False] | None = None
    high: str | Literal[False] | None = None
    low: str | Literal[False] | None = None
    volume: str | Literal[False] | None = None

    def __post_init__(self) -> None:
        obey(COLUMN_RULES, self, "columns.")
        if isinstance(self.timestamp, list):  # as in a record
            object.__setattr__(self, "timestamp", tuple(self.timestamp))
        others = [name for key in OTHERS if (name := getattr(self, key))]
        names = [self.close, *self.times, *others]
        if len(set(names)) < len(names):
            raise ConfigError(f"columns are {listed(names)}: each must be another column")

    @property
    def times(self) -> tuple[str, ...]:
        """The columns of times that are named: none, one, or those of dates and of times of day."""
        if not self.timestamp:
            return ()
        return (self.timestamp,) if isinstance(self.timestamp, str) else self.timestamp

    @property
    def of_symbols(self) -> str:
        """The name of the column of symbols, and of the key in folders such as `symbol=NAME`."""
        return self.symbol or "symbol"


@dataclass(frozen=True)
class Csv:
    """How the text of the input is written; None where the file shows it.

    delimiter: between fields, "," ";" "|" or a tab.
    decimal: "." or ",".
    skip: how many lines stand above the header.
    names: of all columns in order, where there is no header.
    dates: how to read dates with slashes, "day-first" or "month-first"; in files of any kind.
    offset: how far times without a zone are ahead of UTC, as "+03:00"; in files of any kind.

    >>> Csv(offset="-05:00").microseconds_ahead
    -18000000000
    """

    delimiter: str | None = None
    decimal: str | None = None
    skip: int | None = None
    names: tuple[str, ...] | None = None
    dates: str | None = None
    offset: str | None = None

    def __post_init__(self) -> None:
        obey(CSV_RULES, self, "csv.")
        if self.delimiter == "tab":
            object.__setattr__(self, "delimiter", "\t")
        if isinstance(self.names, list):
            object.__setattr__(self, "names", tuple(self.names))
        if self.decimal == "," == self.delimiter:
            raise ConfigError(
                "csv.delimiter and csv.decimal are both ',': leave out the delimiter where numbers "
                "are in quotes, else name two characters"
            )

    @property
    def microseconds_ahead(self) -> int | None:
        """The offset in microseconds; None where there is none."""
        if self.offset is None:
            return None
        sign, hours, minutes = re.fullmatch(OFFSET, self.offset).groups()  # type: ignore[union-attr]
        return (int(hours) * 60 + int(minutes)) * 60_000_000 * (-1 if sign == "-" else 1)
