"""What programs read: log lines as JSON, and `--json` of the commands, by their schemas."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import BARS, CONFIG, JOB, Job, run_barwise
from tests.kit.schemas.files import validator
from tests.kit.schemas.outputs import EVENTS

DOUBTED = "timestamp,close\n2024-01-03,3\n2024-01-02,NA\n2024-01-01,1\n"
OTHER_NAMES = "Open Time,Close\n2024-01-02,3\n2024-01-01,1\n"
ALL_OUTPUTS = ("--signals", "signals.csv", "--record", "record.json")
SWEEP = (
    "arithmetic: exact\nevaluate: {fill: close}\nsweep: {windows: 2..3}\ngates: {value: {max: 0}}\n"
)
RUNS: dict[str, tuple[str, str, tuple[str, ...]]] = {  # bars, more of the config, more options
    "clean": (BARS, "", ()),
    "doubts": (DOUBTED, "", ()),
    "strict": (DOUBTED, "checks: strict\n", ()),
    "sorted": (OTHER_NAMES, "order: time\n", ALL_OUTPUTS),
    "evaluated": (BARS, "evaluate: {fill: close}\n", ()),
    "swept": (BARS, SWEEP, ("--sweep", "sweep.csv")),
    "text": ("close\n1\nabc\n", "", ()),
    "config": (BARS, "windw: 3\n", ()),
}


def lines_of(text: str) -> list[Any]:
    return [json.loads(line) for line in text.splitlines() if line.startswith('{"')]


def without_latency(message: str) -> str:
    return re.sub(r"\d+ms$", "ms", message)


@pytest.fixture(params=RUNS)
def made(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The bars and the config of one of the runs; its options."""
    bars, more, options = RUNS[request.param]
    Path("data.csv").write_text(bars)
    Path("config.yaml").write_text(CONFIG + more)
    return options


def test_json_lines_have_the_words_of_the_text_and_are_of_the_schema(
    made: tuple[str, ...], run_job: Job
) -> None:
    run_job(*made)
    text = [line.split(" - ", 2)[1:] for line in Path("run.log").read_text().splitlines()]
    Path("run.log").unlink()
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    done = run_job("--log-format", "json", *made)
    log = Path("run.log").read_text()
    assert done.stdout.startswith(log)  # the echo is the same; after it come the metrics
    assert json.loads(done.stdout.removeprefix(log)) == json.loads(Path("metrics.json").read_text())
    lines = [json.loads(line) for line in log.splitlines()]
    told = [[line["level"], without_latency(line["message"])] for line in lines]
    assert told == [[level, without_latency(message)] for level, message in text]
    schema = validator("log")
    for line in lines:
        schema.validate(line)
        assert list(line) == ["time", "level", "run", "event", "message", "fields"]
    assert len({line["run"] for line in lines}) == 1
    times = [datetime.fromisoformat(line["time"]) for line in lines]
    moments = [before, *times, datetime.now(UTC)]
    assert moments == sorted(moments)


def test_every_event_of_the_schema_is_one_of_a_run(run_job: Job) -> None:
    seen = set()
    for bars, more, options in RUNS.values():
        Path("data.csv").write_text(bars)
        Path("config.yaml").write_text(CONFIG + more)
        seen |= {line["event"] for line in lines_of(run_job("--log-format=json", *options).stdout)}
    assert seen == EVENTS.keys()


def test_the_fields_are_what_the_metrics_say(run_job: Job) -> None:
    done = run_job("--log-format", "json")
    fields = {line["event"]: line["fields"] for line in lines_of(done.stdout)}
    metrics = json.loads(Path("metrics.json").read_text())
    assert fields["config_loaded"] == {"seed": 42, "window": 2, "version": "v7"}
    assert fields["data_loaded"] == {"rows": 4}
    assert fields["metrics"] == {"signal_rate": metrics["value"], "rows_processed": 4}
    assert fields["job_completed"] == {"latency_ms": metrics["latency_ms"]}
    Path("data.csv").write_text(DOUBTED)
    [missing] = [
        line["fields"]
        for line in lines_of(run_job("--log-format", "json").stdout)
        if "missing" in line["message"]
    ]
    assert missing == {"rule": "no missing close", "bars": 1, "symbols": 1}


def test_each_run_has_an_id_of_its_own_and_quiet_prints_the_metrics_alone(run_job: Job) -> None:
    for _ in range(2):
        done = run_job("--log-format", "json", "--quiet")
        assert json.loads(done.stdout)["status"] == "success"
    runs = [line["run"] for line in lines_of(Path("run.log").read_text())]
    assert len(runs) == 14
    assert len({*runs}) == 2


