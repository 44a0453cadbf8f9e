"""barwise beside what it replaces: whole processes, in turn, each in its own environment.

    make bench        (or: python -m benchmarks [--rounds N] [JOB ...])

Takes a quarter of an hour, 8 GB in the temporary folder, and an idle machine; makes the
environments under benchmarks/.venvs. Every value is checked. Writes results.json, RESULTS.md,
docs/speed.svg and the tables of README and docs/ after each job.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import peers, report
from benchmarks.processes import Run, medians, timed

WINDOW, WINDOWS, TIE_WINDOWS = 5, (5, 20, 1000), (5, 20)
START_ROUNDS = 5  # times as many: the processes are short
TOLERANCE = 0.001  # of a rate: bottleneck drifts by 0.0002 in 10 million bars
SYMBOLS, SYMBOL_ROWS = 500, 20_000
FILES, FILE_ROWS = 10_000, 2_000
CLOSES = 10_000_000  # of contenders/protocol.py


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("jobs", nargs="*", metavar="JOB", help=f"of {', '.join(JOBS)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--folder", help="where bars are made, 8 GB on a disk: not in memory")
    arguments = parser.parse_args()
    if unknown := {*arguments.jobs} - {*JOBS}:
        parser.error(f"no job is called {', '.join(unknown)}")
    results = report.load()
    for name in arguments.jobs or JOBS:
        print(f"{name} ...", file=sys.stderr)
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            measured = JOBS[name](Path(folder), arguments.rounds)
        results[name] = {"where": report.where(), "found": measured}
        report.write(results)


def start(folder: Path, rounds: int) -> dict[str, Any]:
    contenders = {**peers.BARWISE, **peers.SCRIPTS, **peers.LIBRARIES}
    return _in_turn(contenders, peers.ROOT / "data.csv", folder, rounds * START_ROUNDS)


def csv(folder: Path, rounds: int) -> dict[str, Any]:
    _made("write_csv", folder / "bars.csv", 10_000_000)
    contenders = {**peers.IN_FILES, **peers.SCRIPTS}
    return _in_turn(contenders, folder / "bars.csv", folder, rounds)


def long_csv(folder: Path, rounds: int) -> dict[str, Any]:
    """Once, whatever the rounds: memory is what is measured."""
    _made("write_csv", folder / "bars.csv", 100_000_000)
    contenders = {**peers.FLOORS, **peers.BARWISE, **peers.STREAMING}
    return _in_turn(contenders, folder / "bars.csv", folder, 1)


def parquet(folder: Path, rounds: int) -> dict[str, Any]:
    _made("write_parquet", folder / "bars.parquet", 50_000_000)
    return _in_turn(peers.IN_FILES, folder / "bars.parquet", folder, rounds)


def one_group(folder: Path, rounds: int) -> dict[str, Any]:
    _made("write_one_group", folder / "bars.parquet", 50_000_000)
    contenders = {**peers.FLOORS, **peers.BARWISE, **peers.STREAMING}
    return _in_turn(contenders, folder / "bars.parquet", folder, rounds)


def files(folder: Path, rounds: int) -> dict[str, Any]:
    _made("write_files", folder / "lake", FILES, FILE_ROWS)
    contenders = {**peers.FLOORS, **peers.BARWISE, **peers.UNCHECKED}
    return _in_turn(contenders, folder / "lake", folder, rounds)


def signals(folder: Path, rounds: int) -> dict[str, Any]:
    """The same bars, with each bar's signal and rolling mean written as Parquet."""
    _made("write_parquet", folder / "bars.parquet", 50_000_000)
    return _in_turn(peers.WITH_SIGNALS, folder / "bars.parquet", folder, rounds)


def record(folder: Path, rounds: int) -> dict[str, Any]:
    """The same bars, with a record; and what hashing them and their file takes alone."""
    _made("write_parquet", folder / "bars.parquet", 50_000_000)
    contenders = {**peers.BARWISE, **peers.WITH_RECORD, **peers.HASHED}
    return _in_turn(contenders, folder / "bars.parquet", folder, rounds)


