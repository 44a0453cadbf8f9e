"""The decimal that a close stands for, and closes as whole numbers of ticks of it.

A close stands for what the exchange printed. Read by a correctly rounding reader that is the
shortest decimal that reads as its float64. Many readers round a little off: in the public test data
of freqtrade, 3,461 of 5,720 ADA/BTC closes are one or two units in the last place beside their
price, as in 5.2900000000000005e-05, and by their shortest decimals 38 of the 42 ties at window 5
would be none, and 17 of them signals. So:

    A close stands for its shortest decimal; but where that has more than 13 digits, and a decimal
    fraction of 13 digits or fewer that float64 cannot hold exactly reads within two units in the
    last place of the close, it stands for that fraction.

Whole numbers, and fractions such as 0.25 that every reader gets right, thus stand for themselves.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Closes

LARGEST_SCALE = 22  # 10.0**22 is the last power of ten that float64 holds exactly
LARGEST_TICK = 2e14  # decimals of up to 15 digits read as different float64s (C's DBL_DIG)
REPAIRED_DIGITS = 13  # 99,999.12345678; two of these are at least 450 units in the last place apart
REPAIRED_UNITS = 2
FIRST_CLOSES = 64  # mostly tell the scale, which to find from all takes ten times as long
UNIT_SCALE = 324  # no shortest decimal has a digit below 10**-324


def decimal(close: float) -> int:
    """The decimal that a finite close stands for, in units of 10**-324.

    Python's repr gives the shortest decimal (David Gay's algorithm), its formatting the nearest.

    >>> decimal(0.30000000000000004) == decimal(0.3) == 3 * 10**323
    True
    """
    digits, exponent = _parsed(repr(close))
    if len(str(abs(digits))) > REPAIRED_DIGITS:
        near, near_exponent = _parsed(f"{close:.{REPAIRED_DIGITS - 1}e}")
        if near_exponent < 0 and near % 5**-near_exponent:
            read = float(f"{near}e{near_exponent}")
            if abs(read - close) <= REPAIRED_UNITS * math.ulp(close):
                digits, exponent = near, near_exponent
    return digits * int(10 ** (exponent + UNIT_SCALE))


def _parsed(number: str) -> tuple[int, int]:
    """A decimal as whole digits, without zeros at their end, and a power of ten."""
    mantissa, _, exponent = number.partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).rstrip("0")
    zeros = len(whole + fraction) - len(digits)
    return int(digits + "0" if digits in ("", "-") else digits), (
        int(exponent or 0) - len(fraction) + zeros
    )


def common_scale(scale: int, *arrays: Closes) -> int | None:
    """The smallest scale of `scale` or more on which every close is a whole number of ticks.

    That is, at which each stands for t / 10**scale with a whole t below `LARGEST_TICK`; NaN is
    skipped. None where there is no such scale.

    >>> common_scale(0, np.array([1.5, 0.25])), common_scale(0, np.array([1 / 3]))
    (2, None)
    """
    top = max(map(largest, arrays))
    for closes in (*(closes[:FIRST_CLOSES] for closes in arrays), *arrays):
        remaining = closes[~np.isnan(closes)]
        while True:
            if scale > LARGEST_SCALE or top * power_of_ten(scale) >= LARGEST_TICK:
                return None
            remaining = off_grid(remaining, scale)
            if not remaining.size:
                break
            scale += 1
    return scale


def off_grid(closes: Closes, scale: int) -> Closes:
    """Those closes that stand for no whole number of ticks of 10**-scale.

    t / 10**scale, rounded once, is the float64 that the decimal reads as. Where that is the close,
    t is the decimal: below 10**15 no other of as few digits reads as the same.
    """
    power = power_of_ten(scale)
    ticks = np.rint(closes * power)
    read = ticks / power
    doubtful = read != closes
    if not doubtful.any():
        return closes[:0]
    closes, ticks, read = closes[doubtful], ticks[doubtful], read[doubtful]
    repaired: NDArray[np.bool_] = (
        (np.abs(read - closes) <= REPAIRED_UNITS * np.spacing(np.abs(closes)))
        & (np.abs(ticks) < 10.0**REPAIRED_DIGITS)
        & (ticks.astype(np.int64) % 5**scale != 0)
    )
    remaining: Closes = closes[~repaired]
    return remaining


def to_ticks(closes: Closes, scale: int) -> NDArray[np.int64]:
    """Closes that are on the scale as ticks of 10**-scale, 0 where missing.

    With u = 2**-53 a close is within 5 u of its decimal, and the product is rounded once: within
    6 u * 2e14 = 0.14 of the tick, so that rounding it finds the tick.
    """
    return np.rint(np.nan_to_num(closes) * power_of_ten(scale)).astype(np.int64)


def power_of_ten(scale: int) -> float:
    """10**scale, the same on every platform, as `pow` need not be; exact up to `LARGEST_SCALE`."""
    return float(10**scale)


def largest(closes: Closes) -> float:
    """The largest magnitude of a close, 0.0 for none."""
    return float(np.fmax.reduce(np.abs(closes), initial=0.0))  # fmax passes over NaN
