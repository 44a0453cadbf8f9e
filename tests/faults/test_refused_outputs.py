"""An output that is refused is told in the log too, unless the log is what it clashes with."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Job
from tests.kit.processes import OLD, temporaries

PATHS = {
    "--input": "data.csv",
    "--config": "config.yaml",
    "--output": "metrics.json",
    "--log-file": "run.log",
    "--signals": "signals.csv",
    "--record": "record.json",
}
OUTPUTS = ["--output", "--signals", "--record"]


def in_no_folder(path: str) -> str:
    return f"nowhere/{path}"


def in_a_closed_folder(path: str) -> str:
    Path("closed").mkdir(mode=0o555)
    return f"closed/{path}"


def in_a_file(path: str) -> str:
    return f"config.yaml/{path}"


def a_folder(path: str) -> str:
    Path(path).mkdir()
    return path


def a_pipe(path: str) -> str:
    os.mkfifo(path)
    return path


def a_full_device(path: str) -> str:
    Path(path).symlink_to("/dev/full")
    return path


def a_link_to_itself(path: str) -> str:
    Path(path).symlink_to(path)
    return path


def a_long_name(path: str) -> str:
    return "x" * 300 + path


def the_input(path: str) -> str:
    Path(path).symlink_to("data.csv")
    return path


def the_config(path: str) -> str:
    os.link("config.yaml", path)
    return path


WAYS = [
    in_no_folder, in_a_closed_folder, in_a_file, a_folder, a_pipe, a_full_device,
    a_link_to_itself, a_long_name, the_input, the_config,
]  # fmt: skip


def words(**paths: str) -> list[str]:
    named = {**PATHS, **{f"--{flag.replace('_', '-')}": path for flag, path in paths.items()}}
    return [word for pair in named.items() for word in pair]


@pytest.fixture
def powerless() -> list[str]:
    """What keeps root from writing anywhere."""
    return ["setpriv", "--bounding-set=-dac_override"] if os.geteuid() == 0 else []


def refused(run_job: Job, arguments: list[str], prefix: list[str]) -> str:
    """The message of a job that must fail; it is on stdout."""
    done = run_job("--quiet", arguments=arguments, prefix=prefix)
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stdout
    message = json.loads(done.stdout)["error_message"]
    assert isinstance(message, str)
    return message


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("output", OUTPUTS)
def test_a_refused_output_is_told_in_the_log(
    output: str, way: Callable[[str], str], folder: Path, run_job: Job, powerless: list[str]
) -> None:
    path = way(PATHS[output])
    message = refused(run_job, words(**{output[2:]: path}), powerless)
    log = (folder / "run.log").read_text()
    assert log.endswith(f" - ERROR - {message}\n")
    assert log.count("\n") == 1
    assert not temporaries(folder)


@pytest.mark.parametrize(
    ("output", "other"), [(one, two) for one in OUTPUTS for two in OUTPUTS if one < two]
)
@pytest.mark.parametrize("linked", [False, True])
def test_two_outputs_in_one_file_are_told_in_the_log(
    output: str, other: str, linked: bool, folder: Path, run_job: Job, powerless: list[str]
) -> None:
    path = PATHS[other]
    if linked:
        path = PATHS[output]
        (folder / PATHS[other]).write_text(OLD)
        os.link(PATHS[other], path)
    message = refused(run_job, words(**{output[2:]: path}), powerless)
    assert "is also the" in message
    assert (folder / "run.log").read_text().endswith(f" - ERROR - {message}\n")


@pytest.mark.parametrize("other", [flag for flag in PATHS if flag != "--log-file"])
@pytest.mark.parametrize("link", [os.link, os.symlink, None])
def test_a_log_that_is_another_file_is_not_touched(
    other: str,
    link: Callable[[str, str], None] | None,
    folder: Path,
    run_job: Job,
    powerless: list[str],
) -> None:
    path = PATHS[other]
    if not (folder / path).exists():
        (folder / path).write_text(OLD)
    if link:
        link(path, "linked")
        path = "linked"
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    refused(run_job, words(log_file=path), powerless)
    # Another clash is found first, and the log is no less another file for that.
    clash = {"signals" if other == "--output" else "output": "data.csv"}
    refused(run_job, words(log_file=path, **clash), powerless)
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


def test_a_log_in_an_input_folder_is_not_begun(
    folder: Path, run_job: Job, powerless: list[str]
) -> None:
    (folder / "bars").mkdir()
    (folder / "data.csv").rename(folder / "bars" / "data.csv")
    refused(run_job, words(input="bars", log_file="bars/run.log"), powerless)
    assert [file.name for file in (folder / "bars").iterdir()] == ["data.csv"]


def test_a_log_that_is_refused_with_another_output_is_told_on_stderr(
    folder: Path, run_job: Job
) -> None:
    (folder / "run.log").mkdir()
    (folder / "signals.csv").mkdir()
    done = run_job("--quiet", arguments=words())
    assert "the signals file signals.csv is a folder" in done.stdout
    assert done.stderr.splitlines()[-1] == "the log file run.log is a folder: name a regular file"
