"""A record is input from strangers: it makes `verify` neither read nor tell of files elsewhere."""

from __future__ import annotations

import json
import os
import re
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import barwise
from barwise.commands import main
from barwise.errors import RecordError
from barwise.records import reach
from tests.conftest import BARS, JOB, run_barwise
from tests.kit.records import JOB_WITH_RECORD, dependencies, forge, parameters, read

LINKS = {
    "out": "../secret",
    "far": "/",
    "file": "../secret/data.csv",
    "loop": "loop",
    "in": "sub",
    "up": "sub/../../job/sub",
    "around": "../secret/../job",
    "chain": "out",
}
STEPS = ["..", ".", "", "sub", "job", "secret", "data.csv", "nowhere", "record", *LINKS]


def make_job(secret: bool) -> None:
    """A job's folder, a record's folder and, if there is one, another's secret."""
    for name in ("job/sub", "record", *(["secret"] if secret else [])):
        Path(name).mkdir(parents=True)
        Path(name, "data.csv").write_text(BARS)
    for name, target in LINKS.items():
        Path("job", name).symlink_to(target)


@settings(max_examples=200)
@given(
    steps=st.lists(st.sampled_from(STEPS), max_size=7),
    start=st.sampled_from(["", "/", "ROOT/", "ROOT/job/", "ROOT/job/../", "../" * 40]),
)
def test_what_leads_out_does_so_whatever_is_there(steps: list[str], start: str) -> None:
    answers = []
    here = os.getcwd()
    for secret in (False, True):
        shutil.rmtree("made", ignore_errors=True)
        Path("made").mkdir()
        os.chdir("made")
        make_job(secret)
        path = start.replace("ROOT", os.getcwd()) + "/".join(steps)
        roots = [os.path.realpath("job"), os.path.realpath("record")]
        os.chdir("job")
        answers.append(reach.leads_out(path, roots))
        real = os.path.realpath(path)
        is_in = any(real == root or real.startswith(f"{root}/") for root in roots)
        if os.path.exists(path) and not is_in:
            assert answers[-1], "it can be opened, and is elsewhere"
        if is_in and ".." not in path and not {*steps} & {*LINKS}:
            assert not answers[-1], "it is in one of the folders"
        os.chdir(here)
    assert answers[0] == answers[1], "it shows whether a file is there"


