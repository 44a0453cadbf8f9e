"""`--record` as a real process on real files: what it writes, and what it leaves when it fails."""

from __future__ import annotations

import csv
import getpass
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement

from tests.conftest import JOB, ROOT, Job, run_barwise
from tests.container.check import DIGESTS
from tests.kit.oracles import exact_signals, pandas_signals, series_digest
from tests.kit.processes import HANG, cpu_seconds, wait_for
from tests.kit.records import dependencies, long_job, own, read, sha256sum

ORACLES = {"float64": pandas_signals, "exact": exact_signals}


def test_it_is_a_statement_with_provenance_by_the_published_schemas(recorded: list[float]) -> None:
    text = Path("record.json").read_text()
    statement = json_format.Parse(text, statement_pb2.Statement())  # refuses unknown fields
    Statement.copy_from_pb(statement).validate()
    predicate = json.dumps(json.loads(text)["predicate"])
    provenance = json_format.Parse(predicate, provenance_pb2.Provenance())
    details = provenance.run_details
    described = [*provenance.build_definition.resolved_dependencies, *details.byproducts]
    for described_file in (*statement.subject, *described):
        ResourceDescriptor.copy_from_pb(described_file).validate()
        assert described_file.digest or described_file.uri
    assert statement.predicate_type == "https://slsa.dev/provenance/v1"
    started, finished = details.metadata.started_on, details.metadata.finished_on
    assert 0 <= finished.ToMilliseconds() - started.ToMilliseconds() < 1000 * HANG
    assert abs(finished.ToSeconds() - time.time()) < HANG
    assert provenance.build_definition.build_type
    assert details.builder.id


def test_files_are_named_with_the_sha256_of_sha256sum(recorded: list[float]) -> None:
    record = read()
    named = {file["name"]: file for file in (*record["subject"], *dependencies(record))}
    for name in ("data.csv", "config.yaml", "metrics.json", "signals.csv"):
        assert named[name]["digest"] == {"sha256": sha256sum(name)}
        assert named[name]["annotations"]["bytes"] == Path(name).stat().st_size
    assert named["data.csv"]["annotations"]["rows"] == len(recorded)


def test_it_holds_the_result_and_the_config(recorded: list[float]) -> None:
    record, metrics = read(), json.loads(Path("metrics.json").read_text())
    result = own(record)["result"]
    assert result["digest"] == series_digest(recorded, pandas_signals(recorded, 2))
    assert own(record)["run"]["latency_ms"] == metrics.pop("latency_ms")
    assert result["metrics"] == metrics
    assert [len(result["series"][""][which]) for which in ("closes", "signals")] == [3, 3]
    parameters = record["predicate"]["buildDefinition"]["externalParameters"]
    assert (parameters["seed"], parameters["window"], parameters["arithmetic"]) == (
        42,
        2,
        "float64",
    )
    assert parameters["columns"]["close"] == "close"


def test_what_varies_stands_apart(recorded: list[float], run_job: Job) -> None:
    run_job("--record", "again.json", "--signals", "signals.csv", "--workers", "1")
    first, again = read(), read("again.json")
    assert first["predicate"]["buildDefinition"] == again["predicate"]["buildDefinition"]
    assert own(first)["result"] == own(again)["result"]
    details = [record["predicate"]["runDetails"]["metadata"] for record in (first, again)]
    assert details[0]["invocationId"] != details[1]["invocationId"]


def test_it_tells_nothing_of_who_ran_it_where(bars: list[float], run_job: Job) -> None:
    run_job("--record", "record.json", env={"AWS_SECRET_ACCESS_KEY": "s3cr3t-value"})
    text = Path("record.json").read_text()
    for secret in (
        "s3cr3t",
        "AWS_",
        os.getcwd(),
        os.path.expanduser("~") + "/",
        socket.gethostname(),
    ):
        assert secret not in text
    assert getpass.getuser() == "root" or getpass.getuser() not in text


