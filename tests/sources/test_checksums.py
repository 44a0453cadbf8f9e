from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

import barwise
from barwise.sources import checksums
from tests.kit.lakes import config


@pytest.fixture
def bars() -> Path:
    """A file of bars and its checksum, made by sha256sum."""
    path = Path("bars.csv")
    path.write_text("close\n1\n2\n")
    line = subprocess.run(["sha256sum", path], capture_output=True, text=True, check=True).stdout
    Path("bars.csv.CHECKSUM").write_text(line)
    return path


def test_what_sha256sum_says_is_right(bars: Path) -> None:
    checksums.verify(str(bars))
    sha256 = Path("bars.csv.CHECKSUM").read_text().split()[0]
    Path("bars.csv.CHECKSUM").write_text(f"{sha256.upper()} *out/bars.csv\r\n")
    checksums.verify(str(bars))


def test_no_checksum_is_no_fault(bars: Path) -> None:
    Path("bars.csv.CHECKSUM").unlink()
    assert barwise.run(bars, config(1)).rows_processed == 2


def test_a_file_that_changed_is_named(bars: Path) -> None:
    bars.write_text("close\n1\n3\n")
    with pytest.raises(barwise.InputError, match=r"bars\.csv is not what bars\.csv\.CHECKSUM says"):
        barwise.run(bars, config(1))


@pytest.mark.parametrize("content", ["", "abc  bars.csv\n", f"{'0' * 64}  other.csv\n", "\xff" * 9])
def test_what_is_no_checksum_of_the_file_is_refused(content: str, bars: Path) -> None:
    Path("bars.csv.CHECKSUM").write_text(content, encoding="latin-1")
    with pytest.raises(barwise.InputError, match=r"bars\.csv\.CHECKSUM is not a checksum of bars"):
        barwise.run(bars, config(1))


def test_checksums_are_no_bars_in_folders_and_patterns(bars: Path) -> None:
    Path("folder").mkdir()
    bars.rename("folder/bars.csv")
    Path("bars.csv.CHECKSUM").rename("folder/bars.csv.CHECKSUM")
    for words in ("folder", "folder/*"):
        assert len(barwise.plan(words, config(1)).parts) == 1


def test_a_checksum_among_the_inputs_is_passed_over_and_alone_is_no_bars(bars: Path) -> None:
    plan = barwise.plan(["bars.csv", "bars.csv.CHECKSUM"], config(1))
    assert len(plan.parts) == 1
    with pytest.raises(barwise.InputError, match=r"bars\.csv\.CHECKSUM has no column 'close'"):
        barwise.run("bars.csv.CHECKSUM", config(1))
