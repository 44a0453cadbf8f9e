"""Single edits of a JSON document, as hypothesis draws them: any place, any kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, NamedTuple

from hypothesis import assume
from hypothesis import strategies as st

Path = tuple[str | int, ...]
HOSTILE = (
    "", "\x1b[31mred\x1b[0m", "two\nlines", "\u202eright to left", "x" * 5_000, "a\0b", "../../etc",
    "/etc/passwd", "\ud7ff\ue000", "\N{GRINNING FACE}", "%s{}", "é", "0" * 64, "data.csv",
)  # fmt: skip
OTHER_VALUES: st.SearchStrategy[Any] = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=9),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([None, True, False, [], {}, [[]], {"a": {"b": {}}}, 0, 1, 10**400]),
)


class Edit(NamedTuple):
    """What was edited.

    kind: "delete", "rename", "repeat", "change" or "add".
    place: the keys and numbers that lead to it, from the root.
    """

    kind: str
    place: Path


def places(tree: Any, above: Path = ()) -> Iterator[Path]:
    """Every place in a document but its root."""
    items = tree.items() if isinstance(tree, dict) else enumerate(tree)
    for key, value in items:
        yield (*above, key)
        if isinstance(value, dict | list):
            yield from places(value, (*above, key))


def at(tree: Any, place: Path) -> Any:
    for key in place:
        tree = tree[key]
    return tree


@st.composite
def edited(draw: st.DrawFn, document: Any) -> tuple[Edit, Any]:
    """One edit, and the document after it, which is another one."""
    tree = deepcopy(document)
    place: Path = draw(st.sampled_from([*places(tree)]))
    kind = draw(st.sampled_from(["delete", "rename", "repeat", "change", "add"]))
    holder, key = at(tree, place[:-1]), place[-1]
    other: Any
    if kind == "delete":
        del holder[key]
    elif kind == "change":
        holder[key] = draw(OTHER_VALUES)
    elif kind == "add":
        place = (*place[:-1], _add(holder, draw(st.sampled_from(HOSTILE)), draw(OTHER_VALUES)))
    elif isinstance(holder, list):  # to rename or repeat an item
        holder.append(deepcopy(at(holder, place[-1:])))
        place = (*place[:-1], len(holder) - 1)
    else:
        other = draw(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=5)))
        holder[other] = holder.pop(key) if kind == "rename" else deepcopy(holder[key])
        place = (*place[:-1], other if kind == "repeat" else key)
    assume(text_of(document) != text_of(tree))
    return Edit(kind, place), tree


def _add(holder: Any, key: str, value: Any) -> str | int:
    if isinstance(holder, list):
        holder.append(value)
        return len(holder) - 1
    holder[key] = value
    return key


def text_of(tree: Any) -> str:
    """The same for two documents that differ in nothing but layout."""
    return json.dumps(tree, sort_keys=True)
