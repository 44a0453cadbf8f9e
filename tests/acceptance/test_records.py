"""`--record`, `barwise verify` and `barwise diff` as real processes on real files."""

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
from typing import Any

import numpy as np
import polars as pl
import pytest
from google.protobuf import json_format
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.resource_descriptor import ResourceDescriptor
from in_toto_attestation.v1.statement import Statement

from tests.conftest import JOB, ROOT, Job
from tests.container.check import DIGESTS
from tests.oracles import exact_signals, pandas_signals, series_digest

ORACLES = {"float64": pandas_signals, "exact": exact_signals}
BLOCK = 4096
INPUT = "input data.csv: SHA-256 "


def barwise(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "barwise", *words]
    options = {"env": {"PYTHONPATH": str(ROOT)}, **options}
    return subprocess.run(command, text=True, capture_output=True, **options)


def read(path: str = "record.json") -> Any:
    return json.loads(Path(path).read_text())


def own(record: Any) -> Any:
    return record["predicate"]["runDetails"]["byproducts"][0]["annotations"]


def dependencies(record: Any) -> Any:
    return record["predicate"]["buildDefinition"]["resolvedDependencies"]


def sha256sum(path: str) -> str:
    return subprocess.run(["sha256sum", path], capture_output=True, text=True).stdout.split()[0]


@pytest.fixture
def bars() -> list[float]:
    """Three blocks of bars in data.csv; their closes."""
    walk = np.random.default_rng(1).integers(-3, 4, 3 * BLOCK - 100).cumsum()
    closes = [float(tick) / 100 for tick in 4_000_000 + walk]
    write(closes)
    return closes


def write(closes: list[float], path: str = "data.csv") -> None:
    rows = (f"{1_700_000_000 + 60 * i},{close}\n" for i, close in enumerate(closes))
    Path(path).write_text("timestamp,close\n" + "".join(rows))


@pytest.fixture
def recorded(bars: list[float], run_job: Job) -> list[float]:
    """The same, and a record of a run of them that wrote signals too."""
    done = run_job("--record", "record.json", "--signals", "signals.csv")
    assert done.returncode == 0, done.stderr
    return bars


def test_it_is_a_statement_with_provenance_by_the_published_schemas(recorded: list[float]) -> None:
    text = Path("record.json").read_text()
    statement = json_format.Parse(text, statement_pb2.Statement())  # refuses unknown fields
    Statement.copy_from_pb(statement).validate()
    predicate = json.dumps(json.loads(text)["predicate"])
    provenance = json_format.Parse(predicate, provenance_pb2.Provenance())
    details = provenance.run_details
    described = [*provenance.build_definition.resolved_dependencies, *details.byproducts]
    for each in (*statement.subject, *described):
        ResourceDescriptor.copy_from_pb(each).validate()
        assert each.digest or each.uri
    assert statement.predicate_type == "https://slsa.dev/provenance/v1"
    started, finished = details.metadata.started_on, details.metadata.finished_on
    assert 0 <= finished.ToMilliseconds() - started.ToMilliseconds() < 60_000
    assert abs(finished.ToSeconds() - time.time()) < 60
    assert provenance.build_definition.build_type
    assert details.builder.id


def test_files_are_named_with_the_sha256_of_sha256sum(recorded: list[float]) -> None:
    record = read()
    named = {each["name"]: each for each in (*record["subject"], *dependencies(record))}
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
    for told in (
        "s3cr3t",
        "AWS_",
        os.getcwd(),
        os.path.expanduser("~") + "/",
        socket.gethostname(),
    ):
        assert told not in text
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
    barwise("sample", "--tick", "33.3", "--output", "data.csv")
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
        ("ABSOLUTE/m.json", "out/r.json"),
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
    assert barwise("verify", record, cwd=job).returncode == 0
    (job / "newest.json").symlink_to(record)
    assert barwise("verify", "newest.json", cwd=job).returncode == 0
    # Other bars of a job that ran elsewhere are in nobody's way, and both can be moved.
    (job / os.path.basename(output)).touch()
    (folder / "moved").mkdir()
    os.rename("all", "moved/all")
    record = record.replace(str(folder / "all"), str(folder / "moved" / "all"))
    again = barwise("verify", record, cwd=folder / "moved" / "all" / "job")
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
    assert "output metrics.json: SHA-256" in barwise("verify", "record.json").stdout


