from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from barwise.bars.batch import Table
from barwise.errors import InputError
from barwise.sources.columns import Column
from barwise.sources.csv import strict, text_lines
from barwise.sources.csv.unpacked import opened
from barwise.sources.parts import Part
from barwise.tuning import Tuning

FIELD = st.text(alphabet='ab1. ,"\n\r\u00e9', max_size=5)


def tables(
    path: str = "data.csv", column: str = "close", block_rows: int = 1024
) -> Iterator[Table]:
    return strict.read([(0, Part(path), {"close": Column(column)})], Tuning(csv_rows=block_rows))


def closes(content: str | bytes, column: str = "close", block_rows: int = 3) -> NDArray[np.float64]:
    data = content.encode() if isinstance(content, str) else content
    Path("data.csv").write_bytes(data)
    blocks = list(tables("data.csv", column, block_rows))
    firsts = np.cumsum([0, *(block.rows for block in blocks)])[:-1]
    assert [block.first for block in blocks] == firsts.tolist()
    return np.concatenate([block.columns["close"] for block in blocks])


def refusal(content: str | bytes, column: str = "close") -> str:
    with pytest.raises(InputError) as caught:
        closes(content, column)
    assert "data.csv" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        "close\n1\n2\n",
        "close\n1\n2",
        "close\r\n1\r\n2\r\n",
        "close\r1\r2\r",
        "\ufeffclose\n1\n2\n",
        "\n\nclose\n\n1\n  \n\n2\n\n",
        '"close"\n"1"\n"2"\n',
        "a,close,b\nx,1,y\n,2,\n",
        'a,close\n"x\ny, ""z""",1\n"\r\n",2\n',
        "close,\n1,\n2,\n",
        "prix \u00e9,close\n\u00e9,1\n\u20ac,2\n",
    ],
)
def test_one_table_in_many_spellings(content: str) -> None:
    assert closes(content).tolist() == [1.0, 2.0]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is empty"),
        ("\n \n", "blank lines only"),
        ("close\n", "has a header and no rows"),
        ("close\n\n\n", "has a header and no rows"),
        ("a,close\n1,2\n3\n", "line 3 of data.csv is torn: it has 1 of 2 fields"),
        ("a,close\n1,2\n3,4,5\n", "line 3 of data.csv is too long: it has 3 fields"),
        ('a,close\n"x\n",2\n\n3\n', "line 5 of data.csv is torn"),
        ('a,close\n1,2\n"3,4\n5,6\n', "starts on line 3 of data.csv opens a quote that is never"),
        ('"a,close\n1,2\n', "starts on line 1 of data.csv opens a quote"),
        (
            'a,close\n1,2\n"3"x,4\n',
            "starts on line 3 of data.csv has text after a closing quote: close the",
        ),
        ("a,close\n1,2\n3,4\0\n", "line 3 of data.csv has a NUL byte"),
        (b"a,close\n1,2\n\xe9,4\n", "byte 0xe9 on line 3 of data.csv is not UTF-8"),
        ("a,close\n1,2\na,close\n", "on line 3 of data.csv: the header is repeated"),
        ("a,close\n1,2\n3,abc\n", "close is 'abc' on line 3 of data.csv: not a number"),
        ("a,close\n1,2\n3,true\n", "close is 'true' on line 3 of data.csv: a boolean"),
        ("a,close\n1,2\n3,inf\n", "close is 'inf' on line 3 of data.csv: infinite"),
        ("a,close\n1,2\n3,1e400\n", "close is '1e400' on line 3 of data.csv: too large"),
        ('a,close\n1,2\n3,"1,000"\n', "close is '1,000' on line 3 of data.csv: write it without"),
        ("a,b\n1,2\n", "has no column 'close'; its columns are a, b: name the column"),
        ("a,Close\n1,2\n", "did you mean 'Close'? then set columns: {close: \"Close\"}"),
        ("a;close\n1;2\n", "separated by semicolons"),
        ("a\tclose\n1\t2\n", "separated by tabs"),
        ('"a,close"\n"1,2"\n', "if each line is, remove the quotes around the lines"),
        ("1704067200,2.5\n1704067260,2.6\n", "line 1 looks like a bar"),
        ("\n\n1704067200,2.5\n", "line 3 looks like a bar"),
        ("ts,2024,Close\n1,2,3\n", "did you mean 'Close'"),
        ('ts;"a,b";close\n1;2;3\n', "separated by semicolons"),
        ("time close\n1 2\n", "separate its fields by commas, or remove line 1"),
        ("close\t,x\n1,2\n", 'columns: {close: "close\\t"}'),
        ("\ufeff\ufeffclose\n1\n", "remove the second byte order mark"),
        ("Last Price\n1\n", "separate its fields by commas, or remove line 1"),
        ("https://example.org/bars\nts,close\n1,2\n", "are on line 2; set csv: {skip: 1}"),
        ("a,close\n1,2\n\ufeffa, close\n3,4\n", "on line 3 of data.csv: the header is repeated"),
        ("a,close\n1,2a,close\n3,4\n", "the header is repeated after a row without a line end"),
        ("close\n1,5\n", "write a decimal point for the comma"),
        ("a,close\nx,1\n\x0c\n", "line 3 of data.csv is torn"),
        ("close\n1\n\u00a0\n", "close is '\\xa0' on line 3"),
        (
            'a,close\n1,2\n"' + "3,4\n" * 2_200_000,
            "line 3 of data.csv opens a quote that is not closed within 8388608 characters",
        ),
        ("a,close\n1,2\n" + "x" * 9_000_000, "line 3 of data.csv is longer than 8388608 bytes"),
        ("a,close\n1,2\n" + "\0" * 9_000_000, "line 3 of data.csv has a NUL byte"),
        ("<!DOCTYPE html>\n", "is HTML"),
        ("close,a,close\n1,2,3\n", "has the column 'close' 2 times, in positions 1 and 3"),
        (b"\x1f\x8b\x08\0", "is itself a file of kind csv.gz: unpack it first"),
        (b"PAR1\x15\x04", "is itself a file of kind parquet"),
        ("close\n1\n".encode("utf-16"), "is UTF-16 text"),
    ],
)
def test_every_fault_is_named_by_its_line(content: str | bytes, message: str) -> None:
    assert message in refusal(content)


