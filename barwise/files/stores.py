"""Objects in stores: S3, Google Cloud Storage, Azure, and files of the web, by their addresses.

The only place that knows a store. obstore is imported when an address is met, as a job of local
files does without. Keys, endpoint and region come by the stores' own environment variables.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from functools import cache, lru_cache
from threading import Lock
from typing import Any, BinaryIO
from urllib.parse import urlsplit

from barwise.errors import BarwiseError, InputError, named
from barwise.files.addresses import is_of_web, shown
from barwise.files.store_errors import changed, not_installed, raising

# A job waits for no store longer than ten seconds: the first try and one more, each of at most 4 s
# without a byte. obstore itself tries for three minutes.
RETRY = {"max_retries": 3, "retry_timeout": timedelta(seconds=5)}
WAIT = {"connect_timeout": "3s", "read_timeout": "4s", "timeout": "1h"}
# What sends megabytes, or has a store copy them, has no byte back until that is done.
PATIENT_RETRY = {"max_retries": 5, "retry_timeout": timedelta(seconds=60)}
PATIENT_WAIT = {**WAIT, "read_timeout": "60s"}
ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT", "AZURE_STORAGE_ENDPOINT", "GOOGLE_BASE_URL")
SETTINGS = ("AWS_", "AZURE_", "GOOGLE_")  # how the names of variables begin that stores read
MOST_AHEAD = 1 << 26  # bytes of a bucket that are fetched before they are asked for
SMALL = 1 << 16  # bytes that are sent at once over any line
HEAD = 1 << 17  # bytes that a file of the web is known by
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True)
class StoredFile:
    """An object as a listing, a HEAD or its first bytes show it.

    uri: its address, without a query.
    size: in bytes.
    etag: what the store calls its contents; "" where it gives none.
    version: of a bucket that keeps versions, where it is known; else "".
    modified: when it was written, in ISO 8601.
    address: of a file of the web, with its query, which may be a secret; else "".
    has_ranges: whether the server gives some of the bytes.
    held: bytes that are kept since the plan was made, each with where they begin.
    """

    uri: str
    size: int
    etag: str = ""
    version: str = ""
    modified: str = ""
    address: str = field(default="", repr=False)
    has_ranges: bool = True
    held: list[tuple[int, memoryview]] = field(default_factory=list, repr=False, compare=False)

    def __getstate__(self) -> dict[str, Any]:  # another process fetches what it needs
        return {**self.__dict__, "held": []}

    def read(self, start: int, end: int) -> memoryview:
        """The bytes from one to another, held or fetched. Raises InputError, also for an object
        that is not the one it was.
        """
        for first, data in self.held:
            if first <= start and end <= first + len(data):
                return data[start - first : end - first]
        answer = self.get(range=(start, end))
        with raising(self.uri):
            data = memoryview(answer.bytes())
        if len(data) != end - start:
            raise changed(self.uri)
        return data

    def get(self, **options: Any) -> Any:
        """The answer to a GET, for this object as it was found alone."""
        obstore = _library(self.uri)
        if self.etag and not self.etag.startswith("W/"):  # a weak one never matches
            options["if_match"] = f'"{plain(self.etag)}"'
        with raising(self.uri):
            bucket, key = place_of(self.address or self.uri)
            answer = obstore.get(bucket.client, key, options=options)
        if not self.is_same(_described(self.uri, answer.meta)):  # some servers ignore If-Match
            raise changed(self.uri)
        return answer

    def stream(self, size: int) -> Iterator[Any]:
        """All bytes in order, at least `size` at a time, in one request. Raises InputError."""
        answer = self.get()
        with raising(self.uri):
            yield from answer.stream(size)

    @property
    def stamp(self) -> tuple[int, str]:
        """What shows that an object is still the same: its size, and its ETag or time."""
        return self.size, plain(self.etag) or self.modified

    def is_same(self, other: StoredFile) -> bool:
        """Whether another description is of the same contents."""
        if self.etag and other.etag:
            return self.stamp == other.stamp
        return (self.size, self.modified) == (other.size, other.modified)

    def refuse_other(self) -> None:
        """Raises InputError where its address names another object by now."""
        now = web_file(self.address) if self.address else head(self.uri)
        if now is None or not self.is_same(now):
            raise changed(self.uri)


def plain(etag: str) -> str:
    """An ETag as listings of Azure and Google give it: without quotes."""
    return etag.removeprefix("W/").strip('"')


class Bucket:
    """A store's client, and how many bytes of it are fetched ahead, by all files together."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.ahead, self.lock = 0, Lock()

    def take(self, size: int) -> bool:
        """Whether so many bytes may be fetched ahead; whoever does gives them back."""
        with self.lock:
            is_allowed = self.ahead + size <= MOST_AHEAD
            self.ahead += size * is_allowed
            return is_allowed

    def give_back(self, size: int) -> None:
        with self.lock:
            self.ahead -= size


def place_of(address: str, *, patient: bool = False) -> tuple[Bucket, str]:
    """The bucket of an address, and the key within it; `patient`: to send much to it.

    Raises InputError.
    """
    if _process() != os.getpid():  # it would wait for ever
        raise InputError(
            f"a process that was forked from one that has read a store cannot read "
            f"{named(shown(address))}: start processes by multiprocessing.get_context('spawn')",
            code="input_unreadable",
        )
    settings = tuple(
        (name, value) for name, value in os.environ.items() if name.startswith(SETTINGS)
    )
    if is_of_web(address):
        return _bucket(address, settings), ""
    scheme, _, rest = address.partition("://")
    name, _, key = rest.partition("/")
    return _bucket(f"{scheme}://{name}", settings, patient), key


