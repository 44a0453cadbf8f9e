"""The figures of a signal, from the command line and from Python: the same bytes in every way."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import barwise
from barwise.engine.metrics import to_json
from barwise.records.statement import checksum
from barwise.tuning import Tuning
from tests.conftest import CONFIG, Job, run_barwise

KEYS = {"fill": "next_open", "cost_bp": "1.5", "horizons": [1, 12]}
EVALUATE = "evaluate: {fill: next_open, cost_bp: 1.5}\n"
OF_SYMBOLS = {"symbol": "symbol"}
BARS = 3_000
START = pd.Timestamp("2024-01-01")


def walk(seed: int, bars: int = BARS) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 1e-3, bars))), 2)
    opens = np.round(np.concatenate((close[:1], close[:-1])) + rng.integers(-2, 3, bars) / 100, 2)
    close[rng.random(bars) < 0.01] = np.nan
    times = START + pd.to_timedelta(np.arange(bars), unit="min")
    return pd.DataFrame({"timestamp": times, "open": opens, "close": close})


def figures(source: Any, arithmetic: str = "exact", **keys: Any) -> str:
    keys = {"window": 20, "seed": 42, "arithmetic": arithmetic, "evaluate": KEYS, **keys}
    metrics = barwise.run(source, **keys).metrics
    del metrics["latency_ms"]
    return to_json(metrics)


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One series in three files, as CSV and as Parquet."""
    folder = tmp_path_factory.mktemp("evaluated")
    frame = walk(1)
    for part, (begin, end) in enumerate([(0, 900), (900, 901), (901, BARS)]):
        piece = frame[begin:end]
        for kind in ("csv", "parquet"):
            (folder / kind).mkdir(exist_ok=True)
        piece.to_csv(folder / "csv" / f"{part}.csv", index=False)
        piece.to_parquet(folder / "parquet" / f"{part}.parquet", row_group_size=500)
    return folder


@pytest.mark.parametrize("arithmetic", ["exact", "float64"])
def test_no_cut_thread_process_or_format_changes_a_byte(lake: Path, arithmetic: str) -> None:
    csv, parquet = str(lake / "csv"), str(lake / "parquet")
    expected = figures(csv, arithmetic)
    assert json.loads(expected)["evaluation"]["net"]["sharpe_interval"] is not None
    assert figures(parquet, arithmetic) == expected
    for rows in (1, 7, 4096):
        small = Tuning(csv_rows=rows, csv_bytes=rows * 40, batch_rows=rows, span_bars=50)
        for workers in (1, 8):
            assert figures(parquet, arithmetic, workers=workers, tuning=small) == expected
        assert figures(csv, arithmetic, workers=8, tuning=small) == expected
    with ProcessPoolExecutor(2) as pool:
        executor = barwise.Submitted(pool, 2, Tuning(task_parts=1))
        assert figures(parquet, arithmetic, executor=executor) == expected
        assert figures(csv, arithmetic, executor=executor) == expected
        by_close = {**KEYS, "fill": "next_close"}
        of_tasks = figures(parquet, arithmetic, executor=executor, evaluate=by_close)
        assert of_tasks == figures(parquet, arithmetic, evaluate=by_close)


def test_no_cpu_feature_and_no_kernel_changes_a_byte(lake: Path, run_job: Job) -> None:
    shutil.copy(lake / "csv" / "0.csv", "data.csv")
    Path("config.yaml").write_text(CONFIG + EVALUATE)
    features = " ".join(np._core._multiarray_umath.__cpu_dispatch__)  # type: ignore[attr-defined]
    plain = {"NPY_DISABLE_CPU_FEATURES": features, "OPENBLAS_CORETYPE": "Prescott"}
    outputs = set()
    for changed in ({}, plain, {"BARWISE_KERNELS": "0"}):
        done = run_job(env=os.environ | changed)
        assert done.returncode == 0, done.stderr
        metrics = json.loads(Path("metrics.json").read_text())
        del metrics["latency_ms"]
        outputs.add(json.dumps(metrics))
    assert len(outputs) == 1


def test_metrics_show_figures_in_plain_digits_after_status(run_job: Job) -> None:
    walk(2).to_csv("data.csv", index=False)
    Path("config.yaml").write_text(CONFIG + EVALUATE)
    done = run_job()
    text = Path("metrics.json").read_text()
    assert [*json.loads(text)][6:] == ["status", "evaluation"]
    assert not re.search(r"[0-9]e[-+]?[0-9]", text)
    assert "hit" not in done.stdout.replace("hit_rate", "")  # no table where stdout is a pipe


def test_a_terminal_shows_a_table(run_job: Job) -> None:
    walk(2).to_csv("data.csv", index=False)
    Path("config.yaml").write_text(CONFIG + EVALUATE)
    ours, theirs = pty.openpty()
    with os.fdopen(ours, "rb") as terminal:
        done = run_job(capture_output=False, text=None, stdout=theirs)
        os.close(theirs)
        assert done.returncode == 0
        shown = os.read(terminal.fileno(), 1 << 16).decode()
    net = json.loads(Path("metrics.json").read_text())["evaluation"]["net"]
    assert f"{net['return'] * 100:.2f} %" in shown.splitlines()[-1]


