"""Records as JSON, and jobs that leave one."""

from __future__ import annotations

import json
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from tests.conftest import JOB, ROOT
from tests.kit.processes import has_logged, wait_for

BLOCK = 4096
JOB_WITH_RECORD = [*JOB, "--quiet", "--record", "record.json"]


def read(path: str = "record.json") -> Any:
    return json.loads(Path(path).read_text())


def own(record: Any) -> Any:
    return record["predicate"]["runDetails"]["byproducts"][0]["annotations"]


def result(record: Any) -> Any:
    return own(record)["result"]


def parameters(record: Any) -> Any:
    return record["predicate"]["buildDefinition"]["externalParameters"]


def dependencies(record: Any) -> Any:
    return record["predicate"]["buildDefinition"]["resolvedDependencies"]


def forge(record: Any, path: str = "record.json") -> None:
    """Writes a record that was edited, with the checksum of what it says now."""
    details = own(record)
    if isinstance(details, dict):  # an edit may have left none
        details.pop("checksum", None)
        text = json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        details["checksum"] = sha256(text.encode()).hexdigest()
    Path(path).write_text(json.dumps(record))


def forge_text(before: str, after: str, path: str = "record.json") -> None:
    """The same, with one text in place of another."""
    text = Path(path).read_text()
    assert before in text
    forge(json.loads(text.replace(before, after)), path)


def sha256sum(path: str) -> str:
    return subprocess.run(["sha256sum", path], capture_output=True, text=True).stdout.split()[0]


def write(closes: list[float], path: str = "data.csv") -> None:
    rows = (f"{1_700_000_000 + 60 * i},{close}\n" for i, close in enumerate(closes))
    Path(path).write_text("timestamp,close\n" + "".join(rows))


def long_job(*more: str) -> subprocess.Popen[str]:
    """A job on a file of 200 MB, of which it has begun to read when this returns."""
    pl.DataFrame({"close": np.arange(24_000_000) % 1009 / 8}).write_csv("long.csv")
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "run.py"), "--input", "long.csv", *JOB[2:], *more],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    wait_for(lambda: has_logged("Config loaded"), process)
    return process
