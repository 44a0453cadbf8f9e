"""Outputs in real stores are what they are in files: whole, or not there and one line says why."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Any

import pytest

from barwise.files.new_objects import PART
from tests.conftest import CONFIG, JOB, NO_BYTECODE, OF_CHECKOUT, Job, run_barwise
from tests.kit.processes import HANG, OLD, Process, wait_for
from tests.kit.stores.proxy import CUT, Proxy, Request
from tests.kit.stores.store import Store

Before = Callable[[Store], tuple[Store, Proxy]]


@pytest.fixture
def place(store: Store) -> Iterator[str]:
    """A folder of the store, empty before and after."""
    store.remove("out")
    yield store.url("out")
    store.remove("out")


def outputs(place: str, signals: str = "signals.parquet") -> list[str]:
    names = {"output": "metrics.json", "record": "record.json", "signals": signals}
    return [word for flag, name in names.items() for word in (f"--{flag}", f"{place}/{name}")]


def barwise(store: Store, *words: str, **others: str) -> subprocess.CompletedProcess[str]:
    return run_barwise(*words, env={**OF_CHECKOUT, **NO_BYTECODE, **store.environment, **others})


def without_latency(metrics: bytes) -> dict[str, Any]:
    return {**json.loads(metrics), "latency_ms": 0}


def test_outputs_are_what_they_are_in_files(
    store: Store, place: str, run_job: Job, folder: Path
) -> None:
    local = run_job("--record", "record.json", "--signals", "signals.parquet")
    done = run_job(*outputs(place), env=store.environment)
    assert (local.returncode, done.returncode, done.stderr) == (0, 0, "")
    assert store.get("out/signals.parquet") == (folder / "signals.parquet").read_bytes()
    of_files = (folder / "metrics.json").read_bytes()
    assert without_latency(store.get("out/metrics.json")) == without_latency(of_files)
    same = barwise(store, "diff", "record.json", f"{place}/record.json")
    assert same.stdout.splitlines()[-1] == "all the same", same.stdout
    verified = barwise(store, "verify", f"{place}/record.json")
    assert verified.stdout.splitlines()[-1] == "all the same", verified.stdout + verified.stderr


def test_a_record_in_a_store_shows_what_became_of_its_outputs(
    store: Store, place: str, run_job: Job
) -> None:
    assert run_job(*outputs(place), env=store.environment).returncode == 0
    store.put("out/metrics.json", store.get("out/metrics.json").replace(b"0.25", b"0.75"))
    store.put("out/signals.parquet", b"")
    changed = barwise(store, "verify", f"{place}/record.json")
    assert changed.returncode == 1
    assert "metrics.json" in changed.stdout
    assert "0.75" in changed.stdout
    assert "signals.parquet" in changed.stdout
    store.remove("out/metrics.json")
    store.remove("out")
    absent = barwise(store, "verify", f"{place}/record.json")
    assert "there is no such object" in absent.stderr


def test_a_record_elsewhere_in_the_bucket_and_a_local_one_find_their_outputs(
    store: Store, place: str, run_job: Job
) -> None:
    words = ["--output", f"{place}/m/metrics.json", "--record"]
    assert run_job(*words, f"{place}/records/1.json", env=store.environment).returncode == 0
    far = barwise(store, "verify", f"{place}/records/1.json")
    assert far.stdout.splitlines()[-1] == "all the same", far.stdout + far.stderr
    assert run_job(*words, "record.json", env=store.environment).returncode == 0
    local = barwise(store, "verify", "record.json")
    assert "is neither in its folder nor in the present one" in local.stderr


def test_each_output_is_one_put_and_the_metrics_are_the_last(
    seaweedfs: Store, before: Before, run_job: Job
) -> None:
    near, there = before(seaweedfs)
    assert run_job(*outputs(near.url("out")), env=near.environment).returncode == 0
    puts = [one.key.rpartition("/")[2] for one in there.of("PUT") if "partNumber" not in one.path]
    assert puts == ["signals.parquet", "record.json", "metrics.json"]
    assert len(there.requests) == 12  # an upload in parts is begun and dropped for each, to try
    assert seaweedfs.uploads() == []


def rows(count: int) -> str:
    lines = (f"{1_704_067_200 + 60 * bar},{100 + bar % 7}" for bar in range(count))
    return "\n".join(("timestamp,close", *lines, ""))


def test_large_signals_go_in_parts(
    store: Store, before: Before, place: str, folder: Path, run_job: Job
) -> None:
    near, there = before(store)
    (folder / "data.csv").write_text(rows(450_000))
    assert run_job("--signals", "signals.csv").returncode == 0
    done = run_job(*outputs(place, "signals.csv"), env=near.environment)
    assert done.returncode == 0, done.stdout
    local = (folder / "signals.csv").read_bytes()
    assert len(local) > 3 * PART
    assert store.get("out/signals.csv") == local
    assert max(one.sent for one in there.requests) < 1.5 * PART
    record = json.loads(store.get("out/record.json"))
    [signals] = [one for one in record["subject"] if one["name"] == "signals.csv"]
    assert signals["digest"]["sha256"] == sha256(local).hexdigest()


def test_a_failed_run_replaces_the_metrics_alone(store: Store, place: str, run_job: Job) -> None:
    assert run_job(*outputs(place), env=store.environment).returncode == 0
    kept = {key: store.get(key) for key in ("out/record.json", "out/signals.parquet")}
    failed = run_job("--input", "absent.csv", *outputs(place), env=store.environment)
    assert failed.returncode == 1
    assert json.loads(store.get("out/metrics.json"))["status"] == "error"
    assert {key: store.get(key) for key in kept} == kept
    assert failed.stderr.splitlines() == [
        f"{place}/{name}, if it is there, is from an earlier run"
        for name in ("signals.parquet", "record.json")
    ]


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


class Held:
    """Some requests wait until a test lets them go on; `then` is what becomes of them."""

    def __init__(self, which: Callable[[Request], bool], then: int | None = None) -> None:
        self.which, self.then = which, then
        self.came, self.goes_on = threading.Event(), threading.Event()

    def __call__(self, request: Request) -> int | None:
        if not self.which(request):
            return None
        self.came.set()
        self.goes_on.wait(HANG)
        return self.then


@contextmanager
def started(store: Store, *words: str) -> Iterator[Process]:
    with subprocess.Popen(
        [sys.executable, "-m", "barwise", *words],
        env={**OF_CHECKOUT, **NO_BYTECODE, **store.environment},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


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


def test_a_local_run_imports_nothing_of_stores(run_job: Job) -> None:
    code = (
        "import sys; from barwise.commands.main import main; "
        "main(['run', 'data.csv', '--record', 'record.json', '--signals', 'signals.csv']); "
        "print([name for name in sys.modules if 'obstore' in name or name in "
        "('barwise.files.stores', 'barwise.files.new_objects', 'barwise.files.stored_folders')])"
    )
    environment = {**OF_CHECKOUT, **NO_BYTECODE}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True)
    assert done.stdout.splitlines()[-1] == b"[]", done.stdout + done.stderr


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


def test_an_object_is_not_two_outputs_nor_in_a_folder_of_the_input(
    seaweedfs: Store, before: Before, run_job: Job
) -> None:
    near, there = before(seaweedfs)
    for words in (
        ("--output", near.url("same.csv"), "--signals", near.url("same.csv")),
        ("--output", near.url("same"), "--config", near.url("same")),
    ):
        refused = run_job(*words, env=near.environment)
        assert refused.returncode == 1
        assert "is also the" in refused.stdout
    assert not [one for one in there.of("PUT") if "partNumber" not in one.path]


@pytest.mark.parametrize("signal", [SIGKILL, SIGTERM])
def test_a_job_that_is_ended_while_parts_are_sent_leaves_no_torn_object(
    seaweedfs: Store, before: Before, folder: Path, run_job: Job, signal: int
) -> None:
    seaweedfs.remove("out")
    near, there = before(seaweedfs)
    for name in ("signals.csv", "metrics.json"):
        seaweedfs.put(f"out/{name}", OLD.encode())
    (folder / "data.csv").write_text(rows(900_000))
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
    assert len(seaweedfs.get("out/signals.csv").splitlines()) == 900_001


def test_two_jobs_may_write_one_output_and_one_of_them_stays(
    seaweedfs: Store, before: Before, folder: Path
) -> None:
    near, there = before(seaweedfs)
    both = threading.Barrier(2)

    def together(request: Request) -> None:
        if (
            request.method == "PUT"
            and request.key.endswith("metrics.json")
            and "=" not in request.path
        ):
            both.wait(HANG)

    there.respond = together
    output = ["--output", near.url("out/metrics.json"), "--input", "data.csv"]
    with ExitStack() as jobs:
        processes = []
        for version in ("one", "two"):
            (folder / f"{version}.yaml").write_text(CONFIG.replace("v7", version))
            words = ["--config", f"{version}.yaml", "--log-file", f"{version}.log"]
            processes.append(jobs.enter_context(started(near, "run", *output, *words)))
        for process in processes:
            _, complaints = process.communicate(timeout=HANG)
            assert (process.returncode, complaints) == (0, "")
    assert json.loads(seaweedfs.get("out/metrics.json"))["version"] in ("one", "two")


def test_a_config_and_a_report_may_be_in_a_store(
    store: Store, place: str, run_job: Job, folder: Path
) -> None:
    store.put("out/config.yaml", (folder / "config.yaml").read_bytes())
    (folder / "config.yaml").unlink()
    words = ["--config", f"{place}/config.yaml", "--output", f"{place}/metrics.json"]
    done = run_job(*words, "--record", f"{place}/record.json", env=store.environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert barwise(store, "verify", f"{place}/record.json").returncode == 0
    for _ in range(2):  # the second one replaces a report
        checked = barwise(store, "check", "data.csv", "--json", f"{place}/report.json")
        assert checked.returncode == 0, checked.stderr
    assert json.loads(store.get("out/report.json"))["status"] == "clean"
    store.put("out/bars.csv", b"close\n1\n")
    refused = barwise(store, "check", "data.csv", "--json", f"{place}/bars.csv")
    assert "is there and is no report" in refused.stderr
    assert store.get("out/bars.csv") == b"close\n1\n"
    absent = run_job("--config", f"{place}/absent.yaml", env=store.environment)
    assert "there is no such object" in absent.stdout


def test_init_and_sample_write_to_a_store_and_init_replaces_nothing(
    store: Store, place: str
) -> None:
    assert barwise(store, "sample", "--output", f"{place}/bars.csv").returncode == 0
    assert barwise(store, "init", "data.csv", "--output", f"{place}/new.yaml").returncode == 0
    config = store.get("out/new.yaml")
    again = barwise(store, "init", "data.csv", "--output", f"{place}/new.yaml")
    assert (again.returncode, store.get("out/new.yaml")) == (1, config)
    assert "is there already" in again.stderr