def test_the_first_fault_in_the_file_is_the_one_named() -> None:
    assert "line 3" in refusal("a,close\n1,2\n3,x\n4\n5,\0\n")
    assert "line 3" in refusal("a,close\n1,2\n3\n4,x\n5,\0\n")


@pytest.mark.parametrize("row", [0, 2, 3, 4, 5, 6, 9])
def test_lines_are_right_across_blocks(row: int) -> None:
    rows = [f'"{"x" * (i % 3)}\n",{i}.5' for i in range(10)]  # two lines each
    rows[row] = "y,bad"
    message = refusal("\n\nname,close\n" + "\n\n".join(rows) + "\n")
    line = 4 + 3 * row
    assert f"close is 'bad' on line {line} of data.csv" in message
    assert Path("data.csv").read_text().splitlines()[line - 1] == "y,bad"


def test_a_file_without_line_ends_is_refused_before_it_fills_the_memory() -> None:
    assert "line 1 of data.csv is longer than 8388608 bytes" in refusal("x" * 9_000_000)


def test_columns_are_found_by_their_configured_name() -> None:
    assert closes("Last Price,close\n1,x\n", "Last Price").tolist() == [1.0]


def test_a_name_with_brackets_is_a_file_and_no_pattern() -> None:
    Path("data[1].csv").write_text("close\n7\n")
    [table] = tables("data[1].csv")
    assert table.columns["close"].tolist() == [7.0]


@pytest.mark.parametrize(("path", "what"), [("/dev/zero", "a device"), (".", "a folder")])
def test_what_is_no_regular_file_is_refused(path: str, what: str) -> None:
    with pytest.raises(InputError, match=f"is {what}: name a regular file"):
        next(tables(path))


@given(
    st.lists(st.lists(FIELD, min_size=2, max_size=2), min_size=1, max_size=8),
    st.sampled_from(["\n", "\r\n"]),
    st.integers(1, 9),
)
def test_rows_and_their_lines_are_those_of_the_csv_module(
    names: list[list[str]], line_end: str, block_rows: int
) -> None:
    written = io.StringIO(newline="")
    writer = csv.writer(written, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    lines = []
    for number, row in enumerate([["a", "b", "close"], *([*n, "1.5"] for n in names)]):
        if number:
            lines.append(len(written.getvalue().encode().splitlines()) + 1)
        writer.writerow(row)
    Path("data.csv").write_text(written.getvalue(), encoding="utf-8", newline="")
    blocks = list(tables(block_rows=block_rows))
    assert sum(block.rows for block in blocks) == len(names)
    places = [strict.place(Part("data.csv"), row) for row in range(len(names))]
    assert places == [f"line {line} of data.csv" for line in lines]


@given(st.binary(max_size=300))
def test_any_bytes_are_bars_or_a_refusal(data: bytes) -> None:
    Path("data.csv").write_bytes(b"close,b\n1,2\n" + data)
    with suppress(InputError):  # and nothing else
        list(tables(block_rows=2))


@given(st.text(alphabet="a\r\n\u00e9", min_size=1, max_size=40), st.integers(1, 9))
def test_lines_do_not_depend_on_the_size_of_a_chunk(content: str, size: int) -> None:
    Path("data.csv").write_bytes(content.encode())
    with opened(Part("data.csv")) as unpacked:
        lines = list(text_lines.lines(unpacked, size))
    assert lines == io.StringIO(content, newline="").readlines()
