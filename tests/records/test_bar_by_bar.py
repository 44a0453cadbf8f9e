"""`barwise verify --bar-by-bar`: it finds a signal that has seen a later close, and no other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import barwise
from barwise.bars.batch import Bars
from barwise.commands import main
from barwise.stages.signals.crossover import Crossover
from barwise.stages.signals.kinds import signal_of
from barwise.stages.signals.rolling_mean import RollingMean
from barwise.stages.stage import Carry, Step
from tests.conftest import ROOT
from tests.kit.records import JOB_WITH_RECORD, forge, result, write

BARS = 30_000  # 8 blocks, the last one not whole
SIGNALS = ["", "signal: {fast: 3}", "signal: {band_bp: 5}"]
each_arithmetic = pytest.mark.parametrize("arithmetic", ["exact", "float64"])


def recorded(arithmetic: str, signal: str, *, window: int = 7, bars: int = BARS) -> Any:
    closes = np.round(100 + np.cumsum(np.random.default_rng(3).normal(scale=0.1, size=bars)), 2)
    write(closes.tolist())
    keys = f"seed: 1\nwindow: {window}\nversion: v1\narithmetic: {arithmetic}\n{signal}\n"
    Path("config.yaml").write_text(keys)
    assert main.run_job(JOB_WITH_RECORD) == 0
    return json.loads(Path("record.json").read_text())


@each_arithmetic
@pytest.mark.parametrize("signal", SIGNALS)
def test_an_honest_signal_is_the_same_one_bar_at_a_time(arithmetic: str, signal: str) -> None:
    recorded(arithmetic, signal)
    comparison = barwise.verify("record.json", bar_by_bar=True)
    assert comparison.is_same
    assert comparison.bar_by_bar == 2
    assert "blocks computed one bar at a time: 2\n" in str(comparison)
    assert comparison.as_dict()["bar_by_bar"] == 2
    assert "bar_by_bar" not in barwise.verify("record.json").as_dict()


@each_arithmetic
@pytest.mark.parametrize("signal", SIGNALS)
def test_a_signal_that_knows_the_next_close_is_found(
    arithmetic: str, signal: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for kind in (RollingMean, Crossover):
        monkeypatch.setattr(kind, "ready", looking_ahead(kind.ready))
    recorded(arithmetic, signal)
    assert barwise.verify("record.json").is_same  # it comes out again, and is wrong all the same
    comparison = barwise.verify("record.json", bar_by_bar=True)
    assert [(change.what, len(change.blocks)) for change in comparison.differences] == [
        ("signals", 1),
        ("signals", 1),
    ]
    assert comparison.differences[0].blocks == (0,)
    assert comparison.differences[0].line == (
        "signals of bars 1 to 4096, computed one bar at a time, are not those recorded: some of "
        "these have seen a later close, or the bars have changed"
    )


def looking_ahead(ready: Any) -> Any:
    """Each signal is that of the bar after it, as far as a batch holds that."""

    def of(signal: Any) -> Step:
        step = ready(signal)

        def planted(bars: Bars, carry: Carry) -> tuple[Bars, Carry]:
            done, carry = step(bars, carry)
            signals = done.columns["signal"]
            signals[:-1] = signals[1:].copy()
            return done, carry

        return planted

    return of


def test_it_is_found_in_a_copy_of_the_product_too() -> None:
    """As real processes: one line of the copy decides by the next close."""
    shutil.copytree(ROOT / "barwise", "copy/barwise", ignore=shutil.ignore_patterns("__pycache__"))
    source = Path("copy/barwise/stages/signals/rolling_mean.py")
    honest = 'closes = bars.columns["close"]\n'
    planted = honest + "            closes = np.append(closes[1:], closes[-1])\n"
    assert honest in source.read_text()
    source.write_text(source.read_text().replace(honest, planted))
    write(np.round(100 + np.sin(np.arange(9_000)), 2).tolist())
    environment = {**os.environ, "PYTHONPATH": "copy"}

    def barwise_of_copy(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "barwise", *words]
        return subprocess.run(command, env=environment, text=True, capture_output=True)

    assert barwise_of_copy("run", *JOB_WITH_RECORD).returncode == 0
    assert barwise_of_copy("verify", "record.json").returncode == 0
    found = barwise_of_copy("verify", "--bar-by-bar", "record.json")
    assert found.returncode == 1
    assert "different: signals of bars 1 to 4096, computed one bar at a time" in found.stdout


@pytest.mark.parametrize(
    ("bars", "window", "blocks"),
    [(4, 2, 1), (4096, 9, 1), (4097, 9, 2), (9_000, 4_098, 2), (5, 9, 1)],
)
def test_the_block_where_the_warm_up_ends_is_one_of_them(
    bars: int, window: int, blocks: int
) -> None:
    recorded("exact", "", window=window, bars=bars)
    comparison = barwise.verify("record.json", bar_by_bar=True)
    assert comparison.is_same
    assert comparison.bar_by_bar == blocks


def test_bars_of_several_symbols_in_pieces() -> None:
    os.makedirs("lake")
    rng = np.random.default_rng(5)
    for part in range(3):
        rows = [f"{1_700_000_000 + 60 * i + 600_000 * part},{rng.integers(90, 110)},{'ab'[i % 2]}"
                for i in range(9_000)]  # fmt: skip
        Path(f"lake/{part}.csv").write_text("\n".join(["timestamp,close,symbol", *rows, ""]))
    Path("config.yaml").write_text(
        "seed: 1\nwindow: 30\nversion: v1\narithmetic: exact\ncolumns: {symbol: symbol}\n"
        "signal: {fast: 4}\n"
    )
    assert main.run_job(["--input", "lake", *JOB_WITH_RECORD[2:]]) == 0
    comparison = barwise.verify("record.json", bar_by_bar=True)
    assert comparison.is_same
    assert comparison.bar_by_bar == 4


def test_a_record_has_the_signal_only_where_it_is_set() -> None:
    plain = recorded("exact", "", bars=50)["predicate"]["buildDefinition"]["externalParameters"]
    assert "signal" not in plain
    record = recorded("exact", "signal: {fast: 3, band_bp: 2.50}", bars=50)
    parameters = record["predicate"]["buildDefinition"]["externalParameters"]
    assert parameters["signal"] == {"fast": 3, "band_bp": "2.5"}
    del parameters["signal"]  # as if it was from before there was the key
    forge(record)
    again = [change.line for change in barwise.verify("record.json").differences]
    assert any("signal.fast is absent recorded, 3 in config.yaml" in line for line in again)
    assert any(line.startswith("signals differ") for line in again)
    del parameters["csv"]
    forge(record)
    with pytest.raises(barwise.RecordError, match="it has no csv"):
        barwise.verify("record.json")


def test_signals_are_recorded_as_they_are_computed_in_memory() -> None:
    record = recorded("float64", "signal: {fast: 3, band_bp: 2.5}")
    closes = np.loadtxt("data.csv", delimiter=",", skiprows=1, usecols=1)
    signals = barwise.signals(closes, 7, fast=3, band_bp="2.5")
    assert result(record)["series"][""]["ones"] == signals.sum()
    assert type(signal_of(7, "float64")) is RollingMean