def test_a_failure_before_the_log_is_open_is_a_json_line_too(run_job: Job) -> None:
    done = run_job(
        "--log-format", "json", arguments=["data.csv" if x == "run.log" else x for x in JOB]
    )
    [line] = lines_of(done.stdout)
    validator("log").validate(line)
    assert (line["event"], line["fields"]["error_code"]) == ("job_failed", "output_refused")


def test_another_format_is_a_wrong_command_line(run_job: Job) -> None:
    done = run_job("--log-format", "xml")
    assert done.returncode == 1
    assert "invalid choice: 'xml'" in json.loads(done.stdout)["error_message"]


# By schema, command lines that print one of its outputs, with the status and the exit code.
COMMANDS: list[tuple[str, list[str], str, int]] = [
    ("plan", ["plan", *JOB[:4], "--json"], "planned", 0),
    ("plan", ["plan", "--json", "--input", "absent.csv", *JOB[2:4]], "error", 1),
    ("plan", ["plan", "--json", *JOB[:4], "--bogus"], "error", 1),
    ("check", ["check", *JOB[:4], "--json"], "clean", 0),
    ("check", ["check", "--json", "--input", "doubted.csv", *JOB[2:4]], "broken", 1),
    ("check", ["check", "--json", "--input", "absent.csv", *JOB[2:4]], "error", 1),
    ("check", ["check", "--json", *JOB[:2], "--config", "absent.yaml"], "error", 1),
    ("check", ["check", "--json", *JOB[:4], "--workers", "0"], "error", 1),
    ("comparison", ["verify", "--json", "record.json"], "same", 0),
    ("comparison", ["verify", "--json", "record.json", "--input", "doubted.csv"], "different", 1),
    ("comparison", ["verify", "--json", "data.csv"], "error", 1),
    ("comparison", ["verify", "--json"], "error", 1),
    ("comparison", ["diff", "--json", "record.json", "record.json"], "same", 0),
    ("comparison", ["diff", "record.json", "other.json", "--json"], "different", 1),
    ("comparison", ["diff", "--json", "record.json", "absent.json"], "error", 1),
    ("comparison", ["diff", "--json", "record.json"], "error", 1),
]


@pytest.fixture
def records(run_job: Job) -> None:
    """Two records, and bars that are in doubt."""
    run_job("--record", "other.json", arguments=[*JOB, "--quiet"])
    Path("config.yaml").write_text(f"{CONFIG}arithmetic: exact\n")
    run_job("--record", "record.json", arguments=[*JOB, "--quiet"])
    Path("doubted.csv").write_text(DOUBTED)


@pytest.mark.parametrize(
    ("schema", "words", "status", "code"), COMMANDS, ids=lambda value: str(value)[:60]
)
def test_json_is_alone_on_stdout_and_of_its_schema(
    schema: str, words: list[str], status: str, code: int, records: None
) -> None:
    done = run_barwise(*words)
    printed = json.loads(done.stdout)
    validator(schema).validate(printed)
    assert (printed["status"], done.returncode) == (status, code)
    assert bool(done.stderr) == (status == "error")
    if status == "error":
        assert done.stderr.splitlines()[-1].endswith(
            printed["error_message"].removeprefix("wrong command line: ")
        )


def test_the_json_of_many_files_and_symbols_is_of_its_schema(run_job: Job) -> None:
    for symbol in ("A", "B"):
        Path(f"lake/symbol={symbol}").mkdir(parents=True)
        Path(f"lake/symbol={symbol}/1.csv").write_text(BARS)
        Path(f"lake/symbol={symbol}/2.csv").write_text(BARS.replace("2024", "2025"))
    Path("mixed.csv").write_text("ticker,date,close\nA,2024-01-01,1\nB,2024-01-01,2\n")
    printed = json.loads(run_barwise("plan", "--json", "--input", "lake", *JOB[2:4]).stdout)
    validator("plan").validate(printed)
    assert [part["series"] for part in printed["parts"]] == ["A", "A", "B", "B"]
    assert (printed["files"], printed["series"]) == (4, 2)
    assert printed["parts"][0]["from"] == "2024-01-01T00:00:00Z"
    checked = json.loads(run_barwise("check", "--json", "--input", "lake", *JOB[2:4]).stdout)
    validator("check").validate(checked)
    assert checked["symbols"].keys() == {"A", "B"}
    done = run_job("--quiet", arguments=["--input", "lake", *JOB[2:]])
    validator("metrics").validate(json.loads(done.stdout))
    Path("config.yaml").write_text(f"{CONFIG}columns: {{symbol: ticker}}\n")
    by_column = json.loads(run_barwise("plan", "--json", "--input", "mixed.csv", *JOB[2:4]).stdout)
    validator("plan").validate(by_column)
    assert (by_column["series"], by_column["symbol_column"]) == (None, "ticker")


