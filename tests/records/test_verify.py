"""`barwise.verify` and `barwise.diff`: everything that differs, and nothing else."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import barwise
from barwise.commands import main
from barwise.engine.metrics import failure
from barwise.errors import InputError, RecordError
from barwise.stages.digests import BlockDigests
from tests.conftest import JOB
from tests.kit.records import JOB_WITH_RECORD, dependencies, forge_text, own


@pytest.fixture
def record(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """A record of a run of the four bars in data.csv, with signals."""
    assert main.run_job([*JOB_WITH_RECORD, "--signals", "signals.csv"]) == 0
    capsys.readouterr()
    statement: dict[str, Any] = json.loads(Path("record.json").read_text())
    return statement


def lines(comparison: barwise.Comparison) -> list[str]:
    return [difference.line for difference in comparison.differences]


def edited(path: str, before: str, after: str) -> Callable[[], None]:
    def edit() -> None:
        text = Path(path).read_text()
        assert before in text
        Path(path).write_text(text.replace(before, after))

    return edit


def test_nothing_differs_where_nothing_has_changed(record: dict[str, Any]) -> None:
    comparison = barwise.verify("record.json", workers=3)
    assert comparison.is_same
    assert comparison.counts == (1, 2, 1, 4)
    assert comparison.notes == ()
    result = barwise.run("data.csv", "config.yaml", measures=[BlockDigests()])
    assert comparison.digest == result.digest


SHA = "SHA-256 HEX... recorded, HEX... now"
ANOTHER = "SHA-256 HEX... recorded, another now"
NO_BARS = "run again: the inputs cannot be read as bars; name them with --input to see why"
NO_CONFIG = "it is not a config that can be run; name it with --config to see why"
INPUT = f"input data.csv: {SHA}"
CLOSES = "closes differ in 1 of 1 blocks of 4096 bars: bars 1 to 4"
SIGNALS = "signals differ in 1 of 1 blocks of 4096 bars: bars 1 to 4"


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (edited("data.csv", "2.0", "2.5"), [INPUT, CLOSES]),
        (edited("data.csv", "2.0", "0.5"), [INPUT, CLOSES, SIGNALS]),
        (
            edited("data.csv", "2024-01-04,1.5\n", ""),
            [
                f"{INPUT}; bytes 76 recorded, 61 now; rows 4 recorded, 3 now",
                "bars 4 recorded, 3 now",
                CLOSES,
                SIGNALS,
                "value 0.25 recorded, 0.3333 now",
            ],
        ),
        (
            edited("data.csv", "2024-01-03", "2024-01-02"),
            [
                INPUT,
                "bars that break the rule 'no duplicate times': 0 recorded, 1 (symbols: 1) now",
                "bars that break the rule 'no gaps': 0 recorded, 1 (symbols: 1) now",
            ],
        ),
        (
            edited("data.csv", "2.0", "abc"),
            [f"input data.csv: {ANOTHER}", NO_BARS],
        ),
        (
            edited("config.yaml", "window: 2", "window: 0"),
            [f"config config.yaml: {ANOTHER}; {NO_CONFIG}"],
        ),
        (
            edited("config.yaml", "window: 2", "window: 2\ncolumns: {symbol: s}"),
            [
                f"config config.yaml: {SHA}; bytes 33 recorded, 54 now; columns.symbol is absent "
                "recorded, 's' in config.yaml"
            ],
        ),
        (lambda: os.remove("config.yaml"), ["config config.yaml: recorded and not there now"]),
        (
            edited("metrics.json", "0.25", "0.75"),
            [f"output metrics.json: {SHA}; value is 0.25 recorded, 0.75 now"],
        ),
        (
            lambda: Path("metrics.json").write_text("[]"),
            [f"output metrics.json: {ANOTHER}; it holds no metrics"],
        ),
        (
            lambda: Path("metrics.json").write_text(json.dumps(failure("v8", "a\n\x1b[31m"))),
            [
                f"output metrics.json: {SHA}; bytes N recorded, 70 now; version is 'v7' recorded, "
                "'v8' now; rows_processed is 4 recorded, absent now; metric is 'signal_rate' "
                "recorded, absent now and 5 more"
            ],
        ),
        (
            lambda: Path("signals.csv").write_text("secret"),
            [f"output signals.csv: {ANOTHER}"],
        ),
    ],
)
def test_each_difference_is_a_line(
    tamper: Callable[[], object], expected: list[str], record: dict[str, Any]
) -> None:
    hashes = {file["digest"]["sha256"][:12] for file in files(record)}
    tamper()
    actual = lines(barwise.verify("record.json"))
    size = str(files(record)[1]["annotations"]["bytes"])
    shown = [without_hashes(line, hashes) for line in actual]
    assert shown == [line.replace("bytes N", f"bytes {size}") for line in expected]
    assert all(line.isprintable() and len(line) < 500 for line in actual)


def files(record: dict[str, Any]) -> list[dict[str, Any]]:
    described = [*record["subject"], *dependencies(record)]
    return [file for file in described if "annotations" in file]


def without_hashes(line: str, recorded: set[str]) -> str:
    words = line.split()
    for i, word in enumerate(words):
        if word == "SHA-256":
            assert words[i + 1].removesuffix("...") in recorded
            assert words[i + 3].removesuffix("...") not in recorded
            words[i + 1] = "HEX..."
            words[i + 3] = "another" if words[i + 3] == "another" else "HEX..."
    return " ".join(words)


def test_many_symbols_of_edited_metrics_are_one_short_line(record: dict[str, Any]) -> None:
    metrics = json.loads(Path("metrics.json").read_text())
    metrics["symbols"] = {f"S{i}": {"rows_processed": 1, "value": 0.5} for i in range(300)}
    Path("metrics.json").write_text(json.dumps(metrics))
    [line] = lines(barwise.verify("record.json"))
    assert line.endswith(" and 597 more")
    assert len(line) < 500


def test_all_that_can_be_compared_is_where_an_input_is_gone(record: dict[str, Any]) -> None:
    os.remove("data.csv")
    os.remove("signals.csv")
    comparison = barwise.verify("record.json")
    assert lines(comparison) == [
        "output signals.csv: recorded and not there now",
        "input data.csv: recorded and not there now",
        "not run again: cannot open the input data.csv: No such file or directory; check the path",
    ]
    assert comparison.digest is None


def test_an_input_that_is_not_a_file_any_more_is_a_difference(record: dict[str, Any]) -> None:
    os.remove("data.csv")
    os.mkfifo("data.csv")
    pipe = "the input data.csv is a pipe: name a regular file"
    assert lines(barwise.verify("record.json")) == [
        f"input data.csv: {pipe}",
        f"not run again: {pipe}",
    ]


def test_the_contents_of_what_the_caller_names_are_told(record: dict[str, Any]) -> None:
    edited("data.csv", "2.0", "abc")()
    edited("config.yaml", "window: 2", "window: 0")()
    config, bars, again = lines(barwise.verify("record.json", "data.csv", config="config.yaml"))
    assert config.endswith(
        " now; window is 0 on line 2 of config.yaml: must be a whole number of bars, 1 or more, "
        "without quotes"
    )
    assert not bars.endswith("another now")
    assert again == (
        "run again: close is 'abc' on line 3 of data.csv: not a number; correct it, or leave the "
        "cell empty if it is missing"
    )


def test_an_input_elsewhere_that_is_not_there_is_an_error(record: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="cannot open the input nowhere"):
        barwise.verify("record.json", "nowhere")


def test_files_elsewhere_are_compared_there(record: dict[str, Any]) -> None:
    Path("elsewhere").mkdir()
    for name in ("data.csv", "config.yaml"):
        shutil.move(name, f"elsewhere/{name}")
    comparison = barwise.verify(
        "record.json", ["elsewhere/data.csv"], config="elsewhere/config.yaml"
    )
    assert comparison.is_same


@pytest.mark.parametrize(
    ("tamper", "expected"),
    [
        (lambda: None, []),
        (edited("config.yaml", "window: 2", "window: 3"), ["window is 2 in A, 3 in B"]),
        (edited("config.yaml", "window: 2", "window: 2  # two"), []),
        (lambda: shutil.move("data.csv", "other.csv"), []),
    ],
)
def test_diff_compares_configs_inputs_and_results(
    tamper: Callable[[], object], expected: list[str], record: dict[str, Any]
) -> None:
    tamper()
    name = "data.csv" if Path("data.csv").exists() else "other.csv"
    arguments = ["--input", name, *JOB[2:], "--quiet", "--record", "b.json"]
    assert main.run_job(arguments) == 0
    comparison = barwise.diff("record.json", "b.json")
    assert lines(comparison)[: len(expected)] == expected
    assert comparison.is_same == (not expected)


def test_diff_names_series_of_one_run_alone(record: dict[str, Any]) -> None:
    Path("symbol=A").mkdir()
    shutil.move("data.csv", "symbol=A/data.csv")
    arguments = ["--input", "symbol=A/data.csv", *JOB[2:], "--quiet", "--record", "b.json"]
    assert main.run_job(arguments) == 0
    comparison = barwise.diff("record.json", "b.json")
    assert lines(comparison) == ["series without a name is only in A", "series 'A' is only in B"]
    assert comparison.digest  # that of one series does not depend on its name


def test_other_versions_are_notes(record: dict[str, Any]) -> None:
    run = own(record)["run"]
    forge_text(f'"{run["python"]}"', '"3.9.1"')
    forge_text(f'"{run["platform"]}"', '"CP/M\\n\\u001b[31m"')
    [code] = [
        package["digest"]["dirHash"]
        for package in dependencies(record)
        if package["name"] == "barwise"
    ]
    forge_text(code, "0" * 64)
    forge_text(f'"kernels": "{run["kernels"]}"', '"kernels": "NEON"')
    comparison = barwise.verify("record.json")
    assert comparison.is_same
    version = barwise.__version__
    assert comparison.notes == (
        f"barwise {version} has other code recorded than now",
        f"Python 3.9.1 recorded, {run['python']} now",
        rf"Platform CP/M\n\x1b[31m recorded, {run['platform']} now",
        f"Kernels NEON recorded, {run['kernels'] or 'none'} now",
    )


def test_the_commands_print_what_the_library_gives(
    record: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main.main(["verify", "record.json"]) == 0
    assert capsys.readouterr().out == f"{barwise.verify('record.json')}\n"
    os.remove("signals.csv")
    assert main.main(["verify", "record.json", "--json"]) == 1
    printed = json.loads(capsys.readouterr().out)
    comparison = barwise.verify("record.json")
    assert printed == json.loads(json.dumps(comparison.as_dict()))
    assert printed["record"] == "record.json"
    assert main.main(["diff", "record.json", "record.json", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert (printed["status"], printed["A"], printed["bars"]) == ("same", "record.json", 4)


@pytest.mark.parametrize("command", [["verify", "none.json"], ["diff", "none.json", "none.json"]])
def test_an_error_is_json_too(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main.main([*command, "--json"]) == 1
    printed = capsys.readouterr()
    message = json.loads(printed.out)["error_message"]
    assert printed.err == f"error: {message}\n"
    with pytest.raises(RecordError, match=r"cannot open the record none\.json"):
        barwise.verify("none.json")
