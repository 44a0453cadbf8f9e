"""What was measured, in Markdown: RESULTS.md, and the tables of the README; and the plot."""

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
README = HERE.parent / "README.md"
Results = dict[str, dict[str, Any]]

JOBS = {  # of whole processes
    "start": "10,000-row CSV",
    "csv": "10 M-row CSV",
    "parquet": "50 M-row Parquet",
    "symbols": "500 symbols",
    "long_csv": "100 M-row CSV",
}
ABOUT = {
    "start": "The committed data.csv, seven columns.",
    "csv": "Seven columns, 762 MB.",
    "parquet": "Seven columns, zstd, 1.3 GB; the close alone is read.",
    "symbols": "A Hive folder of a Parquet file of 20,000 bars for each.",
    "long_csv": "Seven columns, 7.6 GB, one round: memory does not grow with rows.",
}


def load() -> Results:
    """The results of jobs that were run before."""
    path = HERE / "results.json"
    found: Results = json.loads(path.read_text()) if path.exists() else {}
    return found


def write(results: Results) -> None:
    (HERE / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    python = peers.python_of("plot")
    subprocess.run([python, HERE / "contenders" / "plot.py"], check=True)
    (HERE / "RESULTS.md").write_text("\n\n".join(_pages(results)) + "\n")
    text = README.read_text()
    for name, lines in (("speed", speed(results)), ("wrong", wrong(results["wrong"]))):
        text = _replaced(text, name, lines)
    README.write_text(text)


def _pages(results: Results) -> Iterable[str]:
    versions = ", ".join(f"{name} {version}" for name, version in peers.versions().items())
    yield "# Results\n\nWritten by `make bench`. " + (
        f"Python {platform.python_version()} on {_processor()}, {os.cpu_count()} cores; {versions}."
    )
    yield (
        "Medians of whole processes, run in turn: 25 each for the 10,000 rows, 5 for the others. "
        "Window 5. Each contender has an environment of its own, with pinned versions, and every "
        "value is checked."
    )
    for job, title in JOBS.items():
        if job in results:
            yield f"## {title}\n\n{ABOUT[job]}\n\n" + "\n".join(_table(results[job]))
    yield "## 10 M closes in memory\n\nNanoseconds a close, by window.\n\n" + "\n".join(
        _memory(results["memory"])
    )
    yield (
        "## Signals that differ from those in whole numbers\n\n50,000 bars of `barwise sample` on "
        "ticks from fine to coarse, and 20,000 flat bars of a stablecoin.\n\n"
        + "\n".join(wrong(results["wrong"]))
    )
    yield "![wall time](results.svg)"


def _table(job: dict[str, Any]) -> Iterable[str]:
    yield "| | wall s | CPU s | peak MB | to barwise exact | to the floor |"
    yield "|---|---:|---:|---:|---:|---:|"
    exact, floor = job["barwise exact"]["wall_ms"], job.get(peers.FLOOR, {}).get("wall_ms")
    for name, run in sorted(job.items(), key=lambda each: float(each[1]["wall_ms"])):
        wall = run["wall_ms"]
        to_floor = f"{wall / floor:.2f}" if floor else ""
        yield (
            f"| {name} | {wall / 1000:.3f} | {run['cpu_ms'] / 1000:.2f} | {run['peak_mb']:.0f} "
            f"| {wall / exact:.2f} | {to_floor} |"
        )


def _memory(job: dict[str, Any]) -> Iterable[str]:
    windows = list(job["barwise exact"])
    yield "| | " + " | ".join(f"window {window}" for window in windows) + " |"
    yield "|---|" + "---:|" * len(windows)
    for name, its in sorted(job.items(), key=lambda each: float(each[1][windows[0]])):
        yield f"| {name} | " + " | ".join(f"{its[window]:.2f}" for window in windows) + " |"


def wrong(job: dict[str, Any]) -> Iterable[str]:
    names = sorted((name for name in job if name != "ties"), key=lambda n: sum(job[n].values()))
    yield "| bars | ties | " + " | ".join(names) + " |"
    yield "|---|---:|" + "---:|" * len(names)
    for bars, ties in job["ties"].items():
        yield f"| {bars} | {ties} | " + " | ".join(str(job[name][bars]) for name in names) + " |"


def speed(results: Results) -> Iterable[str]:
    """Wall seconds and peak memory of the file jobs, and nanoseconds a close in memory."""
    jobs = [job for job in JOBS if job in results and job != "long_csv"]
    names = list(dict.fromkeys(name for job in jobs for name in results[job]))
    yield "| | " + " | ".join(JOBS[job] for job in jobs) + " | in memory, a close |"
    yield "|---|" + "---:|" * (len(jobs) + 1)
    for name in names:
        cells = []
        for job in jobs:
            run = results[job].get(name)
            cells.append(f"{run['wall_ms'] / 1000:.2f} s, {run['peak_mb']:.0f} MB" if run else "")
        closes = results["memory"].get(name.removesuffix(" in memory"))
        cells.append(f"{closes['5']:.1f} ns" if closes else "")
        yield f"| {name} | " + " | ".join(cells) + " |"


def _replaced(text: str, name: str, lines: Iterable[str]) -> str:
    begin, end = f"<!-- {name}: written by make bench -->\n", f"<!-- end of {name} -->"
    pattern = re.compile(re.escape(begin) + ".*?" + re.escape(end), re.S)
    table = "\n".join(lines)
    replaced, count = pattern.subn(lambda _: f"{begin}\n{table}\n\n{end}", text)
    if count != 1:
        raise SystemExit(f"README.md has no place for the table of {name}")
    return replaced


def _processor() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.machine()
