"""The law of rows: the scan accepts those that Python's csv reads so, or refuses."""

from __future__ import annotations

import csv
import io
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from barwise.kernels import kernel
from tests.kit.scans import NOTHING, scan

pytestmark = pytest.mark.skipif(kernel is None, reason="no kernels were built")
k: Any = kernel

CELLS = st.one_of(
    st.sampled_from(["", "1.5", "x", '"x"', '""', '"a,b"', '"a""b"', 'a"b', '"', "é", "\r", "\0"]),
    st.text('ab," \r\n', max_size=5),
)
ENDS = st.sampled_from(["\n", "\n", "\r\n", "\n\n", "\r", ""])


@settings(max_examples=1_000)
@given(
    st.lists(st.tuples(st.lists(CELLS, min_size=2, max_size=4), ENDS), max_size=8),
    st.integers(1, 4),
    st.sampled_from([0, 1_020, 4_090]),
)
@example([(['"a"', "b"], "\r\n"), (["c", '"d"'], "\n")], 2, 0)
@example([(['","', "b"], "\n")], 2, 0)
@example([(['"a', 'b"'], "\n")], 2, 0)
def test_rows_are_those_of_pythons_csv_or_refused(
    rows: list[tuple[list[str], str]], columns: int, before: int
) -> None:
    first = "x" * before + "," * (columns - 1) + "\n"  # so that slabs end anywhere
    text = first + "".join(",".join(cells) + end for cells, end in rows)
    done = scan(text.encode(), columns, [(at, k.TEXT) for at in range(columns)])
    try:
        expected = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error:
        assert done.rows == -1
        return
    if done.rows < 0:
        return
    read = [[cell.decode() for cell in row] for row in zip(*done.columns, strict=True)]
    assert read == expected
    codes = scan(text.encode(), columns, [(at, k.CODES) for at in range(columns)])
    assert codes.columns == done.columns


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("quote", ["", '"'])
@pytest.mark.parametrize("rows", [1, 2, 300, 5_000])
def test_plain_rows_with_quotes_and_any_line_end_are_accepted(
    end: str, quote: str, rows: int
) -> None:
    lines = [[f"S{i % 7}", f"{i}.25", "", "note"] for i in range(rows)]
    text = "".join(",".join(f"{quote}{c}{quote}" for c in line) + end for line in lines)
    done = scan(text.encode(), 4, [(1, k.NUMBER), (0, k.CODES), (3, k.TEXT), (2, k.NUMBER)])
    assert done.columns[0] == [i + 0.25 for i in range(rows)]
    assert done.columns[1] == [line[0].encode() for line in lines]
    assert done.columns[2] == [b"note"] * rows
    assert np.isnan(done.columns[3]).all()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"1,\0\n", "ODD_BYTE"),
        (b'1,2"\n', "NOT_RECTANGULAR"),
        (b'1,2"2\n', "ODD_BYTE"),
        (b"1,2\r3\n", "ODD_BYTE"),
        (b'1,"2\n', "NOT_RECTANGULAR"),
        (b"1,2,3\n", "NOT_RECTANGULAR"),
        (b"1,2\n3\n", "NOT_RECTANGULAR"),
        (b"1,2\n3\n4,5,6\n", "NOT_RECTANGULAR"),
        (b"1,2\n\n", "NOT_RECTANGULAR"),
        (b"1,2\n3,4", "NOT_RECTANGULAR"),
        (b"1," + b"2" * 65_535 + b"\n", "NOT_RECTANGULAR"),
    ],
)
def test_rows_that_readers_may_take_differently_are_refused(text: bytes, reason: str) -> None:
    assert scan(text, 2, [(1, k.TEXT)]).reason == getattr(k, reason)
    assert scan(b"a,b\n" * 3_000 + text, 2, [(1, k.TEXT)]).reason == getattr(k, reason)


def test_blank_lines_of_one_column_are_refused() -> None:
    for text in (b"1\n\n2\n", b"1\n \n", b'1\n""\n', b"\n"):
        assert scan(text, 1, [(0, k.NUMBER)]).reason == k.NOT_RECTANGULAR


def test_rows_of_very_many_columns() -> None:
    for columns in (511, k.MOST_COLUMNS):
        text = (",".join(str(i) for i in range(columns)) + "\n").encode() * 50
        done = scan(text, columns, [(0, k.NUMBER), (columns - 1, k.NUMBER)])
        assert done.columns == [[0.0] * 50, [columns - 1.0] * 50]
    assert scan(b",\n", k.MOST_COLUMNS + 1, []).reason == k.ARGUMENTS


