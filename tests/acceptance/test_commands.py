"""`--signals`, `checks`, `barwise check` and `barwise convert` as real processes."""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from tests.conftest import JOB, ROOT, Job, run_barwise
from tests.kit.processes import HANG, wait_for

NEWEST_FIRST = "timestamp,close\n2024-01-03,3\n2024-01-02,2\n2024-01-01,1\n"


def barwise(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return run_barwise(*words, "--config", "config.yaml", **options)


def test_the_log_says_that_signals_are_written_before_the_metrics(run_job: Job) -> None:
    done = run_job("--signals", "signals.csv")
    assert done.returncode == 0
    messages = [line.split(" - ", 2)[2] for line in Path("run.log").read_text().splitlines()]
    assert messages[4:6] == [
        "Signals generated",
        "Signals written: 4 rows",
    ]
    assert len(messages) == 8
    assert Path("signals.csv").read_text() == (
        "symbol,time,close,rolling_mean,signal\n"
        '"",2024-01-01T00:00:00Z,1.0,,0\n'
        '"",2024-01-02T00:00:00Z,2.0,1.5,1\n'
        '"",2024-01-03T00:00:00Z,1.5,1.75,0\n'
        '"",2024-01-04T00:00:00Z,1.5,1.5,0\n'
    )


@pytest.mark.parametrize("name", ["signals.csv", "signals.parquet"])
def test_a_run_that_fails_leaves_the_earlier_signals_and_says_so(name: str, run_job: Job) -> None:
    Path(name).write_text("of an earlier run")
    Path("data.csv").write_text("close\n1\n2\nabc\n")
    done = run_job("--quiet", "--signals", name)
    assert done.returncode == 1
    assert Path(name).read_text() == "of an earlier run"
    assert done.stderr == f"{name} is from an earlier run\n"
    assert not [path for path in os.listdir() if path.endswith(".tmp")]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("data.csv", "the signals file data.csv is also the input file data.csv"),
        ("./metrics.json", "is also the metrics file"),
        ("signals.txt", "must be called .parquet or .csv"),
        ("no/signals.csv", "its folder does not exist"),
    ],
)
def test_signals_that_cannot_go_there_are_refused(name: str, message: str, run_job: Job) -> None:
    before = Path("data.csv").read_text()
    done = run_job("--quiet", "--signals", name)
    assert done.returncode == 1
    assert message in json.loads(done.stdout)["error_message"]
    assert Path("data.csv").read_text() == before


def no_room() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))


@pytest.fixture
def many_bars() -> None:
    closes = np.round(np.random.default_rng(1).random(300_000), 4)
    times = 1_700_000_000 + 60 * np.arange(len(closes))
    pl.DataFrame({"timestamp": times, "close": closes}).write_parquet("data.csv")  # content tells


@pytest.mark.parametrize("name", ["signals.parquet", "signals.csv"])
def test_signals_on_a_full_disk_are_one_line(name: str, many_bars: None, run_job: Job) -> None:
    done = run_job("--quiet", "--signals", name, preexec_fn=no_room)
    assert done.returncode == 1
    message = json.loads(done.stdout)["error_message"]
    assert message.startswith(f"cannot write the signals file {name}: ")
    assert not [path for path in os.listdir() if "signals" in path or path.endswith(".tmp")]


@pytest.mark.parametrize("signals", ["signals.parquet", "signals.csv"])
def test_a_record_without_room_is_named_and_nothing_of_the_run_appears(
    signals: str, run_job: Job
) -> None:
    def no_room_for_a_record() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))

    options = ["--quiet", "--signals", signals, "--record", "record.json"]
    done = run_job(*options, preexec_fn=no_room_for_a_record)
    assert done.returncode == 1
    message = json.loads(done.stdout)["error_message"]
    assert message.startswith("cannot write the record file record.json: ")
    assert not {signals, "record.json"} & {*os.listdir()}


def test_a_lake_on_a_full_disk_is_one_line(many_bars: None) -> None:
    done = barwise("convert", "--input", "data.csv", "--to", "lake", preexec_fn=no_room)
    assert done.returncode == 1
    assert done.stderr.startswith("error: cannot write the lake folder lake: ")
    assert done.stderr.count("\n") == 1
    assert not [path for path in os.listdir() if "lake" in path or path.endswith(".tmp")]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_in_the_middle_leaves_no_signals(how: signal.Signals, folder: Path) -> None:
    pl.DataFrame({"close": np.arange(3_000_000) % 1009 / 7}).write_parquet("data.csv")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), *JOB, "--signals", "signals.parquet"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    wait_for(lambda: any(path.stat().st_size for path in folder.glob(".*.tmp")), process)
    process.send_signal(how)
    assert process.wait(timeout=HANG) == 1
    assert "stopped by" in json.loads(Path("metrics.json").read_text())["error_message"]
    assert not Path("signals.parquet").exists()
    assert not list(folder.glob("*.tmp"))
    assert not list(folder.glob(".*.tmp"))


