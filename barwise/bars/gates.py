"""The config's key `gates:`: bounds of figures in the metrics, and which figures there are.

Nothing is compared here: that is in `engine/gates.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from barwise.bars.columns import Rule
from barwise.errors import ConfigError, clip, listed, nearest, quoted

if TYPE_CHECKING:
    from barwise.bars.evaluate import Evaluate
    from barwise.bars.sweep import WindowSweep

    Bounds = Mapping[str, str]  # "min" and "max", decimals as text
    Gates = Mapping[str, Bounds]  # by path

DECIMAL = r"-?(0|[1-9][0-9]{0,17})(\.[0-9]{1,18})?"
OF_SYMBOLS = "symbols.*."
COUNTS = (
    "ones", "in_bars", "in_up", "in_equal", "out_bars", "out_up", "out_equal", "entries", "exits",
)  # fmt: skip
EVALUATION = (
    "cost_bp", "bars", "dropped", "bars_per_year", "exposure", "switches", "hit_rate", "base_rate",
    *(f"counts.{name}" for name in COUNTS),
    "gross.return", "gross.break_even_bp",
    "net.return", "net.mean", "net.sharpe", "net.sharpe_interval.low", "net.sharpe_interval.high",
    "net.sharpe_annualised", "net.sortino", "net.sortino_annualised", "net.max_drawdown",
    "hold.return", "hold.sharpe", "hold.max_drawdown",
)  # fmt: skip
FORWARD = (
    "in",
    "out",
    "difference_interval.low",
    "difference_interval.high",
    "in_bars",
    "out_bars",
)
SWEEP = ("windows", "best_window", "best_sharpe", "luck", "luck_against_holding")


def in_digits(value: object) -> str:
    """A number as text; a float in plain digits.

    >>> in_digits(1e-05)
    '0.00001'
    """
    if isinstance(value, float):
        from decimal import Decimal  # which no run without gates needs

        return format(Decimal(str(value)), "f")
    return str(value)


def _bound(value: object) -> str | None:
    is_number = not isinstance(value, bool) and re.fullmatch(DECIMAL, in_digits(value))
    return None if is_number else "must be a number in plain digits, as in 0.4 or -1"


GATE_RULES: Mapping[str, Rule] = {"min": _bound, "max": _bound}


def _gate(value: object) -> str | None:
    return None if isinstance(value, dict) else "give min, max or both, as in {min: 0}"


class _OfAny(dict[str, Rule]):
    """A rule of every key."""

    def __contains__(self, key: object) -> bool:
        return True

    def __missing__(self, key: str) -> Rule:
        return _gate


GATE_OF_ANY: Mapping[str, Rule] = _OfAny()  # paths are looked at when the other keys are known


def checked(gates: Mapping[str, object]) -> Gates:
    """Gates with their bounds as text. Raises ConfigError."""
    done: dict[str, Bounds] = {}
    for path, bounds in gates.items():
        named = f"gates.{clip(str(path), 60)}"
        if not isinstance(bounds, Mapping) or not bounds:
            raise ConfigError(f"{named} has no bound: give min, max or both, as in {{min: 0}}")
        for key, value in bounds.items():
            if key not in GATE_RULES:
                raise ConfigError(f"unknown key {quoted(f'{named}.{key}')}: known are min and max")
            if wrong := _bound(value):
                raise ConfigError(f"{named}.{key} is {quoted(value)}: {wrong}")
        done[str(path)] = {key: in_digits(bounds[key]) for key in GATE_RULES if key in bounds}
    return done


def paths(evaluate: Evaluate | None, sweep: WindowSweep | None) -> Iterator[str]:
    """All figures of a run's metrics that are numbers, and that its bars decide."""
    yield from ("rows_processed", "value", "seed")
    of_figures = list(_of_figures(evaluate, sweep))
    yield from of_figures
    yield from (OF_SYMBOLS + name for name in ("rows_processed", "value", *of_figures))


def _of_figures(evaluate: Evaluate | None, sweep: WindowSweep | None) -> Iterator[str]:
    if evaluate:
        yield from (f"evaluation.{name}" for name in EVALUATION)
        for horizon in evaluate.horizons:
            yield from (f"evaluation.forward.{horizon}.{name}" for name in FORWARD)
    if sweep:
        yield from (f"sweep.{name}" for name in SWEEP)
        if sweep.has_fast:
            yield "sweep.best_fast"


def refuse_unknown(gates: Gates, evaluate: Evaluate | None, sweep: WindowSweep | None) -> None:
    """Raises ConfigError for the first path that is not in the metrics of such a run."""
    known = list(paths(evaluate, sweep))
    for path in gates:
        if path in known:
            continue
        asked = path.removeprefix(OF_SYMBOLS).partition(".")[0]
        for key, section, is_asked in (
            ("evaluation", "evaluate", evaluate),
            ("sweep", "sweep", sweep),
        ):
            if asked == key and not is_asked:
                raise ConfigError(
                    f"gates has {quoted(path)}, and the config has no {section}: add it"
                )
        if path == "latency_ms":
            raise ConfigError("gates has 'latency_ms', which differs from run to run: leave it out")
        near = nearest(path, known)
        hint = f"did you mean {near}?" if near else f"known are {listed(known[:2])} and others"
        raise ConfigError(f"gates has {quoted(path)}, which no metrics have: {hint}")
