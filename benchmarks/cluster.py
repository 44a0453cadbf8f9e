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
from collections.abc import Iterator
from pathlib import Path

from benchmarks.processes import Run, timed
from tests.clusters.processes import Cluster, cluster
from tests.kit.processes import cpu_seconds

CONFIG = "seed: 1\nwindow: 20\nversion: v1\narithmetic: {}\n"
WORK = "exact.yaml"  # what one and two workers are compared by, and what a task costs


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
            show_tasks(folder, two, options.repeat)
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


def show_tasks(folder: Path, two: Cluster, repeat: int) -> None:
    """What a task costs the client and the scheduler: of many beside few, so without imports."""
    measured = []
    for name in ("bars", "repeated"):
        before = cpu_seconds(two.scheduler)
        run, _ = of(folder, name, WORK, two.on)
        measured.append(run.cpu_ms + 1000 * (cpu_seconds(two.scheduler) - before))
    few, many = (len([*tasks(folder / name)]) for name in ("bars", "repeated"))
    cost = (measured[1] - measured[0]) / (many - few)
    print(f"CPU of client and scheduler: {cost:.1f} ms a task, of {many - few} tasks", flush=True)


def tasks(bars: Path) -> Iterator[object]:
    import barwise
    from barwise.engine.executors.cut import tasks_of
    from barwise.engine.run import checked_config, pass_of
    from barwise.tuning import MEASURED

    config = checked_config(None, {"window": 20, "arithmetic": "exact"})
    plan = barwise.plan(str(bars), config)
    yield from tasks_of(plan, pass_of(config, plan, (), ("signal",)), MEASURED)


def show_ratio(folder: Path, one: Cluster, two: Cluster) -> None:
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
