"""Bars that are in memory already: any one-dimensional array of numbers becomes closes.

The one place that decides which types of numbers are prices; files of typed columns ask here too.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.batch import Batch
from barwise.errors import PriceError, UsageError, quoted

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from barwise.batch import Closes

BLOCK_BARS = 16_384  # the temporaries of a step then stay in a core's cache


class ArrayOrigin(NamedTuple):
    """A batch's first index in its array."""

    first: int

    def place(self, offset: int) -> str:
        return f"index {self.first + offset}"


def read(closes: Closes, block_bars: int = BLOCK_BARS) -> Iterator[Batch]:
    """The closes, as `as_closes` gives them, in batches."""
    for first in range(0, len(closes), block_bars):
        columns = {"close": closes[first : first + block_bars]}
        yield Batch("", 0, first, ArrayOrigin(first), columns)


@np.errstate(all="ignore")
def as_closes(values: ArrayLike) -> tuple[Closes, str | None]:
    """`values` as float64, NaN where missing; and a doubt about them, if any.

    `values` is one-dimensional: a sequence of real numbers, or anything with `__array__`. Integers
    and decimals must be exact in float64; narrower floats are widened, with a doubt where that is
    another decimal. Raises UsageError for another shape, PriceError for what is no price.
    """
    missing = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    array = _array(values if missing is None else np.ma.filled(values, 0))
    if array.ndim != 1:
        raise UsageError(f"close has {array.ndim} dimensions: give one column, an array of one")
    if array.dtype.kind == "O":
        closes = np.array([_price(value, i) for i, value in enumerate(array)], np.float64)
    elif array.dtype.kind in "iuf":
        closes = array.astype(np.float64)
        _refuse_inexact(array, closes)
    else:
        raise PriceError(f"close is of type {array.dtype}: give integers or floats")
    if missing is not None:
        closes[missing] = np.nan
    infinite = np.flatnonzero(np.isinf(closes))
    if infinite.size:
        i = int(infinite[0])
        raise PriceError(f"close is {closes[i]} at index {i}: infinite is no price; use nan")
    return closes, _doubt(array, closes)


def _array(values: Any) -> NDArray[Any]:
    """The values as an array of their own type, without what NumPy would round or make of them."""
    try:
        if _is_polars_with_gaps(values):  # its integers would become floats
            values = values.to_list()
        array = np.asarray(values)
        if isinstance(values, list | tuple) and not all(type(value) is float for value in values):
            return np.array(values, dtype=object)  # of [True, 2**53 + 1, 0.5] NumPy makes floats
        return array
    except Exception as error:  # an `__array__` of others may raise anything
        raise UsageError(f"close is no array: {error}") from None


def _is_polars_with_gaps(values: Any) -> bool:
    polars = type(values).__module__.startswith("polars.")
    return polars and values.null_count() > 0 and values.dtype.is_integer()


def _refuse_inexact(array: NDArray[Any], closes: Closes) -> None:
    """Refuses integers and long floats that float64 cannot hold."""
    if array.dtype.itemsize < 8 or array.dtype.newbyteorder("=") == np.float64:
        return
    changed = np.flatnonzero((closes.astype(array.dtype) != array) & (array == array))
    # A round trip through float64 can come back to the same integer only if it is exact, but for
    # 2**63 and 2**64, which the cast to integers cannot hold.
    if array.dtype.kind != "f":
        limit = 2.0 ** (64 if array.dtype.kind == "u" else 63)
        changed = np.union1d(changed, np.flatnonzero(closes >= limit))
    if changed.size:
        i = int(changed[0])
        raise PriceError(f"close is {array[i]} at index {i}: float64 cannot hold it exactly")


def _price(value: Any, index: int) -> float:
    """One element of an array of Python objects."""
    if value is None or type(value).__name__ == "NAType":  # pandas.NA compares with nothing
        return np.nan
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real | Decimal):
        raise PriceError(f"close is {quoted(value)} at index {index}: not a number")
    try:
        price = float(value)
    except OverflowError:
        price = np.inf
    except ValueError:  # Decimal("sNaN")
        raise PriceError(f"close is {quoted(value)} at index {index}: not a number") from None
    if isinstance(value, Decimal) and np.isfinite(price):
        exact = Fraction(repr(price)) == Fraction(value)
    else:
        exact = price == value or value != value
    if not exact:
        raise PriceError(
            f"close is {quoted(value)} at index {index}: float64 cannot hold it exactly"
        )
    return price


def _doubt(array: NDArray[Any], closes: Closes) -> str | None:
    """Says so when narrow floats stand for other decimals once they are float64."""
    narrow = array.dtype.kind == "f" and array.dtype.itemsize < 8
    if not narrow and array.dtype.kind != "O":
        return None
    for i in np.flatnonzero(closes != np.rint(closes)):
        close = array[i]
        if (
            isinstance(close, np.float16 | np.float32)
            and float(str(close)) != closes[i] == closes[i]
        ):
            return (
                f"close is {close.dtype}, and {close!s} at index {i} becomes {closes[i]} "
                "as float64: give the closes as float64"
            )
    return None
