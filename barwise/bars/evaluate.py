"""The config's key `evaluate:`: how a signal would have been traded, and what is told of it.

Nothing is computed here: that is in `stages/evaluation/`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from barwise.bars.columns import Rule, obey, one_of
from barwise.errors import ConfigError, listed

FILLS = ("next_open", "next_close", "close")
COST = r"(0|[1-9][0-9]{0,3})(\.[0-9]{1,9})?"
LARGEST_COST = 1_000  # basis points: a tenth of the capital
LARGEST_HORIZON = 10_000
MOST_HORIZONS = 16
LARGEST_YEAR = 10**9  # bars


def _cost_bp(value: object) -> str | None:
    is_number = not isinstance(value, bool) and re.fullmatch(COST, str(value))
    if is_number and float(str(value)) <= LARGEST_COST:
        return None
    return f"must be basis points from 0 to {LARGEST_COST}, in plain digits as in 1 or 2.5"


def _horizons(value: object) -> str | None:
    if not isinstance(value, list | tuple):
        value = ()
    are_some = 1 <= len(value) <= MOST_HORIZONS
    if are_some and all(map(_is_horizon, value)) and len(set(value)) == len(value):
        return None
    return (
        f"must be 1 to {MOST_HORIZONS} different whole numbers of bars up to {LARGEST_HORIZON}, "
        "as in [1, 60]"
    )


def _is_horizon(bars: object) -> bool:
    return type(bars) is int and 1 <= bars <= LARGEST_HORIZON


def _bars_per_year(value: object) -> str | None:
    if value is None or (type(value) is int and 1 <= value <= LARGEST_YEAR):
        return None
    return f"must be a whole number of bars from 1 to {LARGEST_YEAR}, as in 98280"


EVALUATE_RULES: Mapping[str, Rule] = {
    "fill": one_of(FILLS),
    "cost_bp": _cost_bp,
    "horizons": _horizons,
    "bars_per_year": _bars_per_year,
}


@dataclass(frozen=True)
class Evaluate:
    """How a signal would have been traded.

    fill: where a switch trades: at the close that decides, or at the next bar's open or close.
    cost_bp: of a fill, a decimal as text, in basis points.
    horizons: over how many bars forward returns are measured.
    bars_per_year: None for those of a year of 365 days.

    >>> Evaluate("next_open", 2.50)
    Evaluate(fill='next_open', cost_bp='2.5', horizons=(1,), bars_per_year=None)
    """

    fill: str = ""
    cost_bp: str | int | float = "0"
    horizons: tuple[int, ...] = (1,)
    bars_per_year: int | None = None

    def __post_init__(self) -> None:
        if not self.fill:
            raise ConfigError(
                f"evaluate has no fill: say where a switch of the signal trades, one of "
                f"{listed(FILLS)}"
            )
        obey(EVALUATE_RULES, self, "evaluate.")
        whole, decimals = self._cost
        object.__setattr__(self, "cost_bp", f"{whole}.{decimals}" if decimals else whole)
        object.__setattr__(self, "horizons", tuple(self.horizons))

    @property
    def _cost(self) -> tuple[str, str]:
        whole, _, decimals = str(self.cost_bp).partition(".")
        return whole, decimals.rstrip("0")

    @property
    def cost(self) -> float:
        """The cost of a fill as a fraction, to the nearest.

        >>> Evaluate("close", "0.1").cost
        1e-05
        """
        whole, decimals = self._cost
        return int(whole + decimals) / int(10 ** (4 + len(decimals)))

    @property
    def cost_in_bp(self) -> int | float:
        """The cost as JSON has it."""
        whole, decimals = self._cost
        return float(f"{whole}.{decimals}") if decimals else int(whole)
