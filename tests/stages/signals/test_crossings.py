"""Two means and a band, against fractions and pandas, however a series is cut."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import barwise
from barwise.bars.batch import Bars
from barwise.bars.crossing import Crossing
from barwise.stages.signals.kinds import signal_of
from barwise.stages.signals.rolling_mean import RollingMean
from barwise.stages.stage import Signal
from tests.kit.oracles import exact_crossings, exact_means, pandas_crossings, series, walks

ORACLES = {"exact": exact_crossings, "float64": pandas_crossings}
BANDS = st.sampled_from(["0", "1", "2.5", "10", "33.333333333", "400", "9999.999999999"])
each_arithmetic = pytest.mark.parametrize("arithmetic", ORACLES)


@st.composite
def ties(draw: st.DrawFn) -> list[float]:
    """Closes at and beside the lines of a band: multiples of a price by a few basis points."""
    price = draw(st.sampled_from([100.0, 1.0, 0.0001, -50.0, 12345.678]))
    points = draw(st.lists(st.sampled_from([0, 10, -10, 11, -9, 400]), min_size=1, max_size=40))
    return [float(f"{price * (1 + point / 10_000):.12g}") for point in points]


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[float], int, int, str, list[int]]:
    """A series, a window, the closes of the fast mean, a band, and where to cut."""
    closes = draw(st.one_of(series(), ties(), walks()))
    window = draw(st.one_of(st.integers(1, 8), st.integers(1, 80)))
    fast = draw(st.one_of(st.just(1), st.integers(1, window)))
    cuts = draw(st.lists(st.integers(0, len(closes)), max_size=5))
    return closes, window, fast, draw(BANDS), cuts


def of(window: int, arithmetic: str, fast: int, band_bp: str, *adds: str) -> Signal:
    band = Crossing(fast, band_bp).band
    return signal_of(window, arithmetic, ("signal", *adds), fast=fast, band=band)


def in_pieces(signal: Signal, closes: Sequence[float], cuts: Sequence[int]) -> dict[str, list[Any]]:
    """The columns that a signal adds to a series in pieces; the carry goes to another process."""
    step, carry = signal.ready(), signal.start()
    columns: dict[str, list[Any]] = {}
    for piece in np.split(np.array(closes, np.float64), sorted(cuts)):
        bars = Bars("", 0, range(len(piece)), {"close": piece})
        done, carry = step(bars, signal.unpacked(signal.packed(carry)))
        for name in done.columns.keys() - {"close"}:
            columns.setdefault(name, []).extend(done.columns[name].tolist())
    return columns


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@each_arithmetic
@settings(max_examples=150)
@given(cases())
@example(([0.1, 0.7, 0.4, 0.4], 3, 2, "0", [1]))
@example(([1e17, 1e17 + 16, 1e17 + 32, 1e17], 2, 1, "1", [2]))
@example(([0.0, -0.0, 0.0, -1.0, 1.0], 2, 1, "10", [1, 3]))
@example(([-1.0, -1.0, -1.05, -0.95, -1.0], 2, 1, "400", [3]))  # on and off at once: on
@example(([1 / 3, 0.25, 0.5, 0.75], 2, 2, "2.5", [1, 2]))
@example(([5e-324, 1e-323, 5e-324, 1.7976931348623157e308], 3, 2, "10", []))
@example(([1.5, 1.25, math.nan, 1.125, 1.0625, 1.5], 2, 2, "10", [1, 2, 3, 4, 5]))
def test_each_bar_is_decided_as_by_the_oracle_however_a_series_is_cut(
    arithmetic: str, case: tuple[list[float], int, int, str, list[int]]
) -> None:
    closes, window, fast, band_bp, cuts = case
    signals = in_pieces(of(window, arithmetic, fast, band_bp), closes, cuts)["signal"]
    assert signals == ORACLES[arithmetic](closes, window, fast, band_bp)


@settings(max_examples=150)
@given(
    st.lists(st.sampled_from([999, 1001, 1000, 998, 1002, 500]), min_size=12, max_size=40),
    st.sampled_from([10.0, 1e3, 1e7, -1e2]),
    st.sampled_from([[], [1 / 3], [0.1, 1e6 / 3, 1e-5 / 7]]),
    st.sampled_from(["10", "10", "0"]),
    st.sampled_from([(2, 1), (2, 1), (4, 2)]),
)
@example([500, 1001, 999, 1001], 10.0, [], "10", (2, 1))  # 1001 is 1000 and 10 bp
def test_a_mean_at_a_line_is_not_above_it(
    units: list[int], scale: float, before: list[float], band_bp: str, bars: tuple[int, int]
) -> None:
    """Of 1001 and 999 each is at a line of 10 bp: also where `before` leaves no grid of ticks."""
    closes, (window, fast) = [*before, *(unit / scale for unit in units)], bars
    for arithmetic, oracle in ORACLES.items():
        signals = in_pieces(of(window, arithmetic, fast, band_bp), closes, [])["signal"]
        assert signals == oracle(closes, window, fast, band_bp)


@each_arithmetic
@pytest.mark.parametrize(
    ("window", "fast", "band_bp"), [(5, 2, "0"), (50, 10, "5"), (50, 1, "5"), (50, 50, "0")]
)
def test_long_series_that_leave_the_grid_and_return(
    arithmetic: str, window: int, fast: int, band_bp: str
) -> None:
    rng = np.random.default_rng(window + fast)
    coarse = np.round(100 + np.cumsum(rng.choice([-0.05, 0, 0.05], 300)), 2)
    fine, off_grid = np.round(100 + rng.normal(size=100), 11), 100 + rng.normal(size=100)
    closes = np.concatenate((coarse, fine, coarse, off_grid, coarse, 1e9 * coarse)).tolist()
    closes[450] = math.nan
    signals = in_pieces(of(window, arithmetic, fast, band_bp), closes, range(0, 1_400, 37))
    assert signals["signal"] == ORACLES[arithmetic](closes, window, fast, band_bp)


@each_arithmetic
@pytest.mark.parametrize("decimals", [2, 8])
def test_long_walks_beside_pandas_and_whole_numbers(arithmetic: str, decimals: int) -> None:
    rng = np.random.default_rng(decimals)
    waves = 3_000 * np.sin(np.arange(60_000) / 9_000) + rng.normal(scale=20, size=60_000)
    ticks = np.rint((45_000 + waves) * 10**decimals).astype(np.int64)
    closes = ticks / 10**decimals
    for window, fast, band_bp in ((50, 10, "5"), (1_500, 400, "0"), (40_000, 7, "20")):
        signals = barwise.signals(closes, window, arithmetic, fast=fast, band_bp=band_bp)
        if arithmetic == "float64":
            expected = pandas_crossings(closes.tolist(), window, fast, band_bp)
        else:
            expected = whole_numbers(ticks.tolist(), window, fast, *Crossing(fast, band_bp).band)
        assert signals.tolist() == expected
        assert 0 < sum(expected) < len(expected) - window


def whole_numbers(ticks: list[int], window: int, fast: int, part: int, unit: int) -> list[int]:
    sums, signals, last = [0], [], 0
    for tick in ticks:
        sums.append(sums[-1] + tick)
        if len(sums) > window:
            quick = (sums[-1] - sums[-1 - fast]) * window * unit
            slow = (sums[-1] - sums[-1 - window]) * fast
            last = (
                1 if quick > slow * (unit + part) else last if quick > slow * (unit - part) else 0
            )
        signals.append(last)
    return signals


@given(cases())
def test_the_means_beside_it_are_those_of_each_window(
    case: tuple[list[float], int, int, str, list[int]],
) -> None:
    closes, window, fast, band_bp, cuts = case
    signal = of(window, "exact", max(2, fast), band_bp, "mean")
    if fast < 2 or window < 2:
        return
    columns = in_pieces(signal, closes, cuts)
    for name, bars in (("mean", window), ("fast_mean", fast)):
        np.testing.assert_array_equal(columns[name], exact_means(closes, bars))


def test_without_a_key_it_is_the_signal_of_before() -> None:
    signal = of(5, "exact", 1, "0.000")
    assert type(signal) is RollingMean
    assert signal == RollingMean(5, "exact")


def test_a_band_depends_on_all_bars_and_two_means_on_those_of_a_window() -> None:
    assert of(50, "exact", 10, "0").halo == 49
    assert of(10**6, "exact", 10, "0").halo is None
    assert of(50, "float64", 10, "0").halo is of(50, "exact", 10, "5").halo is None


@each_arithmetic
@pytest.mark.parametrize(("fast", "band_bp"), [(3, "0"), (1, "10")])
def test_an_infinite_close_is_refused(arithmetic: str, fast: int, band_bp: str) -> None:
    with pytest.raises(FloatingPointError, match="infinite"):
        in_pieces(of(3, arithmetic, fast, band_bp), [1.0, 2.0, 3.0, math.inf, 1.0], [2])
    with pytest.raises(barwise.PriceError, match="inf at index 3"):
        barwise.signals([1.0, 2.0, 3.0, math.inf], 3, arithmetic, fast=fast, band_bp=band_bp)


@each_arithmetic
def test_a_window_wider_than_any_memory_gives_0(arithmetic: str) -> None:
    signals = in_pieces(of(10**12, arithmetic, 2, "5", "mean"), [1.0, 2.0, 1 / 3], [1])
    assert signals["signal"] == [0, 0, 0]


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        ({"fast": 0}, r"fast is 0: must be a whole number of bars, 1 or more"),
        ({"fast": 6}, r"fast is 6: must not be more than the window, 5"),
        ({"fast": True}, r"fast is True"),
        ({"band_bp": -1}, r"band_bp is -1: must be basis points from 0 to below 10000"),
        ({"band_bp": 10_000}, r"band_bp is 10000"),
        ({"band_bp": "1e1"}, r"band_bp is '1e1'"),
        ({"band_bp": math.nan}, r"band_bp is nan"),
    ],
)
def test_what_is_no_fast_mean_or_band_is_named(keys: dict[str, Any], wrong: str) -> None:
    with pytest.raises(barwise.UsageError, match=wrong):
        barwise.signals([1.0], 5, **keys)


def test_a_band_is_the_decimal_that_is_written() -> None:
    tenth = barwise.signals([1.0, 1.0, 1.00001], 1, "exact", band_bp=0.1)
    assert tenth.tolist() == [0, 0, 0]  # 1.00001 is above 1.00001 / 1 by nothing
    assert Crossing(band_bp="0.10").band == Crossing(band_bp=0.1).band == (1, 100_000)
    numbers: Any = np.array([2])
    assert barwise.signals([1.0, 2.0], numbers[0], fast=numbers[0]).tolist() == [0, 0]