def symbols(folder: Path, rounds: int) -> dict[str, Any]:
    _made("write_symbols", folder / "lake", SYMBOLS, SYMBOL_ROWS)
    return _in_turn(peers.IN_FILES, folder / "lake", folder, rounds)


def memory(folder: Path, rounds: int) -> dict[str, Any]:
    """Nanoseconds a close, by contender and window: medians of processes of medians of calls."""
    contenders = {**peers.IN_MEMORY, **peers.ONE_THREAD}
    measured: dict[str, list[dict[str, tuple[float, int]]]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, peer in _rotated(contenders, number):
            asked = ["time", *map(str, WINDOWS)]
            _, answer = timed([peers.python_of(peer.environment), peer.script, *asked], peer.more)
            measured[name].append(json.loads(answer))
    for window, (_, expected) in measured["barwise exact"][0].items():
        for name, runs in measured.items():
            if abs(runs[0][window][1] - expected) > TOLERANCE * CLOSES:
                sys.exit(f"{name} has {runs[0][window][1]} ones, barwise exact {expected}")
    return {
        name: {
            window: statistics.median(run[window][0] for run in runs) * 1e9 / CLOSES
            for window in runs[0]
        }
        for name, runs in measured.items()
    }


def wrong(folder: Path, rounds: int) -> dict[str, Any]:
    """How many signals of each contender differ from those in whole numbers; not timed, so once."""
    command = [sys.executable, "-m", "benchmarks.wrong"]
    timed([*command, "write", folder], {})
    for name, peer in {**peers.IN_MEMORY, "DuckDB": peers.LIBRARIES["DuckDB"]}.items():
        for path in sorted(folder.glob("*.npy")):
            asked = ["ones", str(path), *map(str, TIE_WINDOWS)]
            _, answer = timed([peers.python_of(peer.environment), peer.script, *asked], peer.more)
            path.with_suffix(f".{name}").write_text(answer)
    _, answer = timed([*command, "count", folder, *map(str, TIE_WINDOWS)], {})
    counts: dict[str, Any] = json.loads(answer)
    return counts


JOBS: dict[str, Callable[[Path, int], dict[str, Any]]] = {
    "start": start,
    "csv": csv,
    "parquet": parquet,
    "signals": signals,
    "record": record,
    "symbols": symbols,
    "one_group": one_group,
    "files": files,
    "memory": memory,
    "long_csv": long_csv,
    "wrong": wrong,
}


def _rotated(contenders: dict[str, peers.Peer], number: int) -> list[tuple[str, peers.Peer]]:
    """The contenders in their order, but each round begins with another one."""
    items = list(contenders.items())
    number %= len(items)
    return items[number:] + items[:number]


def _made(what: str, path: Path, *numbers: int) -> None:
    """Makes bars in another process: a child's peak memory begins at that of its parent."""
    timed([sys.executable, "-m", "benchmarks.bars", what, path, *map(str, numbers)], {})


def _in_turn(
    contenders: dict[str, peers.Peer], path: Path, folder: Path, rounds: int
) -> dict[str, Any]:
    """The medians of whole processes, by contender; exits where values differ."""
    runs: dict[str, list[Run]] = {name: [] for name in contenders}
    values: dict[str, float] = {}
    for number in range(rounds + 1):
        for name, peer in _rotated(contenders, number):
            command = peers.rate_command(peer, path, WINDOW, folder)
            run, answer = timed(command, peer.more)
            values[name] = peers.rate_of(peer, answer, folder)
            if number:  # the first one warms the disk cache and writes bytecode
                runs[name].append(run)
    expected = next(value for name, value in values.items() if "exact" in name)
    for name, value in values.items():
        if name not in peers.WITHOUT_SIGNALS and abs(value - expected) > TOLERANCE:
            sys.exit(f"{name} has the value {value}, barwise exact {expected}")
    return {name: medians(of_peer)._asdict() for name, of_peer in runs.items()}


if __name__ == "__main__":
    main()