def test_newest_first_bars_are_called_look_ahead(run_job: Job) -> None:
    Path("data.csv").write_text(NEWEST_FIRST)
    run_job()
    [warning] = [line for line in Path("run.log").read_text().splitlines() if "WARNING" in line]
    assert warning.endswith(
        "bars are newest first: timestamp goes back at 2 of 3 bars, first to '2024-01-02' on line "
        "3 of data.csv: every window holds later bars, which is look-ahead; sort the file, or set "
        "order: time"
    )


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ("", 0, '"value"'),
        ("checks: off\n", 0, '"value"'),
        ("checks: strict\n", 1, "look-ahead; sort the file, or set order: time; the config says"),
        ("checks: strict\norder: time\n", 0, '"value"'),
    ],
)
def test_what_comes_of_doubts(more: str, code: int, words: str, run_job: Job) -> None:
    Path("data.csv").write_text(NEWEST_FIRST)
    with open("config.yaml", "a") as config:
        config.write(more)
    done = run_job("--quiet")
    assert done.returncode == code
    assert words in done.stdout
    assert ("WARNING" in Path("run.log").read_text()) == (not more)


@pytest.mark.parametrize("checks", ["off", "report", "strict"])
@pytest.mark.parametrize("window", ["1", "5"])
def test_a_window_that_gives_no_signal_is_a_doubt_whatever_is_checked(
    window: str, checks: str, run_job: Job
) -> None:
    Path("config.yaml").write_text(f"seed: 1\nwindow: {window}\nversion: v1\nchecks: {checks}\n")
    done = run_job("--quiet")
    log = Path("run.log").read_text()
    if checks == "strict":
        assert done.returncode == 1
        assert "so every signal is 0; set a " in json.loads(done.stdout)["error_message"]
    else:
        assert (done.returncode, json.loads(done.stdout)["value"]) == (0, 0.0)
        assert log.count(f"WARNING - window is {window}") == 1


def test_checks_off_reads_closes_alone(run_job: Job) -> None:
    Path("data.csv").write_text("symbol,timestamp,close\na,noon,1\nb,never,2\n")
    run_job()
    assert Path("run.log").read_text().count("WARNING") == 2
    Path("run.log").unlink()
    with open("config.yaml", "a") as config:
        config.write("checks: off\n")
    run_job()
    assert len(Path("run.log").read_text().splitlines()) == 7


def test_check_exits_with_0_where_all_is_sound_and_1_where_not() -> None:
    done = barwise("check", "--input", "data.csv", "--json", "report.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("bars: 4, symbols: 1, broken rules: 0\n")
    assert json.loads(Path("report.json").read_text())["status"] == "clean"
    Path("data.csv").write_text(NEWEST_FIRST)
    done = barwise("check", "--input", "data.csv")
    assert (done.returncode, done.stderr) == (1, "")
    assert "time ascending" in done.stdout
    done = barwise("check", "--input", "data.csv", "--json", "")
    assert (done.returncode, done.stderr) == (
        1,
        "error: the report file '' names no file: name one\n",
    )
    done = barwise("check", "--input", "absent.csv", "--json", "report.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: cannot open the input absent.csv")
    assert done.stderr.count("\n") == 1
    assert json.loads(Path("report.json").read_text())["status"] == "error"


@pytest.mark.parametrize(
    ("cause", "way_out"),
    [
        ("libarrow.so: cannot open shared object file: Too many open files", "open files (ulimit"),
        ("libarrow.so: failed to map segment from shared object", "give the job more memory"),
    ],
)
def test_a_pyarrow_that_is_there_and_cannot_be_loaded_need_not_be_installed(
    run_job: Job, cause: str, way_out: str
) -> None:
    Path("none").mkdir()
    Path("none/pyarrow.py").write_text(f"raise ImportError({cause!r})\n")
    env = {"PYTHONPATH": str(Path("none").absolute())}
    message = json.loads(run_job("--quiet", "--signals", "s.csv", env=env).stdout)["error_message"]
    assert way_out in message
    assert "install" not in message


@pytest.mark.parametrize(("name", "kind"), [("s.parquet", "Parquet"), ("s.csv", "CSV")])
def test_rows_without_pyarrow_are_one_line(run_job: Job, name: str, kind: str) -> None:
    Path("none").mkdir()
    Path("none/pyarrow.py").write_text("raise ImportError\n")
    without = {"PYTHONPATH": str(Path("none").absolute())}
    done = run_job("--quiet", "--signals", name, env=without)
    assert done.returncode == 1
    assert json.loads(done.stdout)["error_message"] == (
        f"{kind} is written by pyarrow, which cannot be imported (): install requirements.txt"
    )
    path = {"PYTHONPATH": f"{without['PYTHONPATH']}:{ROOT}"}
    done = barwise("convert", "--input", "data.csv", "--to", "lake", env=path)
    assert done.stderr.startswith("error: Parquet is written by pyarrow, which cannot be")
    assert not Path("lake").exists()
