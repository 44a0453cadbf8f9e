"""`barwise verify` and `barwise diff` on records of strangers, as real processes."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import barwise
from barwise.commands import main
from barwise.errors import RecordError
from barwise.files.limits import LARGEST_CONFIG, LARGEST_METRICS, LARGEST_RECORD
from tests.conftest import JOB, NO_BYTECODE, OF_CHECKOUT, run_barwise
from tests.kit.edits import HOSTILE
from tests.kit.processes import HANG
from tests.kit.records import dependencies, forge, own, read

ROOM = 1 << 32  # bytes of addresses, libraries included
HOLES = 1 << 43  # bytes of a sparse file: hours to hash, and more than there is memory


@pytest.fixture
def record(capsys: pytest.CaptureFixture[str]) -> Any:
    assert main.run_job([*JOB, "--quiet", "--record", "record.json"]) == 0
    capsys.readouterr()
    return read()


def with_little_room(*words: str) -> subprocess.CompletedProcess[str]:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (ROOM, ROOM))

    return run_barwise(*words, preexec_fn=limit, timeout=HANG)


def stretch(name: str, size: int) -> None:
    with open(name, "r+b") as file:
        file.truncate(size)


@pytest.mark.parametrize("size", [LARGEST_RECORD + 1, HOLES])
@pytest.mark.parametrize("command", ["verify", "diff"])
def test_a_record_that_is_too_large_is_refused_unread(command: str, size: int, record: Any) -> None:
    stretch("record.json", size)
    done = with_little_room(command, *["record.json"] * (1 + (command == "diff")))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        f"error: record.json is larger than {LARGEST_RECORD} bytes: that is not a record; name "
        "another file\n"
    )


@pytest.mark.parametrize(
    ("name", "limit", "words"),
    [
        ("metrics.json", LARGEST_METRICS, "output metrics.json: SHA-256 "),
        ("config.yaml", LARGEST_CONFIG, "config config.yaml: SHA-256 "),
    ],
)
@pytest.mark.parametrize("holes", [False, True])
def test_a_file_beside_the_record_that_is_too_large_is_another_one(
    name: str, limit: int, words: str, holes: bool, record: Any
) -> None:
    stretch(name, HOLES if holes else limit + 1)
    done = with_little_room("verify", "record.json")
    [line] = [line for line in done.stdout.splitlines() if line.startswith("different: ")]
    assert line.startswith(f"different: {words}")
    assert "recorded, another now; it " in line
    assert (done.returncode, done.stderr) == (1, "")


def test_a_config_that_is_named_and_too_large_says_so(record: Any) -> None:
    stretch("config.yaml", HOLES)
    done = with_little_room("verify", "record.json", "--config", "config.yaml")
    assert "config.yaml is larger than 65536 bytes: that is not a config" in done.stdout
    assert (done.returncode, done.stderr) == (1, "")


NESTS: dict[str, Callable[[Any, str], Any]] = {
    "the root": lambda record, nest: nest,
    "a key of later": lambda record, nest: {**record, "later": nest},
    "the config": lambda record, nest: (
        record["predicate"]["buildDefinition"]["externalParameters"].update(columns=nest) or record
    ),
    "the metrics": lambda record, nest: own(record)["result"]["metrics"].update(v=nest) or record,
    "the series": lambda record, nest: own(record)["result"]["series"].update(v=nest) or record,
    "the doubts": lambda record, nest: own(record)["run"].update(doubts=nest) or record,
}


@pytest.mark.parametrize("depth", [100, 900, 100_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("where", NESTS)
def test_a_nest_of_any_depth_is_one_line(where: str, opening: str, depth: int, record: Any) -> None:
    nest = opening * depth + "0" + ("]" if opening == "[" else "}") * depth
    text = json.dumps(NESTS[where](record, "NEST")).replace('"NEST"', nest)
    Path("record.json").write_text(text)
    with pytest.raises(RecordError, match=r"^record\.json "):
        barwise.verify("record.json")


@pytest.mark.parametrize("depth", [6, 900, 100_000])
@pytest.mark.parametrize("opening", ["[", '{"a":'])
def test_metrics_of_any_depth_are_one_line(opening: str, depth: int, record: Any) -> None:
    nest = opening * depth + "0" + ("]" if opening == "[" else "}") * depth
    text = Path("metrics.json").read_text().replace("0.25", nest)
    Path("metrics.json").write_text(text)
    [difference] = barwise.verify("record.json").differences
    assert difference.line.endswith(" recorded, another now; it holds no metrics")


# Lines.


@pytest.mark.parametrize("name", [name for name in HOSTILE if name and "\0" not in name])
@pytest.mark.parametrize("what", ["the record", "an input", "a package", "a symbol", "doubts"])
def test_names_of_strangers_are_shown_on_one_line(
    what: str, name: str, record: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "record.json"
    if what == "the record":
        path = name if len(name) < 200 and "/" not in name else "r" * 200
        os.rename("record.json", path)
    elif what == "a symbol":
        own(record)["result"]["series"][name] = own(record)["result"]["series"].pop("")
        forge(record)
    elif what == "doubts":
        own(record)["run"]["doubts"] = [name]
        own(record)["run"]["platform"] = own(record)["run"]["python"] = name
        forge(record)
    else:
        dependencies(record)[1 if what == "an input" else -1]["name"] = name
        forge(record)
    for words in (["verify", path], ["diff", path, path], ["verify", path, "--json"]):
        assert main.main(words) in (0, 1)
        done = capsys.readouterr()
        assert done.err.count("\n") <= 1
        for line in (done.out + done.err).splitlines():
            assert line.isprintable()
            assert len(line) < 520 or words[-1] == "--json"
        if words[-1] == "--json":
            assert json.loads(done.out)["status"] in ("same", "different", "error")


@pytest.mark.parametrize("status", ["same", "different", "error"])
@pytest.mark.parametrize("command", ["verify", "diff"])
def test_both_commands_have_json_alike(
    command: str, status: str, record: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = "record.json"
    if status == "different":
        shutil.copy(path, "a.json")
        dependencies(record)[1]["digest"]["sha256"] = "0" * 64
        forge(record)
    elif status == "error":
        path = "nowhere.json"
    a = "a.json" if status == "different" else "record.json"
    code = main.main([command, *([a] if command == "diff" else []), path, "--json"])
    done = capsys.readouterr()
    shown = json.loads(done.out)
    assert shown["status"] == status
    if status == "error":
        assert [*shown] == ["status", "error_message", "error_code"]
        assert done.err == f"error: {shown['error_message']}\n"
    else:
        records = ["A", "B"] if command == "diff" else ["record"]
        counts = ["inputs", "outputs", "series", "bars"]
        assert [*shown] == ["status", *records, *counts, "digest", "differences", "notes"]
        assert done.err == ""
    assert code == (status != "same")


# Kills.


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_kill_at_any_moment_leaves_nothing_behind(record: Any, folder: Path) -> None:
    Path("tmp").mkdir()
    shutil.copy("data.csv", "again.csv")
    before = snapshot(folder)
    environment = {**OF_CHECKOUT, **NO_BYTECODE, "TMPDIR": str(folder / "tmp")}
    command = [sys.executable, "-m", "barwise", "verify", "record.json"]
    delay, ended = 0.0, False
    while not ended:
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment
        )
        time.sleep(delay)
        ended = process.poll() is not None
        process.kill()
        process.wait(timeout=HANG)
        assert snapshot(folder) == before
        delay += 0.05 + delay / 4
    assert process.returncode == 0
