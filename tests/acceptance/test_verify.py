"""`barwise verify` and `barwise diff` as real processes on real files."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.conftest import JOB, OF_CHECKOUT, ROOT, Job, run_barwise
from tests.kit.processes import HANG, has_open, wait_for
from tests.kit.records import forge, forge_text, long_job, own, read, sha256sum, write

INPUT = "input data.csv: SHA-256 "


def test_what_is_as_recorded_is_verified(recorded: list[float]) -> None:
    done = run_barwise("verify", "record.json")
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
    done = run_barwise("verify", "record.json")
    assert (done.returncode, done.stderr) == (1, "")
    lines = [line for line in done.stdout.splitlines() if line.startswith("different: ")]
    assert done.stdout.splitlines()[-1] == f"differences: {len(lines)}"
    for words in expected:
        assert sum(words in line for line in lines) == 1, done.stdout
    comparison = json.loads(run_barwise("verify", "record.json", "--json").stdout)
    assert comparison["status"] == "different"
    assert [change["line"] for change in comparison["differences"]] == [line[11:] for line in lines]


def test_the_blocks_are_numbered_for_programs(recorded: list[float]) -> None:
    close_by_a_tick(recorded)
    comparison = json.loads(run_barwise("verify", "record.json", "--json").stdout)
    blocks = {change["what"]: change["blocks"] for change in comparison["differences"]}
    assert blocks["closes"] == [1]
    assert blocks["input"] == []


def test_a_truncated_record_is_one_line(recorded: list[float]) -> None:
    whole = Path("record.json").read_bytes()
    for size in (0, 1, 100, len(whole) // 2, len(whole) - 3):
        Path("record.json").write_bytes(whole[:size])
        done = run_barwise("verify", "record.json")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("error: record.json is not a record of a run, or cut off: ")
        assert done.stderr.count("\n") == 1
    done = run_barwise("diff", "record.json", "record.json", "--json")
    assert json.loads(done.stdout)["status"] == "error"


def test_a_record_that_was_edited_does_not_agree_with_itself(recorded: list[float]) -> None:
    text = Path("record.json").read_text()
    ones = own(read())["result"]["series"][""]["ones"]
    Path("record.json").write_text(text.replace(f'"ones": {ones}', f'"ones": {ones + 1000}'))
    done = run_barwise("verify", "record.json")
    assert done.returncode == 1
    assert done.stderr.startswith("error: record.json was edited: its metrics are not those of ")


def test_metrics_and_record_that_were_forged_together_are_found(recorded: list[float]) -> None:
    sha256 = sha256sum("metrics.json")
    an_edited_value(recorded)
    forge_text(sha256, sha256sum("metrics.json"))
    done = run_barwise("verify", "record.json")
    assert done.returncode == 1
    assert "value is " in done.stdout
    assert "SHA-256" not in done.stdout


def test_a_record_of_another_version_is_verified_and_said_to_be(recorded: list[float]) -> None:
    from barwise import __version__

    text = Path("record.json").read_text()
    for before, after in (
        (f"barwise@{__version__}", "barwise@0.0.9"),
        (f'"barwise": "{__version__}"', '"barwise": "0.0.9"'),
        (f"numpy@{np.__version__}", "numpy@1.9"),
    ):
        text = text.replace(before, after)
    forge(json.loads(text))
    done = run_barwise("verify", "record.json")
    assert done.returncode == 0
    assert f"note: barwise 0.0.9 recorded, {__version__} now\n" in done.stdout
    assert f"note: numpy 1.9 recorded, {np.__version__} now\n" in done.stdout


def test_an_edited_window_gives_other_signals(recorded: list[float]) -> None:
    forge_text('"window": 2', '"window": 3')
    done = run_barwise("verify", "record.json")
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
    done = run_barwise("verify", "record.json")
    assert done.returncode == 1
    assert "different: not run again: the input lake/symbol=A/1.csv is there and again as" in (
        done.stdout
    )


def test_an_installed_barwise_can_verify_its_own_records(folder: Path) -> None:
    """It is then a distribution too, and no other one."""
    uv = str(Path(sys.executable).parent / "uv")  # a fresh .venv has no pip
    install = [uv, "pip", "install", "--quiet", "--no-deps", "--offline", "--no-build-isolation"]
    where = ["--python", sys.executable, "--target", str(folder / "site"), str(ROOT)]
    subprocess.run([*install, *where], check=True, capture_output=True)
    environment = {"PYTHONPATH": str(folder / "site")}
    done = run_barwise("run", *JOB, "--record", "record.json", env=environment)
    assert done.returncode == 0, done.stderr
    done = run_barwise("verify", "record.json", env=environment)
    assert done.stdout.endswith("all the same\n"), done
    done = run_barwise("verify", "record.json")  # of the checkout, which is the same code
    assert done.stdout.endswith("all the same\n"), done


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_verify(how: signal.Signals, folder: Path) -> None:
    assert long_job("--record", "record.json").wait(timeout=HANG) == 0
    with open("long.csv", "a") as file:  # holes, which take minutes to hash
        file.truncate(1 << 38)
    process = subprocess.Popen(
        [sys.executable, "-m", "barwise", "verify", "record.json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=OF_CHECKOUT,
    )  # fmt: skip
    wait_for(lambda: has_open(process, "long.csv"), process)
    process.send_signal(how)
    _, stderr = process.communicate(timeout=HANG)
    assert process.returncode == 1
    assert how.name in stderr


def test_inputs_may_be_elsewhere(recorded: list[float], tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    os.rename("data.csv", "elsewhere/bars.csv")
    done = run_barwise("verify", "record.json")
    assert done.returncode == 1
    assert "different: input data.csv: recorded and not there now\n" in done.stdout
    assert "different: not run again: " in done.stdout
    done = run_barwise("verify", "record.json", "--input", "elsewhere")
    assert done.returncode == 0, done.stdout
    os.rename("config.yaml", "elsewhere/config.yaml")
    words = ["verify", "record.json", "--input", "elsewhere/*.csv", "--config"]
    assert run_barwise(*words, "elsewhere/config.yaml").returncode == 0


def test_the_bars_of_another_format_have_the_same_digest(recorded: list[float]) -> None:
    pl.read_csv("data.csv").write_parquet("data.parquet")
    done = run_barwise("verify", "record.json", "--input", "data.parquet")
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
    assert run_barwise("verify", "record.json").returncode == 0
    swapped = [f"lake/symbol={name}/1.csv" for name in ("A", "B")]
    for before, after in ((swapped[0], "c"), (swapped[1], swapped[0]), ("c", swapped[1])):
        os.rename(before, after)
    done = run_barwise("verify", "record.json")
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
    done = run_barwise("verify", "record.json")
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
    done = run_barwise("verify", "record.json")
    assert done.returncode == 1
    assert "different: input data.csv: SHA-256" in done.stdout
    assert "different: run again: the inputs cannot be read as bars; name them" in done.stdout
    done = run_barwise("verify", "record.json", "--input", "data.csv")
    assert "different: run again: close is 'abc' on line " in done.stdout


# Diff.


def test_two_runs_of_the_same_do_not_differ(recorded: list[float], run_job: Job) -> None:
    run_job("--record", "again.json")
    done = run_barwise("diff", "record.json", "again.json")
    assert done.returncode == 0
    assert done.stdout.endswith("all the same\n")


def test_diff_says_what_differs(recorded: list[float], run_job: Job) -> None:
    close_by_a_tick(recorded)
    another_seed(recorded)
    run_job("--record", "again.json")
    done = run_barwise("diff", "record.json", "again.json")
    assert done.returncode == 1
    for words in (
        "A: record.json\nB: again.json\n",
        "different: seed is 42 in A, 43 in B\n",
        "different: input data.csv: SHA-256 ",
        "different: closes differ in 1 of 3 blocks of 4096 bars: bars 4097 to 8192\n",
    ):
        assert done.stdout.count(words) == 1, done.stdout
