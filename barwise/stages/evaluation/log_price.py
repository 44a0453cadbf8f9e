"""The natural logarithm of a price in units of 2**-34, correctly rounded, on every machine.

NumPy's logarithm differs by CPU and version, so it decides only where it is clear. Elsewhere the
logarithm is that of a price close by, from decimal arithmetic, and a small rest. Decimal arithmetic
decides where that is not clear either.
"""

from __future__ import annotations

from decimal import Decimal, localcontext
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from barwise.bars.thread_arrays import ThreadArrays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Prices = NDArray[np.float64]

BITS = 34
DIGITS = 50
# NumPy's logarithms are within 4 units in the last place: 4 * 2**-52 of the value, and more.
RELATIVE_ERROR, ABSOLUTE_ERROR = 2.0**-50, 2.0**-18
REST_ERROR = 2.0**-22  # of a unit: 4 units in the last place of a rest below 2**-9
CLOSE_BY = np.uint64(0xFFFF_FC00_0000_0000)  # keeps the sign, the exponent and ten bits


def units(prices: Prices, arrays: ThreadArrays) -> NDArray[np.int64]:
    """Logarithms of positive prices, in units of 2**-34; in an array that is used again.

    >>> units(np.array([1.0, 2.0]), ThreadArrays()).tolist()
    [0, 11908177887]
    """
    logarithms, nearest = (arrays.of(name, float, len(prices)) for name in ("log", "nearest"))
    np.log(prices, out=logarithms)
    logarithms *= 2.0**BITS
    np.rint(logarithms, out=nearest)
    logarithms -= nearest
    largest = max(-nearest.min(initial=0), nearest.max(initial=0))
    clear = 0.5 - (largest * RELATIVE_ERROR + ABSOLUTE_ERROR)
    unclear = np.flatnonzero(np.abs(logarithms, out=logarithms) > clear)
    rounded = arrays.of("rounded", np.int64, len(prices))
    np.copyto(rounded, nearest, casting="unsafe")
    if unclear.size:
        rounded[unclear] = [_by_rest(price) for price in prices[unclear].tolist()]
    return rounded


def exactly(price: float, bits: int = BITS) -> int:
    """Ln of a price in units of 2**-bits, by decimal arithmetic: the definition."""
    with localcontext() as context:
        context.prec = DIGITS
        return int((Decimal(price).ln() * 2**bits).to_integral_value())


def _by_rest(price: float) -> int:
    near = float((np.float64(price).view(np.uint64) & CLOSE_BY).view(np.float64))
    whole, fraction = _close_by(near) if near else (0, 0.5)
    rest = float(np.log1p((price - near) / near)) * 2.0**BITS if near else 0.0
    nearest = round(fraction + rest)
    if abs(abs(fraction + rest - nearest) - 0.5) < REST_ERROR:
        return exactly(price)
    return whole + nearest


@lru_cache(1 << 14)
def _close_by(price: float) -> tuple[int, float]:
    """Ln of a price in units: a whole number, and the fraction that is left."""
    with localcontext() as context:
        context.prec = DIGITS
        logarithm = Decimal(price).ln() * 2**BITS
        whole = int(logarithm.to_integral_value())
        return whole, float(logarithm - whole)
