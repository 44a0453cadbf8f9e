"""One frozen Config: how a run computes, and nothing about where bars come from or results go.

Every key has one rule, here; `yaml_file.py` knows how the keys are written.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

from barwise.bars.columns import Columns, Csv, Rule, obey, one_of, optional
from barwise.bars.times import UNITS, microseconds
from barwise.errors import ConfigError, listed, named, nearest, quoted
from barwise.files import yaml_file

ARITHMETICS = ("float64", "exact")  # each a file in stages/signals/
CHECKS = ("off", "report", "strict")
ORDERS = ("file", "time")
LARGEST_SEED = 2**32 - 1  # numpy.random.seed takes 32 bits
LARGEST_WINDOW = 2**63 - 1
# What a call from Python need not say; both mean nothing. A file must say all that is required.
UNSAID: Mapping[str, Any] = {"seed": 0, "version": "unversioned"}

if TYPE_CHECKING:
    from typing import Literal, TypedDict

    from barwise.bars.crossing import Crossing
    from barwise.bars.evaluate import Evaluate
    from barwise.bars.gates import Gates
    from barwise.bars.sweep import WindowSweep

    class ConfigKeys(TypedDict, total=False):
        """The keys of a config as arguments; a mapping has the keys of its class."""

        seed: int
        window: int
        version: str
        arithmetic: Literal["float64", "exact"]
        checks: Literal["off", "report", "strict"]
        interval: str | None
        order: Literal["file", "time"]
        columns: Columns | Mapping[str, object]
        csv: Csv | Mapping[str, object]
        signal: Crossing | Mapping[str, object] | None
        evaluate: Evaluate | Mapping[str, object] | None
        sweep: WindowSweep | Mapping[str, object] | None
        gates: Mapping[str, Mapping[str, float]] | None


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


def _interval(value: object) -> str | None:
    if value is None or (isinstance(value, str) and microseconds(value)):
        return None
    return f"must be a number and one of {listed(UNITS)}, as in 1m for a minute"


def _error_code(value: object) -> str | None:
    if isinstance(value, bool | yaml_file.Truth):
        return None
    return "must be true or false, without quotes"


def _gates(value: object) -> str | None:
    if isinstance(value, Mapping) and value:
        return None
    return "must say bounds of figures, as in gates: {value: {min: 0.4, max: 0.6}}"


# Of keys that hold keys of their own the module in bars/, the class there, and the rules.
SECTIONS: Mapping[str, tuple[str, str, str]] = {
    "columns": ("columns", "Columns", "COLUMN_RULES"),
    "csv": ("columns", "Csv", "CSV_RULES"),
    "signal": ("crossing", "Crossing", "CROSSING_RULES"),
    "evaluate": ("evaluate", "Evaluate", "EVALUATE_RULES"),
    "sweep": ("sweep", "WindowSweep", "SWEEP_RULES"),
}


def section_of(key: str) -> tuple[Any, Mapping[str, Rule]]:
    """The class of a key in SECTIONS and its rules, which are imported where it is set: 0.7 ms."""
    module, cls, rules = SECTIONS[key]
    room = import_module(f"barwise.bars.{module}")
    return getattr(room, cls), getattr(room, rules)


def _section(key: str, name: str, example: str) -> Rule:
    """The rule of a key that holds keys of its own."""

    def rule(value: object) -> str | None:
        cls, _ = section_of(key)
        return None if isinstance(value, (dict, cls)) else f"must {name}, as in {example}"

    return rule


REQUIRED: Mapping[str, Rule] = {"seed": _seed, "window": _window, "version": _version}
RULES: Mapping[str, Rule] = {
    **REQUIRED,
    "arithmetic": one_of(ARITHMETICS),
    "checks": one_of(CHECKS),  # in YAML 1.1 off is a boolean; `yaml_file` gives the text
    "interval": _interval,
    "order": one_of(ORDERS),
    "columns": _section("columns", "name columns", "columns: {close: Close}"),
    "csv": _section("csv", "say how text is written", 'csv: {delimiter: ";"}'),
    "signal": optional(_section("signal", "say what crosses", "signal: {fast: 5, band_bp: 10}")),
    "evaluate": optional(
        _section("evaluate", "say how", "evaluate: {fill: next_open, cost_bp: 1}")
    ),
    "sweep": optional(_section("sweep", "name windows", "sweep: {windows: 2..1000}")),
    "gates": optional(_gates),
    "error_code": _error_code,
}


@dataclass(frozen=True)
class Config:
    """What a run computes.

    seed: NumPy's random seed, 0 to 2**32 - 1.
    window: bars in a rolling mean, 1 or more.
    version: one line of text, which the metrics repeat.
    arithmetic: "float64", as pandas computes, or "exact", in decimal.
    columns: the names of the input's columns.
    checks: what bars that break a rule do: "off", "report" or "strict".
    interval: from one bar to the next, as in "1m"; None: the commonest.
    order: of the bars of a part: "file" for as they stand, or "time" to sort them.
    csv: how text is written.
    signal: what is compared with the mean of the window, and within which band; None: the close,
    without a band.
    evaluate: how the signal would have been traded; None: that is not asked.
    sweep: which windows are computed beside that one; None: no others.
    gates: bounds of figures in the metrics, by path, as {"value": {"min": 0.4}}; None: no bounds.
    error_code: error metrics have the code of the error too.

    Raises ConfigError where a value breaks the rule of its key.

    >>> Config(seed=42, window=5, version="v1").arithmetic
    'float64'
    """

    seed: int
    window: int
    version: str
    arithmetic: str = "float64"
    columns: Columns = field(default_factory=Columns)
    checks: str = "report"
    interval: str | None = None
    order: str = "file"
    csv: Csv = field(default_factory=Csv)
    error_code: bool = False
    signal: Crossing | None = None
    evaluate: Evaluate | None = None
    sweep: WindowSweep | None = None
    gates: Gates | None = None

    def __post_init__(self) -> None:
        obey(RULES, self)
        if self.signal and not self.signal.words:
            object.__setattr__(self, "signal", None)
        if self.signal and self.signal.fast > self.window:
            raise ConfigError(
                f"signal.fast is {self.signal.fast}, and window is {self.window}: the fast mean "
                "must not have more closes than the window"
            )
        if self.sweep:
            self.sweep.refuse_others(self.evaluate, self.arithmetic, self.signal)
        if self.gates:
            from barwise.bars import gates  # as with the classes of SECTIONS

            object.__setattr__(self, "gates", gates.checked(self.gates))
            gates.refuse_unknown(self.gates, self.evaluate, self.sweep)

    @property
    def fast_and_band(self) -> tuple[int, tuple[int, int]]:
        """The closes of the fast mean, and the band as a part and a unit."""
        return (self.signal.fast, self.signal.band) if self.signal else (1, (0, 1))


def of_keys(
    keys: Mapping[str, object], config: Config | None = None, others: Iterable[str] = ()
) -> Config:
    """The config with some keys given in Python over its own; without one, over `UNSAID`.

    A mapping for `columns`, `csv`, `signal`, `evaluate` or `sweep` replaces the keys in it alone,
    and None in one of `columns` is null in a file. `others` are names that an unknown key may have
    been meant to be. Raises ConfigError.

    >>> of_keys({"window": 20, "columns": {"close": "last"}}).columns.close
    'last'
    """
    values = dict(UNSAID) if config is None else {key: getattr(config, key) for key in RULES}
    values |= _given(keys, RULES, others=others)
    for key in SECTIONS:
        if isinstance(section := values.get(key), dict):
            cls, rules = section_of(key)
            within = _given(section, rules, f"{key}.")
            if cls is Columns:
                within = {name: False if item is None else item for name, item in within.items()}
            own = getattr(config, key) if config else None
            values[key] = replace(own, **within) if own else cls(**within)
    if "window" not in values:
        raise ConfigError("no window is given: set it, as in window=20, or name a config")
    return Config(**values)


def _given(
    keys: Mapping[str, object],
    rules: Mapping[str, Rule],
    prefix: str = "",
    others: Iterable[str] = (),
) -> dict[str, Any]:
    """The plain values of keys. Raises ConfigError for an unknown key, or a broken rule."""
    values = {}
    for key, value in keys.items():
        if key not in rules:
            meant = yaml_file.meant_by(str(key), rules, prefix, others)
            raise ConfigError(f"unknown key {quoted(f'{prefix}{key}')}: {meant}")
        values[key] = _plain(value)
        if wrong := rules[key](values[key]):
            raise ConfigError(f"{prefix}{key} is {quoted(values[key])}: {wrong}")
    return values


def _plain(value: Any) -> Any:
    """The value; what Python has for a number or a text of NumPy, a dict for any mapping."""
    if isinstance(value, Mapping):
        return dict(value)
    return value.item() if hasattr(value, "dtype") and hasattr(value, "item") else value


def load(path: str | os.PathLike[str]) -> Config:
    """The config in the YAML file at `path`.

    Raises ConfigError, which names file, line, key and value, and has the `version` of the config
    where that could be read.
    """
    try:
        entries = yaml_file.read(path)
    except ConfigError as error:
        if os.path.lexists(path):
            raise
        raise ConfigError(f"{error}, or write a config by barwise init") from None
    try:
        return _checked(entries, path)
    except ConfigError as error:
        version = entries.get("version")
        if version and not version.again and not _version(version.value):
            error.version = version.value
        raise


def asks_for_code(path: str | os.PathLike[str]) -> bool:
    """Whether the config at `path` sets `error_code: true`, as far as it can be read.

    For errors of the config itself, and those that come before it is loaded.
    """
    try:
        entry = yaml_file.read(path).get("error_code")
    except ConfigError:
        return False
    return bool(entry and not entry.again and not _error_code(entry.value) and entry.value)


def _checked(entries: yaml_file.Entries, path: str | os.PathLike[str]) -> Config:
    file = named(path)
    try:
        values = yaml_file.values(entries, RULES, file)
    except ConfigError as error:  # what is missing is told at once
        meant = {nearest(key, RULES) for key in entries if key not in RULES}
        if missing := [key for key in REQUIRED if key not in entries and key not in meant]:
            end = "" if str(error).endswith("?") else ";"
            raise ConfigError(f"{error}{end} it also has no {listed(missing)}") from None
        raise
    for key in SECTIONS:
        if key in values:
            cls, rules = section_of(key)
            within = yaml_file.values(values[key], rules, file, f"{key}.")
            try:
                values[key] = cls(**within)
            except ConfigError as error:
                raise ConfigError(f"{error} (in {file})") from None
    if "gates" in values:
        from barwise.bars.gates import GATE_OF_ANY, GATE_RULES

        of_paths = yaml_file.values(values["gates"], GATE_OF_ANY, file, "gates.")
        values["gates"] = {
            path: yaml_file.values(within, GATE_RULES, file, f"gates.{path}.")
            for path, within in of_paths.items()
        }
    missing = [key for key in REQUIRED if key not in values]
    if missing:
        raise ConfigError(f"{file} has no {listed(missing)}: add what is missing")
    try:
        return Config(**values)
    except ConfigError as error:
        raise ConfigError(f"{error} (in {file})") from None
