"""Signals and kills at any instant: one whole answer, and no half file."""

from __future__ import annotations

import fcntl
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import JOB, ROOT, Job
from tests.kit.processes import (
    HANG,
    OLD,
    cpu_seconds,
    has_logged,
    is_asleep,
    temporaries,
    wait_for,
)

# Seconds of a processor: 0.5 on a quiet machine; over 1 was seen beside five other processes.
MOST_WORK = 5


def start(**options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), *JOB],
        text=True,
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options},
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize(
    ("first", "pairs"), [("close", 25_000_000), ('"note\nof two lines",close\n,1', 2_000_000)]
)
def test_a_signal_ends_the_job_before_much_more_work(
    number: signal.Signals, first: str, pairs: int, folder: Path
) -> None:
    with (folder / "data.csv").open("w") as bars:  # the strict reader reads the second
        comma = "," * first.count(",1")
        bars.write(f"{first}\n" + f"{comma}1.25\n{comma}2.5\n" * pairs)
    before = cpu_seconds_of_children()
    job = start()
    wait_for(lambda: has_logged("Config loaded"), job)
    begun = cpu_seconds(job)
    wait_for(lambda: cpu_seconds(job) > begun + 0.3, job)
    worked = cpu_seconds(job)
    job.send_signal(number)
    stdout, stderr = job.communicate(timeout=HANG)
    assert cpu_seconds_of_children() - before - worked < MOST_WORK
    assert (job.returncode, stderr) == (1, "")
    metrics = json.loads((folder / "metrics.json").read_text())
    assert metrics["version"] == "v7"
    assert number.name in metrics["error_message"]
    assert (folder / "run.log").read_text().count(" - ERROR - ") == 1
    assert json.loads(stdout[stdout.index("{\n") :]) == metrics
    assert not temporaries(folder)


def cpu_seconds_of_children() -> float:
    """The processor time of all processes that have been waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


class Instants:
    """Random instants in the life of a job, about as many within it as after its end.

    How long a job takes depends on what else the machine does, so it is learned on the way.
    """

    def __init__(self, seed: int, run_job: Job) -> None:
        run_job()
        began = time.monotonic()
        run_job()
        self.seconds = time.monotonic() - began
        self.random = random.Random(seed)

    def wait(self, earliest: float) -> None:
        """Waits from `earliest` of a job's seconds on."""
        time.sleep(self.random.uniform(earliest, 1.5) * self.seconds)

    def learn(self, was_done: bool) -> None:
        """Takes whether the last instant was after the job's end."""
        self.seconds *= 0.93 if was_done else 1.07


@pytest.mark.parametrize("capacity", [0, 400, 700])
@pytest.mark.parametrize("signals", [1, 2])
def test_a_reader_of_stdout_that_is_stuck_is_left(
    folder: Path, capacity: int, signals: int
) -> None:
    (folder / "metrics.json").write_text(OLD)
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    size = fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, 4096)
    os.write(writer, b"x" * (size - capacity))
    os.set_blocking(writer, True)
    job = start(stdout=writer)
    log_file = folder / "run.log"

    def is_stuck() -> bool:
        """What it has logged is more than its reader takes; or it is at its end."""
        if job.poll() is not None or has_logged("Job completed"):
            return True
        return log_file.exists() and log_file.stat().st_size > capacity and is_asleep(job)

    wait_for(is_stuck, job)
    for _ in range(signals):
        job.send_signal(signal.SIGTERM)
    job.communicate(timeout=HANG)
    os.close(writer)
    os.close(reader)
    metrics = json.loads((folder / "metrics.json").read_text())
    log = log_file.read_text()
    assert metrics["status"] == {0: "success", 1: "error"}[job.returncode]
    assert log.count("Job completed") == 1 - job.returncode
    assert log.count(" - ERROR - ") == job.returncode


def test_nothing_is_imported_where_a_signal_may_raise(folder: Path) -> None:
    code = (
        "import sys; from barwise.commands import job, main; "
        "inner = job._prepared_run; loaded = []; "
        "job._prepared_run = lambda *a: (inner(*a), loaded.extend(sys.modules))[0]; "
        f"main.run_job({JOB} + ['--quiet']); "
        "print(sorted(set(sys.modules) - set(loaded)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.endswith("}\n[]\n"), done


def test_signals_at_any_instant_leave_one_whole_answer(folder: Path, run_job: Job) -> None:
    instants = Instants(1, run_job)
    ends = set()
    for number in range(150):
        (folder / "metrics.json").write_text(OLD)
        (folder / "run.log").unlink(missing_ok=True)
        job = start()
        instants.wait(0.2)
        job.send_signal(signal.SIGTERM)
        if number % 2:
            job.send_signal(signal.SIGHUP)
        stdout, stderr = job.communicate(timeout=HANG)
        ends.add(job.returncode)
        instants.learn(job.returncode == 0)
        if job.returncode == -signal.SIGTERM:  # before Python could listen
            assert (stdout, (folder / "metrics.json").read_text()) == ("", OLD)
            continue
        metrics = json.loads((folder / "metrics.json").read_text())
        log = (folder / "run.log").read_text() if (folder / "run.log").exists() else ""
        assert metrics["status"] == {0: "success", 1: "error"}[job.returncode]
        assert log.count(" - ERROR - ") <= job.returncode
        assert log.count("Job completed") == 1 - job.returncode
        assert stderr == ""
        assert not temporaries(folder)
    assert {0, 1} <= ends


def test_200_kills_leave_a_whole_old_or_a_whole_new_file(folder: Path, run_job: Job) -> None:
    instants = Instants(2, run_job)
    new = 0
    for _ in range(200):
        (folder / "metrics.json").write_text(OLD)
        job = start(stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        instants.wait(0.0)
        job.kill()
        job.wait(timeout=HANG)
        text = (folder / "metrics.json").read_text()
        instants.learn(text != OLD)
        if text != OLD:
            assert json.loads(text)["value"] == 0.25
            assert text.endswith("\n}\n")
            new += 1
    assert 0 < new < 200  # the kills fell on both sides of the renaming


def test_sigint_that_is_ignored_as_in_a_shells_background_stops_nothing(folder: Path) -> None:
    """Polars has a handler of its own while it works."""
    with open("data.csv", "w") as file:
        file.write("close\n" + "1.25\n2.5\n" * 2_000_000)
    process = start(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN))
    while process.poll() is None:
        process.send_signal(signal.SIGINT)
        time.sleep(0.005)
    process.communicate()
    assert process.returncode == 0
    assert json.loads((folder / "metrics.json").read_text())["rows_processed"] == 4_000_000
