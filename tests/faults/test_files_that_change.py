"""Inputs that change while `convert` and `check` read them, and disks that fill up meanwhile."""

from __future__ import annotations

import json
import os
import random
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from tests.faults import injecting
from tests.faults.cases import CONFIG, bars
from tests.kit.processes import HANG, OLD, temporaries

ROWS = 100_000


def truncated(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 3)


def grown(path: Path) -> None:
    with path.open("a") as file:
        file.write("2030-01-01 00:00:00,1,1,1,1,1\n")


def swapped(path: Path) -> None:
    """Another file comes by a symbolic link."""
    Path("link").symlink_to("other.csv")
    os.replace("link", path)


def replaced(path: Path) -> None:
    os.replace("other.csv", path)


def removed(path: Path) -> None:
    path.unlink()


@pytest.fixture(scope="module")
def texts() -> tuple[str, str]:
    """The bars of the input, and others of another length."""
    return bars(ROWS), bars(ROWS // 2).replace(",7\n", ",8\n")


@pytest.fixture
def inputs(folder: Path, texts: tuple[str, str]) -> Path:
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "data.csv").write_text(texts[0])
    (folder / "other.csv").write_text(texts[1])
    return folder / "data.csv"


def begun(words: list[str], change: Callable[[Path], None], path: Path, wait: float) -> int:
    """Starts a command, changes its input after so long, and gives its exit code."""
    process = subprocess.Popen(
        injecting.command(words), env=injecting.plain_environment(),
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    time.sleep(wait)
    change(path)
    _, stderr = process.communicate(timeout=HANG)
    assert "Traceback" not in stderr
    assert process.returncode in (0, 1)
    return process.returncode


CHANGES = [truncated, grown, swapped, replaced, removed]


def at_random(seed: int) -> pytest.MarkDecorator:
    """Each change, after so many seconds."""
    numbers = random.Random(seed)
    return pytest.mark.parametrize(
        ("change", "wait"), [(change, numbers.uniform(0.1, 0.6)) for change in CHANGES]
    )


@at_random(seed=5)
def test_a_lake_is_of_one_state_of_its_input(
    change: Callable[[Path], None], wait: float, inputs: Path, texts: tuple[str, str]
) -> None:
    words = ["--input", "data.csv", "--config", "config.yaml", "--to", "lake"]
    code = begun(["convert", *words], change, inputs, wait)
    assert not temporaries(inputs.parent)
    if code == 1:
        assert not Path("lake").exists()
        return
    rows = sum(pq.ParquetFile(file).metadata.num_rows for file in Path("lake").glob("*.parquet"))
    assert rows in {ROWS, ROWS + (change is grown), ROWS // 2, whole_rows(texts[0])}
    volumes = {value for file in Path("lake").glob("*.parquet") for value in volumes_in(file)}
    assert len(volumes - ({1.0} if change is grown else set())) == 1


def whole_rows(text: str) -> int:
    """Rows of a third of the text, if it happens to be cut at the end of a line."""
    return text[: len(text) // 3].count("\n") - 1


def volumes_in(file: Path) -> set[float]:
    return set(pq.read_table(file, columns=["volume"])["volume"].to_pylist())


@at_random(seed=6)
def test_a_report_is_of_one_state_of_its_input(
    change: Callable[[Path], None], wait: float, inputs: Path, texts: tuple[str, str]
) -> None:
    Path("report.json").write_text(OLD)
    words = ["--input", "data.csv", "--config", "config.yaml", "--json", "report.json"]
    code = begun(["check", *words], change, inputs, wait)
    assert not temporaries(inputs.parent)
    report = json.loads(Path("report.json").read_text())
    if report.get("status") == "error":
        assert code == 1
        return
    assert report["rows"] in {ROWS, ROWS + (change is grown), ROWS // 2, whole_rows(texts[0])}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    words = ["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(disk)]
    if os.geteuid() != 0 or subprocess.run(words, capture_output=True).returncode != 0:
        pytest.skip("no disk can be mounted here: this needs root")
    try:
        yield disk
    finally:
        subprocess.run(["umount", str(disk)], check=True)


def filled(path: Path) -> None:
    """Writes to a file until its disk is full."""
    with path.open("wb") as file, suppress(OSError):
        while True:
            os.write(file.fileno(), b"x" * 4096)


def test_a_lake_that_does_not_fit_on_its_disk_is_not_there(inputs: Path, small_disk: Path) -> None:
    words = ["--input", "data.csv", "--config", "config.yaml", "--to", str(small_disk / "lake")]
    done = subprocess.run(
        injecting.command(["convert", *words]), env=injecting.plain_environment(),
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "cannot write the lake folder" in done.stderr
    assert "No space left on device; free space there" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(small_disk.iterdir())


@pytest.mark.parametrize("command", ["check", "run"])
def test_on_a_full_disk_old_outputs_stay(command: str, inputs: Path, small_disk: Path) -> None:
    output = small_disk / "output.json"
    output.write_text(OLD)
    filled(small_disk / "filler")
    words = ["--input", "data.csv", "--config", "config.yaml"]
    if command == "check":
        words += ["--json", str(output)]
    else:
        words += ["--output", str(output), "--log-file", "run.log"]
    done = subprocess.run(
        injecting.command([command, *words]), env=injecting.plain_environment(),
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert "No space left on device; free space there" in done.stdout + done.stderr
    assert f"{output.name} is from an earlier run" in done.stderr
    assert "Traceback" not in done.stderr
    assert output.read_text() == OLD
    assert sorted(path.name for path in small_disk.iterdir()) == ["filler", "output.json"]
