from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwise.sources.values import prices


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_every_float64_is_read_back_to_the_bit(values: list[float]) -> None:
    closes, fault = prices.parse([repr(value) for value in values])
    assert fault is None
    assert closes.tobytes() == np.array(values).tobytes()


@pytest.mark.parametrize("cell", ["1", "+1.5", "-.5", "5.", "1e3", "1E-3", " 2 ", "\t2", "007"])
def test_what_is_a_number(cell: str) -> None:
    closes, fault = prices.parse([cell])
    assert fault is None
    assert closes[0] == float(cell)


@pytest.mark.parametrize(
    "cell", ["", " ", "nan", "NaN", "null", "NULL", "NA", "N/A", "None", " NA "]
)
def test_what_is_missing(cell: str) -> None:
    closes, fault = prices.parse(["1.5", cell])
    assert fault is None
    assert closes[0] == 1.5
    assert np.isnan(closes[1])


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("abc", "not a number"),
        ("1_000", "without separators"),
        ("1,234.5", "without thousands separators"),
        ("1 234.5", "without separators"),
        ("1,5", "decimal point"),
        ("inf", "infinite"),
        ("-Infinity", "infinite"),
        ("1e400", "too large"),
        ("-1e309", "too large"),
        ("True", "boolean"),
        ("$5", "not a number"),
        ("5%", "not a number"),
        ("0x10", "not a number"),
        ("1e", "not a number"),
        ("1.2.3", "not a number"),
        ("--1", "not a number"),
        ("-nan", "not a number"),
        ("n/a", "not a number"),
        ("\u0661", "not a number"),  # a digit to Python's float
        ("1\n", "not a number"),
        ("\u22121", "not a number"),
    ],
)
def test_what_is_no_price(cell: str, reason: str) -> None:
    _, fault = prices.parse(["1.5", "", cell, "worse"])
    assert fault is not None
    assert (fault.at, fault.cell) == (2, cell)
    assert reason in fault.reason


@given(st.lists(st.text(alphabet="0123456789.eE+- _naN", max_size=6), min_size=1, max_size=5))
def test_a_cell_means_the_same_alone_and_in_company(cells: list[str]) -> None:
    together, fault = prices.parse(cells)
    for at, cell in enumerate(cells):
        alone, own_fault = prices.parse([cell])
        if own_fault is not None:
            assert fault is not None
            assert (fault.at, fault.reason) == (at, own_fault.reason)
            return
        assert alone.tobytes() == together[at : at + 1].tobytes()
    assert fault is None
