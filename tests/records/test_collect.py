"""A record is written by a job that succeeds, of files that did not change."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from barwise.commands import main
from tests.kit.records import JOB_WITH_RECORD


def test_a_record_of_a_job_that_failed_after_it_is_removed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    replace = os.replace

    def no_metrics(source: str, target: str) -> None:
        if target.endswith("metrics.json") and os.path.exists("record.json"):
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", no_metrics)
    assert main.run_job([*JOB_WITH_RECORD, "--signals", "signals.csv"]) == 1
    assert capsys.readouterr().err == (
        "cannot write the metrics file metrics.json: No space left on device; free space there\n"
        "signals.csv is from this run, which failed after it\n"
        "record.json is removed, since its run failed after it\n"
    )
    assert not Path("record.json").exists()


def test_a_file_that_changed_is_not_called_damaged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from barwise.engine import run

    read_well = run.run

    def late(*words: Any, **options: Any) -> Any:
        Path("data.csv").write_text("close\nabc\n")
        return read_well(*words, **options)

    monkeypatch.setattr(run, "run", late)
    assert main.run_job(JOB_WITH_RECORD) == 1
    assert "the input data.csv changed while it was read" in capsys.readouterr().out
