"""Signals are what their closes are: a Series of pandas or polars, a column of Arrow, an array."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import barwise

CLOSES = st.lists(st.none() | st.integers(1, 20).map(lambda tenths: tenths / 10), max_size=40)
ARITHMETICS = st.sampled_from(["exact", "float64"])
KINDS: dict[str, Any] = {
    "pandas": lambda closes: pd.Series(closes, dtype="float64"),
    "pandas masked": lambda closes: pd.Series(closes, dtype="Float64"),
    "pandas of Arrow": lambda closes: pd.Series(closes, dtype="double[pyarrow]"),
    "polars": lambda closes: pl.Series("close", closes, dtype=pl.Float64),
    "polars decimal": lambda closes: pl.Series(
        [None if c is None else Decimal(str(c)) for c in closes], dtype=pl.Decimal(10, 1)
    ),
    "pyarrow": lambda closes: pa.array(closes, pa.float64()),
    "pyarrow decimal": lambda closes: pa.array(
        [None if c is None else Decimal(str(c)) for c in closes], pa.decimal128(10, 1)
    ),
    "pyarrow in chunks": lambda closes: pa.chunked_array(
        [closes[:7], [], closes[7:]], pa.float64()
    ),
    "NumPy": lambda closes: np.array(closes, np.float64),
    "list": lambda closes: closes,
}


@given(CLOSES, st.sampled_from(sorted(KINDS)), st.integers(1, 5), ARITHMETICS)
def test_signals_are_the_same_whatever_holds_the_closes(
    closes: list[float | None], kind: str, window: int, arithmetic: str
) -> None:
    expected = barwise.signals(np.array(closes, np.float64), window, arithmetic)
    signals: Any = barwise.signals(KINDS[kind](closes), window, arithmetic)
    assert np.array_equal(signals, expected)


def test_of_a_pandas_series_the_index_is_kept() -> None:
    index = pd.date_range("2024-01-01", periods=3, tz="UTC")
    signals = barwise.signals(pd.Series([1.0, 2.0, 1.0], index, name="close"), 2)
    pd.testing.assert_series_equal(
        signals, pd.Series([0, 1, 0], index, dtype="int8", name="signal")
    )
    frame = pd.DataFrame({"symbol": ["a", "b", "a", "b"], "close": [1.0, 9.0, 2.0, 8.0]})
    by_symbol = frame.groupby("symbol")["close"].transform(barwise.signals, window=2)
    assert by_symbol.tolist() == [0, 0, 1, 0]


def test_of_a_polars_series_it_is_a_column_beside_the_closes() -> None:
    frame = pl.DataFrame({"close": [1.0, 2.0, 1.0]})
    signal: pl.Series = barwise.signals(frame["close"], 2)
    assert frame.with_columns(signal).schema == {"close": pl.Float64, "signal": pl.Int8}
    assert signal.to_list() == [0, 1, 0]


@pytest.mark.parametrize("cut", [slice(None), slice(1, None), slice(2, 5)])
def test_of_a_column_of_arrow_it_is_one(cut: slice) -> None:
    closes = pa.array([5.0, 1.0, None, 2.0, 3.0, 4.0])[cut]
    signals = barwise.signals(closes, 2)
    signals.validate(full=True)
    assert signals.type == pa.int8()
    assert signals.to_pylist() == barwise.signals(np.array(closes.to_pylist(), float), 2).tolist()


@pytest.mark.parametrize(
    ("closes", "message"),
    [
        ([1, None, 2**53 + 1], "close is 9007199254740993 at index 2: float64 cannot hold it"),
        ([1.0, None, float("inf")], "close is inf at index 2: infinite is not a price"),
        (["a", None], "close is 'a' at index 0: not a number"),
        ([True, None], "close is True at index 0: not a number"),
    ],
)
def test_a_column_of_arrow_keeps_what_is_not_a_price(closes: list[Any], message: str) -> None:
    with pytest.raises(barwise.PriceError) as caught:
        barwise.signals(pa.array(closes), 2)
    assert str(caught.value).startswith(message)
