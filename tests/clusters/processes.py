"""A Dask scheduler and its workers as processes of this Python, and what tests do with them.

Nothing is ended but what was started here.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from distributed import Client

from tests.conftest import KERNELS, ROOT
from tests.kit.processes import HANG, Process

Environment = dict[str, str]


def environment(*paths: Path) -> Environment:
    """Of a process that imports barwise from one of these folders, before any other."""
    return {**os.environ, **KERNELS, "PYTHONPATH": os.pathsep.join(map(str, [*paths, ROOT]))}


class Cluster:
    """A scheduler, and the workers that are started for it.

    folder: where its files are.
    address: of the scheduler, as Dask has it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        words = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
        self.scheduler = start([*words, "--scheduler-file", str(self.file)], folder)
        wait_until(self.file.exists, self.scheduler)
        wait_until(lambda: bool(self.file.read_text()), self.scheduler)
        self.address = str(json.loads(self.file.read_text())["address"])
        self.on = self.address.replace("tcp://", "dask://")

    @contextmanager
    def worker(self, cwd: Path | None = None, *paths: Path) -> Iterator[Process]:
        """A worker with its nanny; `paths` are where it imports from first."""
        before = len(self.workers())
        words = ["worker", self.address, "--nthreads", "1", "--no-dashboard", "--memory-limit"]
        words += ["2GB", "--local-directory", str(self.folder / "scratch")]
        process = start(words, cwd or self.folder, environment(*paths))
        try:
            wait_until(lambda: len(self.workers()) > before, process)
            yield process
        finally:
            end(process)
            if self.scheduler.poll() is None:
                wait_until(lambda: len(self.workers()) <= before, self.scheduler)

    @contextmanager
    def client(self) -> Iterator[Client]:
        with Client(self.address, timeout="60s", set_as_default=False) as client:
            yield client

    def workers(self) -> dict[str, int]:
        """The process of each worker, by its address."""
        with self.client() as client:
            return dict(client.run(os.getpid, on_error="ignore"))

    def tasks(self) -> int:
        """How many tasks the scheduler knows."""
        with self.client() as client:
            return int(client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks)))


@contextmanager
def cluster(folder: Path, workers: int) -> Iterator[Cluster]:
    """A cluster that is there within it, with so many workers."""
    folder.mkdir(parents=True)
    made = Cluster(folder)
    try:
        with ExitStack() as stack:
            for _ in range(workers):
                stack.enter_context(made.worker())
            yield made
    finally:
        end(made.scheduler)


def start(words: list[str], cwd: Path, env: Environment | None = None) -> Process:
    with open(cwd / f"{words[0]}.log", "ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "dask", *words],
            cwd=cwd, env=env or environment(), stdout=log, stderr=log,
        )  # fmt: skip


def end(process: Process) -> None:
    """Ends a process that was started here, and those below it."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def wait_until(event: Any, process: Process) -> None:
    until = time.monotonic() + HANG
    while not event():
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.05)


def barwise(*words: str, cwd: Path, **options: Any) -> Process:
    """The command, begun."""
    return subprocess.Popen(
        [sys.executable, "-m", "barwise", *words],
        cwd=cwd, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        **{"env": environment(), **options},
    )  # fmt: skip


def other_code(folder: Path) -> Path:
    """A copy of the package with one comment more."""
    shutil.copytree(
        ROOT / "barwise", folder / "barwise", ignore=shutil.ignore_patterns("__pycache__")
    )
    with (folder / "barwise" / "stages" / "tally.py").open("a") as file:
        file.write("\n# one line more\n")
    return folder


def lake(folder: Path, files: int, rows: int) -> None:
    """Files of successive bars; of more than twelve, each dozen is a symbol of the same bars.

    They take little space: closes repeat, and times are stored by their differences.
    """
    folder.mkdir()
    rng = np.random.default_rng(7)
    some = 100 + np.cumsum(rng.integers(-30, 31, 4_999)) / 100
    closes = np.resize(some, 12 * rows)
    times = pa.array(np.arange(12 * rows) * 60_000_000, pa.timestamp("us"))
    for number in range(min(files, 12)):
        part = slice(number * rows, (number + 1) * rows)
        pq.write_table(
            pa.table({"timestamp": times[part], "close": closes[part]}),
            folder / f"bars-{number:05}.parquet",
            compression="zstd",
            use_dictionary=["close"],
            column_encoding={"timestamp": "DELTA_BINARY_PACKED"},
        )
    dozen = sorted(folder.iterdir())
    for number in range(files if files > 12 else 0):
        symbol = folder / f"symbol=S{number // 12:02}"
        symbol.mkdir(exist_ok=True)
        shutil.copyfile(dozen[number % 12], symbol / dozen[number % 12].name)
    if files > 12:
        for path in dozen:
            path.unlink()
