"""Logarithms of prices are correctly rounded, whatever NumPy's are."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwise.bars.thread_arrays import ThreadArrays
from barwise.stages.evaluation import log_price


def exact(price: float) -> int:
    with localcontext() as context:
        context.prec = 80
        return int((Decimal(price).ln() * 2**34).to_integral_value())


def units(prices: Any) -> list[int]:
    return list(log_price.units(prices, ThreadArrays()))


PRICES = st.one_of(
    st.floats(5e-324, 1.7e308),
    st.floats(1e-9, 1e9),
    st.integers(1, 10**7).map(lambda ticks: ticks / 100),
    st.floats(0.999, 1.001),
)


@given(st.lists(PRICES, min_size=1, max_size=50))
def test_each_is_the_nearest_unit(prices: list[float]) -> None:
    assert units(np.array(prices)) == list(map(exact, prices))


@pytest.mark.parametrize("by", [-4, 4])
def test_an_error_of_numpy_changes_nothing(by: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """NumPy promises 4 units in the last place, and another CPU has other errors."""
    prices = np.concatenate(
        (np.arange(4_000_000, 4_060_000) / 100, np.exp(np.linspace(-700, 700, 999)))
    )
    log, log1p = np.log, np.log1p

    def beside(exact: Any) -> Any:
        def other(x: Any, out: Any = None) -> Any:
            return np.add(value := exact(x), by * np.spacing(value), out=out)

        return other

    expected = units(prices)
    sample = slice(None, None, 50)
    assert expected[sample] == list(map(exact, prices[sample].tolist()))
    monkeypatch.setattr(np, "log", beside(log))
    monkeypatch.setattr(np, "log1p", beside(log1p))
    assert units(prices) == expected
