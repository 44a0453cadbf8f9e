from __future__ import annotations

from array import array
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import barwise
from barwise.sources.values import arrays


@pytest.mark.parametrize(
    "values",
    [
        [1, 2, 3],
        (1.0, 2.0, 3.0),
        array("d", [1, 2, 3]),
        np.array([1, 2, 3], np.uint8),
        np.array([1, 2, 3], ">f8"),
        np.array([1, 9, 2, 9, 3])[::2],
        np.array([1, 2, 3], object),
        np.array([1, 2, 3], np.longdouble),
        np.array([1, 2, 3], np.float16),
        [Decimal("1"), Fraction(2), np.int8(3)],
        pd.Series([1.0, 2.0, 3.0], index=[7, 8, 9]),
        pd.Series([1, 2, 3], dtype="Int64"),
        pl.Series([1.0, 2.0, 3.0]),
        pl.Series([1, 2, 3]),
    ],
)
def test_what_holds_numbers_is_closes(values: Any) -> None:
    closes, doubt = arrays.as_closes(values)
    assert closes.dtype == np.float64
    assert closes.tolist() == [1.0, 2.0, 3.0]
    assert doubt is None


@pytest.mark.parametrize(
    "values",
    [
        [1.0, None],
        [1.0, float("nan")],
        pd.Series([1.0, None]),
        pd.Series([1.0, None], dtype="Float64"),
        pd.Series([1, None], dtype="Int64"),
        pl.Series([1.0, None]),
        pl.Series([1, None]),
        np.ma.array([1.0, np.inf], mask=[False, True]),
        np.ma.array([1, 2], mask=[False, True]),
    ],
)
def test_what_is_missing_is_nan(values: Any) -> None:
    closes, _ = arrays.as_closes(values)
    assert closes[0] == 1.0
    assert np.isnan(closes[1])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([1.0, float("inf")], "close is inf at index 1: infinite"),
        ([1.0, True], "close is True at index 1: not a number"),
        ([2**53 + 1, 0.5], "close is 9007199254740993 at index 0: float64 cannot"),
        ([2**63 + 1, -1], "close is 9223372036854775809 at index 0"),
        (pl.Series([2**53 + 1, None]), "close is 9007199254740993 at index 0"),
        ([10**5000, 1], "close is a whole number of 16610 bits at index 0"),
        ([Decimal("sNaN")], "not a number"),
        (np.array([True, False]), "close is of type bool"),
        (["1.0"], "close is '1.0' at index 0: not a number"),
        (np.array(["1.0"]), "close is of type <U3"),
        (np.array(["2024-01-01"], "M8[D]"), "close is of type datetime64"),
        (np.array([1j]), "close is of type complex"),
        (np.array([1.0, "x"], object), "close is 'x' at index 1: not a number"),
        (np.array([1.0, True], object), "close is True at index 1: not a number"),
        (np.array([2**53, 2**53 + 1]), "close is 9007199254740993 at index 1: float64 cannot"),
        (np.array([2**63 - 1]), "close is 9223372036854775807 at index 0"),
        (np.array([2**64 - 1], np.uint64), "close is 18446744073709551615 at index 0"),
        ([10**400], "float64 cannot hold it exactly"),
        ([2**53 + 1, 10**30], "close is 9007199254740993 at index 0"),
        ([Decimal("0.10000000000000000001")], "float64 cannot hold it exactly"),
        ([Fraction(1, 3)], "float64 cannot hold it exactly"),
    ],
)
def test_what_is_no_price_is_refused(values: Any, message: str) -> None:
    with pytest.raises(barwise.PriceError) as caught:
        barwise.signals(values, 1)
    assert message in str(caught.value)


def test_closes_that_are_not_aligned_are_copied() -> None:
    close = np.frombuffer(b"x" + np.array([1.0, 2.0, 3.0]).tobytes(), np.float64, offset=1)
    for arithmetic in ("float64", "exact"):
        assert barwise.signals(close, 2, arithmetic).tolist() == [0, 1, 1]


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_first_infinite_close_is_named_whichever_worker_meets_it(workers: int) -> None:
    close = np.ones(1_200_000)
    close[[700_001, 1_100_000]] = np.inf, -np.inf
    with pytest.raises(barwise.PriceError, match="close is inf at index 700001: infinite"):
        barwise.signals(close, 5, "exact", workers=workers)


class BrokenRule:
    def __array__(self, *_: object, **__: object) -> None:
        raise RuntimeError("broken")


@pytest.mark.parametrize(
    "values", [5.0, [[1.0]], None, pd.DataFrame({"close": [1.0]}), [[1], []], BrokenRule()]
)
def test_another_shape_is_refused(values: Any) -> None:
    with pytest.raises(barwise.UsageError, match="close"):
        arrays.as_closes(values)


def test_a_decimal_that_reads_as_a_float64_is_a_price() -> None:
    closes, _ = arrays.as_closes(np.array([Decimal("0.1")]))
    assert closes.tolist() == [0.1]


def test_float32_that_is_another_decimal_as_float64_is_doubted() -> None:
    _, doubt = arrays.as_closes(np.array([1.5, np.nan, 0.1], np.float32))
    assert doubt is not None
    assert "close is float32, and 0.1 at index 2 becomes 0.10000000149011612" in doubt
    assert arrays.as_closes(np.array([np.float32(0.1)], object))[1] is not None
    assert arrays.as_closes(np.ma.array([1.0, 0.1], "f4", mask=[True, False]))[1] is not None


def test_float32_that_is_the_same_decimal_is_not_doubted() -> None:
    assert arrays.as_closes(np.array([1.5, 3e10], np.float32))[1] is None
