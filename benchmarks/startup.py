"""What a job of 10,000 bars costs from start to exit: barwise beside the same job in pandas 2.1.4.

    make bench        (or: python -m benchmarks.startup [--rounds N] [--input FILE])

Both sides run as whole processes in turn, each in a locked environment of its own, and their
values are compared. Prints medians, peak memory and the ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = Path(__file__).parent / ".venvs"
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
CONTENDERS = Path(__file__).parent / "contenders"


class Contender(NamedTuple):
    name: str
    script: Path
    requirements: Path


BARWISE = Contender("barwise", ROOT / "run.py", ROOT / "requirements.txt")
PANDAS = Contender("pandas 2.1.4", CONTENDERS / "pandas_script.py", CONTENDERS / "pandas.txt")


class Run(NamedTuple):
    wall_ms: float
    cpu_ms: float
    peak_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--input", type=Path, default=ROOT / "data.csv")
    arguments = parser.parse_args()
    runs: dict[Contender, list[Run]] = {BARWISE: [], PANDAS: []}
    pythons = {contender: python_of(contender) for contender in runs}
    values = set()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.rounds + 1):
            for contender, python in pythons.items():
                run, value = measured(contender, python, arguments.input, Path(folder))
                values.add(value)
                if number:  # the first one warms the disk cache and writes bytecode
                    runs[contender].append(run)
    if len(values) != 1:
        sys.exit(f"the contenders differ: {values}")
    report(runs, values.pop())


def python_of(contender: Contender) -> str:
    """The interpreter of the contender's own environment, made when it is first needed."""
    environment = ENVIRONMENTS / contender.name.replace(" ", "-")
    python = environment / "bin" / "python"
    if not (environment / "complete").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run(
            [*install, "--require-hashes", "-r", str(contender.requirements)], check=True
        )
        (environment / "complete").touch()
    return str(python)


def measured(contender: Contender, python: str, bars: Path, folder: Path) -> tuple[Run, float]:
    """One whole process, and the value that it wrote."""
    output = folder / "metrics.json"
    command: list[str | Path] = [python, contender.script, "--input", bars]
    command += ["--config", ROOT / "config.yaml", "--output", output, "--log-file", folder / "log"]
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=ENVIRONMENT)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{contender.name} ended with {process.returncode}")
    cpu = used.ru_utime + used.ru_stime
    run = Run(wall * 1000, cpu * 1000, used.ru_maxrss / 1024)
    return run, json.loads(output.read_text())["value"]


def report(runs: dict[Contender, list[Run]], value: float) -> None:
    medians = {
        c: Run(*map(statistics.median, zip(*found, strict=True))) for c, found in runs.items()
    }
    print(f"value {value} from both; medians of {len(runs[BARWISE])} processes each, in turn\n")
    print("| | wall ms | CPU ms | peak MB | wall ratio |\n|---|---:|---:|---:|---:|")
    for contender, run in medians.items():
        ratio = run.wall_ms / medians[PANDAS].wall_ms
        print(
            f"| {contender.name} | {run.wall_ms:.0f} | {run.cpu_ms:.0f} | {run.peak_mb:.0f} "
            f"| {ratio:.2f} |"
        )


if __name__ == "__main__":
    main()
