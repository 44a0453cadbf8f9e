"""Whatever is wrong with a cluster is one line, with exit code 1 and error metrics."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from barwise.engine.executors.dask import Dask
from barwise.errors import ExecutorError
from tests.clusters.processes import (
    Cluster,
    barwise,
    cluster,
    environment,
    lake,
    other_code,
    wait_until,
)
from tests.conftest import run_barwise
from tests.kit.processes import HANG, has_logged, wait_for

# A run whose parts wait for a file "go", or kill whoever computes the fourth: by a measure.
SCRIPT = """
import os, sys, time
go = os.path.abspath("go")
import barwise
from barwise.tuning import Tuning

class Waiting:
    name, needs, value = "slow", frozenset(), int
    def __init__(self, deadly):
        self.deadly = deadly
    def of(self, bars):
        if self.deadly and bars.part == 3:
            os.kill(os.getpid(), 9)
        while not os.path.exists(go):
            time.sleep(0.05)
        return 1
    def merge(self, left, right):
        return left + right

if __name__ == "__main__":
    one_part = Tuning(task_parts=1)
    try:
        barwise.run("bars", window=2, arithmetic="exact", measures=[Waiting("deadly" in sys.argv)],
                    tuning=one_part, executor=sys.argv[1])
    except barwise.BarwiseError as error:
        print(f"{error.code}: {error}")
