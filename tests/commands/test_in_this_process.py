"""The commands called from Python, as `main(words)`: what they leave, and their exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from barwise.commands import figures
from barwise.commands.main import main, run_job
from tests.conftest import ROOT

CONFIG = """seed: 42
window: 5
version: v1
arithmetic: exact
evaluate: {fill: next_open, cost_bp: 1}
sweep: {windows: 2..20}
gates: {value: {min: 0.4}, evaluation.net.return: {min: 0}}
"""
PASSED, FAILED, GATE_FAILED = 0, 1, 2


@pytest.fixture(autouse=True)
def bars(folder: Path) -> None:
    shutil.copy(ROOT / "data.csv", folder)
    (folder / "config.yaml").write_text(CONFIG)


@pytest.mark.parametrize("sweep", ["sweep.csv", "sweep.parquet"])
def test_a_run_leaves_all_that_is_asked_for(sweep: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["data.csv", "--report", "page.html", "--sweep", sweep, "--record", "record.json"]
    assert run_job([*words, "--signals", "signals.csv"]) == GATE_FAILED
    metrics = json.loads(Path("metrics.json").read_text())
    assert (metrics["value"], metrics["gates_passed"]) == (0.4989, False)
    assert Path("page.html").read_text().startswith("<!doctype html>")
    assert Path(sweep).stat().st_size > 100
    assert len(Path("signals.csv").read_text().splitlines()) == 10_001
    assert main(["verify", "record.json"]) == PASSED
    assert "all the same" in capsys.readouterr().out
    assert main(["verify", "record.json", "--json"]) == PASSED
    assert main(["diff", "record.json", "record.json", "--gate", "value=0.01"]) == PASSED


def test_other_commands_end_with_their_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "data.csv"]) == PASSED
    assert main(["check", "data.csv", "--json"]) == PASSED
    assert main(["check", "data.csv", "--json", "report.json"]) == PASSED
    assert json.loads(Path("report.json").read_text())["status"] == "clean"
    assert main(["plan", "data.csv"]) == PASSED
    assert main(["plan", "data.csv", "--json"]) == PASSED
    assert main(["convert", "data.csv", "--to", "lake"]) == PASSED
    assert main(["plan", "lake"]) == PASSED
    assert "parts: 1" in capsys.readouterr().out
    assert main(["check", "none.csv"]) == FAILED
    assert "error: cannot open the input none.csv" in capsys.readouterr().err


def test_a_run_that_fails_leaves_its_error_and_gives_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run_job(["none.csv"]) == FAILED
    assert json.loads(Path("metrics.json").read_text())["status"] == "error"
    assert main(["run", "data.csv", "--windw", "5"]) == FAILED
    assert '"status": "error"' in capsys.readouterr().out


def test_a_page_of_symbols_has_a_row_and_a_chart_for_each(folder: Path) -> None:
    header, *lines = (ROOT / "data.csv").read_text().splitlines()
    rows = [f"{name},{line}" for name in ("AAA", "BBB") for line in lines[:500]]
    (folder / "two.csv").write_text("\n".join([f"symbol,{header}", *rows]) + "\n")
    (folder / "two.yaml").write_text(
        "seed: 42\nwindow: 5\nversion: v1\nevaluate: {fill: close}\ncolumns: {symbol: symbol}\n"
    )
    assert run_job(["two.csv", "--config", "two.yaml", "--report", "two.html"]) == PASSED
    page = Path("two.html").read_text()
    assert page.count("<button class=symbol>") == 2
    assert "<bdi>BBB</bdi>" in page
    table = figures.table(json.loads(Path("metrics.json").read_text()))
    assert [line.split()[0] for line in table.splitlines()[2:]] == ["AAA", "BBB"]
    assert figures.table({}) == ""
