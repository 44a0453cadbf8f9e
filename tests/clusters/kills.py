"""Workers that are killed while they compute; `python -m tests.clusters.kills 20` does it.

Whatever the instant, the run ends with the digest that it has on one machine.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.clusters.processes import Cluster, barwise, cluster, environment, lake, wait_until
from tests.conftest import CONFIG
from tests.kit.processes import HANG

FILES, ROWS = 60, 300_000
CONFIGS = {"exact": f"{CONFIG}arithmetic: exact\n", "float64": CONFIG}


def prepare(folder: Path) -> dict[str, str]:
    """Makes bars and configs; gives the digest by arithmetic."""
    lake(folder / "bars", FILES, ROWS)
    digests = {}
    for name, text in CONFIGS.items():
        (folder / f"{name}.yaml").write_text(text)
        digests[name] = recorded(folder, name, "threads", None, 0.0)
    return digests


def recorded(folder: Path, arithmetic: str, on: str, dask: Cluster | None, seconds: float) -> str:
    """The digest of a run, of which a worker is killed so long after its first task was sent."""
    words = ["run", "bars", "--config", f"{arithmetic}.yaml", "--record", "record.json", "--on", on]
    process = barwise(*words, cwd=folder, env=environment())
    if dask:
        wait_until(lambda: dask.tasks() > 1, process)
        time.sleep(seconds)
        os.kill(random.choice([*dask.workers().values()]), signal.SIGKILL)
    stdout, stderr = process.communicate(timeout=HANG)
    assert (process.returncode, stderr) == (0, ""), stdout + stderr
    record: Any = json.loads((folder / "record.json").read_text())
    [byproduct] = record["predicate"]["runDetails"]["byproducts"]
    return str(byproduct["digest"]["barwiseDigest1"])


def killed(folder: Path, digests: dict[str, str], dask: Cluster, kills: int) -> None:
    """Kills a worker in each of some runs, at random instants; raises where one is not the same."""
    for number in range(kills):
        arithmetic = [*CONFIGS][number % 2]
        seconds = random.uniform(0, 3)
        digest = recorded(folder, arithmetic, dask.on, dask, seconds)
        assert digest == digests[arithmetic], (number, arithmetic, seconds)


def main() -> None:
    kills = int([*sys.argv, "20"][1])
    with tempfile.TemporaryDirectory() as place, cluster(Path(place) / "cluster", 2) as dask:
        digests = prepare(Path(place))
        for number in range(kills):
            killed(Path(place), digests, dask, 1)
            print(f"{number + 1} of {kills}: the same", flush=True)


if __name__ == "__main__":
    main()
