"""What a store or an address refuses is one line with the way out, and no secret is in it."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import barwise
from tests.conftest import CONFIG, NO_BYTECODE, OF_CHECKOUT, run_barwise
from tests.kit.processes import HANG
from tests.kit.stores.bars import (
    FILES,
)
from tests.kit.stores.proxy import CUT, Proxy
from tests.kit.stores.store import Store
from tests.kit.stores.web import web

Before = Callable[[Store], tuple[Store, Proxy]]

REFUSALS = {
    301: "the bucket is in another region or place; set the region (AWS_REGION)",
    403: "refuses these credentials (403",
    404: "there is no such object",
    503: "the store answers 503",
    CUT: "",
}


@pytest.mark.parametrize("answer", [*REFUSALS])
def test_what_a_store_refuses_is_one_line(
    store: Store, before: Before, folder: Path, answer: int
) -> None:
    near, there = before(store)
    after = 2 if answer in (404, CUT) else 0  # requests that are answered
    store.put("refused/bars.parquet", FILES["bars.parquet"])
    there.respond = lambda request: answer if len(there.requests) > after else None
    done, seconds = job(near, near.url("refused/bars.parquet"), folder)
    assert REFUSALS[answer] in done
    assert seconds < 30  # 10 on a machine that is not busy
    store.remove("refused")


def test_a_dead_store_is_one_line(seaweedfs: Store, before: Before, folder: Path) -> None:
    near, there = before(seaweedfs)
    there.die()
    done, seconds = job(near, near.url("dead/bars.csv"), folder)
    assert "no store answers there; check the address" in done
    assert seconds < 30


def test_a_silent_store_is_one_line(seaweedfs: Store, before: Before, folder: Path) -> None:
    near, there = before(seaweedfs)
    there.delay(20)
    done, seconds = job(near, near.url("silent/bars.csv"), folder)
    assert "the store does not answer in time" in done
    assert seconds < 19


@pytest.mark.parametrize("scheme", ["s3", "gs", "az"])
def test_who_has_no_keys_hears_how_to_get_them(scheme: str, folder: Path) -> None:
    nowhere = {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_REGION": "us-east-1"}
    done = run(["run", f"{scheme}://lake/bars.csv"], folder, nowhere)
    assert "no credentials are set; set A" in done or "no credentials are set; set GOOGLE" in done


def test_buckets_that_are_not_there_or_closed_are_told_apart(seaweedfs: Store) -> None:
    for words, key, expected in (
        (seaweedfs.of("nothing").url("bars.csv"), "", "there is no such bucket"),
        (seaweedfs.url("bars.csv"), "", "there is no such object, and no folder of that name"),
        (seaweedfs.url("*.csv"), "other", "refuses these credentials (403"),
    ):
        env = seaweedfs.without(**({"AWS_SECRET_ACCESS_KEY": key} if key else {}))
        assert expected in run(["plan", words], Path(), env)


def test_public_buckets_need_no_keys(seaweedfs: Store) -> None:
    seaweedfs.of("open").put("bars.csv", FILES["bars.csv"])
    keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    env = seaweedfs.without(*keys, AWS_SKIP_SIGNATURE="true")
    done = run_barwise("plan", "s3://open/bars.csv", env={**OF_CHECKOUT, **env})
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("https://host/folder/", "no folder and no pattern can be listed"),
        ("https://host/*.csv", "no folder and no pattern can be listed"),
        ("http://host/bars.csv", "is not encrypted: write https://"),
        ("s3://", "names no bucket: write s3://BUCKET/"),
        ("s3://KEY:SECRET@bucket/bars.csv", "has a user or a key before its bucket"),
        ("gcs://bucket/bars.csv", "an address begins with s3://"),
        ("s3:/bucket/bars.csv", "an address has two slashes"),
    ],
)
def test_addresses_that_cannot_be_read_are_refused(word: str, expected: str) -> None:
    with pytest.raises(barwise.InputError) as error:
        barwise.run(word, window=2)
    assert expected in str(error.value)
    assert "SECRET" not in str(error.value)


def test_without_obstore_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(barwise.InputError, match=r"pip install 'barwise\[stores\]'") as error:
        barwise.run("s3://another-bucket/bars.csv", window=2)
    assert error.value.code == "not_installed"


def test_secrets_of_an_address_are_written_nowhere(folder: Path) -> None:
    secret = "X-Amz-Signature=5EC2E7"
    for name, data in {"/bars.csv": FILES["bars.csv"], "/bad.csv": b"close\nx\n"}.items():
        with web({name: data}, key=secret) as server:
            address = f"{server.url.replace('//', '//me:5EC2E7@')}{name}?{secret}"
            words = ["run", address, "--record", "r.json", "--signals", "s.csv"]
            run_barwise("init", address, "--output", "new.yaml", cwd=folder)
            done = run_barwise(*words, cwd=folder)
            assert (done.returncode == 0) == (name == "/bars.csv"), done.stderr
            told = [done.stdout, done.stderr, *(path.read_text() for path in folder.iterdir())]
            assert not [text for text in told if "5EC2E7" in text]
    wrong = run_barwise("plan", "https://127.0.0.1:9/bars.csv?token=5EC2E7")
    assert wrong.returncode == 1
    assert "5EC2E7" not in wrong.stdout + wrong.stderr


def job(store: Store, word: str, folder: Path) -> tuple[str, float]:
    """The error of a job that cannot read its input, whose earlier outputs stay whole."""
    (folder / "record.json").write_text("earlier")
    began = time.monotonic()
    words = ["run", word, "--record", "record.json"]
    told = run(words, folder, store.environment)
    assert (folder / "record.json").read_text() == "earlier"
    assert json.loads((folder / "metrics.json").read_text())["status"] == "error"
    return told, time.monotonic() - began


def run(words: list[str], folder: Path, env: dict[str, str]) -> str:
    """The one line of a command that fails."""
    (folder / "config.yaml").write_text(CONFIG)
    env = {**OF_CHECKOUT, **NO_BYTECODE, **env}
    done = run_barwise(*words, env=env, timeout=HANG)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    mark = "ERROR" if words[0] == "run" else "error"
    return next(line for line in (done.stdout + done.stderr).splitlines() if mark in line)
