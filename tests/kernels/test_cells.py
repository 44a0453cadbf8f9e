"""The law of cells: the scan reads numbers as Python's float does, moments as datetime, or not."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from barwise.kernels import kernel
from tests.kit.scans import scan

pytestmark = pytest.mark.skipif(kernel is None, reason="no kernels were built")
k: Any = kernel

MISSING = {"", "nan", "NaN", "null", "NULL", "NA", "N/A", "None"}
NUMBER = re.compile(r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?")


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
