"""What was measured, in Markdown: RESULTS.md, and tables in README and docs/; and the plot."""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks import peers

HERE = Path(__file__).parent
ROOT = HERE.parent
PICTURE = ROOT / "docs" / "speed.svg"
Results = dict[str, dict[str, Any]]  # by job: where it was measured, and what was found
SHOWN = (
    *("pandas", "polars", "duckdb", "ta-lib", "bottleneck", "vectorbt"),
    *("numba", "pyarrow", "numpy"),
)

JOBS = {  # of whole processes
    "start": "10,000-row CSV",
    "csv": "10 M-row CSV",
    "parquet": "50 M-row Parquet",
    "symbols": "500 symbols",
    "one_group": "50 M rows in one row group",
    "files": "10,000 Parquet files",
    "signals": "50 M rows of signals",
    "record": "A record of 50 M rows",
    "long_csv": "100 M-row CSV",
}
COMPARED = ("barwise exact", "barwise float64", "pandas", "polars streaming", "vectorbt")
COMPARED_JOBS = ("start", "csv", "parquet")
TIES = "tick 33.30, window 5"  # the bars of which README counts the wrong signals
ABOUT = {
    "start": "The committed data.csv, seven columns.",
    "csv": "Seven columns, 762 MB.",
    "parquet": "Seven columns, zstd, 1.3 GB. barwise reads closes and, unless checks are off, "
    "times; others read closes alone.",
    "signals": "The same bars, and what comes of each is written as Parquet.",
    "record": "The same bars, with a record of the run: digests, and the SHA-256 of the file.",
    "symbols": "A Hive folder of a Parquet file of 20,000 bars for each. polars and DuckDB query "
    "the folder; the libraries that know arrays alone go file by file.",
    "one_group": "The same 50 M bars as Parquet of one row group.",
    "files": "A folder of one series, 2,000 bars a file.",
    "long_csv": "Seven columns, 7.6 GB, one round: memory does not grow with rows.",
}


def load() -> Results:
    """The results of jobs that were run before."""
    path = HERE / "results.json"
    results: Results = json.loads(path.read_text()) if path.exists() else {}
    return results


def where() -> str:
    """On what a job was measured."""
    commit = _git("rev-parse", "--short", "HEAD")
    changed = " and changes" if _git("status", "--porcelain", "barwise", "run.py") else ""
    return (
        f"barwise {commit}{changed}, Python {platform.python_version()}, {_processor()}, "
        f"{os.cpu_count()} cores"
    )


def write(results: Results) -> None:
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    if not results.keys() & JOBS.keys():
        return
    python = peers.python_of("plot")
    subprocess.run([python, HERE / "contenders" / "plot.py", PICTURE], check=True)
    (HERE / "RESULTS.md").write_text("\n\n".join(_pages(results)) + "\n")
    for page, (name, lines) in tables(results).items():
        path = ROOT / page
        path.write_text(with_table(path.read_text(), page, name, lines))


def tables(results: Results) -> dict[str, tuple[str, list[str]]]:
    """By page, the name of its table, and the lines of that; only of what was measured."""
    shown = {"docs/speed.md": ("speed", [*speed(results)])}
    if "wrong" in results:
        shown["docs/arithmetic.md"] = "wrong", [*wrong(results["wrong"]["found"])]
        if results.keys() >= {*COMPARED_JOBS}:
            shown["README.md"] = "compared", [*compared(results)]
    return shown


def _pages(results: Results) -> Iterable[str]:
    yield (
        "# Results\n\nWritten by `make bench`: medians of whole processes, run in turn, window 5. "
        "Each contender has an environment of its own, pinned, and its value is checked."
    )
    yield "\n".join(_versions())
    for job, title in JOBS.items():
        if job in results:
            where, measured = results[job]["where"], results[job]["found"]
            about = f"{ABOUT[job]}{_added(measured)} ({where})"
            yield f"## {title}\n\n{about}\n\n" + "\n".join(_table(measured))
    if "memory" in results:
        where, measured = results["memory"]["where"], results["memory"]["found"]
        yield (
            "## 10 M closes in memory\n\nNanoseconds a close, by window; imports and compilation "
            "are not counted. barwise exact uses all cores, the others one. "
            f"({where})\n\n" + "\n".join(_memory(measured))
        )
    if "wrong" in results:
        yield (
            "## Signals that differ from those in whole numbers\n\n50,000 bars of `barwise sample "
            "--seed 42` on ticks from fine to coarse, and 20,000 flat bars of a stablecoin.\n\n"
            + "\n".join(wrong(results["wrong"]["found"]))
        )
    yield "![wall time](../docs/speed.svg)"


