from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import barwise
from barwise.engine.events import Silent
from barwise.engine.execute import execute
from barwise.engine.local import Local
from barwise.sources.parts import Plan
from barwise.stages.counts import Count
from barwise.stages.stage import Pass
from tests.kit.heard import Heard
from tests.kit.oracles import exact_signals, pandas_signals


def test_a_run_gives_what_the_metrics_hold() -> None:
    result = barwise.run("data.csv", "config.yaml")
    assert (result.rows_processed, result.tally.ones, result.value) == (4, 1, 0.25)
    assert result.doubts == ()
    assert list(result.metrics) == [
        *("version", "rows_processed", "metric", "value", "latency_ms", "seed", "status")
    ]


@pytest.mark.parametrize(
    ("signal", "words"),
    [({}, ""), ({"fast": 2}, ", fast=2"), ({"fast": 2, "band_bp": 2.5}, ", fast=2, band_bp=2.5")],
)
def test_the_log_says_what_crosses_where_the_config_does(signal: Any, words: str) -> None:
    heard = Heard()
    result = barwise.run("data.csv", window=2, signal=signal, events=heard)
    assert f"Rolling mean calculated with window=2{words}" in heard.lines
    assert ("fast" in repr(result)) == bool(signal)


def test_a_run_writes_nothing_and_leaves_numpy_alone(folder: Path) -> None:
    before = sorted(folder.iterdir())
    state = np.random.get_state(legacy=False)["state"]
    barwise.run(folder / "data.csv", folder / "config.yaml")
    assert sorted(folder.iterdir()) == before
    after = np.random.get_state(legacy=False)["state"]
    assert (state["key"] == after["key"]).all()


def test_a_config_may_be_made_in_python() -> None:
    config = barwise.Config(1, 2, "v1", "exact", barwise.Columns("Last"))
    Path("data.csv").write_text("Last\n0.1\n0.2\n")
    assert barwise.run("data.csv", config).tally.ones == 1


@pytest.mark.parametrize("arithmetic", ["float64", "exact"])
def test_a_long_file_gives_the_signals_of_its_closes(arithmetic: str) -> None:
    closes = np.round(100 + np.cumsum(np.random.default_rng(1).normal(size=9_000)), 1)
    closes[[0, 17, 4_096, 8_999]] = np.nan
    pd.DataFrame({"close": closes}).to_csv("data.csv")
    config = barwise.Config(1, 3, "v1", arithmetic)
    expected = {"float64": pandas_signals, "exact": exact_signals}[arithmetic](closes.tolist(), 3)
    result = barwise.run("data.csv", config)
    assert (result.rows_processed, result.tally.ones) == (9_000, sum(expected))
    assert result.doubts == (
        "close is missing in 4 of 9000 rows, first on line 2 of data.csv: windows that hold a "
        "missing close give signal 0",
    )
    assert barwise.signals(closes, 3, arithmetic).tolist() == expected


def test_a_close_column_that_is_empty_throughout_is_an_error() -> None:
    Path("data.csv").write_text("a,close\n1,\n2,NA\n")
    with pytest.raises(
        barwise.PriceError, match=r"missing in all 2 rows, from line 2 of data\.csv on"
    ):
        barwise.run("data.csv", "config.yaml")


def test_errors_of_a_run_are_barwise_errors() -> None:
    with pytest.raises(barwise.InputError, match="cannot open the input nowhere"):
        barwise.run("nowhere.csv", "config.yaml")
    with pytest.raises(barwise.ConfigError):
        barwise.run("data.csv", "data.csv")


@pytest.mark.parametrize("close", [[3.0, 1.0, 2.0], pd.Series([3.0, 1, 2]), pl.Series([3.0, 1, 2])])
def test_signals_of_anything_that_is_an_array(close: object) -> None:
    signals = barwise.signals(close, window=2)  # type: ignore[call-overload]
    assert np.asarray(signals).dtype == np.int8
    assert list(signals) == [0, 0, 1]


def test_signals_of_many_blocks_are_those_of_one_series() -> None:
    closes = np.round(100 + np.cumsum(np.random.default_rng(2).normal(size=50_000)), 2)
    assert barwise.signals(closes, 20).tolist() == pandas_signals(closes.tolist(), 20)


def test_signals_of_nothing_are_nothing() -> None:
    assert barwise.signals([], window=2).tolist() == []


def test_a_window_may_be_a_numpy_integer() -> None:
    assert barwise.signals([1.0, 2.0], window=np.int64(2)).tolist() == [0, 1]  # type: ignore[call-overload]


@pytest.mark.parametrize(
    "window", [0, -1, True, 2.0, "2", None, 2**63, pytest.param(10**5000, id="huge")]
)
def test_a_window_is_a_whole_number_of_bars(window: object) -> None:
    with pytest.raises(barwise.UsageError, match="window is"):
        barwise.signals([1.0], window)  # type: ignore[call-overload]


