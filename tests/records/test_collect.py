"""A record is written by a job that succeeds, of files that did not change."""

from __future__ import annotations

import os
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

import barwise
from barwise.commands import main
from barwise.errors import OutputError
from barwise.files.limits import LARGEST_RECORD
from barwise.outputs.metrics_file import MetricsFile
from barwise.records import load
from barwise.records.collect import RecordFile
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


@pytest.mark.parametrize(
    ("doubts", "is_readable"), [(["a"] * 3_500_000, True), (["a" * 2**26], False)]
)
def test_a_record_is_as_small_as_verify_reads_or_is_not_written(
    doubts: list[str], is_readable: bool
) -> None:
    result = barwise.run("data.csv", "config.yaml", measures=[barwise.BlockDigests()])
    with (
        closing(RecordFile("record.json", "config.yaml", workers=1)) as output,
        ExitStack() as appearing,
    ):
        output.claim({"data.csv": None})
        metrics = MetricsFile("metrics.json")
        metrics.claim({"data.csv": None})
        outputs = [output, metrics]
        if is_readable:
            output.write(result._replace(doubts=tuple(doubts)), outputs, appearing)
        else:
            with pytest.raises(OutputError, match=f"verify reads at most {LARGEST_RECORD}: leave"):
                output.write(result._replace(doubts=tuple(doubts)), outputs, appearing)
    assert Path("record.json").exists() == is_readable
    if is_readable:
        assert load.load("record.json").own_details.run.doubts == doubts
