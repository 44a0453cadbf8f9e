"""Outputs in real stores are what they are in files: whole, or not there and one line says why."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from barwise.files.new_objects import PART
from tests.conftest import CONFIG, NO_BYTECODE, OF_CHECKOUT, Job
from tests.kit.processes import HANG
from tests.kit.stores.jobs import Before, barwise, outputs, rows, started
from tests.kit.stores.proxy import Request
from tests.kit.stores.store import Store


@pytest.fixture
def place(store: Store) -> Iterator[str]:
    """A folder of the store, empty before and after."""
    store.remove("out")
    yield store.url("out")
    store.remove("out")


def without_latency(metrics: bytes) -> dict[str, Any]:
    return {**json.loads(metrics), "latency_ms": 0}


def test_outputs_are_what_they_are_in_files(store: Store, place: str, run_job: Job) -> None:
    local = run_job("--record", "record.json", "--signals", "signals.parquet")
    strange = "a ü%2F#?=&+"
    done = run_job(*outputs(f"{place}/{strange}"), env=store.environment)
    assert (local.returncode, done.returncode, done.stderr) == (0, 0, "")
    assert store.get(f"out/{strange}/signals.parquet") == Path("signals.parquet").read_bytes()
    of_files = Path("metrics.json").read_bytes()
    assert without_latency(store.get(f"out/{strange}/metrics.json")) == without_latency(of_files)
    same = barwise(store, "diff", "record.json", f"{place}/{strange}/record.json")
    assert same.stdout.splitlines()[-1] == "all the same", same.stdout
    verified = barwise(store, "verify", f"{place}/{strange}/record.json")
    assert verified.stdout.splitlines()[-1] == "all the same", verified.stdout + verified.stderr


def test_a_sweep_is_what_it_is_in_a_file(store: Store, place: str, run_job: Job) -> None:
    keys = "arithmetic: exact\nevaluate: {fill: close}\nsweep: {windows: 2..3}\n"
    Path("config.yaml").write_text(CONFIG + keys)
    assert run_job("--sweep", "sweep.csv").returncode == 0
    words = ("--output", f"{place}/metrics.json", "--record", f"{place}/record.json")
    done = run_job(*words, "--sweep", f"{place}/sweep.csv", env=store.environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert store.get("out/sweep.csv") == Path("sweep.csv").read_bytes()
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
    for key in store.keys("out"):  # outputs are named as they lie from the record
        store.put(f"out/moved/{key.removeprefix('out/')}", store.get(key))
    store.remove("out/m")
    far = barwise(store, "verify", f"{place}/moved/records/1.json")
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
