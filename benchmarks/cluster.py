"""One run on one machine's threads and processes, and on Dask with one worker and with two.

    python -m benchmarks.cluster [--files 64] [--rows 1500000] [--repeat 6]

Digests are compared, and it exits where one differs. Two workers beside one want an idle machine
and two cores, of which client and scheduler take a little.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from pathlib import Path

import barwise
from barwise.tuning import Tuning
from benchmarks.processes import Run, timed
from tests.clusters.processes import Cluster, cluster, lake
from tests.kit.processes import cpu_seconds

CONFIG = "seed: 1\nwindow: 20\nversion: v1\narithmetic: {}\n"
WORK = "exact.yaml"  # what one and two workers are compared by


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--files", type=int, default=64)
    parser.add_argument("--rows", type=int, default=1_500_000, help="of a file, nearly")
    parser.add_argument("--repeat", type=int, default=6, help="times the files, for more work")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        made = ["write_parts", str(folder / "bars"), str(options.files), str(options.rows)]
        timed([sys.executable, "-m", "benchmarks.bars", *made], {})
        repeated(folder / "bars", folder / "repeated", options.repeat)
        for arithmetic in ("exact", "float64"):
            (folder / f"{arithmetic}.yaml").write_text(CONFIG.format(arithmetic))
        with cluster(folder / "one", 1) as one, cluster(folder / "two", 2) as two:
            compare(folder, one, two)
            show_tasks(folder, two)
            for _ in range(options.rounds):
                show_ratio(folder, one, two)


def repeated(bars: Path, folder: Path, times: int) -> None:
    """The same files several times: a symbol each time."""
    for number in range(times):
        (folder / f"symbol=S{number}").mkdir(parents=True)
        for path in bars.iterdir():
            shutil.copyfile(path, folder / f"symbol=S{number}" / path.name)


def compare(folder: Path, one: Cluster, two: Cluster) -> None:
    """Digests by everybody who computes."""
    for config in ("exact.yaml", "float64.yaml"):
        digests = set()
        for on in ("threads", "processes:2", one.on, two.on):
            run, answer = of(folder, "bars", config, on, "--record", str(folder / "record.json"))
            [digest] = re.findall("Digest of the run: ([0-9a-f]{64})", answer)
            digests.add(digest)
            print(f"{config} {on}: {digest[:12]}, {seconds(run)}", flush=True)
        if len(digests) > 1:
            sys.exit("digests differ")


def show_tasks(folder: Path, two: Cluster) -> None:
    """What a task costs the client and the scheduler: 600 beside 6, of the same small files."""
    lake(folder / "small", 600, 200)
    cpu: dict[int, list[float]] = {}
    for parts in (100, 1, 100):
        before = time.process_time(), cpu_seconds(two.scheduler)
        barwise.run(
            str(folder / "small"), window=2, arithmetic="exact",
            tuning=Tuning(task_parts=parts), executor=two.on,
        )  # fmt: skip
        after = time.process_time(), cpu_seconds(two.scheduler)
        cpu[parts] = [end - begin for begin, end in zip(before, after, strict=True)]
    client, scheduler = ((cpu[1][who] - cpu[100][who]) / 594 * 1000 for who in (0, 1))
    print(f"CPU of a task: client {client:.1f} ms, scheduler {scheduler:.1f} ms", flush=True)


def show_ratio(folder: Path, one: Cluster, two: Cluster) -> None:
    """The time of one worker beside that of two."""
    runs = [of(folder, "repeated", WORK, on)[0] for on in (one.on, two.on)]
    ratio = runs[0].wall_ms / runs[1].wall_ms
    print(f"one worker {seconds(runs[0])}; two {seconds(runs[1])}: {ratio:.2f} times", flush=True)


def of(folder: Path, bars: str, config: str, on: str, *more: str) -> tuple[Run, str]:
    """A run of bars, and what it logged."""
    words = ["run", str(folder / bars), "--config", str(folder / config), "--on", on, *more]
    files = ["--output", str(folder / "metrics.json"), "--log-file", str(folder / "run.log")]
    return timed([sys.executable, "-m", "barwise", *words, *files], {})


def seconds(run: Run) -> str:
    return f"{run.wall_ms / 1000:.2f} s, CPU of the client {run.cpu_ms / 1000:.2f} s"


if __name__ == "__main__":
    main()
