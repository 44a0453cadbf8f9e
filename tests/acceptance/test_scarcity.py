"""Whatever a job runs out of, it ends well, or with one line that says what to raise."""

from __future__ import annotations

import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import ipc

from barwise.sources.csv.unpacked import Unpacked
from tests.conftest import JOB, NO_BYTECODE, OF_CHECKOUT
from tests.kit.processes import HANG

ROWS, FILES = 20_000, 20
MEGABYTE = 1 << 20
INPUTS = ["bars.csv", "lake", "bars.csv.gz", "bars.zip", "bars.parquet", "bars.arrow"]


@pytest.fixture(autouse=True)
def bars(folder: Path) -> None:
    """The same bars in files of each kind."""
    times, closes = np.arange(ROWS) * 60 + 10**9, np.arange(ROWS) / 8
    lines = [f"{time},{close}\n" for time, close in zip(times, closes, strict=True)]
    text = "timestamp,close\n" + "".join(lines)
    Path("bars.csv").write_text(text)
    Path("bars.csv.gz").write_bytes(gzip.compress(text.encode()))
    with zipfile.ZipFile("bars.zip", "w") as archive:
        archive.writestr("bars.csv", text)
    Path("lake").mkdir()
    size = ROWS // FILES
    for number in range(FILES):
        part = "".join(lines[number * size : (number + 1) * size])
        Path(f"lake/{number:02}.csv").write_text("timestamp,close\n" + part)
    table = pa.table({"timestamp": times, "close": closes})
    pq.write_table(table, "bars.parquet", row_group_size=2_000)
    with ipc.new_file("bars.arrow", table.schema) as writer:
        writer.write_table(table, max_chunksize=2_000)


def run(command: str, input: str, *more: str, prefix: list[str], limits: dict[int, int]) -> str:
    """Runs a command with limits; the error where it ends with one, else ""."""
    words = [*prefix, sys.executable, "-m", "barwise", command, "--input", input]
    words += ["--config", "config.yaml", *more]
    Path("metrics.json").unlink(missing_ok=True)

    def limit() -> None:
        for which, value in limits.items():
            resource.setrlimit(which, (value, value))

    done = subprocess.run(
        words, text=True, capture_output=True, timeout=HANG, preexec_fn=limit,
        env={**os.environ, **OF_CHECKOUT, **NO_BYTECODE},
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done
    assert done.returncode in (0, 1), done
    if command != "run":
        return done.stderr if done.returncode else ""
    metrics = json.loads(Path("metrics.json").read_text())
    assert metrics["status"] == {0: "success", 1: "error"}[done.returncode]
    return str(metrics.get("error_message", ""))


def job(input: str, *more: str, **limits: int) -> str:
    return run(
        "run", input, *JOB[4:], "--quiet", "--workers", "2", *more,
        prefix=[], limits={getattr(resource, f"RLIMIT_{name}"): at for name, at in limits.items()},
    )  # fmt: skip


WAY_OUT = "raise the limit of open files (ulimit -n)"


@pytest.mark.parametrize("input", INPUTS)
@pytest.mark.parametrize("more", [[], ["--record", "record.json"]])
def test_too_few_open_files(input: str, more: list[str]) -> None:
    errors = [job(input, *more, NOFILE=limit) for limit in (5, 7, 13)]  # Python needs four
    assert all(error == "" or WAY_OUT in error for error in errors), errors
    assert "" in errors or input == "lake"


@pytest.mark.parametrize(
    ("command", "more"), [("check", []), ("plan", []), ("convert", ["--to", "out"])]
)
@pytest.mark.parametrize("input", ["lake", "bars.csv", "bars.parquet", "bars.arrow", "bars.zip"])
def test_too_few_open_files_for_other_commands(command: str, more: list[str], input: str) -> None:
    for limit in (5, 7):
        shutil.rmtree("out", ignore_errors=True)
        error = run(command, input, *more, prefix=[], limits={resource.RLIMIT_NOFILE: limit})
        assert error == "" or (error.count("\n") == 1 and "raise the limit" in error), error


@pytest.mark.parametrize(
    ("input", "limits"),
    [
        ("bars.csv", [35, 60, 80, 100, 120, 140, 170]),
        ("lake", [35, 100, 130, 150, 300]),
        ("bars.parquet", [60, 140, 200, 240, 280, 330, 370, 440, 800]),
        ("bars.arrow", [140, 240, 280, 330, 370, 440, 800]),
    ],
)
def test_too_little_address_space(input: str, limits: list[int]) -> None:
    errors = [job(input, AS=limit * MEGABYTE) for limit in limits]
    assert all(error == "" or "memory" in error or "ulimit -v" in error for error in errors)
    assert errors[-1] == ""
    assert errors[0]


@pytest.mark.parametrize("input", ["bars.csv", "bars.parquet", "bars.arrow"])
@pytest.mark.parametrize(
    ("command", "more"),
    [
        ("run", [*JOB[4:], "--quiet", "--workers", "2", "--record", "record.json"]),
        ("convert", ["--to", "out"]),
        ("check", []),
    ],
)
def test_too_little_address_space_for_what_needs_more(
    command: str, more: list[str], input: str
) -> None:
    errors = []
    for limit in (60, 440):
        shutil.rmtree("out", ignore_errors=True)
        limits = {resource.RLIMIT_AS: limit * MEGABYTE}
        errors.append(run(command, input, *more, prefix=[], limits=limits))
        assert not errors[-1] or not os.path.exists("out")
    little, enough = errors
    assert "numpy needs 110 MB of address space" in little
    assert enough == "" or ("memory" in enough or "ulimit -v" in enough)
    assert max(error.count("\n") for error in errors) <= 1


def test_convert_does_not_import_pandas() -> None:
    """Without address space for it that is a traceback; and it takes longer than the bars."""
    code = (
        "import sys; from barwise.commands.main import main; "
        "words = ['convert', '--input', 'bars.parquet', '--config', 'config.yaml', '--to', 'out']; "
        "print(main(words), 'pandas' in sys.modules)"
    )
    environment = {**os.environ, **OF_CHECKOUT}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment
    )
    assert done.stdout.endswith("0 False\n"), done


