"""A sweep, from the command line and from Python: each row is the run of that window alone."""

from __future__ import annotations

import json
import os
import re
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import barwise
from barwise.tuning import Tuning
from tests.acceptance.test_evaluate import walk
from tests.conftest import CONFIG, Job, run_barwise

EXACT = CONFIG + "arithmetic: exact\n"
EVALUATE = {"fill": "next_open", "cost_bp": "1.5"}
SWEPT = EXACT + "evaluate: {fill: next_open, cost_bp: 1.5}\nsweep: {windows: 2..40}\n"
KEYS: dict[str, Any] = {
    "seed": 42,
    "window": 20,
    "arithmetic": "exact",
    "evaluate": EVALUATE,
    "sweep": {"windows": [2, 3, 4, 20, 33], "fast": [1, 3]},
}


def of_run(source: Any, **keys: Any) -> tuple[Any, Any]:
    result = barwise.run(source, **{**KEYS, **keys})
    assert result.sweeps is not None
    return result.metrics["sweep"], result.sweeps.rows


def test_each_row_is_the_run_of_its_window(run_job: Job) -> None:
    walk(1).to_csv("data.csv", index=False)
    Path("config.yaml").write_text(SWEPT)
    done = run_job("--sweep", "sweep.csv")
    assert done.returncode == 0, done.stderr
    rows = pd.read_csv("sweep.csv")
    assert rows["window"].tolist() == [*range(2, 41)]
    for window in (2, 5, 40):
        alone = barwise.run("data.csv", "config.yaml", window=window, sweep=None).metrics
        evaluation, [row] = alone["evaluation"], rows[rows["window"] == window].to_dict("records")
        assert row["value"] == alone["value"]
        assert [row[key] for key in ("ones", "hits", "switches")] == [
            evaluation["counts"]["ones"], evaluation["counts"]["in_up"], evaluation["switches"],
        ]  # fmt: skip
        for key in ("return", "sharpe", "max_drawdown"):
            assert row[key] == evaluation["net"][key]
    best = json.loads(Path("metrics.json").read_text())["sweep"]
    assert best["windows"] == 39
    assert best["best_sharpe"] == rows["sharpe"].max()
    assert best["best_window"] == rows["window"][rows["sharpe"].idxmax()]
    assert "Windows swept: 39" in done.stdout


def test_no_cut_thread_process_or_format_changes_a_row(tmp_path: Path) -> None:
    frame, folder = walk(1), tmp_path / "lake"
    folder.mkdir()
    for part, (begin, end) in enumerate([(0, 900), (900, 901), (901, len(frame))]):
        frame[begin:end].to_parquet(folder / f"{part}.parquet", row_group_size=500)
    expected = of_run(frame)
    assert expected[0]["luck"] is not None
    frame.to_csv(tmp_path / "all.csv", index=False)
    for source in (str(folder), str(tmp_path / "all.csv")):
        small = Tuning(csv_rows=7, csv_bytes=280, batch_rows=7, span_bars=50)
        for workers in (1, 4):
            assert of_run(source, workers=workers, tuning=small) == expected
        with ProcessPoolExecutor(2) as pool:
            executor = barwise.Submitted(pool, 2, Tuning(task_parts=1))
            assert of_run(source, executor=executor) == expected


def test_no_kernel_and_no_cpu_feature_changes_a_byte(run_job: Job) -> None:
    walk(3, 2_000).to_csv("data.csv", index=False)
    Path("config.yaml").write_text(SWEPT.replace("2..40", "[2, 7, 8], fast: [1, 2]"))
    features = " ".join(np._core._multiarray_umath.__cpu_dispatch__)  # type: ignore[attr-defined]
    files = set()
    for changed in ({}, {"NPY_DISABLE_CPU_FEATURES": features}, {"BARWISE_KERNELS": "0"}):
        assert run_job("--sweep", "sweep.csv", env=os.environ | changed).returncode == 0
        files.add(Path("sweep.csv").read_bytes())
    assert len(files) == 1
    assert files.pop().startswith(b"symbol,window,fast,ones,value,")


