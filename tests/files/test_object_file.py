"""An object as an open file gives the bytes of the object, however it is read and cut."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from barwise.files import stores
from barwise.files.object_file import ObjectFile, opened
from barwise.files.stores import StoredFile
from tests.kit.stores.web import web

DATA = bytes(i * 7 % 251 for i in range(3000))
Reads = list[tuple[int, int]]

reads = st.lists(st.tuples(st.integers(0, 3100), st.integers(0, 900)), max_size=8)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with web({"/data": DATA}) as server:
        yield f"{server.url}/data"


@pytest.fixture(scope="module")
def file(address: str) -> StoredFile:
    whole = stores.web_file(address)
    return StoredFile(whole.uri, whole.size, whole.etag, address=whole.address)


@settings(max_examples=25)
@given(reads=reads, block=st.integers(1, 700), held=st.integers(0, 3000))
def test_any_reads_give_what_a_file_gives(
    file: StoredFile, reads: Reads, block: int, held: int
) -> None:
    file.held[:] = [(0, memoryview(DATA)[:held])]
    there = io.BufferedReader(ObjectFile(file, block=block), 64)
    with there, io.BytesIO(DATA) as local:
        for place, size in reads:
            there.seek(place)
            local.seek(place)
            assert there.read(size) == local.read(size)
            assert there.tell() == local.tell()


@settings(max_examples=25)
@given(cuts=st.sets(st.integers(0, 3000), min_size=2, max_size=9), reads=reads)
def test_ranges_that_are_fetched_ahead_give_the_same(
    file: StoredFile, cuts: set[int], reads: Reads
) -> None:
    file.held[:] = []
    steps = [[ends] for ends in pairwise(sorted(cuts))]
    with ObjectFile(file, steps=[steps]) as there:
        for place, size in sorted(reads):
            there.seek(place)
            assert bytes(there.exactly(size)) == DATA[place : place + size]
    bucket, _ = stores.place_of(file.address)
    assert bucket.ahead == 0  # all that was taken was given back


def test_a_range_is_fetched_once_and_the_next_one_before_it_is_asked_for() -> None:
    with web({"/data": DATA}) as server:
        file = stores.web_file(f"{server.url}/data")
        file.held.clear()
        server.asked.clear()
        steps = [[(0, 100)], [(100, 200), (500, 600)], [(600, 700)]]
        with ObjectFile(file, steps=[steps]) as there:
            there.exactly(10)
            while len(server.asked) < 3:  # the next step comes by itself
                time.sleep(0.001)
            for place in (*range(0, 200, 10), 500, 590):
                there.seek(place)
                there.exactly(10)
            while len(server.asked) < 4:
                time.sleep(0.001)
        ranges = sorted(asked for _, _, asked in server.asked)
        assert ranges == ["bytes=0-99", "bytes=100-199", "bytes=500-599", "bytes=600-699"]


def test_only_so_much_is_fetched_ahead(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stores, "MOST_AHEAD", 100)
    with web({"/data": DATA}) as server:
        file = stores.web_file(f"{server.url}/data")
        file.held.clear()
        server.asked.clear()
        with ObjectFile(file, steps=[[[(0, 100)], [(100, 201)]]]) as there:
            there.exactly(10)
        assert len(server.asked) == 1


def test_a_file_that_a_server_gives_whole_can_be_read_in_order() -> None:
    with web({"/data": DATA * 500}, ranges=False) as server:
        file = stores.web_file(f"{server.url}/data")
        with opened(file) as there:
            assert there.read() == DATA * 500
        assert not file.has_ranges


@pytest.mark.parametrize("etags", [True, False])
def test_another_size_or_etag_is_another_file(etags: bool) -> None:
    from barwise import InputError

    files = {"/data": DATA}
    with web(files, etags=etags) as server:
        file = stores.web_file(f"{server.url}/data")
        file.held.clear()
        file.refuse_other()
        files["/data"] = DATA[:-1] if not etags else DATA[::-1]
        for read in (lambda: file.read(0, 10), file.refuse_other):
            with pytest.raises(InputError, match="changed while it was read"):
                read()
