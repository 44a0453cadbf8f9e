"""Outputs at addresses: what can be one, which object it is, and that it is whole or not there."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from barwise.errors import OutputError
from barwise.files import writing
from barwise.files.clashes import refuse_clashes
from barwise.files.new_objects import PART
from tests.kit.stores.store import Store

PRINTABLE = st.characters(exclude_categories=("C", "Zl", "Zp", "Zs"), exclude_characters="/\\")
names = st.text(PRINTABLE | st.sampled_from(" %#?&+=~"), min_size=1, max_size=20).filter(
    lambda name: name.strip(". ")
)
keys = st.lists(names, min_size=1, max_size=3).map("/".join)


@pytest.fixture
def reached(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store that this process may use."""
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)
    return store


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys, st.binary(max_size=100))
def test_any_key_is_what_it_says(reached: Store, key: str, data: bytes) -> None:
    with writing.replacing(writing.target(reached.url(f"any/{key}"), "metrics")) as file:
        file.write(data)
    assert reached.keys("any") == [f"any/{key}"]
    assert reached.get(f"any/{key}") == data
    reached.remove("any")


@pytest.mark.parametrize("sizes", [[], [0], [5], [PART - 1], [PART], [PART, 1], [1 << 19] * 40])
def test_bytes_written_in_pieces_are_the_object(reached: Store, sizes: list[int]) -> None:
    target = writing.target(reached.url("pieces"), "signals")
    with writing.replacing(target) as file:
        made = target.made(file)
        for number, size in enumerate(sizes):
            assert file.write(bytes([number]) * size) == size
        assert file.tell() == sum(sizes)
        assert not made()
    assert made()
    assert reached.get("pieces") == b"".join(bytes([n]) * size for n, size in enumerate(sizes))


@pytest.mark.parametrize("size", [5, 3 * PART])
def test_what_fails_halfway_leaves_the_object_that_was_there(reached: Store, size: int) -> None:
    reached.put("kept", b"old")
    with (  # noqa: PT012
        pytest.raises(ZeroDivisionError),
        writing.replacing(writing.target(reached.url("kept"), "signals")) as file,
    ):
        file.write(bytes(size))
        raise ZeroDivisionError
    assert reached.get("kept") == b"old"
    assert not reached.files or reached.uploads() == []


def test_trying_leaves_nothing(reached: Store) -> None:
    reached.put("tried/kept", b"old")
    for name in ("kept", "new"):
        writing.target(reached.url(f"tried/{name}"), "metrics").prove()
    assert reached.keys("tried") == ["tried/kept"]
    assert reached.get("tried/kept") == b"old"
    assert not reached.files or reached.uploads() == []


@pytest.mark.parametrize(
    "address",
    [
        "s3://lake", "s3://lake/", "s3:///metrics.json", "s3://lake/out/", "s3://lake/a/../b",
        "s3://lake/..", "s3://lake//b", "s3://lake/./b", "s3://lake/a\nb", "s3://lake/a\0b",
        "https://host/metrics.json", "gs://key@lake/b", "az://key:word@lake/b",
    ],
)  # fmt: skip
def test_what_can_be_no_object_is_refused(address: str) -> None:
    with pytest.raises(OutputError, match=r"^the (address of the )?metrics file"):
        writing.target(address, "metrics")


def test_one_object_is_not_two_files() -> None:
    with pytest.raises(OutputError, match=r"is also the input file s3://lake/a.csv"):
        refuse_clashes({"metrics file": "s3://lake/a.csv"}, [("input file", "s3://lake/a.csv")])
    with pytest.raises(OutputError, match=r"is in the input folder s3://lake/bars"):
        refuse_clashes({"metrics file": "s3://lake/bars/m.json"}, [], ["s3://lake/bars"])
    refuse_clashes(
        {"metrics file": "s3://lake/bars.json", "log file": "s3:/lake/bars/x"},
        [("input file", "s3://lake/bars/a.csv"), ("input file", "bars.json")],
        ["s3://lake/bars", "bars"],
    )
