"""A lake in a store is that in a folder, file for file; and it is whole, or inputs refuse it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL

import pandas as pd
import pytest

import barwise
from barwise.errors import OutputError
from barwise.files.addresses import UNFINISHED
from tests.kit.lakes import config
from tests.kit.processes import HANG, wait_for
from tests.kit.stores.jobs import Before, Held, started
from tests.kit.stores.proxy import CUT, Request
from tests.kit.stores.store import Store

SYMBOLS = ["BTC/USDT", "é %#?"]
CONFIG = config(2, symbol="symbol")


@pytest.fixture(autouse=True)
def bars(folder: Path) -> None:
    """Two symbols by turns, each in two years."""
    times = pd.date_range("2023-12-30", periods=50)
    rows = [(time, symbol) for time in times for symbol in SYMBOLS]
    frame = pd.DataFrame(rows, columns=["timestamp", "symbol"]).assign(close=range(1, 101))
    frame.to_csv("bars.csv", index=False)
    frame.to_csv("twice.csv", index=False)
    with open("twice.csv", "a") as file:
        file.write(f"{times[0]},BTC/USDT,5\n")


def reach(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in store.environment.items():
        monkeypatch.setenv(name, value)


def is_copy(request: Request) -> bool:
    return "x-amz-copy-source" in request.headers


def test_a_lake_in_a_store_is_that_in_a_folder(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(store, monkeypatch)
    store.remove("a")
    converted = barwise.convert("bars.csv", CONFIG, store.url("a/lake/"))
    assert converted == barwise.convert("bars.csv", CONFIG, "lake")
    files = [path for path in Path("lake").rglob("*") if path.is_file()]
    assert store.keys("a") == sorted(f"a/{path.as_posix()}" for path in files)
    assert all(store.get(f"a/{path.as_posix()}") == path.read_bytes() for path in files)
    with pytest.raises(OutputError, match="is not empty: name a new or empty folder"):
        barwise.convert("bars.csv", CONFIG, store.url("a/lake"))


def test_bars_that_cannot_be_a_lake_leave_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    reach(store, monkeypatch)
    store.remove("a")
    with pytest.raises(barwise.InputError, match="goes back"):
        barwise.convert("twice.csv", CONFIG, store.url("a/lake"))
    assert store.keys("a") == []
    assert not store.files or store.uploads() == []


@pytest.mark.parametrize("which", ["copies", "third copy", "parts", "bucket"])
def test_a_store_that_refuses_leaves_nothing_of_a_lake(
    seaweedfs: Store, before: Before, monkeypatch: pytest.MonkeyPatch, which: str
) -> None:
    near, there = before(seaweedfs)
    reach(near, monkeypatch)
    seaweedfs.remove("a")

    def refused(request: Request) -> int | None:
        return {
            "copies": 403 if is_copy(request) else None,
            "third copy": 403 if is_copy(request) and len(list(filter(is_copy, there.requests))) > 2
            else None,
            "parts": 403 if "2024" in request.path and request.method == "PUT" else None,
            "bucket": 404,
        }[which]  # fmt: skip

    there.respond = refused
    with pytest.raises(OutputError, match=r"^cannot .* s3://lake/a"):
        barwise.convert("bars.csv", CONFIG, near.url("a/lake"))
    assert seaweedfs.keys("a") == []


def killed_while(which: Callable[[Request], bool], store: Store, before: Before) -> list[str]:
    """The objects that a convert has left in their places, which was killed at a request."""
    near, there = before(store)
    store.remove("a")
    held = there.respond = Held(which, then=CUT)
    words = ["--config", "lake.yaml", "--to", near.url("a/lake")]
    Path("lake.yaml").write_text("seed: 1\nwindow: 2\nversion: v1\ncolumns: {symbol: symbol}\n")
    with started(near, "convert", "bars.csv", *words) as process:
        wait_for(held.came.is_set, process)
        process.send_signal(SIGKILL)
        process.wait(HANG)
    held.goes_on.set()
    return [key for key in store.keys("a") if not key.startswith("a/.barwise-")]


def test_a_lake_whose_job_is_killed_before_it_appears_is_not_there(
    seaweedfs: Store, before: Before, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark = f"lake/{UNFINISHED}"
    assert not killed_while(
        lambda one: one.method == "PUT" and one.key.endswith(mark), seaweedfs, before
    )
    reach(seaweedfs, monkeypatch)
    with pytest.raises(barwise.InputError, match=r"there is no such object|no file"):
        barwise.plan(seaweedfs.url("a/lake"))
    barwise.convert("bars.csv", CONFIG, seaweedfs.url("a/lake"))
    assert len(barwise.plan(seaweedfs.url("a")).parts) == 4  # what is hidden is skipped


def test_a_lake_whose_job_is_killed_while_it_appears_is_refused_by_inputs(
    seaweedfs: Store, before: Before, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = killed_while(
        lambda one: is_copy(one) and "2024" in one.path and "BTC" in one.path, seaweedfs, before
    )
    assert f"a/lake/{UNFINISHED}" in left
    assert len(left) < 5
    reach(seaweedfs, monkeypatch)
    for word in ("a/lake", "a", "a/lake/*/2023.parquet"):
        with pytest.raises(barwise.InputError, match=r"the folder s3://lake/a/lake is not whole"):
            barwise.plan(seaweedfs.url(word))


def test_of_two_lakes_in_one_place_one_is_whole_and_the_other_is_refused(
    seaweedfs: Store, before: Before, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, there = before(seaweedfs)
    reach(near, monkeypatch)
    seaweedfs.remove("a")
    both = threading.Barrier(2)

    def together(request: Request) -> None:
        if request.method == "PUT" and request.key.endswith(f"lake/{UNFINISHED}"):
            both.wait(HANG)

    there.respond = together
    refused: list[OutputError] = []

    def convert() -> None:
        try:
            barwise.convert("bars.csv", CONFIG, near.url("a/lake"))
        except OutputError as error:
            refused.append(error)

    threads = [threading.Thread(target=convert) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [str(error).partition(": ")[0] for error in refused] == [
        "the lake folder s3://lake/a/lake is being written by another convert"
    ]
    assert len(seaweedfs.keys("a")) == 4
    barwise.convert("bars.csv", CONFIG, "local")
    for path in Path("local").rglob("*.parquet"):
        assert seaweedfs.get(f"a/lake/{path.relative_to('local').as_posix()}") == path.read_bytes()
