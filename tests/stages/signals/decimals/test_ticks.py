from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwise.stages.signals.decimals import ticks
from tests.kit.oracles import nudged, series, stands_for

UNITS = 10**324
finite = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.one_of(
        finite,
        st.builds(
            lambda tick, scale, units: float(
                nudged(np.array([tick / 10**scale]), np.array([units]))[0]
            ),
            st.integers(-(10**14), 10**14),
            st.integers(0, 30),
            st.integers(-4, 4),
        ),
    )
)
def test_decimal_is_what_the_rule_says(close: float) -> None:
    assert Fraction(ticks.decimal(close), UNITS) == stands_for(close)


@pytest.mark.parametrize(
    ("close", "stands_for"),
    [
        (0.1, "0.1"),
        (5.2900000000000005e-05, "0.0000529"),  # one unit beside it
        (0.30000000000000004, "0.3"),
        (0.3000000000000002, "0.3000000000000002"),  # three units: its own decimal
        (1.0000000000000002, "1.0000000000000002"),  # 1 is read right by every reader
        (0.25000000000000006, "0.25000000000000006"),
        (1e17 + 16, "100000000000000020"),  # whole numbers are not repaired
        (12345.123456780002, "12345.12345678"),
        (5e-324, "5e-324"),
        (-0.0, "0"),
    ],
)
def test_what_a_close_stands_for(close: float, stands_for: str) -> None:
    assert Fraction(ticks.decimal(close), UNITS) == Fraction(stands_for)


@given(series())
def test_closes_on_a_scale_are_the_ticks_of_their_decimals(closes: list[float]) -> None:
    array = np.array(closes)
    scale = ticks.common_scale(0, array)
    if scale is not None:
        known = array[~np.isnan(array)]
        numbers = ticks.to_ticks(known, scale)
        assert [Fraction(int(t), 10**scale) for t in numbers] == [
            stands_for(c) for c in known.tolist()
        ]


def test_a_scale_grows_from_where_it_is() -> None:
    assert ticks.common_scale(0, np.array([1.5]), np.array([np.nan, 2.125])) == 3
    assert ticks.common_scale(4, np.array([1.5])) == 4


@pytest.mark.parametrize("closes", [[1 / 3], [1e15], [1e14, 0.01], [1e-23]])
def test_closes_without_a_scale(closes: list[float]) -> None:
    assert ticks.common_scale(0, np.array(closes)) is None
