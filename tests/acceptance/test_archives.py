"""From archives as an exchange publishes them to signals, with the real commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import barwise
from tests.conftest import OF_CHECKOUT, Job
from tests.kit.archives import FUTURES_HEADER, klines, write_days, write_months, write_zip
from tests.kit.processes import HANG

SIGNALS = ["symbol", "time", "close", "rolling_mean", "signal"]


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "barwise", *arguments, "--config", "config.yaml"]
    return subprocess.run(words, text=True, capture_output=True, env=OF_CHECKOUT)


def arguments(folder: str, signals: str) -> list[str]:
    out = ["--output", "metrics.json", "--log-file", "run.log", "--signals", signals]
    return ["--input", folder, "--config", "config.yaml", *out]


@pytest.fixture
def archives(folder: Path) -> Path:
    """24 monthly archives of two symbols, half of them in microseconds, and some days."""
    for symbol in ("BTCUSDT", "ETHUSDT"):
        write_months(folder / "spot", symbol)
        write_days(folder / "spot", symbol, 3)
    return folder / "spot"


def test_from_archives_to_a_lake_to_the_same_signals(archives: Path, run_job: Job) -> None:
    for arithmetic in ("float64", "exact"):
        Path("config.yaml").write_text(
            f"seed: 1\nwindow: 5\nversion: v1\narithmetic: {arithmetic}\n"
        )
        done = run_job("--quiet", arguments=arguments("spot", "zip.parquet"))
        from_zip: dict[str, Any] = json.loads(done.stdout)
        assert from_zip["rows_processed"] == 2 * (365 + 3) * 24
        assert list(from_zip["symbols"]) == ["BTCUSDT", "ETHUSDT"]
        to = f"lake-{arithmetic}"
        converted = command("convert", "--input", "spot", "--to", to)
        assert converted.returncode == 0, converted.stderr
        done = run_job("--quiet", arguments=arguments(to, "lake.parquet"))
        from_lake = json.loads(done.stdout)
        assert {**from_lake, "latency_ms": 0} == {**from_zip, "latency_ms": 0}
        frame = pl.read_parquet("zip.parquet")
        assert frame.columns == SIGNALS
        assert frame.equals(pl.read_parquet("lake.parquet"))
        assert round(frame["signal"].mean(), 4) == from_zip["value"]  # type: ignore[arg-type]
    files = sorted(str(path) for path in Path("lake-exact").rglob("*.parquet"))
    assert files == [
        f"lake-exact/symbol={symbol}/{year}.parquet"
        for symbol in ("BTCUSDT", "ETHUSDT")
        for year in (2024, 2025)
    ]


def test_archives_as_they_are_published_are_clean(archives: Path, run_job: Job) -> None:
    Path("config.yaml").write_text("seed: 1\nwindow: 5\nversion: v1\nchecks: strict\n")
    done = run_job(arguments=arguments("spot", "s.csv"))
    assert done.returncode == 0, done.stdout
    assert "WARN" not in Path("run.log").read_text()  # at 2025, where spot turns to microseconds
    checked = command("check", "--input", "spot")
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "broken rules: 0" in checked.stdout
    assert barwise.check("spot", "config.yaml").is_clean


def month(year: int, month: int, unit: int) -> tuple[str, str]:
    """A month of bars, and the name of its file."""
    first = datetime(year, month, 1, tzinfo=UTC)
    until = (first + timedelta(days=31)).replace(day=1)
    return f"BTCUSDT-1h-{year}-{month:02}", klines("BTCUSDT", first, until, unit)


@pytest.mark.parametrize(
    ("first", "second", "line"),
    [
        ((2024, 1, 1_000), (2024, 2, 1_000_000), "from Unix milliseconds to Unix microseconds"),
        ((2025, 1, 1_000_000), (2025, 2, 1_000), "from Unix microseconds to Unix milliseconds"),
        ((2024, 12, 1), (2025, 1, 1_000), "from Unix seconds to Unix milliseconds"),
    ],
)
def test_another_change_of_unit_is_said_and_read_as_what_it_is(
    first: tuple[int, int, int], second: tuple[int, int, int], line: str, folder: Path
) -> None:
    for archive in (first, second):
        write_zip(folder / "spot", *month(*archive))
    [doubt] = barwise.run("spot", "config.yaml").doubts
    assert "open_time changes its unit at " in doubt
    assert line in doubt
    assert f"BTCUSDT-1h-{second[0]}-{second[1]:02}.csv in spot" in doubt
    assert command("check", "--input", "spot").returncode == 1


def test_a_change_of_unit_within_a_file_is_said(folder: Path) -> None:
    december, january = month(2024, 12, 1_000), month(2025, 1, 1_000_000)
    write_zip(folder / "spot", december[0], december[1] + january[1])
    [doubt] = barwise.run("spot", "config.yaml").doubts
    assert "changes its unit at 744 of 1488 bars" in doubt
    assert "from Unix milliseconds to Unix microseconds" in doubt


def test_a_wrong_checksum_is_found_by_name(archives: Path, run_job: Job) -> None:
    wrong = archives / "monthly/klines/ETHUSDT/1h/ETHUSDT-1h-2025-02.zip.CHECKSUM"
    wrong.write_text(f"{'0' * 64}  ETHUSDT-1h-2025-02.zip\n")
    for done in (
        run_job("--quiet", arguments=arguments("spot", "s.csv")),
        command("convert", "--input", "spot", "--to", "lake"),
        command("check", "--input", "spot"),
    ):
        assert done.returncode == 1
        assert "ETHUSDT-1h-2025-02.zip is not what" in done.stdout + done.stderr
        assert "its SHA-256 is " in done.stdout + done.stderr
    assert not Path("lake").exists()
    assert not list(Path().glob(".barwise*"))
    assert not Path("s.csv").exists()


def test_a_file_with_its_header_is_the_same(archives: Path) -> None:
    month = archives / "monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-08.zip"
    with zipfile.ZipFile(month) as archive:
        [name] = archive.namelist()
        text = archive.read(name).decode()
    Path("um").mkdir()
    Path("um", name).write_text(FUTURES_HEADER + text)
    with_header = barwise.run("um", "config.yaml")
    assert with_header.symbols == barwise.run(str(month), "config.yaml").symbols
    assert list(with_header.symbols) == ["BTCUSDT"]


def test_a_truncated_archive_is_named(archives: Path, run_job: Job) -> None:
    month = archives / "monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-08.zip"
    month.write_bytes(month.read_bytes()[:-100])
    done = run_job("--quiet", arguments=arguments("spot", "s.csv"))
    assert "BTCUSDT-1h-2024-08.zip is damaged or incomplete" in done.stdout


def test_the_interval_of_the_name_is_the_one_that_gaps_are_seen_by(folder: Path) -> None:
    first, until = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)
    write_zip(folder / "z", "BTCUSDT-30m-2024-01", klines("B", first, until, 1_000))
    [doubt] = barwise.run("z", "config.yaml").doubts
    assert doubt.startswith("open_time has gaps before 23 of 24 bars, first before '17040708")
    assert "in all 23 bars of 30m are missing" in doubt


def test_a_day_beside_its_month_is_named(archives: Path) -> None:
    first = datetime(2024, 8, 5, tzinfo=UTC)
    text = klines("BTCUSDT", first, first + timedelta(days=1), 1_000)
    write_zip(archives / "daily/klines/BTCUSDT/1h", "BTCUSDT-1h-2024-08-05", text)
    for words in (["check"], ["convert", "--to", "lake"]):
        done = command(*words, "--input", "spot")
        assert done.returncode == 1
        assert "by its name BTCUSDT-1h-2024-08.zip holds BTCUSDT-1h-2024-08-05.zip" in done.stderr
        assert done.stderr.endswith(" too: leave one of them out\n")


def test_a_download_under_way_is_left_out_with_a_warning(archives: Path, run_job: Job) -> None:
    before = run_job("--quiet", arguments=arguments("spot", "s.csv"))
    name = "BTCUSDT-1h-2025-08.zip.crdownload"
    (archives / "monthly/klines/BTCUSDT/1h" / name).write_bytes(b"PK\x03\x04half")
    done = run_job(arguments=arguments("spot", "s.csv"))
    assert done.returncode == 0
    assert (
        f" - WARNING - unfinished downloads, by their names, are left out: {archives.name}/m"
        in (done.stdout)
    )
    assert (
        json.loads(before.stdout)["value"] == json.loads(Path("metrics.json").read_text())["value"]
    )
    planned = command("plan", "--input", "spot").stdout.splitlines()
    assert planned[-2].startswith("doubt: unfinished downloads, by their names, are left out: ")
    assert planned[-2].endswith(f"{name}; finish or remove them, or rename those that are whole")
    checked = command("check", "--input", "spot")
    assert checked.returncode == 1
    assert "\ndoubt: unfinished downloads" in checked.stdout


@pytest.mark.parametrize("seconds", [0.0, 0.1, 0.2, 0.4, 0.6, 0.8])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_conversion_that_is_stopped_leaves_nothing_to_be_taken_for_whole(
    how: signal.Signals, seconds: float, folder: Path
) -> None:
    closes = np.random.default_rng(1).integers(100, 200, 300_000) / 100
    times = 1_500_000_000 + 60 * np.arange(len(closes))
    pl.DataFrame({"timestamp": times, "close": closes}).write_parquet("bars.parquet")
    words = [sys.executable, "-m", "barwise", "convert", "--input", "bars.parquet"]
    process = subprocess.Popen(
        [*words, "--config", "config.yaml", "--to", "lake"],
        env=OF_CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(0.1 + seconds)
    process.send_signal(how)
    stdout, stderr = process.communicate(timeout=HANG)
    if Path("lake").exists():  # it was done before
        assert barwise.run("lake", "config.yaml").rows_processed == len(closes)
        return
    assert process.returncode != 0
    assert not stdout
    assert how == signal.SIGKILL or not list(Path().glob(".barwise*"))
    assert stderr.count("\n") <= 1 or "Traceback" in stderr  # before Python was ready
    os.remove("data.csv")
    os.remove("config.yaml")
    [part] = barwise.plan(".", barwise.Config(1, 1, "v1")).parts
    assert part.name == "./bars.parquet"
