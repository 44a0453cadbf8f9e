"""The code of each error, in the error metrics where the config asks for it: by real runs."""

from __future__ import annotations

import gzip
import json
import os
import re
import resource
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from barwise import errors
from barwise.errors import CODES, BarwiseError
from tests.conftest import BARS, CONFIG, JOB, ROOT, Job, run_barwise
from tests.kit.processes import HANG, has_logged, wait_for
from tests.kit.schemas.files import validator

ASKS = f"{CONFIG}error_code: true\n"
NEWEST_FIRST = "timestamp,close\n2024-01-03,3\n2024-01-02,2\n2024-01-01,1\n"


def job(**paths: str) -> list[str]:
    """The words of the job, with other paths for some of its options."""
    words = [*JOB]
    for option, path in paths.items():
        words[words.index(f"--{option}") + 1] = path
    return words


def written(text: str | bytes, more: str = "") -> Callable[[], dict[str, Any]]:
    """Writes data.csv, and more of the config."""

    def write() -> dict[str, Any]:
        Path("data.csv").write_bytes(text.encode() if isinstance(text, str) else text)
        Path("config.yaml").write_text(ASKS + more)
        return {}

    return write


def large_stacks() -> None:
    """A thread's stack is as large as this limit says, and larger than the memory."""
    resource.setrlimit(resource.RLIMIT_STACK, (4 << 30, resource.RLIM_INFINITY))
    resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))


def small_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))


def pyarrow_that(line: str) -> Callable[[], dict[str, Any]]:
    """Another module of that name, which does something when it is imported."""

    def make() -> dict[str, Any]:
        pl.DataFrame({"close": [1.0, 2.0]}).write_parquet("data.csv")
        Path("other").mkdir()
        Path("other/pyarrow.py").write_text(f"{line}\n")
        return {"env": {"PYTHONPATH": str(Path("other").absolute())}}

    return make


def long_bars() -> dict[str, Any]:
    pl.DataFrame({"close": np.arange(3_000_000) % 1009 / 8}).write_csv("data.csv")
    return {"preexec_fn": large_stacks}


# By code, what is done before the run, with options of its process; and its words.
CASES: list[tuple[str, Callable[[], dict[str, Any]], list[str]]] = [
    ("usage", dict, [*JOB, "--windw", "3"]),
    ("usage", dict, JOB[:-1]),
    ("executor_failed", dict, [*JOB, "--on", "dask+file://absent.json"]),
    ("config_invalid", written(BARS, "windw: 3\n"), JOB),
    ("config_invalid", written(BARS, "csv: {decimal: x}\n"), JOB),
    ("input_not_found", dict, job(input="absent.csv")),
    ("input_not_found", dict, job(input="absent-*.csv")),
    ("input_unreadable", written(gzip.compress(BARS.encode())[:-9]), JOB),
    ("input_unreadable", dict, job(input="/dev/null")),
    ("input_invalid", written("price\n1\n"), JOB),
    ("input_invalid", written("time,close\n1\n"), JOB),
    ("no_rows", written(""), JOB),
    ("no_rows", written("close\n"), JOB),
    ("price_invalid", written("close\n1\nabc\n"), JOB),
    ("price_invalid", written("close\nNA\nNA\n"), JOB),
    ("check_failed", written(NEWEST_FIRST, "checks: strict\n"), JOB),
    ("output_refused", dict, job(output="data.csv")),
    ("output_refused", dict, job(output="none/metrics.json")),
    ("output_failed", dict, job(**{"log-file": "/dev/full"})),
    ("output_failed", lambda: {"preexec_fn": small_files}, [*JOB, "--record", "record.json"]),
    ("limit_reached", long_bars, [*JOB, "--workers", "2"]),
    ("not_installed", pyarrow_that("raise ModuleNotFoundError(name='pyarrow')"), JOB),
    ("internal", pyarrow_that("raise KeyError('a fault')"), JOB),
]
BY_OTHER_TESTS = {"stopped", "input_changed", "out_of_memory", "record_invalid"}


