"""Draws results.json into the file that it is given: wall time by job, one bar a contender."""

import json
import sys
from pathlib import Path

from matplotlib import pyplot, rcParams

HERE = Path(__file__).parents[1]
JOBS = {
    "start": "10,000-row CSV",
    "csv": "10 M-row CSV",
    "parquet": "50 M-row Parquet",
    "symbols": "500 symbols",
}

results = json.loads((HERE / "results.json").read_text())
results = {job: measured["found"] for job, measured in results.items()}
jobs = [job for job in JOBS if job in results]
rcParams["svg.hashsalt"] = "barwise"  # the same results, the same file
rcParams["svg.fonttype"] = "none"  # text as text
figure, panels = pyplot.subplots(1, len(jobs), figsize=(3.6 * len(jobs), 3.8), squeeze=False)
for panel, job in zip(panels[0], jobs, strict=True):
    runs = sorted(results[job].items(), key=lambda item: -item[1]["wall_ms"])
    names = [name for name, _ in runs]
    seconds = [run["wall_ms"] / 1000 for _, run in runs]
    colours = [
        "#1b6ca8" if name.startswith("barwise") else "#999999" if "reading" in name else "#d9b382"
        for name in names
    ]
    drawn = panel.barh(names, seconds, color=colours)
    panel.bar_label(drawn, [f"{second:.2f}" for second in seconds], padding=2, fontsize=7)
    panel.set_xscale("log")
    panel.set_xlim(min(seconds) / 2, max(seconds) * 3)
    panel.set_title(JOBS[job], fontsize=10)
    panel.set_xlabel("seconds, whole process", fontsize=8)
    panel.tick_params(labelsize=7)
    panel.spines[["top", "right"]].set_visible(False)
figure.tight_layout()
figure.savefig(sys.argv[1], metadata={"Date": None})
