"""Samples with known answers, of a folder that BARWISE_SAMPLES names and the project has not.

Its expected.json has for each file rows, value and symbols for window 5, the value of its rows as
one series in the order of the file, and the first and last time.
"""

from __future__ import annotations

import json
import os
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

import barwise

FOLDER = Path(os.environ.get("BARWISE_SAMPLES", ""))
IS_THERE = "BARWISE_SAMPLES" in os.environ
EXPECTED = json.loads((FOLDER / "expected.json").read_text()) if IS_THERE else {}
CONFIG = barwise.Config(1, 5, "v1")

pytestmark = pytest.mark.skipif(not IS_THERE, reason="BARWISE_SAMPLES names no folder")


def is_right(result: barwise.Result, expected: Any) -> bool:
    symbols = result.metrics.get("symbols", {})
    to_read = expected["symbols"] or {}
    return (
        result.rows_processed == expected["rows"]
        and result.value == expected["value"]
        and {name: symbol["value"] for name, symbol in symbols.items()}
        == {name: symbol["value"] for name, symbol in to_read.items()}
    )


def run(name: str) -> barwise.Result | barwise.InputError:
    try:
        return barwise.run(FOLDER / name, CONFIG)
    except barwise.InputError as error:
        return error


def assert_is_doubted(result: barwise.Result, expected: Any) -> None:
    assert result.value == expected["value_in_file_order_as_one_series"]
    way_out = "columns: {symbol: " if expected["symbols"] else "order: time"
    assert any(way_out in doubt for doubt in result.doubts), result.doubts


@pytest.mark.parametrize("name", EXPECTED or ["none"])
def test_a_sample_is_read_right_or_says_why_not(name: str) -> None:
    expected = EXPECTED[name]
    result = run(name)
    if isinstance(result, barwise.InputError):
        assert name in str(result)
        assert ": {" in str(result), "no line to paste"
    elif not is_right(result, expected):
        assert_is_doubted(result, expected)


@pytest.mark.parametrize("name", EXPECTED or ["none"])
def test_the_times_of_a_sample_are_read(name: str) -> None:
    expected = EXPECTED[name]
    try:
        report = barwise.check(FOLDER / name, CONFIG)
    except barwise.InputError:
        return  # the other test looks at its words
    symbols = report.as_dict()["symbols"].values()
    assert all(symbol["from"] for symbol in symbols), "times are not read"
    first = min(datetime.fromisoformat(symbol["from"]) for symbol in symbols)
    last = max(datetime.fromisoformat(symbol["to"]) for symbol in symbols)
    assert first == datetime.fromisoformat(expected["from"])
    assert last == datetime.fromisoformat(expected["to"])
