"""One frozen Config: what the numbers are, and nothing about where they come from or go to.

Every key has one rule, here; `yaml_file.py` knows how the keys are written down.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from barwise import yaml_file
from barwise.errors import ConfigError, listed, named, nearest, quoted

ARITHMETICS = ("float64", "exact")  # each a file in arithmetic/
LARGEST_SEED = 2**32 - 1  # numpy.random.seed takes 32 bits
LARGEST_WINDOW = 2**63 - 1


def _seed(value: object) -> str | None:
    if type(value) is int and 0 <= value <= LARGEST_SEED:
        return None
    return f"must be a whole number from 0 to {LARGEST_SEED}, without quotes"


def _window(value: object) -> str | None:
    if type(value) is int and 1 <= value <= LARGEST_WINDOW:
        return None
    return "must be a whole number of bars, 1 or more, without quotes"


def _version(value: object) -> str | None:
    if type(value) is str and value.strip() and value.isprintable():
        return None
    return 'must be one line of text that is not empty; put it in quotes, as in "v1"'


def _arithmetic(value: object) -> str | None:
    if isinstance(value, str) and value in ARITHMETICS:
        return None
    return f"must be one of {listed(ARITHMETICS)}"


def _column(value: object) -> str | None:
    if type(value) is str and value:
        return None
    return "must be the name of a column as the input's header writes it; put it in quotes"


def _other_column(value: object) -> str | None:
    return None if value is None else _column(value)  # None: not named, as where the key lacks


def _columns(value: object) -> str | None:
    if isinstance(value, Columns | yaml_file.Entries):
        return None
    return "must name columns, as in columns: {close: Close}"


Rule = Callable[[object], "str | None"]  # what is wrong with a value, or None

REQUIRED: Mapping[str, Rule] = {"seed": _seed, "window": _window, "version": _version}
RULES: Mapping[str, Rule] = {**REQUIRED, "arithmetic": _arithmetic, "columns": _columns}
COLUMN_RULES: Mapping[str, Rule] = {
    "close": _column,
    "timestamp": _other_column,
    "symbol": _other_column,
}


@dataclass(frozen=True)
class Columns:
    """The names that the input gives its columns.

    timestamp: None for "timestamp", where there is one. symbol: None where no column tells symbols
    apart; a folder `symbol=NAME` may.
    """

    close: str = "close"
    timestamp: str | None = None
    symbol: str | None = None

    def __post_init__(self) -> None:
        _obey(COLUMN_RULES, self, "columns.")
        named = [name for name in (self.close, self.timestamp, self.symbol) if name]
        if len(set(named)) < len(named):
            raise ConfigError(f"columns are {listed(named)}: each must be another column")

    @property
    def of_times(self) -> str:
        """The column of times, where there is one."""
        return self.timestamp or "timestamp"

    @property
    def of_symbols(self) -> str:
        """The column of symbols, and the key of folders that tell them."""
        return self.symbol or "symbol"


@dataclass(frozen=True)
class Config:
    """What a run computes.

    seed: NumPy's random seed, 0 to 2**32 - 1. window: bars, 1 or more.
    version: one line of text, handed on to the metrics.
    arithmetic: "float64" (pandas' own) or "exact" (decimal).
    Raises ConfigError where a value breaks its key's rule.

    >>> Config(seed=42, window=5, version="v1").arithmetic
    'float64'
    """

    seed: int
    window: int
    version: str
    arithmetic: str = "float64"
    columns: Columns = field(default_factory=Columns)

    def __post_init__(self) -> None:
        _obey(RULES, self)


def load(path: str | os.PathLike[str]) -> Config:
    """The config in the YAML file at `path`.

    Raises ConfigError, which names file, line, key and value, and carries the
    config's own `version` where that could be read.
    """
    entries = yaml_file.read(path)
    try:
        return _checked(entries, path)
    except ConfigError as error:
        version = entries.get("version")
        if version and not version.again and not _version(version.value):
            error.version = version.value
        raise


def _checked(entries: yaml_file.Entries, path: str | os.PathLike[str]) -> Config:
    file = named(path)
    values = _values(entries, RULES, file)
    if "columns" in values:
        columns = _values(values["columns"], COLUMN_RULES, file, "columns.")
        try:
            values["columns"] = Columns(**columns)
        except ConfigError as error:
            raise ConfigError(f"{error} (in {file})") from None
    missing = [key for key in REQUIRED if key not in values]
    if missing:
        raise ConfigError(f"{file} has no {listed(missing)}: add what is missing")
    return Config(**values)


def _values(
    entries: yaml_file.Entries, rules: Mapping[str, Rule], file: str, prefix: str = ""
) -> dict[str, Any]:
    """The values of the keys that have a rule, each having passed it."""
    values = {}
    for key, entry in entries.items():
        if key not in rules:
            near = nearest(key, rules)
            known = listed(prefix + name for name in rules)
            hint = f"did you mean {prefix}{near}?" if near else f"known keys: {known}"
            raise ConfigError(
                f"unknown key {quoted(prefix + key)} on line {entry.line} of {file}: {hint}"
            )
        if entry.again:
            raise ConfigError(
                f"key {quoted(prefix + key)} is on line {entry.line} of {file} and again on "
                f"line {entry.again}: keep one"
            )
        if wrong := rules[key](entry.value):
            raise ConfigError(
                f"{prefix}{key} is {quoted(entry.value)} on line {entry.line} of {file}: {wrong}"
            )
        values[key] = entry.value
    return values


def _obey(rules: Mapping[str, Rule], values: object, prefix: str = "") -> None:
    for key, rule in rules.items():
        value = getattr(values, key)
        if wrong := rule(value):
            raise ConfigError(f"{prefix}{key} is {quoted(value)}: {wrong}")
