"""The servers and the proxy that tests of stores rely on do what those tests take for granted."""

from __future__ import annotations

import http.client
from collections.abc import Callable

import obstore
import pytest
from obstore.exceptions import BaseError

from tests.kit.stores.proxy import CUT, Proxy, proxy
from tests.kit.stores.servers import VERSIONED
from tests.kit.stores.store import Store

Before = Callable[[Store], tuple[Store, Proxy]]
DATA = bytes(range(256)) * 1000


def test_a_store_keeps_objects_by_any_name(store: Store) -> None:
    for name in ("a.txt", "a b/ö#?%25.txt"):
        store.put(f"kept/{name}", DATA)
        assert store.get(f"kept/{name}") == DATA
    assert store.keys("kept") == ["kept/a b/ö#?%25.txt", "kept/a.txt"]
    store.remove("kept")
    assert store.keys("kept") == []


def test_a_bucket_of_googles_can_be_read(gcs: Store) -> None:
    gcs.put("kept/a.txt", DATA)
    assert gcs.keys("kept") == ["kept/a.txt"]
    assert obstore.get_range(gcs.client, "kept/a.txt", start=255, end=257) == b"\xff\x00"


def test_a_proxy_counts_and_passes_on(store: Store, before: Before) -> None:
    near, there = before(store)
    near.put("counted/a.txt", DATA)
    assert near.get("counted/a.txt") == DATA
    obstore.get_range(near.client, "counted/a.txt", start=0, end=10)
    assert there.counts() == {"PUT": 1, "GET": 2}
    assert [one.range for one in there.of("GET", "counted/a.txt")] == ["", "bytes=0-9"]
    assert there.of("PUT")[0].sent == len(DATA)
    assert there.received == len(DATA) + 10
    assert near.keys("counted") == ["counted/a.txt"]


@pytest.mark.parametrize("answer", [403, 404, 503, CUT])
def test_a_proxy_refuses_what_a_test_wants_refused(
    seaweedfs: Store, before: Before, answer: int
) -> None:
    near, there = before(seaweedfs)
    seaweedfs.put("refused/a.txt", DATA)
    there.respond = lambda request: answer if request.method == "GET" else None
    asked = http.client.HTTPConnection("127.0.0.1", there.port)
    asked.request("GET", "/lake/refused/a.txt")
    if answer == CUT:
        with pytest.raises(ConnectionError):
            asked.getresponse()
    else:
        assert asked.getresponse().status == answer
    asked.close()
    near.put("refused/b.txt", DATA)  # is not a GET


def test_a_proxy_dies(seaweedfs: Store) -> None:
    with proxy(seaweedfs.port) as there:
        there.die()
        with pytest.raises(ConnectionRefusedError):
            http.client.HTTPConnection("127.0.0.1", there.port).connect()


def test_a_reader_may_not_write_and_nobody_sees_more_than_the_open_bucket(seaweedfs: Store) -> None:
    def as_(key: str, bucket: str) -> obstore.store.S3Store:
        return obstore.store.S3Store(
            bucket, endpoint=f"http://127.0.0.1:{seaweedfs.port}", region="us-east-1",
            access_key_id=key, secret_access_key=f"secret-of-{key}", skip_signature=not key,
            client_options={"allow_http": True}, retry_config={"max_retries": 0},
        )  # fmt: skip

    seaweedfs.put("a.txt", DATA)
    seaweedfs.of("open").put("a.txt", DATA)
    for key, bucket in (("reader", "lake"), ("", "open")):
        assert bytes(obstore.get(as_(key, bucket), "a.txt").bytes()) == DATA
    for key, bucket in (("reader", "lake"), ("", "open"), ("stranger", "lake")):
        with pytest.raises((PermissionError, BaseError)):
            obstore.put(as_(key, bucket), "b.txt", DATA)
    with pytest.raises((PermissionError, BaseError)):
        obstore.get(as_("", "lake"), "a.txt")
    with pytest.raises((FileNotFoundError, BaseError)):
        obstore.put(as_("test", "absent"), "b.txt", DATA)


def test_versions_are_kept_where_a_test_asks_for_them(seaweedfs: Store) -> None:
    store = seaweedfs.of(VERSIONED)
    store.put("a.txt", b"old")
    old = obstore.head(store.client, "a.txt")["version"]
    store.put("a.txt", b"new")
    assert store.get("a.txt") == b"new"
    got = obstore.get(store.client, "a.txt", options={"version": old})
    assert bytes(got.bytes()) == b"old"


def test_uploads_in_parts_show_until_they_end(seaweedfs: Store) -> None:
    with obstore.open_writer(seaweedfs.client, "parts.bin", buffer_size=5 << 20) as file:
        file.write(bytes(6 << 20))
        file.write(bytes(6 << 20))
    assert len(seaweedfs.get("parts.bin")) == 12 << 20
    assert seaweedfs.uploads() == []