"""


def error_of(job: subprocess.Popen[str]) -> str:
    """What a job that fails says: in its metrics, on stdout and in its log alike."""
    stdout, stderr = job.communicate(timeout=HANG)
    metrics = json.loads(stdout)
    assert (job.returncode, stderr, metrics["status"]) == (1, "", "error")
    assert json.loads(Path("metrics.json").read_text()) == metrics
    log = Path("run.log").read_text()
    assert log.count(f" - ERROR - {metrics['error_message']}\n") == log.count(" - ERROR - ") == 1
    return str(metrics["error_message"])


def run(on: str, input: str = "bars", **options: Any) -> subprocess.Popen[str]:
    return barwise("run", input, "--quiet", "--on", on, cwd=Path(), **options)


def script(on: str, *words: str) -> subprocess.Popen[str]:
    """`SCRIPT`, begun."""
    Path("script.py").write_text(SCRIPT)
    return subprocess.Popen(
        [sys.executable, "script.py", on, *words, ""],
        text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
    )  # fmt: skip


def said(process: subprocess.Popen[str]) -> str:
    stdout, stderr = process.communicate(timeout=HANG)
    assert stderr == ""
    return stdout


@pytest.fixture
def bars() -> None:
    lake(Path("bars"), 12, 1_000)


@pytest.mark.usefixtures("bars")
def test_nobody_at_the_address() -> None:
    error = error_of(run("dask://127.0.0.1:9"))
    assert "no Dask scheduler answers at tcp://127.0.0.1:9 within 10 s" in error


@pytest.mark.usefixtures("bars")
def test_a_scheduler_file_that_is_none() -> None:
    Path("scheduler.json").write_text('{"type": "Scheduler"}')
    for file in ("absent.json", "scheduler.json"):
        error = error_of(run(f"dask+file://{file}"))
        assert f"{file} is not the file of a Dask scheduler that runs" in error
        Path("run.log").unlink()


@pytest.mark.usefixtures("bars")
def test_dask_is_not_installed(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "distributed.py").write_text(
        "raise ModuleNotFoundError('No module named distributed', name='distributed')"
    )
    error = error_of(run("dask://127.0.0.1:9", env=environment(tmp_path / "other")))
    assert "pip install 'barwise[dask]'" in error


@pytest.mark.usefixtures("bars")
def test_what_is_wrong_with_the_input_is_told_without_a_cluster() -> None:
    assert "cannot open the input absent" in error_of(run("dask://127.0.0.1:9", "absent.csv"))


@pytest.mark.usefixtures("bars")
def test_a_worker_without_barwise_and_one_with_other_code(dask: Cluster, tmp_path: Path) -> None:
    (tmp_path / "none" / "barwise").mkdir(parents=True)
    absent = "raise ModuleNotFoundError('No module named barwise', name='barwise')"
    (tmp_path / "none" / "barwise" / "__init__.py").write_text(absent)
    with dask.worker(None, tmp_path / "none"):
        error = error_of(run(dask.on))
    assert "cannot load barwise (ModuleNotFoundError: No module named barwise)" in error
    assert error.startswith("worker tcp://127.0.0.1:")
    Path("run.log").unlink()
    with dask.worker(None, other_code(tmp_path / "other")):
        error = error_of(run(dask.on))
    assert "and this process 0.1.0+" in error
    assert "start workers from the image of this version" in error


@pytest.mark.usefixtures("bars")
def test_a_worker_of_another_version_that_joins_later(dask: Cluster, tmp_path: Path) -> None:
    other = other_code(tmp_path / "other")
    process = script(dask.on)
    wait_until(lambda: dask.tasks() > 1, process)
    with dask.worker(None, other):
        Path("go").touch()
        error = said(process)
    assert error.startswith("executor_failed: bars/bars-000")
    assert "a worker of another version has joined" in error


def test_a_worker_that_lacks_a_file_and_one_that_sees_another(
    dask: Cluster, tmp_path: Path
) -> None:
    """A path below /proc/self/cwd is another one for each process."""
    for folder in (dask.folder, Path()):
        if not (folder / "bars").exists():
            lake(folder / "bars", 3, 100)
    with os.scandir("bars") as files:
        for file in files:
            there = os.stat(dask.folder / "bars" / file.name)
            os.utime(file, ns=(there.st_atime_ns, there.st_mtime_ns))
    bars = "/proc/self/cwd/bars"
    job = run(dask.on, bars)
    assert json.loads(said(job))["rows_processed"] == 300
    (tmp_path / "elsewhere").mkdir()
    with dask.worker(tmp_path / "elsewhere"):
        error = error_of(run(dask.on, bars))
        assert "does not see /proc/self/cwd/bars/bars-00000.parquet (No such file" in error
    Path("run.log").unlink()
    os.utime("bars/bars-00002.parquet")
    error = error_of(run(dask.on, bars))
    assert "sees another /proc/self/cwd/bars/bars-00002.parquet" in error
    assert "put it on a path, or in a bucket, that all workers share" in error


@pytest.mark.usefixtures("bars")
def test_a_part_that_kills_workers_is_named(dask: Cluster) -> None:
    Path("go").touch()
    error = said(script(dask.on, "deadly"))
    assert error.startswith("executor_failed: bars/bars-00003.parquet killed 4 workers")
    wait_until(lambda: len(dask.workers()) == 2, dask.scheduler)


def test_a_scheduler_that_is_killed(tmp_path: Path) -> None:
    lake(Path("bars"), 240, 300_000)
    with cluster(tmp_path / "cluster", workers=1) as own:
        job = run(own.on)
        wait_until(lambda: own.tasks() > 1, job)
        own.scheduler.kill()
        began = time.monotonic()
        error = error_of(job)
    assert f"the connection to the Dask scheduler at {own.address} is lost" in error
    assert time.monotonic() - began < 60  # 3 s, on a machine that is not busy


def test_a_cluster_that_never_has_a_worker(tmp_path: Path) -> None:
    lake(Path("bars"), 1, 100)
    import barwise

    with (
        cluster(tmp_path / "cluster", workers=0) as own,
        pytest.raises(ExecutorError, match="has had no worker for 1 s: start one"),
    ):
        barwise.run("bars", window=2, executor=Dask(own.address, wait=1.0))


def test_words_that_name_no_executor() -> None:
    for word, why in {
        "processes:0": "names no processes",
        "processes": "names no processes",
        "threads:3": "write --workers",
        "dask://": "is not where a run can be computed",
        "dask://user:secret@host:1": "is not where a run can be computed",
        "ray://host": "is not where a run can be computed",
    }.items():
        done = run_barwise("run", "data.csv", "--on", word)
        assert why in json.loads(done.stdout)["error_message"]
        assert done.returncode == 1


@pytest.mark.parametrize(
    ("command", "words", "why"),
    [
        ("run", ["--workers", "2"], "--workers are threads, and 'processes:2' computes"),
        ("check", ["--workers", "2"], "--workers are threads, and 'processes:2' computes"),
        ("run", ["--signals", "s.csv"], "--signals writes rows in order"),
        ("convert", ["--to", "lake"], "convert writes rows in order"),
    ],
)
def test_what_cannot_be_computed_elsewhere(command: str, words: list[str], why: str) -> None:
    done = run_barwise(command, "data.csv", *words, "--on", "processes:2")
    assert done.returncode == 1
    assert why in done.stderr


def test_a_run_of_threads_imports_nothing_of_this() -> None:
    code = (
        "import sys; from barwise.commands.main import main; main(sys.argv[1:]); "
        "print({'dask', 'distributed', 'multiprocessing', 'cloudpickle'} & {*sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "run", "data.csv", "--quiet"],
        capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    assert done.stdout.endswith("}\nset()\n"), done


class TestProcesses:
    """`--on processes:N`."""

    @pytest.fixture
    def job(self) -> subprocess.Popen[str]:
        """A run of two processes, both of which compute."""
        lake(Path("bars"), 240, 300_000)
        job = run("processes:2", start_new_session=True)
        wait_for(lambda: has_logged("Config loaded"), job)
        wait_until(lambda: len(computing(job)) == 2, job)
        return job

    def test_one_that_is_killed_is_one_line(self, job: subprocess.Popen[str]) -> None:
        os.kill(computing(job)[0], signal.SIGKILL)
        error = error_of(job)
        assert error.startswith("a process was killed while bars/symbol=S")

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
    def test_a_signal_to_all_of_them_leaves_one_line_and_no_process(
        self, number: int, job: subprocess.Popen[str]
    ) -> None:
        os.killpg(job.pid, number)
        assert "stopped by" in error_of(job)
        wait_until(lambda: not group(job.pid), job if job.poll() is None else ENDED)

    def test_none_outlives_a_parent_that_is_killed(self, job: subprocess.Popen[str]) -> None:
        job.kill()
        _, stderr = job.communicate(timeout=HANG)
        assert "Traceback" not in stderr  # Python's tracker says that it removes semaphores
        wait_until(lambda: not group(job.pid), ENDED)


class _Ended:
    def poll(self) -> None:
        """Whatever is waited for need not come before a process ends."""


ENDED: Any = _Ended()


def group(leader: int) -> list[int]:
    """The processes of a group that are not over; proc_pid_stat(5)."""
    pids = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[2]) == leader and fields[0] != "Z":
            pids.append(int(name))
    return pids


def computing(job: subprocess.Popen[str]) -> list[int]:
    """The processes of a job that have a thread of their own, as those that compute have."""
    found = []
    for pid in group(job.pid):
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
        if pid != job.pid and b"spawn_main" in words and len(os.listdir(f"/proc/{pid}/task")) > 1:
            found.append(pid)
    return found
