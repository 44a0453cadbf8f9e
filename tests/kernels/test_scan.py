"""The law of the scan: it accepts what Python's csv, float and datetime read, or refuses."""

from __future__ import annotations

import csv
import io
import math
import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from barwise.kernels import kernel

pytestmark = pytest.mark.skipif(kernel is None, reason="no kernels were built")
k: Any = kernel

NOTHING = bytearray()
MISSING = {"", "nan", "NaN", "null", "NULL", "NA", "N/A", "None"}
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")


class Scan(NamedTuple):
    """rows: -1 where the text is refused, because of `reason`. odd: row, column, cell of each."""

    rows: int
    reason: int
    columns: list[Any]
    odd: list[tuple[int, int, str]]


def scan(
    text: bytes, columns: int, kinds: list[tuple[int, int]], delimiter: str = ",",
    decimal: str = ".", room: int = 64, pattern: bytes = b" ",
) -> Scan:  # fmt: skip
    """`kinds`: the position and the kind of each column to read."""
    rows = len(text) // columns + 1
    wanted: list[tuple[int, int, Any, Any, bytes]] = []
    for position, kind in kinds:
        if kind == k.NUMBER:
            wanted.append((position, kind, np.empty(rows), NOTHING, b""))
        elif kind == k.TEXT:
            cells, ends = np.empty(len(text), np.uint8), np.empty(rows, np.uint32)
            wanted.append((position, kind, cells, ends, b""))
        elif kind == k.CODES:
            first = np.empty(24 * room, np.uint8)
            wanted.append((position, kind, np.empty(rows, np.int32), first, b""))
        else:
            wanted.append((position, kind, np.empty(rows, np.int64), NOTHING, pattern))
    odd = np.empty((rows, 4), np.uint32)
    behind = b'9"\n,' * (k.PAD // 4)  # what is there does not count
    count, reason, _, odds, not_ascii, used = k.scan(
        text + behind, len(text), columns, delimiter.encode(), decimal.encode(), tuple(wanted), odd
    )
    if count < 0:
        return Scan(count, reason, [], [])
    assert bool(not_ascii) == (not text.isascii())
    read: list[Any] = []
    for (_, kind, values, more, _), size in zip(wanted, used, strict=True):
        if kind == k.TEXT:
            borders = [0, *more[:count].tolist()]
            data = values[:size].tobytes()
            read.append([data[a:b] for a, b in pairwise(borders)])
        elif kind == k.CODES:
            spans = more[: 8 * size].view(np.uint32).reshape(-1, 2).tolist()
            names = [text[a:b] for a, b in spans]
            assert len({*names}) == len(names)
            read.append([names[code] for code in values[:count]])
        else:
            read.append(values[:count].tolist())
    cells_of_odd = [
        (row, which, text[start:end].decode()) for row, which, start, end in odd[:odds].tolist()
    ]
    return Scan(count, 0, read, cells_of_odd)


def as_number(cell: str, decimal: str = ".") -> float | None:
    stripped = cell.strip(" \t")
    if stripped in MISSING:
        return math.nan
    swapped = stripped.translate(str.maketrans(",.", ".,")) if decimal == "," else stripped
    return float(swapped) if NUMBER.fullmatch(swapped) else None


DIGITS = st.text("0123456789", max_size=21)
NUMBERS = st.one_of(
    st.builds("{}{}{}{}".format, st.sampled_from(["", "", "-", "+"]), DIGITS,
              st.sampled_from(["", "."]), DIGITS),
    st.builds("{}e{}".format, st.decimals(0, 10**9, places=7).map(str), st.integers(-25, 25)),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.floats(1e-8, 1e8).map(repr),
    st.sampled_from([*MISSING, " 1.5", "2\t", "1e", "e5", ".", "-", "1.2.3", "inf", "abc", "1_0"]),
)  # fmt: skip


@settings(max_examples=500)
@given(st.lists(NUMBERS, min_size=1, max_size=8), st.sampled_from([",", ";", "|"]))
@example(["9007199254740993", "0.1", "9007199254740992.5", "1e22", "1e23"], ",")
@example(["9999999999999999999", "0.9999999999999999999", "18446744073709551615"], ",")
@example(["5e-324", "1.7976931348623157e308", "-0.0", "-0", "00000000.0000001"], ",")
def test_numbers_are_those_of_python(cells: list[str], delimiter: str) -> None:
    text = "".join(f"x{delimiter}{cell}\n" for cell in cells).encode()
    done = scan(text, 2, [(1, k.NUMBER)], delimiter)
    assert done.rows == len(cells)
    odd = {row: cell for row, _, cell in done.odd}
    for row, (cell, number) in enumerate(zip(cells, done.columns[0], strict=True)):
        expected = as_number(cell)
        if row in odd:
            assert odd[row] == cell
            assert math.isnan(number)
        else:
            assert expected is not None, cell
            assert repr(number) == repr(expected), cell
    plain = [cell for cell in cells if re.fullmatch(r"-?\d{1,9}\.\d{1,9}|\d{1,19}", cell)]
    assert not {*plain} & {*odd.values()}  # these need no other reader


@given(st.lists(st.integers(0, 10**19 - 1), min_size=1, max_size=20), st.integers(0, 19))
@example([9410555092360582408, 9757325386130888956], 19)  # a little more than a half
def test_any_19_digits_are_rounded_once(digits: list[int], scale: int) -> None:
    cells = [f"{d:020}" for d in digits]
    cells = [f"{c[: 20 - scale]}.{c[20 - scale :]}" for c in cells]
    done = scan("".join(f"{c},\n" for c in cells).encode(), 2, [(0, k.NUMBER)])
    assert [repr(n) for n in done.columns[0]] == [repr(float(c)) for c in cells]
    assert not done.odd


def test_commas_can_be_decimal() -> None:
    done = scan(b"x;1,5\nx;-12,25\nx;1.5\nx;1,2,3\n", 2, [(1, k.NUMBER)], ";", ",")
    assert done.columns[0][:2] == [1.5, -12.25]
    assert done.odd == [(2, 0, "1.5"), (3, 0, "1,2,3")]


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


MOMENTS = st.one_of(
    st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)).map(lambda m: f"{m:%Y-%m-%d %H:%M:%S}"),
    st.datetimes().map(lambda m: m.isoformat(" ")),
    st.from_regex(r"[0-9]{4}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-6][0-9]:[0-6][0-9]", fullmatch=True),  # noqa: E501
    st.text("0123456789-: T/", min_size=17, max_size=20),
)  # fmt: skip