def test_symbols_have_rows_and_luck_of_their_own(run_job: Job) -> None:
    frames = [
        walk(seed, bars).assign(symbol=name)
        for seed, bars, name in ((1, 900, 'A,"B'), (2, 3_000, "C"))
    ]
    pd.concat(frames).to_csv("data.csv", index=False)
    config = SWEPT.replace("2..40", "[20, 5]") + "columns: {symbol: symbol}\n"
    Path("config.yaml").write_text(config)
    assert run_job("--sweep", "sweep.csv").returncode == 0
    assert run_job("--sweep", "sweep.parquet").returncode == 0
    rows = pd.read_csv("sweep.csv")
    pd.testing.assert_frame_equal(pd.read_parquet("sweep.parquet"), rows)
    assert rows["symbol"].tolist() == ['A,"B', 'A,"B', "C", "C"]
    assert rows["window"].tolist() == [20, 5, 20, 5]
    metrics = json.loads(Path("metrics.json").read_text())
    assert metrics["sweep"] == {"windows": 2}
    assert metrics["symbols"]['A,"B']["sweep"]["luck"] is None
    assert metrics["symbols"]["C"]["sweep"]["luck"] is not None
    assert "Too few bars for luck in 1 of 2 symbols" in Path("run.log").read_text()


def test_a_record_covers_the_file_and_the_figures(run_job: Job) -> None:
    walk(5, 2_000).to_csv("data.csv", index=False)
    Path("config.yaml").write_text(SWEPT)
    assert run_job("--record", "record.json", "--sweep", "sweep.csv").returncode == 0
    assert run_barwise("verify", "record.json").returncode == 0
    text = Path("sweep.csv").read_text()
    Path("sweep.csv").write_text(text.replace("2,", "3,", 1))
    done = run_barwise("verify", "record.json")
    assert done.returncode == 1
    assert "different: output sweep.csv: SHA-256" in done.stdout


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("sweep: {windows: 2..40}", "sweep needs evaluate: .*evaluate: {fill"),
        ("evaluate: {fill: close}\nsweep: {windows: 2..40}", "arithmetic is float64: set arithm"),
        ("arithmetic: exact\nsignal: {band_bp: 5}\nevaluate: {fill: close}\nsweep: {windows: 2..4}",
         "sweep has no band, and signal.band_bp is 5"),
        ("sweep: {}", "sweep has no windows"),
        ("sweep: {windows: 5..2}", "sweep.windows is '5..2'.*2..1000"),
        ("sweep: {windows: 2..65537}", "sweep.windows is '2..65537'.*65536"),
        ("sweep: {windows: [5, 5]}", "sweep.windows is .*different"),
        ("sweep: {windows: 5}", "sweep.windows is 5 .*list"),
        ("sweep: {windows: 2..9, fast: 5}", "sweep.fast is 5 .*list"),
        ("sweep: {windows: 2..4, fast: [5]}", "sweep has 0 pairs"),
        ("sweep: {window: 2..4}", "unknown key 'sweep.window'.*sweep.windows"),
        ("sweep: 2..4", "sweep is '2..4' .*name windows"),
    ],
)  # fmt: skip
def test_a_wrong_key_is_refused_with_words(lines: str, words: str) -> None:
    Path("config.yaml").write_text(f"{CONFIG}{lines}\n")
    with pytest.raises(barwise.ConfigError, match=words):
        barwise.run("data.csv", "config.yaml")


@pytest.mark.parametrize(
    ("config", "words"),
    [(EXACT, "--sweep names a file, and the config has no sweep"), (SWEPT, "the sweep file .*csv")],
)
def test_a_file_of_no_sweep_or_of_another_kind_is_refused(
    config: str, words: str, run_job: Job
) -> None:
    walk(5, 50).to_csv("data.csv", index=False)
    Path("config.yaml").write_text(config)
    done = run_job("--sweep", "sweep.txt" if config == SWEPT else "sweep.csv")
    assert done.returncode == 1
    assert re.search(words, json.loads(Path("metrics.json").read_text())["error_message"])
    assert not Path("sweep.txt").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame.assign(open=frame.open.where(frame.index != 7)),
         "open '' on line 9 of data.csv is not above 0"),
        (lambda frame: frame.assign(close=frame.close.where(frame.index != 7, 0.0)),
         "close '0.0' on line 9 of data.csv is not above 0"),
        (lambda frame: frame.assign(close=frame.close.where(frame.index != 7, 1e9)),
         "close '1000000000.0' on line 9 of data.csv is 8,192 times"),
    ],
)  # fmt: skip
def test_bars_that_cannot_be_swept_are_refused_with_words(change: Any, words: str) -> None:
    change(walk(3, 200).fillna(100.0)).to_csv("data.csv", index=False)
    with pytest.raises(barwise.PriceError, match=words):
        barwise.run("data.csv", **{**KEYS, "window": 190})


def test_a_run_without_the_key_imports_no_sweep() -> None:
    walk(2, 100).to_csv("data.csv", index=False)
    code = (
        "import sys, barwise; barwise.run('data.csv', window=5);"
        "print([n for n in sys.modules if 'sweep' in n and n != 'barwise.bars.sweep'])"
    )
    import subprocess
    import sys

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