@pytest.mark.parametrize("other", ["data.csv", "config.yaml", "metrics.json", "run.log"])
def test_no_other_file_of_the_job_can_be_the_record(other: str, run_job: Job) -> None:
    Path("link.json").symlink_to(other)
    before = Path("data.csv").read_bytes(), Path("config.yaml").read_bytes()
    done = run_job("--quiet", "--record", "link.json")
    assert done.returncode == 1
    assert "link.json is also the" in json.loads(done.stdout)["error_message"]
    assert (Path("data.csv").read_bytes(), Path("config.yaml").read_bytes()) == before


def long_job(*more: str) -> subprocess.Popen[str]:
    """A job on a file of 60 MB, of which it has begun to read when this returns."""
    pl.DataFrame({"close": np.arange(6_000_000) % 1009 / 8}).write_csv("long.csv")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), "--input", "long.csv", *JOB[2:], *more],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    while not (Path("run.log").exists() and "Config loaded" in Path("run.log").read_text()):
        assert process.poll() is None
        time.sleep(0.01)
    return process


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
    assert process.wait(timeout=60) == 1
    message = json.loads(Path("metrics.json").read_text())["error_message"]
    assert "changed while it was read" in message
    assert not Path("record.json").exists()


def test_a_signal_in_the_middle_leaves_no_record(folder: Path) -> None:
    process = long_job("--record", "record.json")
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 1
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


# Verify.


def test_what_is_as_recorded_is_verified(recorded: list[float]) -> None:
    done = barwise("verify", "record.json")
    assert (done.returncode, done.stderr) == (0, "")
    digest = own(read())["result"]["digest"]
    assert done.stdout == (
        "record: record.json\n"
        f"inputs: 1, outputs: 2, series: 1, bars: {len(recorded)}\n"
        f"digest: {digest}, the same\nall the same\n"
    )


def close_by_a_tick(closes: list[float]) -> None:
    write([*closes[:5_000], closes[5_000] + 0.01, *closes[5_001:]])


def another_seed(closes: list[float]) -> None:
    Path("config.yaml").write_text(Path("config.yaml").read_text().replace("42", "43"))


def a_comment(closes: list[float]) -> None:
    Path("config.yaml").write_text(Path("config.yaml").read_text() + "# a comment\n")


def a_swapped_file(closes: list[float]) -> None:
    write(closes[::-1])


def an_edited_value(closes: list[float]) -> None:
    text = Path("metrics.json").read_text()
    value = json.loads(text)["value"]
    Path("metrics.json").write_text(text.replace(str(value), "0.9"))


def an_edited_signal(closes: list[float]) -> None:
    text = Path("signals.csv").read_text()
    Path("signals.csv").write_text(text[:-2] + ("1" if text[-2] == "0" else "0") + "\n")


def no_signals(closes: list[float]) -> None:
    os.remove("signals.csv")


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (close_by_a_tick, [INPUT, "closes differ in 1 of 3 blocks of 4096 bars: bars 4097 to "]),
        (another_seed, ["config config.yaml: SHA-256 ", "seed is 42 recorded, 43 in config.yaml"]),
        (a_comment, ["its values are the same"]),
        (a_swapped_file, [INPUT, "closes differ in 3 of 3 blocks", "signals differ"]),
        (an_edited_value, ["output metrics.json: SHA-256 ", "recorded, 0.9 now"]),
        (an_edited_signal, ["output signals.csv: SHA-256 "]),
        (no_signals, ["output signals.csv: recorded and not there now"]),
    ],
)  # fmt: skip
def test_verify_names_what_was_tampered_with(
    tamper: Callable[[list[float]], None], expected: list[str], recorded: list[float]
) -> None:
    tamper(recorded)
    done = barwise("verify", "record.json")
    assert (done.returncode, done.stderr) == (1, "")
    lines = [line for line in done.stdout.splitlines() if line.startswith("different: ")]
    assert done.stdout.splitlines()[-1] == f"differences: {len(lines)}"
    for words in expected:
        assert sum(words in line for line in lines) == 1, done.stdout
    found = json.loads(barwise("verify", "record.json", "--json").stdout)
    assert found["status"] == "different"
    assert [each["line"] for each in found["differences"]] == [line[11:] for line in lines]


def test_the_blocks_are_numbered_for_programs(recorded: list[float]) -> None:
    close_by_a_tick(recorded)
    found = json.loads(barwise("verify", "record.json", "--json").stdout)
    blocks = {each["what"]: each["blocks"] for each in found["differences"]}
    assert blocks["closes"] == [1]
    assert blocks["input"] == []


