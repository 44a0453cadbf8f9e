"""The config's key `signal:`: what is compared with the mean of the window, and within which band.

No signal is computed here: that is in `stages/signals/`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from math import gcd

from barwise.bars.columns import Rule, obey

LARGEST_FAST = 2**63 - 1  # as that of the window
WHOLE_BAND = 10_000  # basis points: at so many nothing would ever be below the band
BAND = r"(0|[1-9][0-9]{0,3})(\.[0-9]{1,9})?"


def _fast(value: object) -> str | None:
    if type(value) is int and 1 <= value <= LARGEST_FAST:
        return None
    return "must be a whole number of bars, 1 or more, and not more than the window"


def _band_bp(value: object) -> str | None:
    if not isinstance(value, bool) and re.fullmatch(BAND, str(value)):
        return None
    return f"must be basis points from 0 to below {WHOLE_BAND}, in plain digits as in 10 or 2.5"


CROSSING_RULES: Mapping[str, Rule] = {"fast": _fast, "band_bp": _band_bp}


@dataclass(frozen=True)
class Crossing:
    """When a signal is on: where one mean is above another, by more than a band.

    fast: so many last closes are one mean; 1: the close itself.
    band_bp: a decimal as text, in basis points of the mean of the window. The signal goes on above
        the band and off below it; within it stays as it was.

    >>> Crossing(5, 2.50)
    Crossing(fast=5, band_bp='2.5')
    """

    fast: int = 1
    band_bp: str | int | float = "0"

    def __post_init__(self) -> None:
        obey(CROSSING_RULES, self, "signal.")
        whole, _, decimals = str(self.band_bp).partition(".")
        decimals = decimals.rstrip("0")
        object.__setattr__(self, "band_bp", f"{whole}.{decimals}" if decimals else whole)

    @property
    def band(self) -> tuple[int, int]:
        """The band as a fraction of the mean, in lowest terms.

        >>> Crossing(band_bp="2.5").band
        (1, 4000)
        """
        whole, _, decimals = str(self.band_bp).partition(".")
        part, unit = int(whole + decimals), WHOLE_BAND * int(10 ** len(decimals))
        shared = gcd(part, unit)
        return part // shared, unit // shared

    @property
    def words(self) -> dict[str, int | str]:
        """What differs from a close above a mean, by the name of its key."""
        values: dict[str, int | str] = {"fast": self.fast, "band_bp": str(self.band_bp)}
        return {key: value for key, value in values.items() if value not in (1, "0")}
