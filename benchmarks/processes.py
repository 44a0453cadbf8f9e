"""What a whole process costs. Both sides of a comparison run in turn, so that noise hits both."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


class Run(NamedTuple):
    wall_ms: float
    cpu_ms: float
    peak_mb: float


def timed(command: Sequence[str | Path]) -> Run:
    """Runs a command to its end; exits where it fails."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}")
    return Run(wall * 1000, (used.ru_utime + used.ru_stime) * 1000, used.ru_maxrss / 1024)


def table(runs: dict[str, list[Run]], yardstick: str) -> str:
    """The medians of each name's runs, and their ratio to the yardstick's, in Markdown."""
    medians = {n: Run(*map(statistics.median, zip(*r, strict=True))) for n, r in runs.items()}
    lines = ["| | wall ms | CPU ms | peak MB | wall ratio |", "|---|---:|---:|---:|---:|"]
    for name, run in medians.items():
        ratio = run.wall_ms / medians[yardstick].wall_ms
        lines.append(
            f"| {name} | {run.wall_ms:.0f} | {run.cpu_ms:.0f} | {run.peak_mb:.0f} | {ratio:.2f} |"
        )
    return "\n".join(lines)