def test_the_log_names_the_digest(bars: list[float], run_job: Job) -> None:
    run_job("--record", "record.json")
    digest = own(read())["result"]["digest"]
    [line] = [line for line in Path("run.log").read_text().splitlines() if "igest" in line]
    assert line.endswith(f" - INFO - Digest of the run: {digest}")


@pytest.mark.parametrize(("arithmetic", "oracle"), list(ORACLES.items()))
def test_made_up_bars_have_the_digest_that_the_container_test_expects(
    arithmetic: str, oracle: Callable[[list[float], int], list[int]], run_job: Job
) -> None:
    run_barwise("sample", "--seed", "42", "--tick", "33.3", "--output", "data.csv")
    config = (ROOT / "config.yaml").read_text()
    Path("config.yaml").write_text(f"{config}arithmetic: {arithmetic}\n")
    assert run_job("--record", "record.json").returncode == 0
    with open("data.csv") as file:
        closes = [float(row["close"]) for row in csv.DictReader(file)]
    assert own(read())["result"]["digest"] == DIGESTS[arithmetic]
    assert DIGESTS[arithmetic] == series_digest(closes, oracle(closes, 5))


@pytest.mark.parametrize(
    ("output", "record"),
    [
        ("m.json", "r.json"),
        ("out/m.json", "out/r.json"),
        ("out/m.json", "records/r.json"),
        ("m.json", "../r.json"),
        ("../m.json", "../r.json"),
        ("m.json", "ABSOLUTE/r.json"),
        ("m.json", "link/r.json"),
        ("link/m.json", "r.json"),
    ],
)
def test_outputs_are_named_as_seen_from_the_record(output: str, record: str, folder: Path) -> None:
    job = folder / "all" / "job"
    for name in ("out", "records", "real/deep"):
        (job / name).mkdir(parents=True)
    (job / "link").symlink_to("real/deep")
    for name in ("data.csv", "config.yaml"):
        os.rename(name, job / name)
    output, record = (path.replace("ABSOLUTE", str(folder / "all")) for path in (output, record))
    arguments = [*JOB[:4], "--output", output, "--log-file", "run.log"]
    command = [sys.executable, str(ROOT / "run.py"), *arguments, "--record", record]
    done = subprocess.run(command, cwd=job, capture_output=True, check=True)
    assert run_barwise("verify", record, cwd=job).returncode == 0
    (job / "newest.json").symlink_to(record)
    assert run_barwise("verify", "newest.json", cwd=job).returncode == 0
    # Other bars of a job that ran elsewhere are in nobody's way, and both can be moved.
    (job / os.path.basename(output)).touch()
    (folder / "moved").mkdir()
    os.rename("all", "moved/all")
    record = record.replace(str(folder / "all"), str(folder / "moved" / "all"))
    again = run_barwise("verify", record, cwd=folder / "moved" / "all" / "job")
    assert again.returncode == 0, (done, again)


# What a run leaves behind when it fails.


def test_a_failed_run_writes_no_record(run_job: Job) -> None:
    Path("data.csv").write_text("close\nabc\n")
    assert run_job("--record", "record.json").returncode == 1
    assert not Path("record.json").exists()


def test_a_failed_run_leaves_the_earlier_record_and_says_so(run_job: Job) -> None:
    run_job("--record", "record.json")
    before = Path("record.json").read_bytes()
    Path("data.csv").write_text("close\nabc\n")
    done = run_job("--quiet", "--record", "record.json")
    assert done.stderr == "record.json is from an earlier run\n"
    assert Path("record.json").read_bytes() == before
    assert "output metrics.json: SHA-256" in run_barwise("verify", "record.json").stdout


