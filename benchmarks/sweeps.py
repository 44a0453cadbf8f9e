"""Many windows over a million closes beside polars and vectorbt: `python -m benchmarks.sweeps`.

Each runs in an environment of its own, on one thread, in turn; what is compared is CPU.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from typing import Any

from benchmarks import peers

SCRIPT = peers.CONTENDERS / "sweep_.py"
ONE_THREAD = dict.fromkeys(
    ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
FEW, MANY = 50, 1_000
JOBS = (("polars", FEW), ("vectorbt", FEW), ("polars", MANY))  # vectorbt has no memory for many
TIES = 0.001  # of signals: floats decide ties either way


def measured(library: str, windows: int) -> dict[str, Any]:
    python = sys.executable if library == "barwise" else peers.python_of(library)
    environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(peers.ROOT)}
    words = [python, str(SCRIPT), library, str(windows)]
    run = subprocess.run(words, env=environment, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def main(rounds: int) -> None:
    for library, windows in JOBS:
        pairs = [(measured("barwise", windows), measured(library, windows)) for _ in range(rounds)]
        for ours, theirs in pairs:
            for one, other in zip(ours["ones"], theirs["ones"], strict=True):
                if abs(one - other) > TIES * max(one, other):
                    raise ValueError(f"{library} counts {other} signals, and barwise {one}")
        ours, theirs = (
            statistics.median(run["seconds"] for run in runs) for runs in zip(*pairs, strict=True)
        )
        memory = " and ".join(f"{run['kilobytes'] // 1024} MB" for run in pairs[0])
        print(
            f"{windows} windows: barwise {ours:.2f} s, {library} {theirs:.2f} s of CPU, "
            f"{theirs / ours:.1f} times as much; {memory}",
            flush=True,
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