def _versions() -> Iterable[str]:
    yield "| environment | packages |"
    yield "|---|---|"
    for path in [peers.ROOT / "requirements.txt", *sorted(peers.CONTENDERS.glob("*.txt"))]:
        name = "barwise" if path.stem == "requirements" else path.stem
        if name != "plot":
            versions = peers.pinned(name)
            shown = [f"{package} {versions[package]}" for package in SHOWN if package in versions]
            yield f"| {name} | {', '.join(shown)} |"


def _table(job: dict[str, Any]) -> Iterable[str]:
    yield "| | wall s | CPU s | peak MB | to barwise exact | to its floor |"
    yield "|---|---:|---:|---:|---:|---:|"
    exact = next(run["wall_ms"] for name, run in job.items() if "exact" in name)
    for name, run in sorted(job.items(), key=lambda item: float(item[1]["wall_ms"])):
        wall = run["wall_ms"]
        floor = job.get(peers.ALL[name].floor) if name in peers.ALL else None
        to_floor = f"{wall / floor['wall_ms']:.2f}" if floor else ""
        yield (
            f"| {name} | {wall / 1000:.3f} | {run['cpu_ms'] / 1000:.2f} | {run['peak_mb']:.0f} "
            f"| {wall / exact:.2f} | {to_floor} |"
        )


def _added(job: dict[str, Any]) -> str:
    """How much time a record adds to a run, in multiples of what hashing alone takes."""
    if peers.HASHING not in job:
        return ""
    alone = job[peers.HASHING]["wall_ms"]
    added = (
        f"{(job[name]['wall_ms'] - job[plain]['wall_ms']) / alone:.2f} times to {plain}"
        for name, plain in zip(peers.WITH_RECORD, peers.BARWISE, strict=True)
    )
    return f" It adds what hashing alone takes {', '.join(added)}."


def _memory(job: dict[str, Any]) -> Iterable[str]:
    windows = list(job["barwise exact"])
    yield "| | " + " | ".join(f"window {window}" for window in windows) + " |"
    yield "|---|" + "---:|" * len(windows)
    for name, by_window in sorted(job.items(), key=lambda item: float(item[1][windows[0]])):
        yield f"| {name} | " + " | ".join(f"{by_window[window]:.2f}" for window in windows) + " |"


def wrong(job: dict[str, Any]) -> Iterable[str]:
    names = sorted((name for name in job if name != "ties"), key=lambda n: sum(job[n].values()))
    yield "| bars | ties | " + " | ".join(names) + " |"
    yield "|---|---:|" + "---:|" * len(names)
    for bars, ties in job["ties"].items():
        yield f"| {bars} | {ties} | " + " | ".join(str(job[name][bars]) for name in names) + " |"


def speed(results: Results) -> Iterable[str]:
    """Wall seconds and peak memory of the file jobs, and nanoseconds a close in memory."""
    jobs = [job for job in JOBS if job in results and job not in ("long_csv", "signals", "record")]
    names = list(dict.fromkeys(name for job in jobs for name in results[job]["found"]))
    yield "| | " + " | ".join(JOBS[job] for job in jobs) + " | in memory, a close |"
    yield "|---|" + "---:|" * (len(jobs) + 1)
    in_memory = results.get("memory", {}).get("found", {})
    for name in names:
        cells = []
        for job in jobs:
            run = results[job]["found"].get(name)
            cells.append(_of_run(run) if run else "")
        closes = in_memory.get(name.replace("polars in memory", "polars"))
        cells.append(f"{closes['5']:.1f} ns" if closes else "")
        yield f"| {name} | " + " | ".join(cells) + " |"


def compared(results: Results) -> Iterable[str]:
    """The same of a few contenders and jobs, and how many signals each has wrong."""
    counts = results["wrong"]["found"]
    yield "| | " + " | ".join(JOBS[job] for job in COMPARED_JOBS) + f" | wrong of 50,000 ({TIES}) |"
    yield "|---|" + "---:|" * (len(COMPARED_JOBS) + 1)
    for name in COMPARED:
        cells = [_of_run(results[job]["found"][name]) for job in COMPARED_JOBS]
        cells.append(str(counts[name.removesuffix(" streaming")][TIES]))
        yield f"| {name} | " + " | ".join(cells) + " |"


def _of_run(run: dict[str, float]) -> str:
    return f"{run['wall_ms'] / 1000:.2f} s, {run['peak_mb']:.0f} MB"


def with_table(text: str, page: str, name: str, lines: Iterable[str]) -> str:
    """The text of a page with other lines in a table."""
    begin, end = f"<!-- {name}: written by make bench -->\n", f"<!-- end of {name} -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    table = "\n".join(lines)
    replaced, count = pattern.subn(lambda _: f"{begin}\n{table}\n\n{end}", text)
    if count != 1:
        raise SystemExit(f"{page} has no place for the table of {name}")
    return replaced


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=HERE.parent, capture_output=True, text=True)
    return done.stdout.strip()


def _processor() -> str:
    try:
        match = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        match = None
    return match[1] if match else platform.machine()