def test_symbols_are_figured_each_and_counted_together() -> None:
    frames = [walk(seed, bars).assign(symbol=f"S{seed}") for seed, bars in ((1, 900), (2, 3_000))]
    together = json.loads(figures(pd.concat(frames), columns=OF_SYMBOLS))
    symbols = together["symbols"]
    alone = [json.loads(figures(frame.drop(columns="symbol")))["evaluation"] for frame in frames]
    assert [symbols[name]["evaluation"] for name in ("S1", "S2")] == alone
    pooled = together["evaluation"]
    for key in ("bars", "dropped", "switches"):
        assert pooled[key] == sum(one[key] for one in alone)
    assert pooled["net"].keys() == {"mean"}
    means = [one["net"]["mean"] * one["bars"] for one in alone]
    assert pooled["net"]["mean"] == pytest.approx(sum(means) / pooled["bars"], abs=1e-9)
    inside = [one["forward"]["12"]["in"] * one["forward"]["12"]["in_bars"] for one in alone]
    of_12 = pooled["forward"]["12"]
    assert of_12["in"] == pytest.approx(sum(inside) / of_12["in_bars"], abs=1e-9)


def test_a_pool_of_one_series_twice_has_its_interval() -> None:
    """Blocks of one position are drawn together, so a copy of a series adds nothing."""
    one, other = walk(4), walk(4).assign(symbol="B")
    twice = json.loads(figures(pd.concat([one.assign(symbol="A"), other]), columns=OF_SYMBOLS))[
        "evaluation"
    ]
    once = json.loads(figures(one))["evaluation"]
    for horizon in ("1", "12"):
        key = "difference_interval"
        assert twice["forward"][horizon][key] == once["forward"][horizon][key]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame[::-1], "newest first.*line 3 .*look-ahead.*order: time.*evaluate"),
        (lambda frame: frame.assign(close=frame.close.where(frame.index != 7, -1.5)),
         "close '-1.5' on line 9 of data.csv is not above 0"),
        (lambda frame: frame.assign(close=frame.close.where(frame.index != 7, 0.0)),
         "close '0.0' on line 9 of data.csv is not above 0"),
        (lambda frame: frame.assign(open=np.nan), "open '' on line .* of data.csv is not above 0"),
        (lambda frame: frame.drop(columns="open"), "data.csv has no column of opens.*next_close"),
        (lambda frame: frame.assign(close=frame.close.where(frame.index != 7, 1e9)),
         "close '1000000000.0' on line 9 of data.csv is 8,192 times"),
    ],
)  # fmt: skip
def test_bars_that_cannot_be_evaluated_are_refused_with_words(
    change: Any, words: str, run_job: Job
) -> None:
    change(walk(3, 200).fillna(100.0)).to_csv("data.csv", index=False)
    Path("config.yaml").write_text(CONFIG + EVALUATE + "checks: off\n")
    done = run_job()
    metrics = json.loads(Path("metrics.json").read_text())
    assert (done.returncode, metrics["status"]) == (1, "error")
    assert re.search(words, metrics["error_message"]), metrics["error_message"]


def test_few_bars_have_no_interval_and_the_log_says_so(run_job: Job) -> None:
    walk(3, 500).to_csv("data.csv", index=False)
    Path("config.yaml").write_text(CONFIG + EVALUATE)
    run_job()
    evaluation = json.loads(Path("metrics.json").read_text())["evaluation"]
    assert evaluation["net"]["sharpe_interval"] is None
    assert evaluation["forward"]["1"]["difference_interval"] is None
    assert (
        "Too few bars for intervals: blocks of 32 bars are 16, and 32 are needed"
        in Path("run.log").read_text()
    )


def test_a_record_covers_the_figures(run_job: Job) -> None:
    walk(5).to_csv("data.csv", index=False)
    Path("config.yaml").write_text(CONFIG + EVALUATE)
    assert run_job("--record", "record.json").returncode == 0
    assert run_barwise("verify", "record.json").returncode == 0
    record = json.loads(Path("record.json").read_text())
    [byproduct] = record["predicate"]["runDetails"]["byproducts"]
    own = byproduct["annotations"]
    own["result"]["metrics"]["evaluation"]["net"]["sharpe"] = 9.5
    del own["checksum"]
    own["checksum"] = checksum(record)
    Path("edited.json").write_text(json.dumps(record))
    for words in (("verify", "edited.json"), ("diff", "edited.json", "record.json")):
        done = run_barwise(*words)
        assert done.returncode == 1
        assert "evaluation.net.sharpe is '9.5'" in done.stdout.replace("9.5", "'9.5'").replace(
            "''", "'"
        )


def test_a_run_without_the_key_imports_and_reads_nothing_more(run_job: Job) -> None:
    code = (
        "import sys, barwise; barwise.run('data.csv', window=5);"
        "print([name for name in sys.modules if 'evaluation' in name or name == 'decimal'])"
    )
    walk(2, 100).drop(columns="open").to_csv("data.csv", index=False)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("evaluate", "words"),
    [
        ("{}", "evaluate has no fill"),
        ("{cost_bp: 1}", "evaluate has no fill"),
        ("{fill: open}", "evaluate.fill is 'open' .*next_open, next_close, close"),
        ("{fill: close, cost_bp: 1e1}", "evaluate.cost_bp is .*plain digits"),
        ("{fill: close, cost_bp: 1000.5}", "evaluate.cost_bp is .*0 to 1000"),
        ("{fill: close, horizons: [1, 1]}", "evaluate.horizons is .*different"),
        ("{fill: close, horizons: 5}", "evaluate.horizons is .*as in"),
        ("{fill: close, bars_per_year: 0}", "evaluate.bars_per_year is .*whole number"),
        ("{fill: close, cost: 1}", "unknown key 'evaluate.cost'.*evaluate.cost_bp"),
        ("next_open", "evaluate is 'next_open' .*evaluate: {fill"),
    ],
)
def test_a_wrong_key_is_refused_with_words(evaluate: str, words: str) -> None:
    Path("config.yaml").write_text(f"{CONFIG}evaluate: {evaluate}\n")
    with pytest.raises(barwise.ConfigError, match=words):
        barwise.run("data.csv", "config.yaml")