def test_only_so_many_codes_and_odd_cells_have_room() -> None:
    text = "".join(f"{i}x,1\n" for i in range(65)).encode()
    assert scan(text, 2, [(0, k.CODES)], room=64).reason == k.NO_ROOM
    assert scan(text, 2, [(0, k.CODES)], room=128).rows == 65
    odd = np.empty((64, 4), np.uint32)
    wanted = ((0, k.NUMBER, np.empty(65), NOTHING, b""),)
    assert k.scan(text + bytes(k.PAD), len(text), 2, b",", b".", wanted, odd)[1] == k.ODD_NUMBERS
    wanted = ((1, k.NUMBER, np.empty(64), NOTHING, b""),)
    assert k.scan(text + bytes(k.PAD), len(text), 2, b",", b".", wanted, odd)[1] == k.NO_ROOM


@pytest.mark.parametrize("name", ["S{}", "{}", "BTC-{:06}-PERP", "{:020}", "{}USDT", "A{}B" * 5])
def test_many_symbols_find_their_places(name: str) -> None:
    names = [name.format(*[i] * 5) for i in range(60_000)]
    text = "".join(f"{name},1\n" for name in names).encode()
    done = scan(text, 2, [(0, k.CODES)], room=1 << 16)
    assert done.columns == [[name.encode() for name in names]]


def test_buffers_and_arguments_are_checked() -> None:
    text, odd = b"1,2\n" + bytes(k.PAD), np.empty((1, 4), np.uint32)
    number = (0, k.NUMBER, np.empty(4), NOTHING, b"")
    with pytest.raises(ValueError, match="PAD"):
        k.scan(text, 5, 2, b",", b".", (number,), odd)
    with pytest.raises(ValueError, match="PAD"):
        k.scan(text, -1, 2, b",", b".", (number,), odd)
    with pytest.raises(ValueError, match="too many"):
        k.scan(text, 4, 2, b",", b".", (number,) * (k.MOST_WANTED + 1), odd)
    with pytest.raises(ValueError, match="separator"):
        k.scan(text, 4, 2, b",", b".", ((0, k.MOMENT, np.empty(4), NOTHING, b""),), odd)
    with pytest.raises(ValueError, match="of no kind"):
        k.scan(text, 4, 2, b",", b".", ((0, 9, np.empty(4), NOTHING, b""),), odd)
    unaligned = np.empty(33, np.uint8)[1:].view(np.float64)
    with pytest.raises(ValueError, match="aligned"):
        k.scan(text, 4, 2, b",", b".", ((0, k.NUMBER, unaligned, NOTHING, b""),), odd)
    for position, kind, more in (
        (2, k.NUMBER, NOTHING),
        (-1, k.NUMBER, NOTHING),
        (0, k.CODES, NOTHING),
        (0, k.CODES, np.empty(24 * 3, np.uint8)),
    ):
        wanted = ((position, kind, np.empty(4), more, b""),)
        assert k.scan(text, 4, 2, b",", b".", wanted, odd)[1] == k.ARGUMENTS
    words = np.empty(200, np.uint8)[1:]
    for column in (
        (0, k.CODES, np.empty(4, np.int32), words[:192], b""),
        (0, k.TEXT, np.empty(9, np.uint8), words[:64], b""),
    ):
        with pytest.raises(ValueError, match="aligned"):
            k.scan(text, 4, 2, b",", b".", (column,), odd)
    with pytest.raises(ValueError, match="aligned"):
        k.scan(text, 4, 2, b",", b".", (number,), words[:16])
    assert k.scan(text, 4, 2, b",", b"1", (number,), odd)[1] == k.ARGUMENTS
    for columns, delimiter in ((0, b","), (2, b'"'), (2, b"\n"), (2, b"\xff")):
        assert k.scan(text, 4, columns, delimiter, b".", (number,), odd)[1] == k.ARGUMENTS


def test_a_buffer_that_is_given_twice_is_not_read_beyond() -> None:
    text = "".join(f"{i},{i / 7:.17}\n" for i in range(9_999)).encode() + bytes(k.PAD)
    size, room = len(text) - k.PAD, 1 << 14
    codes, odd = np.empty(24 * room, np.uint8), np.empty((9_999, 4), np.uint32)
    written = codes[8 * room :].view(np.float64)  # what finds the codes
    of_codes = (0, k.CODES, np.empty(10_000, np.int32), codes, b"")
    for wanted in ((of_codes, (1, k.NUMBER, written, NOTHING, b"")),
                   (of_codes, (0, k.CODES, codes.view(np.int32), codes, b""))):  # fmt: skip
        assert k.scan(text, size, 2, b",", b".", wanted, odd)[0] in (-1, 9_999)


def test_a_blank_as_delimiter_ends_with_the_text() -> None:
    assert scan(b"1 2\n" * 9, 2, [(1, k.NUMBER)], " ").columns == [[2.0] * 9]
