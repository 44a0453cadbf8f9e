"""The real command on lakes of files: faults, kills, and the same bits for any workers."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.conftest import ROOT, Job
from tests.kit.processes import HANG, OLD, cpu_seconds, has_logged, wait_for

SYMBOLS = [f"S{i:03}" for i in range(120)]


def arguments(*inputs: str) -> list[str]:
    options = ["--config", "config.yaml", "--output", "metrics.json", "--log-file", "run.log"]
    return ["--input", *inputs, *options]


@pytest.fixture
def lake(folder: Path) -> Path:
    """A Hive folder of 120 Parquet files, a symbol each, of 2,000 bars."""
    rng = np.random.default_rng(1)
    for symbol in SYMBOLS:
        os.makedirs(f"lake/symbol={symbol}")
        closes = np.round(100 + np.cumsum(rng.integers(-3, 4, 2_000)) * 0.01, 2)
        pl.DataFrame({"close": closes}).write_parquet(f"lake/symbol={symbol}/0.parquet")
    return folder / "lake"


def metrics_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    metrics = json.loads(Path("metrics.json").read_text())
    assert done.stdout.endswith(Path("metrics.json").read_text())
    return {**metrics, "latency_ms": 0}


@pytest.mark.parametrize("arithmetic", ["float64", "exact"])
def test_workers_change_nothing(arithmetic: str, lake: Path, run_job: Job) -> None:
    with open("config.yaml", "a") as config:
        config.write(f"arithmetic: {arithmetic}\n")
    for i in range(4):  # long enough for threads
        closes = np.round(np.random.default_rng(i).random(70_000 + i), 2)
        pl.DataFrame({"close": closes}).write_parquet(lake / f"symbol=S00{i}/0.parquet")
    runs = [
        metrics_of(run_job("--workers", n, arguments=arguments("lake"))) for n in ("1", "2", "3")
    ]
    runs.append(metrics_of(run_job("--workers", "8", "--quiet", arguments=arguments("lake"))))
    assert runs[0]["status"] == "success"
    assert list(runs[0]["symbols"]) == SYMBOLS
    assert all(run == runs[0] for run in runs)


def test_the_same_bars_interleaved_in_one_file_are_the_same(lake: Path, run_job: Job) -> None:
    expected = metrics_of(run_job(arguments=arguments("lake")))
    frames = [
        pl.read_parquet(lake / f"symbol={s}/0.parquet", hive_partitioning=False).with_columns(
            s=pl.lit(s), i=pl.int_range(pl.len())
        )
        for s in SYMBOLS
    ]
    pl.concat(frames).sort("i", maintain_order=True).drop("i").write_parquet("all.parquet")
    with open("config.yaml", "a") as config:
        config.write("columns: {symbol: s}\n")
    assert metrics_of(run_job(arguments=arguments("all.parquet"))) == expected


def test_words_of_many_kinds(lake: Path, run_job: Job) -> None:
    Path("lake/_SUCCESS").touch()
    whole = metrics_of(run_job(arguments=arguments("lake")))
    words = ["lake/symbol=S0[0-4]*", "lake/symbol=S05*", "--input", "lake/symbol=S0[6-9]*/*"]
    assert metrics_of(run_job(arguments=arguments(*words, "lake/symbol=S1*"))) == whole


def test_a_damaged_file_among_many_is_one_clear_line(lake: Path, run_job: Job) -> None:
    Path("metrics.json").write_text(OLD)
    path = lake / "symbol=S077/0.parquet"
    data = bytearray(path.read_bytes())
    data[len(data) // 3 :] = data[len(data) // 3 : -200]
    path.write_bytes(data)
    messages = set()
    for workers in ("1", "2", "8"):
        done = run_job("--quiet", "--workers", workers, arguments=arguments("lake"))
        assert (done.returncode, done.stderr) == (1, "")
        messages.add(metrics_of(done)["error_message"])
    [message] = messages
    assert message.startswith("lake/symbol=S077/0.parquet cannot be read (")
    assert len(message) < 500
    assert not [name for name in os.listdir() if name.endswith(".tmp")]


@pytest.mark.parametrize("output", ["metrics", "log"])
def test_an_output_in_the_input_folder_is_refused(output: str, lake: Path, run_job: Job) -> None:
    before = sorted(map(str, lake.rglob("*")))
    option = {"metrics": "--output", "log": "--log-file"}[output]
    done = run_job("--quiet", option, "lake/symbol=S001/out", arguments=arguments("lake"))
    assert done.returncode == 1
    assert (
        f"the {output} file lake/symbol=S001/out is in the input folder lake: name one outside"
        in json.loads(done.stdout)["error_message"]
    )
    assert sorted(map(str, lake.rglob("*"))) == before


def test_columns_of_one_name_are_one_line(run_job: Job) -> None:
    pl.DataFrame({"close": [1.0], "cloze": [1.0]}).write_ipc_stream("bars")
    data = Path("bars").read_bytes().replace(b"cloze", b"close")  # two of one name
    Path("bars").write_bytes(data)
    done = run_job("--quiet", arguments=arguments("bars"))
    assert (done.returncode, done.stderr) == (1, "")
    twice = "has the column 'close' twice: rename one of them"
    assert metrics_of(done)["error_message"] == f"bars {twice}"
    command = [sys.executable, "-m", "barwise", "plan", "--config", "config.yaml", "--input"]
    os.mkdir("two")
    os.rename("bars", "two/1.arrows")
    Path("two/2.arrows").write_bytes(data)
    planned = subprocess.run([*command, "two"], capture_output=True, text=True)
    assert planned.returncode == 1
    assert planned.stderr == f"error: two/1.arrows {twice}\n"


@pytest.mark.parametrize("output", ["--output", "--log-file"])
def test_bars_are_never_written_over_whatever_is_wrong_with_the_input(
    output: str, run_job: Job
) -> None:
    os.mkdir("bars")
    Path("bars/a.csv").write_text("close\n1\n2\n")
    os.symlink("nowhere", "bars/broken.csv")
    for words in (["bars"], ["bars/*.csv", "none"], ["bars/a.csv", "none"]):
        done = run_job("--quiet", output, "bars/a.csv", arguments=arguments(*words))
        assert "is also the input file" in json.loads(done.stdout)["error_message"]
        assert Path("bars/a.csv").read_text() == "close\n1\n2\n"


def test_a_pattern_without_a_match_is_logged_and_in_the_metrics(run_job: Job) -> None:
    done = run_job(arguments=arguments("bars/*.csv"))
    assert done.returncode == 1
    message = metrics_of(done)["error_message"]
    assert message.startswith("the pattern bars/*.csv matches no file")
    assert message in Path("run.log").read_text()


def long_job() -> subprocess.Popen[str]:
    """A job of some seconds in several threads, whose reading has begun."""
    closes = np.random.default_rng(1).integers(1, 1_000, 8_000_000) / 4
    pl.DataFrame({"close": closes}).write_parquet("0.parquet")
    for symbol in SYMBOLS[:24]:
        os.makedirs(f"long/symbol={symbol}")
        shutil.copy("0.parquet", f"long/symbol={symbol}")
    Path("metrics.json").write_text(OLD)
    job = subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), *arguments("long"), "--workers", "3", "--quiet"],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    wait_for(lambda: has_logged("Config loaded"), job)
    begun, more = cpu_seconds(job), random.uniform(0.1, 0.8)
    wait_for(lambda: cpu_seconds(job) > begun + more, job)
    return job


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_workers_with_error_metrics(number: signal.Signals) -> None:
    job = long_job()
    job.send_signal(number)
    out, err = job.communicate(timeout=HANG)
    assert (job.returncode, err) == (1, "")
    metrics = json.loads(Path("metrics.json").read_text())
    assert number.name in metrics["error_message"]
    assert json.loads(out) == metrics


def test_a_killed_job_leaves_the_earlier_metrics_whole() -> None:
    job = long_job()
    job.kill()
    job.communicate()
    assert Path("metrics.json").read_text() == OLD


def test_the_plan_is_printed(lake: Path) -> None:
    command = [sys.executable, "-m", "barwise", "plan", "--config", "config.yaml", "--input"]
    done = subprocess.run([*command, "lake"], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    assert lines[1].startswith("1     S000    parquet  ")
    assert lines[-1].startswith("parts: 120, files: 120, bytes: ")
    failed = subprocess.run([*command, "none"], capture_output=True, text=True)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith("error: cannot open the input none: No such file")


def test_a_zip_of_months_runs_as_one_series(run_job: Job) -> None:
    import zipfile

    with zipfile.ZipFile("months.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for month in (10, 9, 11):
            rows = "".join(f"2024-{month:02}-{day:02},{day}.5\n" for day in range(1, 29))
            archive.writestr(f"{month}.csv", f"timestamp,close\n{rows}")
    metrics = metrics_of(run_job(arguments=arguments("months.zip")))
    assert metrics["rows_processed"] == 84
    assert metrics["value"] == round(81 / 84, 4)


def test_a_terminal_sees_progress_and_a_pipe_none(lake: Path) -> None:
    import fcntl
    import pty
    import struct
    import termios

    code = (
        "import sys, time; from barwise.commands import main, progress; progress.PATIENCE = 0; "
        f"sys.exit(main.run_job({arguments('lake')} + ['--quiet']))"
    )
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    job = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=slave)
    os.close(slave)
    output = b""
    while True:
        try:
            data = os.read(master, 4096)
        except OSError:  # the other end was closed
            break
        if not data:
            break
        output += data
    assert job.wait(HANG) == 0
    os.close(master)
    assert b"reading: " in output
    piped = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert piped.stderr == b""
