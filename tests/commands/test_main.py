from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest

import barwise
from barwise.bars import sample
from barwise.commands import main
from barwise.engine import run
from tests.conftest import JOB


def test_a_good_job(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run_job(JOB) == 0
    printed = capsys.readouterr()
    metrics = json.loads(Path("metrics.json").read_text())
    assert metrics["status"] == "success"
    log = Path("run.log").read_text()
    assert log.count("\n") == 7
    assert printed.out == log + Path("metrics.json").read_text()
    assert printed.err == ""


def test_quiet_leaves_json_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["run", *JOB, "--quiet"]) == 0
    assert json.loads(capsys.readouterr().out)["status"] == "success"
    assert Path("run.log").read_text().count("\n") == 7


@pytest.mark.parametrize(
    "arguments",
    [[], ["--output", "metrics.json"], [*JOB, "--bogus"], [*JOB[:-1]], [*JOB, "--window", "3"]],
)
def test_a_wrong_command_line(
    arguments: list[str], capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    before = sorted(folder.iterdir())
    assert main.run_job(arguments) == 1
    printed = capsys.readouterr()
    usage, error = printed.err.splitlines()
    assert usage.startswith("usage: run.py [-h] [--input PATH [PATH ...]]")
    assert error.startswith("run.py: error: ")
    message = error.replace("run.py: error", "wrong command line")
    assert json.loads(printed.out) == {"version": "v1", "status": "error", "error_message": message}
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("arguments", [[], ["walk"], ["sample", "--rows", "0"], ["sample", "x"]])
def test_a_wrong_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(arguments) == 1
    printed = capsys.readouterr()
    assert printed.err.startswith("usage: barwise")
    assert printed.out == ""


@pytest.mark.parametrize("command", [main.run_job, main.main])
def test_help_and_version(command: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(command)
    for option, expected in (
        ("--help", "usage: "),
        ("--version", f"barwise {barwise.__version__}"),
    ):
        with pytest.raises(SystemExit) as ended:
            command([option])
        assert ended.value.code == 0
        assert capsys.readouterr().out.startswith(expected)


def test_the_version_says_what_computes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for kernel, expected in (
        (SimpleNamespace(variant="SSE2 and AVX2"), "kernels: SSE2 and AVX2"),
        (None, "no kernels: NumPy computes, the same bits more slowly"),
    ):
        monkeypatch.setattr("barwise.kernels.kernel", kernel)
        with pytest.raises(SystemExit):
            main.main(["--version"])
        assert capsys.readouterr().out == f"barwise {barwise.__version__} ({expected})\n"


def test_an_error_is_logged_written_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    Path("data.csv").write_text("close\n1\nabc\n")
    assert main.run_job(JOB) == 1
    metrics = json.loads(Path("metrics.json").read_text())
    assert list(metrics) == ["version", "status", "error_message"]
    assert (metrics["version"], metrics["status"]) == ("v7", "error")
    assert "close is 'abc' on line 3 of data.csv" in metrics["error_message"]
    log = Path("run.log").read_text()
    assert log.count(" - ERROR - ") == 1
    assert log.endswith(f" - ERROR - {metrics['error_message']}\n")
    assert capsys.readouterr().out == log + Path("metrics.json").read_text()


def test_a_doubt_is_a_warning_before_the_steps(capsys: pytest.CaptureFixture[str]) -> None:
    Path("data.csv").write_text("close\n1\nNA\n3\n")
    assert main.run_job([*JOB, "--quiet"]) == 0
    lines = Path("run.log").read_text().splitlines()
    assert [line.split(" - ")[1] for line in lines] == [*["INFO"] * 2, "WARNING", *["INFO"] * 5]
    assert "close is missing in 1 of 3 rows, first on line 3 of data.csv" in lines[2]


def test_a_fault_of_ours_keeps_the_contract(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("x")

    monkeypatch.setattr(run, "run", broken)
    assert main.run_job(JOB) == 1
    message = json.loads(Path("metrics.json").read_text())["error_message"]
    assert message.startswith("internal error, KeyError: 'x'; please report it")
    assert "Traceback" in capsys.readouterr().err


def test_no_memory_is_an_error_with_a_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def greedy(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(run, "run", greedy)
    assert main.run_job(JOB) == 1
    message = json.loads(Path("metrics.json").read_text())["error_message"]
    assert message.startswith("out of memory: ")


def test_a_librarys_warning_is_a_line_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    quiet = run.run

    def warn(*arguments: object, **options: object) -> object:
        warnings.warn("mind the gap\nplease", RuntimeWarning, stacklevel=1)
        warnings.warn("for developers", DeprecationWarning, stacklevel=1)
        return quiet(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "run", warn)
    assert main.run_job(JOB) == 0
    [line] = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: mind the gap\\nplease (RuntimeWarning, ")


def test_sample_to_a_file_and_to_stdout(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["sample", "--rows", "20", "--seed", "7", "--tick", "2.5"]) == 0
    expected = "".join(sample.rows(20, 7, tick=250))
    assert capsys.readouterr().out == expected
    assert main.main(["sample", "--rows=20", "--seed=7", "--tick=2.50", "--output=bars.csv"]) == 0
    assert Path("bars.csv").read_text() == expected


def test_a_reader_of_a_sample_may_leave_early() -> None:
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {sys.executable} -m barwise sample | head -n 1"],
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, sample.HEADER, "")
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m barwise sample >&-"], capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (1, "error: cannot write to stdout: it is closed\n")


@pytest.mark.parametrize("tick", ["0", "-1", "0.001", "abc", "1e3", "٣", ".", "", "10000000"])
def test_a_tick_is_a_price_step(tick: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["sample", "--tick", tick]) == 1
    assert repr(tick) in capsys.readouterr().err


def test_sample_refuses_what_it_cannot_write(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main(["sample", "--output", "none/bars.csv"]) == 1
    printed = capsys.readouterr().err
    assert printed.startswith("error: cannot write the sample file none/bars.csv: its folder does ")
