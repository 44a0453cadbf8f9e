"""Lines that are counted are those that csv finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barwise.sources.csv import row_lines, strict
from barwise.sources.parts import Part, Text

CELLS = st.sampled_from(["a,1", "b,2", "c", "", " ", '"x"', "\r", "é", "1,2,3", "\ufeff", "\0"])
ENDS = st.sampled_from(["\n", "\n", "\r\n", "", "\n\n"])


@settings(max_examples=300)
@given(
    st.lists(st.tuples(CELLS, ENDS), max_size=12),
    st.sets(st.integers(-1, 12), min_size=1, max_size=3),
    st.booleans(),
    st.integers(0, 2),
    st.sampled_from([3, 7, 1 << 20]),
)
def test_a_row_is_found_where_csv_finds_it(
    made: list[tuple[str, str]], rows: set[int], has_header: bool, skip: int, piece: int
) -> None:
    Path("data.csv").write_text("".join(map("".join, made)), encoding="utf-8", newline="")
    part = Part("data.csv", text=Text(skip=skip, names=() if has_header else ("x", "y")))
    counted = row_lines.of_rows(part, rows, piece)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_lines, "of_rows", lambda part, rows: None)
        parsed = strict._lines_and_cells(part, rows)
    if counted is not None:
        assert {row: line for row, (line, _) in counted.items()} == {
            row: line for row, (line, _) in parsed.items()
        }
        assert all(cells.split(",") == parsed[row][1] for row, (_, cells) in counted.items())


def test_plain_lines_are_counted() -> None:
    Path("data.csv").write_text("a,b\n1,2\n3,4\n")
    assert row_lines.of_rows(Part("data.csv"), {-1, 1}) == {-1: (1, "a,b"), 1: (3, "3,4")}
    assert row_lines.of_rows(Part("data.csv"), {2}) is None
