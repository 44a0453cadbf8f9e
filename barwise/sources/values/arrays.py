"""Bars that are in memory already: any one-dimensional array of numbers becomes closes.

Which numbers are prices is decided here, for files of typed columns too.
"""

from __future__ import annotations

import sys
from decimal import Decimal
from fractions import Fraction
from numbers import Real
from typing import TYPE_CHECKING, Any

import numpy as np

from barwise.errors import PriceError, UsageError, quoted
from barwise.sources.values.prices import Fault

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from barwise.bars.batch import Closes

BLOCK_BARS = 1 << 16


@np.errstate(all="ignore")
def as_closes(values: ArrayLike) -> tuple[Closes, str | None]:
    """`values` as float64, NaN where missing; and a doubt about them, if any.

    `values` is one-dimensional: a sequence of real numbers, a column of Arrow, or anything with
    `__array__`. Integers
    and decimals must be exact in float64. Narrower floats are widened, with a doubt where that
    changes the decimal number. An array of float64 is given back as it is: signals refuse what is
    infinite in it. Raises UsageError for another shape, PriceError for what is not a price.
    """
    if is_of_arrow(values):
        from barwise.sources.values import arrow

        values = arrow.as_array(values)
    missing = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else None
    array = _array(values if missing is None else np.ma.filled(values, 0))
    if array.ndim != 1:
        raise UsageError(f"close has {array.ndim} dimensions: give one column, an array of one")
    if array.dtype.kind == "O":
        closes = np.array([_price(value, i) for i, value in enumerate(array)], np.float64)
    elif array.dtype.kind in "iuf":
        closes = np.require(array, np.float64, ["C", "A"])  # the same array, if it is of float64
    else:
        raise PriceError(f"close is of type {array.dtype}: give integers or floats")
    if missing is not None:
        closes = np.where(missing, np.nan, closes)
    if closes is array:
        return closes, None
    if fault := first_fault(array, closes):
        raise _refused(fault)
    return closes, _doubt(array, closes)


def is_of_arrow(values: object) -> bool:
    """Whether values are a column of Arrow, which is imported already if they are."""
    pyarrow = sys.modules.get("pyarrow")
    return pyarrow is not None and isinstance(values, pyarrow.Array | pyarrow.ChunkedArray)


def refuse_infinite(closes: Closes) -> None:
    """Raises PriceError for an infinite close."""
    if fault := first_fault(closes, closes):
        raise _refused(fault)


def _refused(fault: Fault) -> PriceError:
    return PriceError(f"close is {fault.cell} at index {fault.at}: {fault.reason}")


def _array(values: Any) -> NDArray[Any]:
    """The values as an array of their own type, before NumPy could round or convert them."""
    try:
        if _is_polars_with_gaps(values):  # its integers would become floats
            values = values.to_list()
        array = np.asarray(values)
        if isinstance(values, list | tuple) and not all(type(value) is float for value in values):
            return np.array(values, dtype=object)  # of [True, 2**53 + 1, 0.5] NumPy makes floats
        return array
    except Exception as error:  # the `__array__` of another library may raise anything
        raise UsageError(f"close is not an array: {error}") from None


def _is_polars_with_gaps(values: Any) -> bool:
    polars = type(values).__module__.startswith("polars.")
    return polars and values.null_count() > 0 and values.dtype.is_integer()


def first_fault(array: NDArray[Any], closes: Closes) -> Fault | None:
    """The first number of an array that is not a price; `closes` is the same as float64."""
    inexact = _inexact(array, closes)
    infinite = _first_infinite(closes)
    if inexact.size and (infinite is None or inexact[0] < infinite):
        at = int(inexact[0])
        return Fault(at, str(array[at]), "float64 cannot hold it exactly")
    if infinite is not None:
        text = str(closes[infinite])
        return Fault(infinite, text, "infinite is not a price; make it missing (nan)")
    return None


def _first_infinite(closes: Closes) -> int | None:
    """Where the first infinity is; in blocks, whose temporary arrays stay in the cache."""
    with np.errstate(all="ignore"):
        if np.isfinite(np.add.reduce(closes)):  # of finite numbers alone; in a third of the time
            return None
    for first in range(0, len(closes), BLOCK_BARS):
        infinite = np.isinf(closes[first : first + BLOCK_BARS])
        if infinite.any():
            return first + int(np.argmax(infinite))
    return None


def _inexact(array: NDArray[Any], closes: Closes) -> NDArray[np.intp]:
    """Where integers and long floats are not numbers that float64 can hold."""
    of_objects = array.dtype.kind == "O"  # `_price` checks them one by one
    if of_objects or array.dtype.itemsize < 8 or array.dtype.newbyteorder("=") == np.float64:
        return np.empty(0, np.intp)
    changed = np.flatnonzero((closes.astype(array.dtype) != array) & (closes == closes))
    if array.dtype.kind == "f":
        return changed
    # A round trip through float64 gives the same integer only if it is exact, except for 2**63 and
    # 2**64, which the cast to integers cannot hold.
    limit = 2.0 ** (64 if array.dtype.kind == "u" else 63)
    return np.union1d(changed, np.flatnonzero(closes >= limit))


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
        exact = reads_as(value, price)
    else:
        exact = price == value or value != value
    if not exact:
        raise PriceError(
            f"close is {quoted(value)} at index {index}: float64 cannot hold it exactly"
        )
    return price


def reads_as(value: Decimal, price: float) -> bool:
    """Whether a decimal is the shortest one that reads as this float64."""
    return Fraction(repr(price)) == Fraction(value)


def _doubt(array: NDArray[Any], closes: Closes) -> str | None:
    """A line where narrow floats become other decimal numbers as float64; else None."""
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