@settings(max_examples=500)
@given(MOMENTS, st.sampled_from(["", "Z", "+01:00"]))
@example("2024-02-29 23:59:59", "")
@example("2023-02-29 00:00:00", "")
@example("2024-01-01 24:00:00", "Z")
@example("1900-02-29 00:00:00", "")
@example("2024-01-01 00:00:60", "")
def test_moments_are_those_of_datetime(cell: str, suffix: str) -> None:
    text = f"2024-01-01 00:00:00{suffix},\n{cell}{suffix},\n{cell}{suffix},\n".encode()
    done = scan(text, 2, [(0, k.MOMENT)], pattern=b" " + suffix.encode())
    try:
        moment = datetime.strptime(cell, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        assert done.reason == k.ODD_CELL
        return
    if done.rows < 0:
        assert not 1000 <= moment.year <= 9998 or len(cell) != 19 or moment.second > 59
        return
    assert done.columns[0][1:] == [int(moment.timestamp()) * 1_000_000] * 2


@given(st.from_regex(r"[0-9]{1,20}", fullmatch=True, alphabet=st.characters(codec="ascii")))
@example("9223372036854775807")
@example("9223372036854775808")
def test_whole_numbers_are_below_2_to_the_63(cell: str) -> None:
    done = scan(f"{cell},\n".encode(), 2, [(0, k.DIGITS)])
    if cell[0] == "0" or int(cell) >= 2**63:
        assert done.reason == k.ODD_CELL
    else:
        assert done.columns == [[int(cell)]]


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
