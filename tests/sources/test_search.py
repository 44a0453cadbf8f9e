"""The search for files ends, hears signals, and finds what Python's glob finds."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from glob import glob
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwise.sources import find
from barwise.sources.patterns import Pattern
from tests.conftest import JOB, NO_BYTECODE, ROOT
from tests.kit.processes import HANG, OLD, cpu_seconds, wait_for

LISTED: list[str] = []  # folders, as Python itself tells
IS_COUNTING = [False]


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if IS_COUNTING[0] and event in ("os.scandir", "os.listdir"):
        LISTED.append(str(arguments[0]))


sys.addaudithook(_hear)


def counted(word: str) -> tuple[find.FileList, int]:
    """What a word means, and how many folders were listed for it."""
    LISTED.clear()
    IS_COUNTING[0] = True
    try:
        return find.find(word), len(LISTED)
    finally:
        IS_COUNTING[0] = False


def linked(count: int) -> None:
    """Folders that each have a file and links to all the others."""
    for number in range(count):
        Path(f"lake/{number}").mkdir(parents=True)
        Path(f"lake/{number}/bars.csv").write_text("close\n1\n")
    for one, other in product(range(count), repeat=2):
        if one != other:
            os.symlink(f"../{other}", f"lake/{one}/to{other}")


@pytest.mark.parametrize(
    ("word", "each"),
    [("lake", 1), ("lake/**", 1), ("lake/**/*.csv", 2), ("lake/*/**/*.csv", 2), ("lake/?", 1)]
    + [(f"lake{depth * '/*'}", depth) for depth in (2, 3, 7)],
)
def test_folders_that_are_linked_to_each_other_are_listed_once(word: str, each: int) -> None:
    linked(7)  # 13,700 paths lead through them
    inputs, listed = counted(word)
    assert listed <= each * 8
    files = {os.path.realpath(path) for path, _ in inputs.files}
    assert len(files) == 7 or word == "lake/*/*"  # there some of the matches are folders
    assert (inputs.error is None) == (word in ("lake/**/*.csv", "lake/*/**/*.csv"))


def test_links_under_any_folders_are_named_and_not_followed() -> None:
    Path("real").mkdir()
    Path("real/b.csv").write_text("close\n1\n")
    Path("lake").mkdir()
    Path("lake/a.csv").write_text("close\n1\n")
    os.symlink("../real", "lake/linked")
    inputs = find.find("lake/**/*.csv")
    assert inputs.files == (("lake/a.csv", True),)
    assert inputs.doubts == (
        "links to folders are not followed by **: lake/linked; name them too if their bars count",
    )


NAMES = ["a", "b", "ab", ".h", "_m", "a.csv", "b.csv", "a[1].csv"]
TREES = st.lists(st.lists(st.sampled_from(NAMES), min_size=1, max_size=4), max_size=12)
WORDS = st.lists(
    st.sampled_from(["**", "*", "a*", "?", "[ab]", "*.csv", "_*", ".*", "a", "b", ".", "[!a]*"]),
    min_size=1,
    max_size=4,
)


def normal(paths: Iterable[str]) -> list[str]:
    """Paths, without a slash at the end, which Python's glob gives to some twice."""
    return sorted({os.path.normpath(path) for path in paths})


def as_glob(pattern: str) -> list[str]:
    """What Python's glob matches, but for markers and what is in a folder that matches too."""
    markers = [word for word in pattern.split("/") if word.startswith("_")]
    matches = {
        match
        for match in glob(pattern, recursive=True)
        if markers or not any(name.startswith("_") for name in match.split("/"))
    }
    folders = [os.path.join(match, "") for match in matches if os.path.isdir(match)]
    return normal(
        match for match in matches if not any(match.startswith(f) and match != f for f in folders)
    )


@given(TREES, WORDS, st.sampled_from(["", "/"]))
def test_a_pattern_matches_what_pythons_glob_matches(
    tree: list[list[str]], words: list[str], end: str
) -> None:
    home = Path(os.getcwd())
    place = home / f"tree{len(os.listdir(home))}"
    place.mkdir()
    for names in tree:
        *folders, last = names
        try:
            place.joinpath(*folders).mkdir(parents=True, exist_ok=True)
            place.joinpath(*folders, last).touch()
        except (FileExistsError, NotADirectoryError, IsADirectoryError):
            pass
    pattern = "/".join(words) + end
    os.chdir(place)
    try:
        if any(magic in pattern for magic in "*?["):
            found = Pattern(pattern, lambda: None).search()
            assert normal(found) == as_glob(pattern)
    finally:
        os.chdir(home)