@pytest.fixture
def record(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The record of a real run in job/, beside a folder of somebody else."""
    (folder / "job").mkdir()
    for name in ("data.csv", "config.yaml"):
        shutil.move(name, f"job/{name}")
    monkeypatch.chdir("job")
    assert main.run_job([*JOB_WITH_RECORD, "--signals", "signals.csv"]) == 0
    return read()


OUTSIDE = ["/etc/hostname", "../secret/x", "ABSOLUTE/x", "link", "folder/x", "../job/folder/x"]
WHAT = {
    "input": lambda record: dependencies(record)[1],
    "config": lambda record: dependencies(record)[0],
    "output": lambda record: record["subject"][0],
    "output, the metrics": lambda record: record["subject"][1],
}
CONTENTS = [None, "", BARS, "secret\n", '{"a": 1}', 'seed: 1\nwindow: 1\nversion: "secret"\n']


@pytest.mark.parametrize("name", OUTSIDE)
@pytest.mark.parametrize("what", WHAT)
def test_a_name_that_leads_out_is_refused_whatever_is_there(
    what: str, name: str, record: Any, folder: Path
) -> None:
    secret = folder / "secret"
    name = name.replace("ABSOLUTE", str(secret))
    WHAT[what](record)["name"] = name
    forge(record)
    Path("link").symlink_to(secret / "x")
    Path("folder").symlink_to(secret)
    messages = set()
    for contents in CONTENTS:
        secret.mkdir(exist_ok=True)
        if contents is None:
            secret.rmdir()
        else:
            (secret / "x").write_text(contents)
        with pytest.raises(RecordError) as refused:
            barwise.verify("record.json")
        messages.add(str(refused.value))
    [message] = messages
    assert message.startswith(f"record.json names the {what.partition(',')[0]} {name}, which is ")


def test_a_checksum_that_leads_out_is_not_read(record: Any, folder: Path) -> None:
    Path("data.csv.CHECKSUM").symlink_to(folder / "secret")
    with pytest.raises(RecordError, match=r"names the input data\.csv, which is neither"):
        barwise.verify("record.json")


@pytest.mark.parametrize("name", ["a\0b", "", "x/" * 4_000 + "x"])
@pytest.mark.parametrize("what", WHAT)
def test_what_no_file_can_be_called_is_refused(what: str, name: str, record: Any) -> None:
    WHAT[what](record)["name"] = name
    forge(record)
    with pytest.raises(RecordError, match="is not the name of a file; get a new copy"):
        barwise.verify("record.json")


def test_what_the_caller_names_may_be_anywhere(record: Any, folder: Path) -> None:
    (folder / "elsewhere").mkdir()
    for name, resource in zip(("config.yaml", "data.csv"), dependencies(record), strict=False):
        shutil.move(name, folder / "elsewhere" / name)
        resource["name"] = str(folder / "elsewhere" / name)
    forge(record)
    with pytest.raises(RecordError, match="say with --config where the config is"):
        barwise.verify("record.json")
    config, data = (resource["name"] for resource in dependencies(record)[:2])
    with pytest.raises(RecordError, match="say with --input where the inputs are"):
        barwise.verify("record.json", config=config)
    assert barwise.verify("record.json", data, config=config).is_same


def test_outputs_beside_the_present_folder_need_a_start_above_both(
    record: Any, folder: Path
) -> None:
    arguments = [*JOB[:4], "--output", "../metrics.json", *JOB[6:], "--record", "out/record.json"]
    Path("out").mkdir()
    assert main.run_job([*arguments, "--quiet"]) == 0
    with pytest.raises(RecordError, match=r"output \.\./\.\./metrics\.json, .*: start in a folder"):
        barwise.verify("out/record.json")
    os.chdir(folder)
    elsewhere = {"input": "job/data.csv", "config": "job/config.yaml"}
    assert barwise.verify("job/out/record.json", **elsewhere).is_same  # type: ignore[arg-type]


def test_neither_a_folder_nor_a_pattern_is_an_input(record: Any) -> None:
    Path("lake").mkdir()
    shutil.copy("data.csv", "lake/data.csv")
    for name, words in (("lake", "is a folder"), ("lake/*.csv", "No such file"), ("**", "No such")):
        dependencies(record)[1]["name"] = name
        forge(record)
        lines = [difference.line for difference in barwise.verify("record.json").differences]
        assert any(words in line and line.startswith("not run again: ") for line in lines)


# Nothing is told of what a file inside of the folders holds, unless it is what the record says.

WORDS = st.lists(st.text("qwzjkxvh-:=[]{}", min_size=5, max_size=12), min_size=1, max_size=5)
CSV = st.fixed_dictionaries(
    {
        "skip": st.one_of(st.none(), st.integers(0, 4)),
        "names": st.sampled_from([None, ["close"], ["key", "close"]]),
        "delimiter": st.sampled_from([None, ",", ";", "\t", "|"]),
    }
)


@settings(max_examples=100)
@given(
    lines=st.lists(WORDS.map(" ".join), min_size=1, max_size=6),
    what=st.sampled_from([*WHAT]),
    csv=CSV,
    checksum=st.booleans(),
    is_json=st.booleans(),
)
def test_nothing_is_told_of_what_is_not_what_the_record_says(
    lines: list[str], what: str, csv: dict[str, Any], checksum: bool, is_json: bool
) -> None:
    if not Path("made.json").exists():
        job = [*JOB, "--quiet", "--record", "made.json", "--signals", "signals.csv"]
        assert main.run_job(job) == 0
    text = "\n".join([*lines, "qwzjk" * 999])
    text = json.dumps(dict(enumerate(text.split("\n")))) if is_json else text
    Path("secret").write_text(text)
    record = read("made.json")
    parameters(record)["csv"] |= csv
    WHAT[what](record)["name"] = "secret"
    Path("data.csv.CHECKSUM").unlink(missing_ok=True)
    if checksum:
        Path("data.csv.CHECKSUM").symlink_to("secret")
    forge(record)
    done = barwise.verify("record.json", workers=1)
    shown = f"{done} {json.dumps(done.as_dict())}"
    assert not done.is_same
    secrets = [word for line in lines for word in line.split()] + ["qwzjk"]
    for told in (*secrets, sha256(text.encode()).hexdigest()[:6]):
        assert told not in shown
    assert not re.search(rf"\b{len(text.encode())}\b", shown)


def test_a_config_in_force_is_named_and_another_file_is_not(record: Any) -> None:
    Path("other.yaml").write_text('seed: 1\nwindow: 3\nversion: "v7"\n')
    dependencies(record)[0]["name"] = "other.yaml"
    forge(record)
    done = run_barwise("verify", "record.json")
    assert "window is 2 recorded, 3 in other.yaml" in done.stdout
    Path("other.yaml").write_text("token: s3cr3t\n")
    done = run_barwise("verify", "record.json")
    assert "it is not a config that can be run; name it with --config to see why" in done.stdout
    assert "s3cr3t" not in done.stdout + done.stderr
    assert "token" not in done.stdout + done.stderr
