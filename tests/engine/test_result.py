"""A result as plain values, as a line, and as a table of HTML."""

from __future__ import annotations

import json
import os
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import barwise
from barwise.stages.tally import Tally

NAMES = st.text(min_size=1, max_size=30) | st.sampled_from(["<b>", "&amp;", '"', "</table>", "\n"])


def result_of(symbols: dict[str, Tally], doubts: list[str]) -> barwise.Result:
    tally = sum(symbols.values(), Tally())
    return barwise.Result(barwise.Config(1, 2, "v1"), tally, symbols, tuple(doubts), 5)


RESULTS = st.builds(
    result_of,
    st.dictionaries(NAMES, st.builds(Tally, st.just(10), st.integers(0, 10)), min_size=1),
    st.lists(NAMES),
)


class Read(HTMLParser):
    """What a browser shows: the text of each element, by its tag."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.shown: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        assert not attrs
        self.open.append(tag)
        self.shown.append((tag, ""))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        tag, text = self.shown.pop()
        self.shown.append((tag, text + data))


@given(RESULTS)
def test_a_notebook_shows_names_and_doubts_as_text(result: barwise.Result) -> None:
    read = Read()
    read.feed(result._repr_html_())
    read.close()
    assert read.open == []
    assert {tag for tag, _ in read.shown} <= {"p", "table", "tr", "td"}
    shown = [text for tag, text in read.shown if tag == "p"]
    assert shown == [repr(result), *(f"doubt: {line}" for line in result.doubts)]
    cells = [text for tag, text in read.shown if tag == "td"]
    assert cells[:4] == ["symbol", "rows", "ones", "value"]


@given(RESULTS)
def test_a_result_shows_itself_in_a_line(result: barwise.Result) -> None:
    assert repr(result).isprintable()
    assert len(repr(result)) < 120


def test_a_table_of_very_many_symbols_ends() -> None:
    symbols = {f"s{number:05}": Tally(10, number % 10) for number in range(10_000)}
    shown = result_of(symbols, [])._repr_html_()
    assert len(shown) < 3_000
    assert "<td>and 9980 more</td>" in shown
    assert "<td>all</td><td>100000</td><td>45000</td><td>0.45</td>" in shown


def test_a_result_is_plain_values_for_json() -> None:
    folder = os.fsdecode(b"lake/symbol=\xff")
    for symbol in (folder, "lake/symbol=b"):
        os.makedirs(symbol)
        Path(f"{symbol}/1.csv").write_text("Close,high\n1,2\n2,2\n,2\n")
    result = barwise.run("lake", window=2, measures=[barwise.BlockDigests()])
    plain = result.to_dict()
    assert json.loads(json.dumps(plain)) == plain
    assert list(plain) == ["metrics", "symbols", "doubts", "rows", "inferred", "digest", "digests"]
    assert plain["metrics"] == result.metrics
    assert plain["symbols"]["b"] == {"rows_processed": 3, "ones": 1, "value": 0.3333}
    assert plain["rows"] == {f"{folder}/1.csv": 3, "lake/symbol=b/1.csv": 3}
    assert plain["inferred"]["lake/symbol=b/1.csv"] == "close from 'Close'"
    assert plain["doubts"] == list(result.doubts) != []
    assert plain["digest"] == result.digest
    assert set(plain["digests"]) == set(plain["symbols"])


def test_digests_that_were_not_measured_are_left_out() -> None:
    assert "digest" not in barwise.run("data.csv", window=2).to_dict()


@pytest.mark.parametrize("window", [1, 2])
def test_a_short_repr_names_what_matters(window: int) -> None:
    assert repr(barwise.run("data.csv", window=window)) == (
        f"Result(value={[0.0, 0.25][window - 1]}, rows_processed=4, symbols=1, "
        f"doubts={[1, 0][window - 1]}, window={window}, arithmetic='float64')"
    )
