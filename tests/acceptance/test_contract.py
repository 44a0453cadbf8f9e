"""The seed's command as a real process on real files."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import JOB, ROOT, Job

SEVEN_LINES = [
    "Job started",
    "Config loaded: seed=42, window=5, version=v1",
    "Data loaded: 10000 rows",
    "Rolling mean calculated with window=5",
    "Signals generated",
    "Metrics: signal_rate=VALUE, rows_processed=10000",
    "Job completed successfully in LATENCYms",
]


@pytest.fixture
def committed(folder: Path) -> Path:
    for name in ("data.csv", "config.yaml"):
        shutil.copy(ROOT / name, folder / name)
    return folder


def test_the_committed_bars_give_the_committed_output(committed: Path, run_job: Job) -> None:
    done = run_job()
    assert (done.returncode, done.stderr) == (0, "")
    metrics = json.loads((committed / "metrics.json").read_text())
    expected = json.loads((ROOT / "metrics.json").read_text())
    assert type(metrics["latency_ms"]) is int
    assert list(metrics) == list(expected)
    assert {**metrics, "latency_ms": 0} == {**expected, "latency_ms": 0}

    log = (committed / "run.log").read_text()
    assert done.stdout == log + (committed / "metrics.json").read_text()
    for text, its_metrics in ((log, metrics), ((ROOT / "run.log").read_text(), expected)):
        lines = [
            re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d - INFO - ", "", x) for x in text.splitlines()
        ]
        value, latency = str(its_metrics["value"]), str(its_metrics["latency_ms"])
        assert lines == [x.replace("VALUE", value).replace("LATENCY", latency) for x in SEVEN_LINES]


def test_the_value_is_the_one_pandas_gives(committed: Path, run_job: Job) -> None:
    import pandas as pd

    close = pd.read_csv("data.csv")["close"]
    expected = round(float((close > close.rolling(5).mean()).mean()), 4)
    assert json.loads(run_job("--quiet").stdout)["value"] == expected


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "barwise", "run"],
        [str(Path(sys.executable).with_name("barwise")), "run"],
        [sys.executable, str(ROOT / "run.py")],
    ],
)
def test_three_ways_to_start_it(command: list[str], folder: Path) -> None:
    done = subprocess.run([*command, *JOB, "--quiet"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done
    assert json.loads(done.stdout)["value"] == 0.25


def test_a_plain_checkout_runs_from_anywhere(folder: Path) -> None:
    shutil.copytree(ROOT / "barwise", "checkout/barwise")
    shutil.copy(ROOT / "run.py", "checkout/run.py")
    done = subprocess.run(
        [sys.executable, "checkout/run.py", *JOB, "--quiet"], capture_output=True, text=True
    )
    assert json.loads(done.stdout)["value"] == 0.25


def test_the_log_grows_by_runs(folder: Path, run_job: Job) -> None:
    run_job()
    run_job()
    assert (folder / "run.log").read_text().count("Job started") == 2


def test_a_wrong_command_line_ends_with_1(run_job: Job) -> None:
    done = run_job(arguments=["--inputs", "data.csv"])
    assert done.returncode == 1
    assert done.stderr.startswith("usage: run.py")


@pytest.mark.parametrize("bad", ["data.csv", "config.yaml"])
def test_a_failed_run_replaces_the_metrics_with_its_error(
    bad: str, folder: Path, run_job: Job
) -> None:
    assert run_job().returncode == 0
    (folder / bad).unlink()
    done = run_job("--quiet")
    assert done.returncode == 1
    assert json.loads(done.stdout) == json.loads((folder / "metrics.json").read_text())
    assert bad in json.loads(done.stdout)["error_message"]


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONWARNINGS": "error"},
        {"PYTHONIOENCODING": "ascii"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONOPTIMIZE": "2"},
        {"PYTHONDEVMODE": "1"},
    ],
)
def test_the_environment_changes_nothing(
    environment: dict[str, str], folder: Path, run_job: Job
) -> None:
    os.rename("config.yaml", "k\u00f6nfig\udcff.yaml")
    arguments = ["k\u00f6nfig\udcff.yaml" if x == "config.yaml" else x for x in JOB]
    done = run_job(arguments=arguments, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((folder / "metrics.json").read_text())["value"] == 0.25
    (folder / "data.csv").write_text("pr\u00edce\n1\n")
    done = run_job(arguments=arguments, env=environment)
    assert (done.returncode, done.stderr) == (1, "")
    assert "pr\u00edce" in json.loads((folder / "metrics.json").read_text())["error_message"]
