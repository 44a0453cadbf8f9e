"""Faults that are real: full disks, closed streams, outputs that must not be written."""

from __future__ import annotations

import fcntl
import json
import os
import resource
from pathlib import Path
from typing import IO

import pytest

from tests.conftest import JOB, Job
from tests.kit.processes import OLD, temporaries


def test_a_full_disk_leaves_the_earlier_metrics_whole(folder: Path, run_job: Job) -> None:
    (folder / "metrics.json").write_text(OLD)

    def full_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20, 20))

    arguments = [*JOB[:-1], "/dev/null"]
    done = run_job(arguments=arguments, preexec_fn=full_disk)
    assert done.returncode == 1
    assert (
        "cannot write the metrics file"
        in json.loads(done.stdout[done.stdout.index("{\n") :])["error_message"]
    )
    assert (folder / "metrics.json").read_text() == OLD
    assert done.stderr.splitlines()[-1] == "metrics.json is from an earlier run"
    assert not temporaries(folder)


def test_a_full_log_fails_the_job_before_any_work(folder: Path, run_job: Job) -> None:
    (folder / "config.yaml").unlink()  # would be the error, were it looked for
    done = run_job(arguments=[*JOB[:-1], "/dev/full"])
    assert done.returncode == 1
    message = json.loads((folder / "metrics.json").read_text())["error_message"]
    assert message.startswith("cannot write the log file /dev/full: No space left on device")


def test_a_log_that_fills_up_at_the_end_keeps_success_from_being_claimed(
    folder: Path, run_job: Job
) -> None:
    (folder / "run.log").write_text("x" * 4_000)

    def nearly_full_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_300, 4_300))

    done = run_job(preexec_fn=nearly_full_disk)
    assert done.returncode == 1
    assert json.loads((folder / "metrics.json").read_text())["status"] == "error"
    assert not temporaries(folder)


def test_a_folder_that_is_not_writable(folder: Path, run_job: Job) -> None:
    (folder / "metrics.json").write_text(OLD)
    folder.chmod(0o555)
    # Root may write anywhere until it gives that up.
    powerless = ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []
    done = run_job(arguments=[*JOB[:-1], "/dev/null"], prefix=powerless)
    folder.chmod(0o755)
    assert done.returncode == 1
    assert "metrics.json: its folder is not writable" in done.stdout
    assert (folder / "metrics.json").read_text() == OLD
    assert "metrics.json is from an earlier run" in done.stderr


@pytest.mark.parametrize("output", ["data.csv", "config.yaml", "run.log", "linked", "."])
def test_a_refused_output_touches_the_log_alone(output: str, folder: Path, run_job: Job) -> None:
    os.symlink("data.csv", "linked")
    before = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    done = run_job("--quiet", arguments=[output if x == "metrics.json" else x for x in JOB])
    assert done.returncode == 1
    message = json.loads(done.stdout)["error_message"]
    after = {p.name: p.read_bytes() for p in folder.iterdir() if p.is_file()}
    if output != "run.log":
        assert after.pop("run.log").decode().endswith(f" - ERROR - {message}\n")
    assert after == before


def test_a_log_that_is_the_input_touches_nothing(folder: Path, run_job: Job) -> None:
    before = sorted((p.name, p.read_bytes()) for p in folder.iterdir())
    assert run_job(arguments=["data.csv" if x == "run.log" else x for x in JOB]).returncode == 1
    assert sorted((p.name, p.read_bytes()) for p in folder.iterdir()) == before


def closed() -> None:
    os.close(1)


@pytest.mark.parametrize("stdout", ["/dev/full", "closed", "pipe"])
def test_stdout_that_takes_nothing_changes_nothing(stdout: str, folder: Path, run_job: Job) -> None:
    target: IO[str] | int
    with open("/dev/full", "w") as full:
        if stdout == "pipe":
            reader, target = os.pipe()
            os.close(reader)
        else:
            target = full.fileno()
        done = run_job(stdout=target, preexec_fn=closed if stdout == "closed" else None)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads((folder / "metrics.json").read_text())["status"] == "success"
    assert (folder / "run.log").read_text().count("\n") == 7


def test_a_reader_of_the_log_that_is_stuck_is_an_error(folder: Path, run_job: Job) -> None:
    os.mkfifo("pipe")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open("pipe", os.O_WRONLY)
    os.write(writer, b"x" * fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ))
    done = run_job(arguments=["pipe" if x == "run.log" else x for x in JOB])
    os.close(reader)
    os.close(writer)
    assert done.returncode == 1
    assert "cannot write the log file pipe" in (folder / "metrics.json").read_text()


def test_a_log_that_stdout_would_overwrite_is_refused(folder: Path, run_job: Job) -> None:
    with open("out.txt", "w") as out:
        done = run_job(arguments=[*JOB[:-1], "/dev/stdout"], stdout=out)
    assert done.returncode == 1
    assert "is where stdout or stderr goes" in (folder / "metrics.json").read_text()
    with open("run.log", "a") as out:  # appends, so that nothing is lost
        assert run_job(stdout=out).returncode == 0


def test_a_wrong_command_line_tells_of_old_metrics(folder: Path, run_job: Job) -> None:
    (folder / "metrics.json").write_text(OLD)
    for arguments in ([*JOB, "--quite"], ["--output=metrics.json"]):
        done = run_job(arguments=arguments)
        assert done.returncode == 1
        assert done.stderr.splitlines()[-1] == "metrics.json is from an earlier run"
        assert (folder / "metrics.json").read_text() == OLD
