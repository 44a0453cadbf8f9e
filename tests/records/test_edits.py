"""Any single edit of a record is a difference or an error; a forger can hide what docs/proof.md
lists, and nothing else.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import barwise
from barwise.commands import main
from barwise.errors import RecordError
from tests.conftest import BARS, CONFIG, JOB
from tests.kit import edits
from tests.kit.edits import Edit, edited
from tests.kit.records import forge

# By name, what --input says of runs whose records are edited, and what their config says too.
RUNS = {
    "one file": (["data.csv"], ""),
    "two symbols": (["lake"], "arithmetic: exact\nchecks: report\ninterval: 1h\n"),
    "inferred": (["inferred.csv"], "csv: {names: [Date, Last]}\ncolumns: {close: Last}\n"),
}


def make(name: str) -> Any:
    """A folder of a real run, made once for each test, and its record."""
    folder = Path(name)
    words, more = RUNS[name]
    if not folder.exists():
        for symbol in ("A", "B"):
            (folder / f"lake/symbol={symbol}").mkdir(parents=True)
            (folder / f"lake/symbol={symbol}/1.csv").write_text(BARS)
        (folder / "data.csv").write_text(BARS)
        (folder / "inferred.csv").write_text(BARS.partition("\n")[2])
        (folder / "config.yaml").write_text(CONFIG + more)
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            outputs = ["--quiet", "--record", "record.json", "--signals", "signals.csv"]
            assert main.run_job(["--input", *words, *JOB[2:], *outputs]) == 0
        shutil.copy(folder / "record.json", folder / "real.json")
    return json.loads((folder / "real.json").read_text())


def faults(name: str) -> Sequence[str]:
    """What `verify` says is wrong; each a line that can be shown."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(name)
        try:
            comparison = barwise.verify("record.json", workers=1)
        except RecordError as error:
            lines: Sequence[str] = [str(error)]
            shown = lines
        else:
            lines = [difference.line for difference in comparison.differences]
            shown = str(comparison).split("\n")
    assert all(line.isprintable() and len(line) < 520 for line in shown)
    return lines


@settings(max_examples=400)
@given(st.data())
def test_every_edit_of_a_record_is_found(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*RUNS]))
    _, tree = data.draw(edited(make(name)))
    Path(name, "record.json").write_text(json.dumps(tree))
    assert faults(name)


@pytest.mark.parametrize("name", RUNS)
def test_every_key_and_item_is_missed(name: str) -> None:
    real = make(name)
    for place in edits.places(real):
        tree = json.loads(json.dumps(real))
        del edits.at(tree, place[:-1])[place[-1]]
        Path(name, "record.json").write_text(json.dumps(tree))
        assert faults(name), place


def is_of_run_alone(edit: Edit, real: Any) -> bool:
    """Whether nothing that is in the files or runs again shows this, as docs/proof.md says."""
    match edit.place:
        case ("predicate", "runDetails", "metadata", *_):
            return True  # which run it was, and when
        case ("predicate", "runDetails", "byproducts", 0, "annotations", "run", *rest):
            return rest != ["latency_ms"]  # the machine, and what the log said
        case ("predicate", "runDetails", "byproducts", 0, "annotations", "checksum"):
            return True  # there is a right one again
        case ("predicate", "buildDefinition", "resolvedDependencies", int(number), *_):
            files = real["predicate"]["buildDefinition"]["resolvedDependencies"]
            is_package = number >= len(files) or "uri" in files[number]
            return is_package or edit.kind in ("add", "repeat")
        case ("subject", int(number)):
            return edit.kind == "delete" and real["subject"][number]["annotations"]["kind"] != (
                "metrics"
            )
    return edit.kind in ("add", "repeat")  # a key that no version knows says nothing


@settings(max_examples=400)
@given(st.data())
def test_a_forger_can_hide_only_what_nothing_else_shows(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from([*RUNS]))
    real = make(name)
    edit, tree = data.draw(edited(real))
    try:
        forge(tree, f"{name}/record.json")
    except (KeyError, TypeError, IndexError, UnicodeEncodeError):  # there is no place for one
        Path(name, "record.json").write_text(json.dumps(tree))
    assume(edits.text_of(json.loads(Path(name, "record.json").read_text())) != edits.text_of(real))
    assert faults(name) or is_of_run_alone(edit, real), edit
