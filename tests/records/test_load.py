"""What no run can have recorded is refused, in one line."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import barwise
from barwise.commands import main
from barwise.errors import RecordError
from barwise.records import load
from barwise.records.statement import DIGEST
from tests.conftest import JOB, Job
from tests.kit.records import dependencies, forge, own, parameters, result

Edit = Callable[[Any], None]


@pytest.fixture
def record(run_job: Job) -> Any:
    assert run_job("--record", "record.json", "--signals", "signals.csv").returncode == 0
    return json.loads(Path("record.json").read_text())


def byproduct(record: Any) -> Any:
    return record["predicate"]["runDetails"]["byproducts"][0]


def replaced(of: Callable[[Any], Any], key: Any, value: Any) -> Edit:
    def edit(record: Any) -> None:
        of(record)[key] = value

    return edit


def removed(of: Callable[[Any], Any], key: Any) -> Edit:
    def edit(record: Any) -> None:
        del of(record)[key]

    return edit


def repeated(record: Any) -> None:
    dependencies(record).append({**dependencies(record)[1], "digest": {"sha256": "0" * 64}})


EDITS = {
    "no series": replaced(result, "series", {}),
    "no bars": replaced(lambda r: result(r)["series"][""], "bars", 0),
    "bars beyond all bounds": replaced(lambda r: result(r)["series"][""], "bars", 2**70),
    "another number of bars": replaced(lambda r: result(r)["series"][""], "bars", 3),
    "more ones than bars": replaced(lambda r: result(r)["series"][""], "ones", 10**400),
    "other ones": replaced(lambda r: result(r)["series"][""], "ones", 3),
    "a block more": replaced(lambda r: result(r)["series"][""], "closes", ["0" * 64] * 2),
    "a digest of capitals": replaced(result, "digest", "A" * 64),
    "a digest and a line end": replaced(result, "digest", "0" * 64 + "\n"),
    "another digest": replaced(result, "digest", "0" * 64),
    "another digest of the byproduct": replaced(byproduct, "digest", {DIGEST: "0" * 64}),
    "no digest of the byproduct": replaced(byproduct, "digest", {}),
    "another value": replaced(lambda r: result(r)["metrics"], "value", 0.75),
    "an unknown kind": replaced(lambda r: dependencies(r)[1]["annotations"], "kind", "Input"),
    "no kind": removed(lambda r: dependencies(r)[1], "annotations"),
    "no digest of an input": replaced(lambda r: dependencies(r)[1], "digest", {}),
    "no config file": removed(dependencies, 0),
    "no input": removed(dependencies, 1),
    "no outputs": replaced(lambda r: r, "subject", []),
    "an input twice": repeated,
    "another builder": replaced(
        lambda r: r["predicate"]["runDetails"]["builder"], "id", "evil"
    ),
    "another kind of build": replaced(
        lambda r: r["predicate"]["buildDefinition"], "buildType", "make"
    ),
    "another predicate": replaced(lambda r: r, "predicateType", "https://slsa.dev/provenance/v2"),
    "no time": replaced(
        lambda r: r["predicate"]["runDetails"]["metadata"], "startedOn", "never"
    ),
    "an unknown key of the config": replaced(parameters, "wnidow", 3),
    "an unknown column": replaced(lambda r: parameters(r)["columns"], "clsoe", "x"),
    "no window": removed(parameters, "window"),
    "a window of text": replaced(parameters, "window", "5"),
    "columns that are none": replaced(parameters, "columns", 3),
    "another version": replaced(parameters, "version", "v8"),
    "another builder's version": replaced(
        lambda r: r["predicate"]["runDetails"]["builder"], "version", {"barwise": "0"}
    ),
    "a builder with two versions": lambda r: (
        r["predicate"]["runDetails"]["builder"]["version"].update(numpy="1")
    ),
    "a byproduct of another name": replaced(byproduct, "name", "closes"),
    "two byproducts": lambda r: r["predicate"]["runDetails"]["byproducts"].append(byproduct(r)),
    "the config among the outputs": lambda r: r["subject"].append(dependencies(r).pop(0)),
    "the metrics among the inputs": lambda r: dependencies(r).append(r["subject"].pop()),
    "a package among the outputs": lambda r: r["subject"].append(dependencies(r)[-1]),
    "an input that is a package too": replaced(lambda r: dependencies(r)[1], "uri", "pkg:a@1"),
    "an input of two digests": lambda r: dependencies(r)[1]["digest"].update(sha1="0" * 64),
    "an input without rows": removed(lambda r: dependencies(r)[1]["annotations"], "rows"),
    "a config with rows": replaced(lambda r: dependencies(r)[0]["annotations"], "rows", 3),
    "no kernels": removed(lambda r: own(r)["run"], "kernels"),
    "a key of the config that is at its default": removed(parameters, "arithmetic"),
    "a key of columns that is at its default": removed(lambda r: parameters(r)["columns"], "open"),
    "a config of a megabyte": replaced(parameters, "version", "v" * 1_000_000),
    "a nest in the config": replaced(parameters, "version", {"a": {"b": {}}}),
    "a nest in the metrics": replaced(lambda r: result(r)["metrics"], "version", {"a": [[]]}),
}  # fmt: skip


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS.keys())
def test_what_no_run_has_recorded_is_refused(edit: Edit, record: Any) -> None:
    edit(record)
    forge(record)
    with pytest.raises(RecordError, match=r"^record\.json ") as refused:
        load.load("record.json")
    assert len(str(refused.value)) < 500


def test_later_fields_are_passed_over(record: Any) -> None:
    record["predicate"]["later"] = record["later"] = {"a": 1}
    own(record)["later"] = [1]
    forge(record)
    load.load("record.json")


def test_an_input_may_be_called_as_a_package_is(record: Any) -> None:
    dependencies(record)[1]["name"] = "numpy"
    forge(record)
    load.load("record.json")


def test_a_record_in_utf_16_or_nested_beyond_all_bounds_is_one_line() -> None:
    for data in ("{}".encode("utf-16"), b"[" * 200_000, b'{"_type": "\xff"}', b"NaN"):
        Path("record.json").write_bytes(data)
        with pytest.raises(RecordError, match="not a record of a run, or cut off"):
            load.load("record.json")


def test_a_record_without_a_byproduct_is_refused(record: Any) -> None:
    record["predicate"]["runDetails"]["byproducts"] = []
    Path("record.json").write_text(json.dumps(record))
    with pytest.raises(RecordError, match=r"^record\.json is not a record of a run"):
        load.load("record.json")


def test_a_key_that_is_there_twice_is_refused(record: Any) -> None:
    text = Path("record.json").read_text()
    Path("record.json").write_text(text.replace('"rules":', '"rules": {}, "rules":'))
    with pytest.raises(RecordError, match=r"the key 'rules' is there 2 times; get a new copy$"):
        load.load("record.json")


def test_the_document_may_be_laid_out_otherwise(record: Any) -> None:
    Path("record.json").write_text(json.dumps(record, sort_keys=True, indent=7))
    assert barwise.verify("record.json").is_same


def test_what_is_no_file_is_no_record() -> None:
    for path in ("nowhere.json", ".", "/dev/null"):
        with pytest.raises(RecordError, match=f"the record {path}"):
            load.load(path)


@settings(max_examples=300)
@given(st.data())
def test_no_flipped_byte_is_a_traceback(data: st.DataObject) -> None:
    if not Path("made.json").exists():
        assert main.run_job([*JOB, "--record", "made.json"]) == 0
    whole = bytearray(Path("made.json").read_bytes())
    whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    Path("record.json").write_bytes(whole)
    with suppress(RecordError):
        for line in str(barwise.diff("made.json", "record.json")).split("\n"):
            assert line.isprintable()
            assert len(line) < 520