@cache
def _process() -> int:
    """The process that has obstore's threads; a fork of it has none."""
    return os.getpid()


@lru_cache(maxsize=64)  # a client holds connections that are open, and asks once who it is
def _bucket(root: str, settings: tuple[tuple[str, str], ...], patient: bool = False) -> Bucket:
    with raising(shown(root)):
        _refuse_unusable(root)
        store = _library(shown(root)).store
        # Options of a client put AWS_ALLOW_HTTP out of force.
        is_plain = any(value.startswith("http://") for name, value in settings if name in ENDPOINTS)
        wait, retry = (PATIENT_WAIT, PATIENT_RETRY) if patient else (WAIT, RETRY)
        options: dict[str, Any] = {**wait, "allow_http": is_plain or root.startswith("http://")}
        # from_url would take a bucket's https:// for S3 or Azure, and want keys.
        make = store.HTTPStore.from_url if is_of_web(root) else store.from_url
        return Bucket(make(root, client_options=options, retry_config=retry))


def _library(uri: str) -> Any:
    """obstore; raises InputError where it is not installed."""
    try:
        import obstore.store  # 17 ms
    except ImportError:
        raise not_installed(uri) from None
    return obstore


def _refuse_unusable(root: str) -> None:
    """Raises InputError for an address that cannot be that of a bucket, or of the web."""
    url = urlsplit(root)
    if not url.netloc:
        raise InputError(f"{named(shown(root))} names no bucket: write {root}BUCKET/...")
    if url.scheme == "http" and url.hostname not in THIS_MACHINE:
        raise InputError(f"{named(shown(root))} is not encrypted: write https://")
    if url.scheme in ("s3", "gs", "az") and "@" in url.netloc:
        raise InputError(
            f"an address of {url.scheme}:// has a user or a key before its bucket: leave it out, "
            "and set the store's environment variables"
        )


def head(uri: str) -> StoredFile | None:
    """The object at an address, or None where there is none. Raises InputError."""
    bucket, key = place_of(uri)
    obstore = _library(uri)
    with raising(uri):
        try:
            return _described(uri, obstore.head(bucket.client, key))
        except FileNotFoundError:
            return None


def web_file(address: str) -> StoredFile:
    """The file of the web at an address, whose first bytes are held. Raises InputError.

    It is asked for these, as an address that was signed for reading allows no HEAD.
    """
    uri = shown(address)
    bucket, key = place_of(address)
    obstore = _library(uri)
    with raising(uri):
        try:
            answer = obstore.get(bucket.client, key, options={"range": (0, HEAD)})
            file = _described(uri, answer.meta, address)
            file.held.append((0, memoryview(answer.bytes())))
        except obstore.exceptions.NotSupportedError:  # the server gives the whole file
            answer = obstore.get(bucket.client, key)
            file = _described(uri, answer.meta, address, has_ranges=False)
            file.held.append((0, memoryview(next(iter(answer.stream(HEAD)), b""))))
        return file


def listed(folder: str, check: Callable[[], None] = lambda: None) -> Iterator[StoredFile]:
    """The objects in a folder and its folders; one request for each thousand. Raises InputError.

    folder: its address, as s3://bucket or s3://bucket/lake.
    """
    bucket, prefix = place_of(folder.rstrip("/"))
    root = folder.rstrip("/").removesuffix(prefix).rstrip("/")
    obstore = _library(folder)
    with raising(folder):
        for page in obstore.list(bucket.client, prefix=prefix or None, chunk_size=1000):
            check()
            for meta in page:
                yield _described(f"{root}/{meta['path']}", meta)


def put(
    uri: str,
    data: bytes | BinaryIO | Iterable[bytes],
    *,
    create: bool = False,
    doing: str = "write",
    error: type[BarwiseError] = InputError,
) -> None:
    """Writes an object, whole or not at all: large ones in parts, which are dropped on failure.

    create: an object that is there already is refused, with FileExistsError. Other refusals are
    raised as `error`, which says `doing`.
    """
    bucket, key = place_of(uri, patient=not isinstance(data, bytes) or len(data) > SMALL)
    obstore = _library(uri)
    with raising(uri, doing, error):
        try:
            mode: Any = "create" if create else "overwrite"
            obstore.put(bucket.client, key, data, mode=mode)
        except obstore.exceptions.AlreadyExistsError:
            raise FileExistsError(uri) from None


def delete(uris: Iterable[str], *, error: type[BarwiseError] = InputError) -> None:
    """Deletes objects; one that is not there is no error."""
    for uri in uris:
        obstore = _library(uri)
        bucket, key = place_of(uri)
        with raising(uri, "delete", error), suppress(FileNotFoundError):
            obstore.delete(bucket.client, key)


def _described(uri: str, meta: Any, address: str = "", has_ranges: bool = True) -> StoredFile:
    modified = meta["last_modified"].astimezone(UTC).isoformat()
    etag, version = meta["e_tag"] or "", meta["version"] or ""
    return StoredFile(uri, meta["size"], etag, version, modified, address, has_ranges)
