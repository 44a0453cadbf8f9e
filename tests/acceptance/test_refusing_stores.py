"""Stores that refuse, do not answer or break off, and jobs that are killed: nothing is torn."""

from __future__ import annotations

import json
from pathlib import Path
from signal import SIGKILL, SIGTERM

import pytest

from tests.conftest import JOB, Job
from tests.kit.processes import HANG, OLD, wait_for
from tests.kit.stores.jobs import Before, Held, outputs, rows, started
from tests.kit.stores.proxy import CUT
from tests.kit.stores.store import Store

UNWRITABLE = {
    "nobody may write": lambda request: 403 if request.method in ("PUT", "POST") else None,
    "all is refused": lambda request: 403,
    "there is no bucket": lambda request: 404,
    "the store is overloaded": lambda request: 503,
    "connections end": lambda request: -1,
    "nobody may write whole objects": lambda request: (
        403 if request.method == "PUT" and "=" not in request.path else None
    ),
    "parts are not taken": lambda request: (
        500 if "partNumber=2" in request.path or "uploads=" in request.path else None
    ),
}


@pytest.mark.parametrize("fault", UNWRITABLE)
def test_where_nothing_can_be_written_earlier_objects_stay_and_a_line_says_so(
    seaweedfs: Store, before: Before, run_job: Job, fault: str
) -> None:
    seaweedfs.remove("out")
    near, there = before(seaweedfs)
    keys = [f"out/{name}" for name in ("metrics.json", "record.json", "signals.parquet")]
    for key in keys:
        seaweedfs.put(key, OLD.encode())
    there.respond = UNWRITABLE[fault]
    failed = run_job(*outputs(near.url("out")), "--quiet", env=near.environment)
    assert failed.returncode == 1
    message = json.loads(failed.stdout)["error_message"]
    assert "cannot write the" in message
    assert "s3://lake/out/" in message
    assert [seaweedfs.get(key) for key in keys] == [OLD.encode()] * 3
    assert "metrics.json, if it is there, is from an earlier run" in failed.stderr
    assert Path("run.log").read_text().count(f" - ERROR - {message}") == 1
    assert "Traceback" not in failed.stderr
    assert "secret-of-test" not in failed.stdout + failed.stderr
    assert len(there.requests) < 60


def test_a_store_that_is_gone_is_one_line(seaweedfs: Store, before: Before, run_job: Job) -> None:
    near, there = before(seaweedfs)
    there.die()
    failed = run_job(*outputs(near.url("out")), "--quiet", env=near.environment)
    assert failed.returncode == 1
    assert "no store answers there" in json.loads(failed.stdout)["error_message"]


def test_a_store_that_does_not_answer_is_waited_for_once(
    seaweedfs: Store, before: Before, run_job: Job
) -> None:
    near, there = before(seaweedfs)
    held = there.respond = Held(lambda request: True, then=CUT)
    words = ["--input", near.url("bars.csv"), *outputs(near.url("out")), "--quiet"]
    failed = run_job(*words, env=near.environment)
    held.goes_on.set()
    assert failed.returncode == 1
    assert "does not answer in time" in json.loads(failed.stdout)["error_message"]
    assert len(there.requests) == 2  # each is waited for 4 s


SECRETS = [
    ("--log-file", "s3://key:secret@lake/run.log"),
    ("--output", "s3://key:secret@lake/metrics.json"),
    ("--record", "az://key:secret@lake/record.json"),
    ("--output", "https://user:secret@host/metrics.json?signature=secret"),
    ("--config", "s3://key:secret@lake/config.yaml"),
]


@pytest.mark.parametrize("words", SECRETS, ids=" ".join)
def test_no_secret_of_an_address_is_said(
    run_job: Job, folder: Path, words: tuple[str, ...]
) -> None:
    refused = run_job(*words)
    assert refused.returncode == 1
    left = [path.read_text() for path in folder.iterdir()]
    assert "secret" not in refused.stdout + refused.stderr + "".join(left)
    assert refused.stdout.count(" - ERROR - ") == 1
    assert "Traceback" not in refused.stderr


def test_a_log_in_a_store_is_refused_and_the_metrics_say_so(seaweedfs: Store, run_job: Job) -> None:
    seaweedfs.remove("out")
    words = ["--log-file", seaweedfs.url("run.log"), "--output", seaweedfs.url("out/metrics.json")]
    refused = run_job(*words, env=seaweedfs.environment)
    assert (refused.returncode, refused.stderr) == (1, "")
    message = json.loads(seaweedfs.get("out/metrics.json"))["error_message"]
    assert message.startswith("the log file s3://lake/run.log is in a store, where no line can be")
    assert seaweedfs.keys("run.log") == []


@pytest.mark.parametrize("signal", [SIGKILL, SIGTERM])
def test_a_job_that_is_ended_while_parts_are_sent_leaves_no_torn_object(
    seaweedfs: Store, before: Before, folder: Path, run_job: Job, signal: int
) -> None:
    seaweedfs.remove("out")
    near, there = before(seaweedfs)
    for name in ("signals.csv", "metrics.json"):
        seaweedfs.put(f"out/{name}", OLD.encode())
    (folder / "data.csv").write_text(rows(600_000))  # five parts, of which two are sent at once
    held = there.respond = Held(lambda one: "partNumber=2" in one.path and one.sent > 9)
    with started(near, "run", *JOB, *outputs(near.url("out"), "signals.csv")) as process:
        wait_for(held.came.is_set, process)
        process.send_signal(signal)
        if signal == SIGTERM:
            held.goes_on.set()
        _, complaints = process.communicate(timeout=HANG)
    held.goes_on.set()
    assert seaweedfs.get("out/signals.csv") == OLD.encode()
    metrics = seaweedfs.get("out/metrics.json")
    if signal == SIGTERM:
        assert json.loads(metrics)["status"] == "error"
        assert "signals.csv, if it is there, is from an earlier run" in complaints
        assert seaweedfs.uploads() == []
    else:
        assert metrics == OLD.encode()
        assert len(seaweedfs.uploads()) == 1  # hidden; a rule of the bucket deletes such
        seaweedfs.forget_uploads()
    there.forget()
    again = run_job(*outputs(near.url("out"), "signals.csv"), env=near.environment)
    assert again.returncode == 0, again.stderr
    assert len(seaweedfs.get("out/signals.csv").splitlines()) == 600_001