@pytest.mark.parametrize("other", ["data.csv", "config.yaml", "metrics.json", "run.log"])
def test_no_other_file_of_the_job_can_be_the_record(other: str, run_job: Job) -> None:
    Path("link.json").symlink_to(other)
    before = Path("data.csv").read_bytes(), Path("config.yaml").read_bytes()
    done = run_job("--quiet", "--record", "link.json")
    assert done.returncode == 1
    assert "link.json is also the" in json.loads(done.stdout)["error_message"]
    assert (Path("data.csv").read_bytes(), Path("config.yaml").read_bytes()) == before


def append() -> None:
    with open("long.csv", "ab") as file:
        file.write(b"1.0\n")


def replace() -> None:
    Path("new").write_bytes(Path("long.csv").read_bytes())
    os.replace("new", "long.csv")


def edit_config() -> None:
    Path("config.yaml").write_text(Path("config.yaml").read_text() + "# edited\n")


def remove_config() -> None:
    os.remove("config.yaml")


@pytest.mark.parametrize("change", [append, replace, edit_config, remove_config])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_file_that_changes_while_it_is_read_is_an_error(
    change: Callable[[], None], workers: str, folder: Path
) -> None:
    process = long_job("--record", "record.json", "--workers", workers)
    change()
    assert process.wait(timeout=HANG) == 1
    message = json.loads(Path("metrics.json").read_text())["error_message"]
    assert "changed while it was read" in message
    assert not Path("record.json").exists()


def test_a_signal_in_the_middle_leaves_no_record(folder: Path) -> None:
    process = long_job("--record", "record.json")
    begun = cpu_seconds(process)
    wait_for(lambda: cpu_seconds(process) > begun + 0.1, process)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=HANG) == 1
    assert "SIGTERM" in json.loads(Path("metrics.json").read_text())["error_message"]
    assert not Path("record.json").exists()
    assert not [path for path in os.listdir() if path.endswith(".tmp")]


@pytest.mark.parametrize("output", ["--output", "--signals", "--record"])
def test_no_output_takes_the_place_of_stdout(output: str, run_job: Job) -> None:
    with open("printed", "w") as stdout:
        os.symlink("printed", "link.csv")
        run_job("--quiet", output, "link.csv", stdout=stdout)
    assert "is where stdout or stderr goes: name another file" in Path("printed").read_text()


def test_a_log_that_cannot_take_the_last_line_leaves_no_record(run_job: Job) -> None:
    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    run_job("--record", "record.json")
    needed = Path("run.log").stat().st_size
    Path("run.log").write_text("x" * (20_000 - needed + 10))
    done = run_job("--quiet", "--record", "record.json", preexec_fn=little_room)
    assert done.returncode == 1
    assert json.loads(Path("metrics.json").read_text())["status"] == "error"
    assert "record.json is removed, since its run failed after it\n" in done.stderr
    assert not Path("record.json").exists()


@pytest.mark.parametrize("name", ["data", "config", "metrics"])
def test_a_name_that_json_cannot_hold_is_refused(name: str, folder: Path) -> None:
    names = {b"data": b"data.csv", b"config": b"config.yaml", b"metrics": b"metrics.json"}
    before = names[name.encode()]
    job = [b"\xff.json" if word == before else word for word in map(str.encode, JOB)]
    if os.path.exists(before):
        os.rename(before, b"\xff.json")
    command = [sys.executable, str(ROOT / "run.py"), *job, "--record", "record.json"]
    done = subprocess.run(command, capture_output=True)  # type: ignore[arg-type]
    assert done.returncode == 1
    assert b"is not UTF-8, which a record wants: rename it" in done.stdout


def test_a_symbol_that_json_cannot_hold_is_refused(run_job: Job) -> None:
    Path("lake/symbol=%FF").mkdir(parents=True)
    os.rename("data.csv", "lake/symbol=%FF/1.csv")
    done = run_job("--quiet", "--record", "record.json", arguments=["--input", "lake", *JOB[2:]])
    assert done.returncode == 1
    assert "is not UTF-8" in json.loads(done.stdout)["error_message"]
    assert not Path("record.json").exists()
