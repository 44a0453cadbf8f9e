from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests.kit.processes import HANG

pytest_plugins = ["tests.kit.stores.fixtures"]

# Shared machines are busy machines: what must be quick is measured by benchmarks.
settings.register_profile("barwise", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("barwise")

# Under nohup, and in a shell's background, tests and the jobs that they start would be deaf.
for number, handler in (
    (signal.SIGINT, signal.default_int_handler),
    (signal.SIGHUP, signal.SIG_DFL),
):
    if signal.getsignal(number) == signal.SIG_IGN:
        signal.signal(number, handler)

ROOT = Path(__file__).parents[1]
CONFIG = 'seed: 42\nwindow: 2\nversion: "v7"\n'
BARS = "timestamp,close\n2024-01-01,1.0\n2024-01-02,2.0\n2024-01-03,1.5\n2024-01-04,1.5\n"
JOB = [
    *("--input", "data.csv", "--config", "config.yaml"),
    *("--output", "metrics.json", "--log-file", "run.log"),
]

# Under a limit of file sizes Python cuts what it caches of modules off, and cannot read it again.
NO_BYTECODE = {"PYTHONDONTWRITEBYTECODE": "1"}

# Whether processes compute with the kernels, as these tests do.
KERNELS = {name: os.environ[name] for name in ("BARWISE_KERNELS",) if name in os.environ}
OF_CHECKOUT = {"PYTHONPATH": str(ROOT), **KERNELS}

Job = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder with a small data.csv and its config.yaml."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text(BARS)
    (tmp_path / "config.yaml").write_text(CONFIG)
    return tmp_path


def run_barwise(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "barwise", *words]
    options = {"env": {**OF_CHECKOUT, **NO_BYTECODE}, **options}
    return subprocess.run(command, text=True, capture_output=True, **options)


@pytest.fixture
def run_job(folder: Path) -> Job:
    """Runs `python run.py` with the contract's arguments as a process of its own."""

    def run(*more: str, arguments: Sequence[str] = JOB, **options: Any) -> Any:
        environment = {**os.environ, **NO_BYTECODE, "PYTHONPATH": "", **options.pop("env", {})}
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **options}
        command = [*options.pop("prefix", ()), sys.executable, str(ROOT / "run.py")]
        return subprocess.run(
            [*command, *arguments, *more], cwd=folder, env=environment, timeout=HANG, **options
        )

    return run