@pytest.mark.parametrize(("bars", "more"), [(BARS, ""), (DOUBTED, "error_code: true\n"), ("x", "")])
def test_metrics_and_records_are_of_their_schemas(bars: str, more: str, run_job: Job) -> None:
    Path("data.csv").write_text(bars)
    Path("config.yaml").write_text(CONFIG + more)
    run_job(*ALL_OUTPUTS)
    validator("metrics").validate(json.loads(Path("metrics.json").read_text()))
    if bars != "x":
        validator("record").validate(json.loads(Path("record.json").read_text()))


@pytest.mark.parametrize("name", ["report.json", "new", "empty", "older.json"])
def test_check_writes_its_report_to_a_new_file_or_over_a_report(name: str) -> None:
    Path("empty").touch()
    Path("older.json").write_text('{\n  "status": "error"\n}\n')
    done = run_barwise("check", *JOB[:4], "--json", name)
    assert (done.returncode, done.stdout.splitlines()[0].split()[0]) == (0, "rule")
    validator("check").validate(json.loads(Path(name).read_text()))


@pytest.mark.parametrize("name", ["other.csv", "config2.yaml", "data.csv", "bars.parquet"])
def test_check_writes_no_report_over_another_file(name: str) -> None:
    """As where `--json` stands before a path of bars, and the shell gives more paths."""
    Path(name).write_bytes(b"PAR1" if name == "bars.parquet" else BARS.encode())
    before = Path(name).read_bytes()
    done = run_barwise("check", "--json", name, *JOB[:4])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"error: the report file {name} is ")
    assert done.stderr.count("\n") == 1
    assert Path(name).read_bytes() == before


def test_the_text_of_the_log_is_as_it_was(run_job: Job) -> None:
    assert run_job("--log-format", "text").returncode == 0
    named = Path("run.log").read_text()
    Path("run.log").unlink()
    run_job()
    for one, other in zip(
        named.splitlines(), Path("run.log").read_text().splitlines(), strict=True
    ):
        assert without_latency(one[19:]) == without_latency(other[19:])
        assert re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d - INFO - ", one)


def test_what_programs_read_is_ascii_whatever_the_terminal_takes(run_job: Job) -> None:
    Path("data.csv").write_text("pr\u00edce\n1\n")
    done: subprocess.CompletedProcess[str] = run_job(
        "--log-format", "json", env={"PYTHONIOENCODING": "ascii"}
    )
    *_, failed = lines_of(done.stdout)
    assert "pr\u00edce" in failed["message"]
    assert Path("run.log").read_text().isascii()


OUTPUTS = {  # by schema, the words of a command that gives one
    "metrics": ["run", *JOB, "--quiet"],
    "plan": ["plan", "--json", *JOB[:4]],
    "check": ["check", "--json", "--input", "doubted.csv", *JOB[2:4]],
    "comparison": ["diff", "--json", "record.json", "other.json"],
    "log": ["run", *JOB, "--log-format", "json"],
}
OPEN = {"symbols", "inferred", "cells"}  # objects whose keys are names in the bars


def spoiled(value: Any) -> Iterator[Any]:
    """The same with one key left out, one too many, or one value of another type."""
    if isinstance(value, dict):
        yield {**value, "another": {"of": "no schema"}}
        for key, within in value.items():
            yield {name: of for name, of in value.items() if name != key}
            yield {**value, key: [{}]}
            if key not in OPEN:
                yield from ({**value, key: other} for other in spoiled(within))
    elif isinstance(value, list):
        for at, within in enumerate(value):
            yield from ([*value[:at], other, *value[at + 1 :]] for other in spoiled(within))


@pytest.mark.parametrize("schema", OUTPUTS)
def test_a_schema_refuses_whatever_is_left_out_added_or_of_another_type(
    schema: str, records: None
) -> None:
    printed = run_barwise(*OUTPUTS[schema]).stdout
    output = lines_of(printed)[0] if schema == "log" else json.loads(printed)
    validator(schema).validate(output)
    others = [*spoiled(output)]
    assert len(others) > len(output)
    for other in others:
        assert not validator(schema).is_valid(other), other
