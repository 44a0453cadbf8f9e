"""A read that never returns, as of a network disk that is gone, and then a SIGTERM."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pyarrow.csv
import pyarrow.parquet
import pytest

from tests.faults.cases import MANY_ROWS, OF_RUN, bars
from tests.faults.injecting import NEVER, Call, Injector, command
from tests.kit.processes import HANG, temporaries, wait_for

READS = ("read", "pread", "pread64")


def reads_of(injector: Injector, words: list[str], path: Path) -> list[Call]:
    ended = injector.run(words, path.parent, 0, 0, afresh=True)
    assert ended.code == 0
    return [c for c in ended.calls if c.name in READS and c.file == os.path.realpath(path)]


def stopped(injector: Injector, words: list[str], call: Call) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a command whose call hangs, and that is then stopped."""
    report = Path.cwd().with_suffix(".hangs")
    report.touch()
    environment = {
        "FAULT_AT": str(call.number), "FAULT_ERROR": str(NEVER), "FAULT_REPORT": str(report)
    }  # fmt: skip
    process = subprocess.Popen(
        command(words), env={**injector.preloaded(), **environment}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    wait_for(lambda: bool(report.read_text()), process)
    process.terminate()
    stdout, stderr = process.communicate(timeout=HANG)
    return process.returncode, stdout, stderr


@pytest.mark.parametrize("which", [0, -1], ids=["first", "last"])
@pytest.mark.parametrize("name", ["data.csv", "data.parquet"])
def test_a_run_ends_with_its_error_metrics(
    name: str, which: int, folder: Path, injector: Injector
) -> None:
    (folder / "data.csv").write_text(bars(MANY_ROWS))
    table = pyarrow.csv.read_csv(folder / "data.csv")
    pyarrow.parquet.write_table(table, folder / "data.parquet")
    words = ["run", name, *OF_RUN, "--signals", "signals.csv"]
    call = reads_of(injector, words, folder / name)[which]
    code, stdout, stderr = stopped(injector, words, call)
    assert (code, stderr) == (1, "signals.csv is from an earlier run\n")
    error = json.loads((folder / "metrics.json").read_text())
    assert error["error_message"].startswith("stopped by SIGTERM")
    assert json.loads(stdout[stdout.index("{") :]) == error
    assert "ERROR - stopped by SIGTERM" in (folder / "run.log").read_text()
    assert not temporaries(folder)


def test_a_check_ends_with_a_line(folder: Path, injector: Injector) -> None:
    words = ["check", "data.csv", "--config", "config.yaml"]
    first, *_ = reads_of(injector, words, folder / "data.csv")
    assert stopped(injector, words, first) == (
        1, "", "error: stopped by SIGTERM before it was done: run it again\n"
    )  # fmt: skip
