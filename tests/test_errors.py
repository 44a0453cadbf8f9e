from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwise import errors


@given(st.text())
def test_every_message_is_one_printable_line_under_500_characters(text: str) -> None:
    message = str(errors.BarwiseError(text * 100))
    assert message.isprintable()
    assert len(message) < 500


@given(st.text(max_size=300))
def test_a_quoted_value_is_short_and_printable(text: str) -> None:
    assert errors.quoted(text).isprintable()
    assert len(errors.quoted(text)) <= errors.VALUE_LIMIT


def test_a_short_value_is_shown_whole() -> None:
    assert errors.quoted("a\nb'") == repr("a\nb'")


def test_a_name_that_is_no_text_is_escaped() -> None:
    assert errors.named("data\udcff\n.csv") == "data\\udcff\\n.csv"


@pytest.mark.parametrize(
    ("name", "nearest"), [("windw", "window"), ("Close ", "close"), ("zzz", None)]
)
def test_the_nearest_known_name(name: str, nearest: str | None) -> None:
    assert errors.nearest(name, ["window", "close"]) == nearest


def test_a_long_list_is_cut() -> None:
    assert errors.listed(map(str, range(20))).endswith("10, 11 and 8 more")


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    tree = (errors.__doc__ or "").splitlines()
    classes = [c for c in vars(errors).values() if isinstance(c, type)]
    for error in (c for c in classes if issubclass(c, errors.BarwiseError)):
        [line] = [line for line in tree if f" {error.__name__} " in f"{line} "]
        depth = [issubclass(parent, errors.BarwiseError) for parent in error.__mro__].count(True)
        assert (len(line) - len(line.lstrip(" │├└─"))) == 4 * depth