def test_a_truncated_record_is_one_line(recorded: list[float]) -> None:
    whole = Path("record.json").read_bytes()
    for size in (0, 1, 100, len(whole) // 2, len(whole) - 3):
        Path("record.json").write_bytes(whole[:size])
        done = barwise("verify", "record.json")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("error: record.json is no record of a run, or cut off: ")
        assert done.stderr.count("\n") == 1
    done = barwise("diff", "record.json", "record.json", "--json")
    assert json.loads(done.stdout)["status"] == "error"


def test_a_record_that_was_edited_does_not_agree_with_itself(recorded: list[float]) -> None:
    text = Path("record.json").read_text()
    ones = own(read())["result"]["series"][""]["ones"]
    Path("record.json").write_text(text.replace(f'"ones": {ones}', f'"ones": {ones + 1000}'))
    done = barwise("verify", "record.json")
    assert done.returncode == 1
    assert done.stderr.startswith("error: record.json was edited: its metrics are not those of ")


def test_metrics_and_record_that_were_forged_together_are_found(recorded: list[float]) -> None:
    sha256 = sha256sum("metrics.json")
    an_edited_value(recorded)
    text = Path("record.json").read_text()
    Path("record.json").write_text(text.replace(sha256, sha256sum("metrics.json")))
    done = barwise("verify", "record.json")
    assert done.returncode == 1
    assert "value is " in done.stdout
    assert "SHA-256" not in done.stdout


def test_a_record_of_another_version_is_verified_and_said_to_be(recorded: list[float]) -> None:
    from barwise import __version__

    text = Path("record.json").read_text()
    numpy = f"numpy@{np.__version__}"
    text = text.replace(f"barwise@{__version__}", "barwise@0.0.9").replace(numpy, "numpy@1.9")
    Path("record.json").write_text(
        text.replace(f'"barwise": "{__version__}"', '"barwise": "0.0.9"')
    )
    done = barwise("verify", "record.json")
    assert done.returncode == 0
    assert f"note: barwise 0.0.9 recorded, {__version__} now\n" in done.stdout
    assert f"note: numpy 1.9 recorded, {np.__version__} now\n" in done.stdout


def test_an_edited_window_gives_other_signals(recorded: list[float]) -> None:
    text = Path("record.json").read_text()
    Path("record.json").write_text(text.replace('"window": 2', '"window": 3'))
    done = barwise("verify", "record.json")
    assert done.returncode == 1
    assert "config config.yaml: window is 3 recorded, 2 in config.yaml" in done.stdout
    assert "different: signals differ in 3 of 3 blocks" in done.stdout


def test_files_that_cannot_be_run_again_are_no_success(run_job: Job) -> None:
    for name in ("A", "B"):
        Path(f"lake/symbol={name}").mkdir(parents=True)
        write([1.0, 2.0], f"lake/symbol={name}/1.csv")
    run_job("--record", "record.json", arguments=["--input", "lake", *JOB[2:]])
    os.remove("lake/symbol=B/1.csv")
    os.link("lake/symbol=A/1.csv", "lake/symbol=B/1.csv")  # the same bytes, and refused
    done = barwise("verify", "record.json")
    assert done.returncode == 1
    assert "different: not run again: the input lake/symbol=A/1.csv is there and again as" in (
        done.stdout
    )


def test_an_installed_barwise_can_verify_its_own_records(folder: Path) -> None:
    """It is then a distribution too, and no other one."""
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    build = ["--no-build-isolation", "--target", str(folder / "site"), str(ROOT)]
    subprocess.run([*install, *build], check=True, capture_output=True)
    environment = {"PYTHONPATH": str(folder / "site")}
    done = barwise("run", *JOB, "--record", "record.json", env=environment)
    assert done.returncode == 0, done.stderr
    done = barwise("verify", "record.json", env=environment)
    assert done.stdout.endswith("all the same\n"), done
    done = barwise("verify", "record.json")  # of the checkout, which is the same code
    assert done.stdout.endswith("all the same\n"), done


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_verify(how: signal.Signals, folder: Path) -> None:
    assert long_job("--record", "record.json").wait(timeout=60) == 0
    with open("long.csv", "a") as file:  # holes, which take minutes to hash
        file.truncate(1 << 38)
    process = subprocess.Popen(
        [sys.executable, "-m", "barwise", "verify", "record.json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    time.sleep(1)
    process.send_signal(how)
    said = process.communicate(timeout=10)
    assert process.returncode == 1
    assert f"{how.name}" in said[1]


def test_inputs_may_be_elsewhere(recorded: list[float], tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    os.rename("data.csv", "elsewhere/bars.csv")
    done = barwise("verify", "record.json")
    assert done.returncode == 1
    assert "different: input data.csv: recorded and not there now\n" in done.stdout
    assert "different: not run again: " in done.stdout
    done = barwise("verify", "record.json", "--input", "elsewhere")
    assert done.returncode == 0, done.stdout
    os.rename("config.yaml", "elsewhere/config.yaml")
    words = ["verify", "record.json", "--input", "elsewhere/*.csv", "--config"]
    assert barwise(*words, "elsewhere/config.yaml").returncode == 0


def test_the_bars_of_another_format_have_the_same_digest(recorded: list[float]) -> None:
    pl.read_csv("data.csv").write_parquet("data.parquet")
    done = barwise("verify", "record.json", "--input", "data.parquet")
    assert done.returncode == 1
    assert f"digest: {own(read())['result']['digest']}, the same\n" in done.stdout
    assert done.stdout.count("different: ") == 1


def test_symbols_are_named(run_job: Job) -> None:
    for name in ("A", "B"):
        Path(f"lake/symbol={name}").mkdir(parents=True)
        write(
            [float(i % 7 + len(name) + ord(name)) for i in range(5_000)],
            f"lake/symbol={name}/1.csv",
        )
    arguments = ["--input", "lake", *JOB[2:]]
    assert run_job("--record", "record.json", arguments=arguments).returncode == 0
    assert barwise("verify", "record.json").returncode == 0
    swapped = [f"lake/symbol={name}/1.csv" for name in ("A", "B")]
    for before, after in ((swapped[0], "c"), (swapped[1], swapped[0]), ("c", swapped[1])):
        os.rename(before, after)
    done = barwise("verify", "record.json")
    assert done.returncode == 1
    for words in (*(f"input {name}: SHA-256" for name in swapped), "closes of A differ in 2 of 2"):
        assert done.stdout.count(words) == 1


def test_all_is_compared_even_where_it_cannot_be_run_again(run_job: Job) -> None:
    for name in ("1", "2"):
        write([float(name)] * 10, f"{name}.csv")
    both = ["--input", "1.csv", "2.csv", *JOB[2:]]
    Path("2.csv").write_text("timestamp,close\n1800000000,3.0\n")
    assert run_job("--record", "record.json", arguments=both).returncode == 0
    os.remove("2.csv")
    Path("1.csv").write_text("edited")
    os.remove("metrics.json")
    os.mkdir("metrics.json")
    os.remove("config.yaml")
    os.mkfifo("config.yaml")
    done = barwise("verify", "record.json")
    assert done.returncode == 1
    for words in (
        "different: input 1.csv: SHA-256 ",
        "different: input 2.csv: recorded and not there now",
        "different: output metrics.json: the metrics metrics.json is a folder",
        "different: config config.yaml: the config config.yaml is a pipe",
        "different: not run again: cannot open the input 2.csv",
        "differences: 5",
    ):
        assert done.stdout.count(words) == 1, done.stdout


def test_a_run_that_fails_again_is_a_difference(recorded: list[float]) -> None:
    with open("data.csv", "a") as file:
        file.write("1800000000,abc\n")
    done = barwise("verify", "record.json")
    assert done.returncode == 1
    assert "different: input data.csv: SHA-256" in done.stdout
    assert "different: run again: close is 'abc' on line " in done.stdout


# Diff.


def test_two_runs_of_the_same_do_not_differ(recorded: list[float], run_job: Job) -> None:
    run_job("--record", "again.json")
    done = barwise("diff", "record.json", "again.json")
    assert done.returncode == 0
    assert done.stdout.endswith("all the same\n")


def test_diff_says_what_differs(recorded: list[float], run_job: Job) -> None:
    close_by_a_tick(recorded)
    another_seed(recorded)
    run_job("--record", "again.json")
    done = barwise("diff", "record.json", "again.json")
    assert done.returncode == 1
    for words in (
        "A: record.json\nB: again.json\n",
        "different: seed is 42 in A, 43 in B\n",
        "different: input data.csv: SHA-256 ",
        "different: closes differ in 1 of 3 blocks of 4096 bars: bars 4097 to 8192\n",
    ):
        assert done.stdout.count(words) == 1, done.stdout
