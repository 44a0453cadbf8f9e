"""What a job of 10,000 bars costs from start to exit: barwise beside the same job in pandas 2.1.4.

    make bench        (or: python -m benchmarks.startup [--rounds N] [--input FILE])

Both sides run as whole processes in turn, each in a locked environment of its own, and their
values are compared. Prints medians, peak memory and the ratio.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from benchmarks.processes import Run, table, timed

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = Path(__file__).parent / ".venvs"
CONTENDERS = Path(__file__).parent / "contenders"


class Contender(NamedTuple):
    name: str
    script: Path
    requirements: Path


BARWISE = Contender("barwise", ROOT / "run.py", ROOT / "requirements.txt")
PANDAS = Contender("pandas 2.1.4", CONTENDERS / "pandas_script.py", CONTENDERS / "pandas.txt")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--input", type=Path, default=ROOT / "data.csv")
    arguments = parser.parse_args()
    pythons = {contender: python_of(contender) for contender in (BARWISE, PANDAS)}
    runs: dict[str, list[Run]] = {contender.name: [] for contender in pythons}
    values = set()
    with tempfile.TemporaryDirectory() as folder:
        for number in range(arguments.rounds + 1):
            for contender, python in pythons.items():
                run, value = measured(contender, python, arguments.input, Path(folder))
                values.add(value)
                if number:  # the first one warms the disk cache and writes bytecode
                    runs[contender.name].append(run)
    if len(values) != 1:
        sys.exit(f"the contenders differ: {values}")
    print(
        f"value {values.pop()} from both; medians of {arguments.rounds} processes each, in turn\n"
    )
    print(table(runs, PANDAS.name))


def python_of(contender: Contender) -> str:
    """The interpreter of the contender's own environment, made when it is first needed."""
    environment = ENVIRONMENTS / contender.name.replace(" ", "-")
    python = environment / "bin" / "python"
    complete = environment / "complete"
    locked = contender.requirements.read_text()
    if not complete.exists() or complete.read_text() != locked:
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run(
            [*install, "--require-hashes", "-r", str(contender.requirements)], check=True
        )
        complete.write_text(locked)
    return str(python)


def measured(contender: Contender, python: str, bars: Path, folder: Path) -> tuple[Run, float]:
    """One whole process, and the value that it wrote."""
    output = folder / "metrics.json"
    command: list[str | Path] = [python, contender.script, "--input", bars]
    command += ["--config", ROOT / "config.yaml", "--output", output, "--log-file", folder / "log"]
    return timed(command), json.loads(output.read_text())["value"]


if __name__ == "__main__":
    main()
