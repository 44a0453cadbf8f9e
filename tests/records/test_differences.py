from __future__ import annotations

from collections.abc import Mapping

import pytest

from barwise.records import differences
from barwise.records.differences import Sides
from barwise.records.own_details import Outcome, RuleCount, SeriesDigests
from barwise.records.statement import Facts, Resource

SIDES = Sides("recorded", "now", "recorded and not there now", "not in the record")


def files(sums: Mapping[str, str]) -> dict[str, Resource]:
    return {
        name: Resource(name, digest={"sha256": sha256}, annotations=Facts("input", 5, 3))
        for name, sha256 in sums.items()
    }


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ({"a.csv": "1"}, {"a.csv": "1"}, []),
        ({"a.csv": "1"}, {"b/c.csv": "1"}, []),
        ({"x/a.csv": "1", "x/b.csv": "2"}, {"y/z/b.csv": "2", "y/z/a.csv": "1"}, []),
        ({"x/a.csv": "1", "x/b.csv": "2"}, {"p.csv": "2", "q.csv": "1"}, []),
        ({"p": "1", "q": "1", "r": "1"}, {"s": "1", "t": "1", "u": "1"}, []),
        ({"a.csv": "1"}, {"a.csv": "2"}, ["input a.csv: SHA-256 1... recorded, 2... now"]),
        (
            {"a.csv": "1"},
            {"b.csv": "2"},
            ["input b.csv (a.csv recorded): SHA-256 1... recorded, 2... now"],
        ),
        (
            {"s=A/x": "1", "s=B/x": "2"},
            {"s=A/x": "2", "s=B/x": "1"},
            [
                "input s=A/x: SHA-256 1... recorded, 2... now",
                "input s=B/x: SHA-256 2... recorded, 1... now",
            ],
        ),
        (
            {"a": "1", "b": "2", "c": "3"},
            {"a": "1", "c": "3"},
            ["input b is recorded and not there now"],
        ),
        (
            {"s=A/x": "1", "s=B/x": "2"},
            {"s=A/x": "3"},
            [
                "input s=B/x is recorded and not there now",
                "input s=A/x: SHA-256 1... recorded, 3... now",
            ],
        ),
        ({"a": "1"}, {"a": "1", "b": "2"}, ["input b is not in the record"]),
    ],
)
def test_files_are_paired_wherever_they_are(
    a: Mapping[str, str], b: Mapping[str, str], expected: list[str]
) -> None:
    changes = differences.of_inputs(files(a), files(b), SIDES)
    assert [change.line for change in changes] == expected


def series(closes: str, signals: str, bars: int = 0) -> SeriesDigests:
    """A series whose blocks have these letters for digests."""
    return SeriesDigests(bars or 4096 * len(closes), 0, "", list(closes), list(signals))


def outcome(**all_series: SeriesDigests) -> Outcome:
    return Outcome("", {"value": 0.5}, {}, all_series)


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        (outcome(A=series("abc", "xyz")), outcome(A=series("abc", "xyz")), []),
        (
            outcome(A=series("abc", "xyz")),
            outcome(A=series("aXc", "xyz")),
            ["closes of A differ in 1 of 3 blocks of 4096 bars: bars 4097 to 8192"],
        ),
        (
            outcome(A=series("abcdefghij", "x" * 10, 40_000)),
            outcome(A=series("XbcXeXgXiX", "x" * 10, 40_000)),
            [
                "closes of A differ in 5 of 10 blocks of 4096 bars: bars 1 to 4096, "
                "12289 to 16384, 20481 to 24576, 28673 to 32768 and 1 more ranges"
            ],
        ),
        (
            outcome(A=series("ab", "xy", 8000)),
            outcome(A=series("aB", "xY", 8001)),
            [
                "bars of A 8000 recorded, 8001 now",
                "closes of A differ in 1 of 2 blocks of 4096 bars: bars 4097 to 8001",
                "signals of A differ in 1 of 2 blocks of 4096 bars: bars 4097 to 8001",
            ],
        ),
        (
            outcome(A=series("a", "x"), B=series("a", "x")),
            outcome(A=series("a", "x"), C=series("a", "x")),
            [
                "series 'B' is recorded and not there now",
                "series 'C' is not in the record",
            ],
        ),
    ],
)
def test_results_are_compared_by_blocks(a: Outcome, b: Outcome, expected: list[str]) -> None:
    assert [change.line for change in differences.of_results(a, b, SIDES)] == expected


def test_rules_and_the_value_are_compared() -> None:
    a = Outcome("", {"value": 0.5}, {"no gaps": RuleCount(3, 1)}, {})
    b = Outcome("", {"value": 0.25}, {}, {})
    assert [change.line for change in differences.of_results(a, b, SIDES)] == [
        "bars that break the rule 'no gaps': 3 (symbols: 1) recorded, 0 now",
        "value 0.5 recorded, 0.25 now",
    ]