@pytest.mark.parametrize("arithmetic", ["decimal", None, [], {}])
def test_an_unknown_arithmetic_lists_the_known_ones(arithmetic: object) -> None:
    with pytest.raises(barwise.UsageError, match="must be one of float64, exact"):
        barwise.signals([1.0], 1, arithmetic)  # type: ignore[call-overload]
    with pytest.raises(barwise.ConfigError, match="must be one of float64, exact"):
        barwise.Config(1, 1, "v1", arithmetic)  # type: ignore[arg-type]


@pytest.mark.parametrize("path", [None, 5, b"data.csv"])
def test_a_run_wants_paths(path: object) -> None:
    with pytest.raises(barwise.UsageError, match="must be the path of a file"):
        barwise.run(path, "config.yaml")  # type: ignore[arg-type]
    if path is not None:
        with pytest.raises(barwise.UsageError, match="must be a Config or the path of a file"):
            barwise.run("data.csv", path)  # type: ignore[arg-type]


def test_a_config_is_no_input() -> None:
    config = barwise.Config(1, 2, "v1")
    with pytest.raises(barwise.UsageError, match="input is Config"):
        barwise.run(config, config)  # type: ignore[arg-type]


def test_numpys_error_settings_change_nothing() -> None:
    with np.errstate(all="raise"):
        assert barwise.signals([1e-310, 2e-310, 3.3e-310], 2, "exact").tolist() == [0, 1, 1]
        assert barwise.signals([1e308, 1.7e308], 2).tolist() == [0, 0]


def test_narrow_floats_are_warned_about() -> None:
    with pytest.warns(UserWarning, match="close is float32"):
        barwise.signals(np.array([0.1, 0.2], np.float32), 2)


def test_the_input_of_signals_is_left_as_it_was() -> None:
    closes = np.array([1.0, np.nan, 1 / 3])
    closes.setflags(write=False)
    barwise.signals(closes, 2, "exact")
    assert np.array_equal(closes, [1.0, np.nan, 1 / 3], equal_nan=True)


def test_a_measure_has_a_name_of_its_own() -> None:
    Path("data.csv").write_text("close\n1\n2\n")
    with pytest.raises(barwise.UsageError, match="each must have a name of its own"):
        barwise.run("data.csv", barwise.Config(1, 2, "v1"), measures=[Count()])


def test_workers_beside_an_executor_are_refused() -> None:
    Path("data.csv").write_text("close\n1\n2\n")
    with pytest.raises(barwise.UsageError, match="executor computes in their place: give one"):
        barwise.run("data.csv", barwise.Config(1, 2, "v1"), workers=2, executor=Local(1))


def test_a_file_with_other_rows_than_its_footer_says_is_refused() -> None:
    pl.DataFrame({"close": [1.0, 2.0]}).write_parquet("data.parquet")
    one = barwise.Config(1, 2, "v1")
    [part] = barwise.plan("data.parquet", one).parts
    to_read = Plan((part._replace(rows=3),))
    what = Pass(None, (Count(),))
    with pytest.raises(barwise.InputError, match="gave 2 bars, and its footer says 3"):
        execute(to_read, what, Local(1), Silent())


def test_of_overlaps_of_several_symbols_the_first_row_is_named() -> None:
    os.mkdir("lake")
    first = [f"2024-01-0{day}T00:00,{name},1" for day in (1, 2, 3) for name in "ab"]
    Path("lake/1.csv").write_text("\n".join(["timestamp,s,close", *first, ""]))
    later = ["2024-01-04T00:00,a,1", "2024-01-02T00:00,b,1", "2024-01-01T00:00,a,1"]
    Path("lake/2.csv").write_text("\n".join(["timestamp,s,close", *later, ""]))
    for checks in ("report", "off"):  # times are read all the same: the order of files needs them
        one = barwise.Config(1, 2, "v1", columns=barwise.Columns(symbol="s"), checks=checks)
        with pytest.raises(
            barwise.InputError, match=r"2024-01-02T00:00:00Z on line 3 of lake/2\.csv, .* of 'b'"
        ):
            barwise.run("lake", one)


def test_a_class_is_not_a_measure() -> None:
    Path("data.csv").write_text("close\n1\n2\n")
    with pytest.raises(barwise.UsageError, match="is not a measure: it needs name, needs, value"):
        barwise.run("data.csv", barwise.Config(1, 2, "v1"), measures=[Count])  # type: ignore[list-item]


def test_sinks_may_be_a_generator() -> None:
    rows: list[int] = []
    frame = pl.DataFrame({"close": np.arange(3_000.0)})
    frame.write_csv("data.csv")  # which comes in three pieces
    sinks = (sink for sink in [lambda bars: rows.append(len(bars))])
    barwise.run("data.csv", barwise.Config(1, 2, "v1"), sinks=sinks)  # type: ignore[arg-type]
    assert sum(rows) == 3_000