LINKS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=30)


@given(st.lists(st.integers(0, 7), min_size=8, max_size=8), LINKS)
def test_all_files_that_links_reach_are_known_and_each_folder_is_listed_once(
    parents: list[int], links: list[tuple[int, int]]
) -> None:
    """Also with an error: no output may be written over one of them."""
    home = Path(os.getcwd())
    lake = home / f"lake{len(os.listdir(home))}"
    folders = [lake]
    for number, parent in enumerate(parents):
        folders.append(folders[min(parent, number)] / f"f{number}")
    for number, folder in enumerate(folders):
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.csv").touch()
    for number, (one, other) in enumerate(links):
        os.symlink(folders[other], folders[one] / f"link{number}")
    inputs, listed = counted(str(lake))
    assert listed == len(folders)
    assert {os.path.realpath(path) for path, _ in inputs.files} == {
        str(folder.resolve() / f"{number}.csv") for number, folder in enumerate(folders)
    }
    assert (inputs.error is None) == (not links)


def test_a_folder_of_more_names_than_are_sorted_at_once_is_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("barwise.sources.listing.SORTED_AT_ONCE", 3)
    Path("lake").mkdir()
    for number in range(10):
        Path(f"lake/{number * 7 % 10}.csv").touch()
    expected = [f"lake/{number}.csv" for number in range(10)]
    for word in ("lake", "lake/*"):
        assert [path for path, _ in find.find(word).files] == expected


BARS = "close\n1\n"
OLD_LOG = "2024-01-01 00:00:00 - INFO - Job started\n"
MOST_WORK = 2  # seconds of a processor, from the signal to the end


@pytest.mark.parametrize("command", ["run", "check", "plan"])
@pytest.mark.parametrize("word", ["lake/**/*.none", "lake/*/*/bars.csv"])
@pytest.mark.parametrize("old", [None, OLD, BARS])
def test_a_signal_ends_a_search(command: str, word: str, old: str | None, folder: Path) -> None:
    for number in range(300):
        Path(f"lake/{number // 20}/{number}").mkdir(parents=True)
        Path(f"lake/{number // 20}/{number}/bars.csv").touch()
    if old is not None:
        Path("metrics.json").write_text(old)
        Path("run.log").write_text(BARS if old == BARS else OLD_LOG)
    elif command != "run":
        pytest.skip("only a run has metrics")
    words = [sys.executable, "-m", "barwise", command, "--input", *[word] * 20_000]
    outputs = JOB[4:] if command == "run" else []
    job = subprocess.Popen(
        [*words, "--config", "config.yaml", *outputs],
        env={**os.environ, **NO_BYTECODE, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    wait_for(lambda: cpu_seconds(job) > 0.6, job)
    worked = cpu_seconds(job)
    job.send_signal(signal.SIGTERM)
    while job.poll() is None and cpu_seconds(job) < worked + MOST_WORK:
        time.sleep(0.01)
    has_ended = job.poll() is not None
    job.kill()
    assert has_ended
    stdout, stderr = job.communicate(timeout=HANG)
    assert job.returncode == 1
    assert "Traceback" not in stderr
    if command != "run":
        assert "stopped by SIGTERM" in stderr
        return
    metrics = json.loads(stdout[stdout.index("{\n") :])
    assert "stopped by SIGTERM" in metrics["error_message"]
    text, log = Path("metrics.json").read_text(), Path("run.log").read_text()
    if old == BARS:  # it may be an input that the search would still have found
        assert (text, log) == (BARS, BARS)
        assert stderr.startswith("metrics.json stays as it is: ")
    else:
        assert json.loads(text) == metrics
        assert log.startswith(OLD_LOG if old else "")
        assert log.endswith(f" - ERROR - {metrics['error_message']}\n")
        assert stderr == ""


@pytest.mark.parametrize(
    ("word", "way_out"),
    [
        ("~/bars.csv", "~ is not expanded here: write the whole path"),
        ("~bob/*.csv", "~ is not expanded here"),
        ("$HOME/bars.csv", "$ is not expanded here: write the whole path"),
        ("bars/${YEAR}/*.csv", "$ is not expanded here"),
    ],
)
def test_what_a_shell_or_a_store_would_have_read_is_said(word: str, way_out: str) -> None:
    error = str(find.find([word]).error)
    assert way_out in error
    assert word in error
    os.makedirs(os.path.dirname(word))
    Path(word).write_text("close\n1\n")  # a file of that very name wins
    assert find.find([word]).error is None