@pytest.mark.parametrize(("code", "prepare", "words"), CASES)
def test_each_code_is_reached_by_a_run(
    code: str, prepare: Callable[[], dict[str, Any]], words: list[str], run_job: Job
) -> None:
    Path("config.yaml").write_text(ASKS)
    done = run_job("--quiet", arguments=words, **prepare())
    metrics = json.loads(done.stdout)
    assert done.returncode == 1
    assert list(metrics) == ["version", "status", "error_message", "error_code"]
    assert metrics["error_code"] == code, metrics
    validator("metrics").validate(metrics)


def test_every_documented_code_is_reached() -> None:
    assert {code for code, *_ in CASES} | BY_OTHER_TESTS == CODES.keys()
    page = (ROOT / "docs" / "machines.md").read_text()
    assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page, re.M)).items() >= CODES.items()


def test_a_record_that_cannot_be_read_has_a_code() -> None:
    done = run_barwise("verify", "--json", "data.csv")
    assert json.loads(done.stdout)["error_code"] == "record_invalid"


def test_a_job_that_is_stopped_has_a_code(folder: Path) -> None:
    Path("config.yaml").write_text(ASKS)
    pl.DataFrame({"close": np.arange(24_000_000) % 1009 / 8}).write_csv("data.csv")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), *JOB], stdout=subprocess.DEVNULL
    )
    wait_for(lambda: has_logged("Config loaded"), process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=HANG) == 1
    assert json.loads(Path("metrics.json").read_text())["error_code"] == "stopped"


def test_a_job_without_memory_has_a_code(run_job: Job) -> None:
    Path("config.yaml").write_text(ASKS)
    pl.DataFrame({"close": np.arange(3_000_000) % 1009 / 8}).write_csv("data.csv")

    def code_within(megabytes: int) -> Any:
        limit = (megabytes << 20, megabytes << 20)
        done = run_job("--quiet", preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, limit))
        return json.loads(done.stdout or "{}").get("error_code")

    # How much a job needs depends on the machine, its cores and its Python.
    assert "out_of_memory" in map(code_within, (150, 110, 190, 220, 250, 300))


def test_an_input_that_changes_while_it_is_read_has_a_code(folder: Path) -> None:
    Path("config.yaml").write_text(ASKS)
    pl.DataFrame({"close": np.arange(24_000_000) % 1009 / 8}).write_csv("data.csv")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), *JOB, "--record", "record.json"],
        stdout=subprocess.DEVNULL,
    )
    wait_for(lambda: has_logged("Config loaded"), process)
    os.utime("data.csv", (1, 1))
    assert process.wait(timeout=HANG) == 1
    assert json.loads(Path("metrics.json").read_text())["error_code"] == "input_changed"


@pytest.mark.parametrize(
    "config",
    [
        CONFIG,
        f"{CONFIG}error_code: false\n",
        f"{CONFIG}error_code: yes\n",
        f"{CONFIG}error_code: 'true'\n",
        f"{CONFIG}error_code: true\nerror_code: true\n",
        f"{ASKS}window: [\n",
    ],
)
def test_without_the_key_the_error_metrics_are_as_the_contract_has_them(
    config: str, run_job: Job
) -> None:
    Path("config.yaml").write_text(config)
    for words in (job(input="absent.csv"), job(output="data.csv"), [*JOB, "--windw"]):
        done = run_job("--quiet", arguments=words)
        metrics = json.loads(done.stdout)
        assert list(metrics) == ["version", "status", "error_message"]
        validator("metrics").validate(metrics)


def test_a_run_that_succeeds_has_no_code(run_job: Job) -> None:
    Path("config.yaml").write_text(ASKS)
    assert "error_code" not in json.loads(run_job("--quiet").stdout)


def test_each_class_of_errors_has_a_code_of_its_own() -> None:
    classes = [c for c in vars(errors).values() if isinstance(c, type)]
    codes = [c.code for c in classes if issubclass(c, BarwiseError)]
    assert {*codes} <= CODES.keys()
    assert len({*codes}) == len(codes)
