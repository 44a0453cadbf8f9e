"""Real processes under test. What a test waits for is an event; no claim is about wall time."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

HANG = 600.0  # seconds; only ends what would never end, however busy the machine is

OLD = (
    '{\n  "version": "v0",\n  "status": "success",\n  "value": "of an earlier run"\n}\n'  # metrics
)

Process = subprocess.Popen[Any]


def temporaries(folder: Path) -> list[str]:
    """The temporary files that a job has left in a folder."""
    return [path.name for path in folder.iterdir() if path.name.endswith(".tmp")]


def wait_for(event: Callable[[], bool], process: Process) -> None:
    """Returns when the event has come, which must be before the process ends."""
    while not event():
        assert process.poll() is None
        time.sleep(0.005)


def has_logged(words: str, path: str = "run.log") -> bool:
    return os.path.exists(path) and words in Path(path).read_text()


def has_open(process: Process, path: str) -> bool:
    """Whether a process has a file open; what it closes meanwhile is not it."""
    files = set()
    with suppress(FileNotFoundError):  # it has ended
        for descriptor in Path(f"/proc/{process.pid}/fd").iterdir():
            with suppress(FileNotFoundError):  # it was closed
                files.add(os.readlink(descriptor))
    return os.path.realpath(path) in files


def is_asleep(process: Process) -> bool:
    """Whether it waits for something other than a processor."""
    return _stat(process)[0] == "S"


def cpu_seconds(process: Process) -> float:
    """The processor time of a process that has not been waited for, in all its threads."""
    return sum(map(int, _stat(process)[11:13])) / os.sysconf("SC_CLK_TCK")


def _stat(process: Process) -> list[str]:
    """From the third field of proc_pid_stat(5) on: the second is a name that may hold blanks."""
    return Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
