"""What a whole process costs, and what it answers."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


class Run(NamedTuple):
    """What a process took.

    wall_ms: from start to end, in milliseconds.
    cpu_ms: user and system time, in milliseconds.
    peak_mb: the largest memory, in MiB.
    """

    wall_ms: float
    cpu_ms: float
    peak_mb: float


def timed(command: Sequence[str | Path], more: Mapping[str, str]) -> tuple[Run, str]:
    """Runs a command to its end, with `more` in its environment; exits where it fails.

    The peak of a child begins at that of its parent, which must therefore stay small.
    """
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env={**ENVIRONMENT, **more})
    assert process.stdout
    answer = process.stdout.read().decode()
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.stdout.close()
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}")
    run = Run(wall * 1000, (used.ru_utime + used.ru_stime) * 1000, used.ru_maxrss / 1024)
    return run, answer


def medians(runs: Sequence[Run]) -> Run:
    return Run(*map(statistics.median, zip(*runs, strict=True)))
