"""The commands to which faults come: the files they find, and what they must leave."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from tests.kit.processes import OLD

ROWS, MANY_ROWS = 40, 20_000
MINUTE = timedelta(minutes=1)
CONFIG = "seed: 1\nwindow: 3\nversion: v7\n"
OLD_LOG = "2024-01-01 00:00:00 - INFO - Job started\n"
OF_RUN = [
    *("--config", "config.yaml", "--output", "metrics.json", "--log-file", "run.log"),
    *("--workers", "1"),
]
ALL = ("signals.csv", "record.json", "metrics.json")  # in the order in which they appear
Files = dict[str, bytes]


class Case(NamedTuple):
    """A command, and how its faults are judged.

    name: of the case. words: of the command line. prepare: makes its files in an empty folder.
    outputs: the files it replaces. code: its exit code where nothing fails.
    """

    name: str
    words: list[str]
    prepare: Callable[[Path], None]
    outputs: tuple[str, ...]
    code: int = 0

    @property
    def is_run(self) -> bool:
        return self.words[0] == "run"


def bars(rows: int, last_close: str = "") -> str:
    """Bars a minute apart, over the end of a year."""
    numbers = random.Random(1)
    first = datetime(2024, 1, 1) - ROWS // 2 * MINUTE
    lines = ["timestamp,open,high,low,close,volume"]
    for row in range(rows):
        close = last_close if last_close and row == rows - 1 else f"{numbers.randint(5, 20)}"
        lines.append(f"{first + row * MINUTE},{close},30,1,{close},7")
    return "\n".join(lines) + "\n"


def old(*outputs: str, rows: int = ROWS) -> Callable[[Path], None]:
    """Makes a folder of plain bars, and outputs of an earlier run."""

    def prepare(folder: Path) -> None:
        (folder / "data.csv").write_text(bars(rows))
        (folder / "config.yaml").write_text(CONFIG)
        for output in outputs:
            (folder / output).write_text(OLD)

    return prepare


def bad(folder: Path) -> None:
    old(*ALL)(folder)
    (folder / "data.csv").write_text(bars(ROWS, last_close="x"))


def parquet(folder: Path) -> None:
    import pandas as pd
    import polars as pl

    old(*ALL)(folder)
    frame = pd.read_csv(folder / "data.csv", parse_dates=["timestamp"])
    lake = folder / "bars"
    for symbol in ("A", "B"):
        (lake / f"symbol={symbol}").mkdir(parents=True)
        table = pl.from_dict(frame.to_dict("list"))
        table.write_parquet(lake / f"symbol={symbol}" / "bars.parquet", row_group_size=16)
    (folder / "lake").mkdir(mode=0o750)


def recorded(folder: Path, rows: int = ROWS) -> None:
    """Makes the files of a run that has left a record."""
    from barwise.commands.main import main

    old(rows=rows)(folder)
    words = [*RUN, "--record", "record.json", "--quiet"]
    assert main([str(folder / word) if "." in word else word for word in words]) == 0


METRICS, REPORT = ("metrics.json",), ("report.json",)
SIGNALS = ["--signals", "signals.csv", "--record", "record.json"]
TYPED = ["--signals", "signals.parquet", "--record", "record.json"]
RUN = ["run", "--input", "data.csv", *OF_RUN]
CSV = ["--input", "data.csv", "--config", "config.yaml"]
LAKE = ["--input", "bars", "--config", "config.yaml"]
VERIFY = ["verify", "record.json", *CSV]
CASES = {
    case.name: case
    for case in (
        Case("run", RUN, old(*METRICS), METRICS),
        Case("run, all outputs", [*RUN, *SIGNALS], old(*ALL), ALL),
        Case("run, new files", [*RUN, *TYPED], old(), ("signals.parquet", *ALL[1:])),
        Case("run, bad bars", [*RUN, *SIGNALS], bad, ALL, code=1),
        Case("run, Parquet", ["run", "--input", "bars", *OF_RUN, *SIGNALS], parquet, ALL),
        Case("convert", ["convert", *CSV, "--to", "lake"], old(), ()),
        Case("convert, Parquet", ["convert", *LAKE, "--to", "lake"], parquet, ()),
        Case("check", ["check", *CSV, "--json", "report.json"], old(*REPORT), REPORT),
        Case("check, Parquet", ["check", *LAKE, "--json", "report.json"], parquet, REPORT),
        Case("verify", VERIFY, recorded, ()),
    )
}
LONG = {  # the same with more bars, so that there is more to be killed in
    case.name: case
    for case in (
        CASES["run, all outputs"]._replace(prepare=old(*ALL, rows=MANY_ROWS)),
        CASES["convert"]._replace(prepare=old(rows=MANY_ROWS)),
        CASES["check"]._replace(prepare=old(*REPORT, rows=MANY_ROWS)),
        CASES["verify"]._replace(prepare=partial(recorded, rows=MANY_ROWS)),
    )
}


def files_in(folder: Path) -> Files:
    """The files in a folder, and with None the folders, by relative path."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in sorted(folder.rglob("*"))
    }


def as_result(name: str, data: bytes) -> Any:
    """What of an output must be the same in each run: all but times, and hashes of them."""
    if name == "metrics.json":
        return {**json.loads(data), "latency_ms": 0}
    if name == "record.json":
        record = json.loads(data)
        return [subject["name"] for subject in record.get("subject", [])]
    return data
