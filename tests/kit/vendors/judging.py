"""What a run, a check or a message makes of a layout's file, and whether that is right."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

import barwise
from barwise.tuning import MEASURED, Tuning
from tests.kit.vendors.layouts import LAYOUTS, Layout

SMALLEST = "seed: 1\nwindow: 5\nversion: v1\n"
IN_ORDER = "order: time\n"
LINE = re.compile(r"\b(columns|csv): (\{[^{}]*\})")  # of a config, in a message
BY_NAME = {layout.name: layout for layout in LAYOUTS}
each_layout = pytest.mark.parametrize("layout", LAYOUTS, ids=BY_NAME)

Key = tuple[str, str]  # ("csv", "decimal")


def chosen(*names: str) -> pytest.MarkDecorator:
    """A test of the layouts of these names."""
    return pytest.mark.parametrize("layout", [BY_NAME[name] for name in names], ids=names)


def config(*more: str) -> str:
    """The path of the smallest config with some lines more."""
    Path("vendor.yaml").write_text(SMALLEST + "".join(f"{line}\n" for line in more))
    return "vendor.yaml"


def run(path: Path, *more: str, tuning: Tuning = MEASURED) -> barwise.Result | barwise.InputError:
    try:
        return barwise.run(path, config(*more), tuning=tuning)
    except barwise.InputError as error:
        return error


def messages(outcome: barwise.Result | barwise.InputError) -> list[str]:
    return [str(outcome)] if isinstance(outcome, barwise.InputError) else list(outcome.doubts)


def symbols_of(result: barwise.Result) -> dict[str, tuple[int, float]] | None:
    symbols = result.metrics.get("symbols")
    return symbols and {
        name: (symbol["rows_processed"], symbol["value"]) for name, symbol in symbols.items()
    }


def is_right(result: barwise.Result, layout: Layout) -> bool:
    outcome = result.rows_processed, result.value, symbols_of(result)
    return outcome == (layout.rows, layout.value, layout.symbols)


def names_order(result: barwise.Result) -> bool:
    return any("order: time" in doubt for doubt in result.doubts)


def assert_is_right(layout: Layout, path: Path, *more: str) -> None:
    """Value, rows, symbols and times are right, and nothing is said but the layout's own doubt."""
    result = barwise.run(path, config(*more))
    assert (result.value, result.rows_processed) == (layout.value, layout.rows), result.doubts
    assert symbols_of(result) == layout.symbols
    assert all(layout.doubt and layout.doubt in doubt for doubt in result.doubts), result.doubts
    assert len(result.doubts) == bool(layout.doubt)
    if layout.named:
        assert list(result.symbols) == [layout.named]
    report = barwise.check(path, config(*more))
    assert_times(layout, report)
    assert report.is_clean is not bool(layout.doubt), str(report)


def assert_is_right_in_file_order(layout: Layout, path: Path, *more: str) -> None:
    result = barwise.run(path, config(*more))
    assert (result.value, result.rows_processed) == (layout.value_in_file_order, layout.rows)
    assert names_order(result), result.doubts
    assert any(layout.doubt in doubt for doubt in result.doubts)
    report = barwise.check(path, config(*more))
    assert_times(layout, report)
    assert "time ascending" in report.broken
    assert "times are found" not in report.broken


def assert_times(layout: Layout, report: barwise.Report) -> None:
    earliest = [symbol.earliest for symbol in report.symbols.values()]
    latest = [symbol.latest for symbol in report.symbols.values()]
    assert None not in (*earliest, *latest), f"times are not read: {report}"
    first, last = min(time or 0 for time in earliest), max(time or 0 for time in latest)
    assert last - first == layout.times[1] - layout.times[0]
    if layout.tells_zone:
        assert (first, last) == (layout.first, layout.last)


def keys(text: str) -> list[tuple[Key, Any]]:
    """The keys that config lines in a text give, and their values: ("csv", "decimal"), ","."""
    return [
        ((section, key), value)
        for section, braces in LINE.findall(text)
        for key, value in yaml.safe_load(braces).items()
    ]


def offers(offered: object, value: object) -> bool:
    """Whether a message's value of a key is this one, or names it among others.

    It cannot know what is in each column of a file without a header.
    """
    if isinstance(value, list):
        return isinstance(offered, list)
    return offered == value or (isinstance(offered, str) and value in offered.split(" | "))


def pasted(lines: Mapping[Key, Any]) -> list[str]:
    """Keys as lines of a config."""
    sections: dict[str, dict[str, Any]] = {}
    for (section, key), value in lines.items():
        sections.setdefault(section, {})[key] = value
    return [
        f"{name}: {json.dumps(values, ensure_ascii=False)}" for name, values in sections.items()
    ]


def assert_is_told(layout: Layout, path: Path) -> None:
    """Messages name each key that is needed: all at once, or the next when one was followed."""
    needed, done = dict(keys(layout.config)), dict[Key, Any]()
    while len(done) < len(needed):
        lines = messages(run(path, *pasted(done)))
        offered = keys(" ".join(lines))
        missing = {key: value for key, value in needed.items() if key not in done}
        news = {
            key: value
            for key, value in missing.items()
            if any(name == key and offers(offer, value) for name, offer in offered)
        }
        assert news, f"{pasted(missing)} is not offered by {lines}"
        done |= news