@pytest.fixture
def everyones(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A working folder in which any user may write, as pytest's are not."""
    with tempfile.TemporaryDirectory() as name:
        monkeypatch.chdir(name)
        yield Path(name)


POWERS = "+dac_override,+dac_read_search"  # root's files stay readable, yet limits hold
NOBODY_ELSE = 60_000 + os.getpid() % 5_000  # a user of this process of tests: threads are counted
POWERLESS = [
    *("setpriv", f"--reuid={NOBODY_ELSE}", f"--regid={NOBODY_ELSE}", "--clear-groups"),
    *(f"--inh-caps={POWERS}", f"--ambient-caps={POWERS}"),
    "--bounding-set=-sys_resource,-sys_admin",
]


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="a limit of Linux")
@pytest.mark.skipif(os.geteuid() != 0, reason="others have processes of their own, which count")
@pytest.mark.parametrize("input", ["bars.csv", "lake", "bars.parquet", "bars.arrow"])
@pytest.mark.parametrize("more", [[], ["--record", "record.json"]])
def test_too_few_threads(input: str, more: list[str], folder: Path, everyones: Path) -> None:
    shutil.copytree(folder, everyones, dirs_exist_ok=True)
    everyones.chmod(0o777)
    for limit in (1, 3, 8):
        error = run(
            "run", input, *JOB[4:], "--quiet", "--workers", "2", *more,
            prefix=["prlimit", f"--nproc={limit}:{limit}", *POWERLESS], limits={},
        )  # fmt: skip
        assert error == "" or "raise the limit of processes (ulimit -u)" in error, error
    assert error == "" or input in ("lake", "bars.arrow"), error


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="a limit of Linux")
@pytest.mark.skipif(os.geteuid() != 0, reason="others have processes of their own, which count")
@pytest.mark.parametrize("input", ["bars.csv", "lake", "bars.parquet", "bars.arrow"])
def test_too_few_threads_to_convert(input: str, folder: Path, everyones: Path) -> None:
    shutil.copytree(folder, everyones, dirs_exist_ok=True)
    everyones.chmod(0o777)
    for limit in (1, 3, 8):
        shutil.rmtree("out", ignore_errors=True)
        error = run(
            "convert", input, "--to", "out", "--workers", "2",
            prefix=["prlimit", f"--nproc={limit}:{limit}", *POWERLESS], limits={},
        )  # fmt: skip
        assert error == "" or "raise the limit of processes (ulimit -u)" in error, error
        ours = [line for line in error.splitlines() if not line.startswith("<jemalloc>")]
        assert len(ours) <= 1  # pyarrow's memory says itself that a thread of its own is missing
        assert os.path.exists("out") == (not ours)


def test_a_read_that_would_wait_is_an_error_and_not_the_end() -> None:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    os.write(writer, b"close\n1\n")
    with open(reader, "rb") as file:
        unpacked = Unpacked(file, file, "pipe", ())
        assert unpacked.read(100) == b"close\n1\n"
        with pytest.raises(Exception, match="cannot read pipe: it has no data yet"):
            unpacked.read(100)
    os.close(writer)


@pytest.mark.skipif(not os.path.exists("/proc/kmsg"), reason="a file of Linux that waits")
@pytest.mark.parametrize("flag", ["--input", "--config"])
def test_a_file_that_waits_and_calls_itself_regular(flag: str, folder: Path) -> None:
    words = [sys.executable, "-m", "barwise", "run", *JOB, "--quiet"]
    words[words.index(flag) + 1] = "/proc/kmsg"
    done = subprocess.run(
        words, text=True, capture_output=True, timeout=HANG, env={**os.environ, **OF_CHECKOUT}
    )
    assert done.stderr == ""
    assert "internal error" not in done.stdout
    assert "/proc/kmsg" in json.loads(done.stdout)["error_message"]
