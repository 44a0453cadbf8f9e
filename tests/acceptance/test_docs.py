"""The README is true: its examples run, and print what it says."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

import barwise
from barwise.config import RULES
from benchmarks import bars, report
from tests.conftest import ROOT
from tests.vendors import LAYOUTS

README = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```", README, re.M | re.S)
CONSOLE = [text for language, text in BLOCKS if language == "console"]
NOT_RUN_HERE = ("make ", "docker ", "python3 -m venv", "pip install", "--")  # CI and container test


def without_times(text: str) -> str:
    text = re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", text, flags=re.M)
    return re.sub(r'(?<="latency_ms": )\d+|(?<=successfully in )\d+', "N", text)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What git has, in a folder of its own."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    folder = tmp_path / "checkout"
    for name in listed.stdout.splitlines():
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def shell(command: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return done.stdout


def test_every_console_example_prints_what_it_shows(checkout: Path) -> None:
    assert len(CONSOLE) >= 3
    for block in CONSOLE:
        commands = re.findall(r"^\$ (.*)$", block, re.M)
        shown = re.sub(r"^\$ .*\n", "", block, flags=re.M)
        printed = shell("\n".join(commands), checkout)
        assert without_times(printed) == without_times(shown)


def test_make_run_leaves_no_change_in_the_checkout(checkout: Path) -> None:
    os.symlink(ROOT / ".venv", checkout / ".venv")  # making one takes a minute and an index
    before = {path: path.read_bytes() for path in checkout.glob("*.*") if path.is_file()}
    printed = shell("make run", checkout)
    assert (checkout / "out" / "metrics.json").read_text() in printed
    assert {path: path.read_bytes() for path in checkout.glob("*.*") if path.is_file()} == before
    ignored = shell("git init -q . && git status --short --ignored out .venv", checkout)
    assert ignored.split() == ["!!", ".venv", "!!", "out/"]


def test_the_tables_are_those_of_the_last_benchmark() -> None:
    results = report.load()
    assert "\n".join(report.speed(results)) in README
    assert "\n".join(report.wrong(results["wrong"]["found"])) in README


def test_the_table_of_ties_is_right_about_barwise() -> None:
    counts = report.load()["wrong"]["found"]
    for name, (ticks, in_one) in bars.ties().items():
        for window, ties in bars.ties_in(ticks, (5, 20)).items():
            case = f"{name}, window {window}"
            assert counts["ties"][case] == ties
            for arithmetic in ("exact", "float64"):
                found = barwise.signals(ticks / in_one, window, arithmetic)
                differ = np.count_nonzero(found != bars.signals(ticks, window))
                assert counts[f"barwise {arithmetic}"][case] == differ
            assert counts["barwise exact"][case] == 0


def test_the_sample_command_makes_the_committed_bars(checkout: Path) -> None:
    assert shell("barwise sample", checkout) == (ROOT / "data.csv").read_text()


def test_the_config_shown_is_the_committed_one_with_every_key(checkout: Path) -> None:
    [shown] = [text for language, text in BLOCKS if language == "yaml"]
    keys = set(re.findall(r"^(?:# )?(\w+):", shown, re.M))
    assert keys == {*RULES, "timestamp", "symbol"}
    (checkout / "shown.yaml").write_text(shown)
    code = "from barwise.config import load; print(load('shown.yaml') == load('config.yaml'))"
    assert shell(f'python -c "{code}"', checkout) == "True\n"


def test_the_python_shown_runs(checkout: Path) -> None:
    [shown] = [text for language, text in BLOCKS if language == "python"]
    (checkout / "shown.py").write_text(shown)
    promised = re.findall(r"^print.*  # (.*)$", shown, re.M)
    assert shell("python shown.py", checkout).splitlines() == promised


def test_other_commands_are_run_by_ci_or_the_container_test() -> None:
    for text in (text for language, text in BLOCKS if language == "sh"):
        for line in text.splitlines():
            assert line.strip().startswith(NOT_RUN_HERE), line


def test_every_file_of_the_folder_structure_is_there() -> None:
    tree = next(text for language, text in BLOCKS if not language)
    room = Path()
    for line in tree.splitlines():
        names = line[:19].split() if "  " in line.strip() else line.split()
        for name in re.findall(r"[\w/]+(?:\.\w+)?/?", " ".join(names)):
            place = room if line.startswith(" ") else Path()
            assert (ROOT / place / name).exists(), name
            if name.endswith("/") and not line.startswith(" "):
                room = Path(name)
    missing = {p.name for p in (ROOT / "barwise").glob("*.py")} - set(
        re.findall(r"[\w]+\.py", tree)
    )
    assert missing == {"__init__.py", "__main__.py"}


def test_the_help_knows_every_option_of_the_table() -> None:
    printed = shell("barwise run --help", ROOT)
    for option in re.findall(r"^\| `(--[\w-]+)", README, re.M):
        assert option in printed


def test_the_table_of_vendors_says_what_their_files_need() -> None:
    """tests/acceptance/test_vendors.py proves it of each of their layouts."""
    rows = README.partition("<!-- vendors")[2].partition("<!-- end of vendors")[0]
    cells = [line.strip("| ").split(" | ") for line in rows.splitlines() if line.startswith("| ")]
    shown = {vendor: rest[-1].strip("| ") for vendor, *rest in cells[1:]}
    needed: dict[str, set[str]] = {layout.vendor: set() for layout in LAYOUTS}
    for layout in LAYOUTS:
        needed[layout.vendor] |= {*layout.config.splitlines()}
        needed[layout.vendor] |= {"order: time"} if layout.expect == "file order" else set()
    assert shown.keys() == needed.keys()
    for vendor, lines in needed.items():
        said = re.findall(r"`((?:csv|columns|order): .*?)`", shown[vendor])
        assert sorted(map(yaml.safe_load, said), key=str) == sorted(
            map(yaml.safe_load, lines), key=str
        ), vendor
