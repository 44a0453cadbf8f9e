"""A sample of `make faults`: calls of a run that fail, and what it leaves then."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tests.faults.cases import CASES
from tests.faults.faults import Fault, Subject, sample
from tests.faults.injecting import Injector


@pytest.mark.parametrize("name", CASES)
def test_a_call_that_fails_is_an_error_that_says_it_or_harms_nothing(
    name: str, injector: Injector, tmp_path: Path
) -> None:
    subject = Subject(CASES[name], injector, tmp_path)
    faults = sample(subject.faults(of_python=False), 8, seed=3)
    assert len(faults) == 8
    for fault in faults:
        call, ended, wrong = subject.suffer(fault)
        assert not wrong, (call, fault, ended)


@pytest.mark.parametrize("name", ["run", "check"])
def test_so_is_a_call_that_python_makes_for_itself(
    name: str, injector: Injector, tmp_path: Path
) -> None:
    subject = Subject(CASES[name], injector, tmp_path)
    for fault in sample(subject.faults(of_python=True), 3, seed=3):
        call, ended, wrong = subject.suffer(fault)
        assert not wrong, (call, fault, ended)


# Calls that once failed with a traceback, or with a message about another file.
ONCE_WRONG = [
    ("run", "fstat64", "run.log", errno.EIO, "cannot write the log file run.log: "),
    ("run", "close", "run.log", errno.EIO, None),
    ("run", "close", "config.yaml", errno.EIO, None),
    ("run, all outputs", "stat64", "data.csv", errno.EACCES, "data.csv"),
    ("check", "close", "data.csv", errno.EIO, None),
    ("check", "stat64", "report.json", errno.EIO, "report.json"),
    ("run, bad bars", "preadv64v2", "data.csv", errno.EIO, "close is 'x'"),
    ("verify", "read", "record.json", errno.EIO, "record.json"),
    ("convert", "fsync", "folder", errno.EIO, "the lake folder lake is there, but its disk"),
    ("convert", "close", "2024.parquet", errno.EDQUOT, "cannot write the lake folder lake: "),
]


@pytest.mark.parametrize(("name", "call", "file", "error", "message"), ONCE_WRONG)
def test_what_once_went_wrong(
    name: str,
    call: str,
    file: str,
    error: int,
    message: str | None,
    injector: Injector,
    tmp_path: Path,
) -> None:
    """No message: the run succeeds."""
    subject = Subject(CASES[name], injector, tmp_path)
    calls = [one for one in subject.usual.calls if one.name == call and one.file.endswith(file)]
    assert calls
    for one in calls:
        _, ended, wrong = subject.suffer(Fault(one, error))
        assert not wrong
        is_told = message is not None and message in ended.stdout + ended.stderr
        assert ended.code == (1 if is_told else 0)
