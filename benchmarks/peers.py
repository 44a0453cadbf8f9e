"""Who is compared: barwise and its peers, each in its own locked environment."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
ENVIRONMENTS = Path(__file__).parent / ".venvs"
CONTENDERS = Path(__file__).parent / "contenders"
FLOOR = "polars, only reading"
FLOOR_OF_TIMES = "polars, reading times too"


class Peer(NamedTuple):
    """A contender.

    environment: the name of its environment.
    script: what runs in it.
    more: variables that os.environ has there.
    is_job: whether it takes the contract's command line, and writes metrics.
    config: lines for the config of barwise.
    floor: the contender that reads the same columns, and does no more.
    writes: a key of `OUTPUTS`; "": metrics alone.
    """

    environment: str
    script: Path
    more: Mapping[str, str] = {}
    is_job: bool = False
    config: str = ""
    floor: str = FLOOR
    writes: str = ""


def _job(arithmetic: str) -> Peer:
    more, config = {"ARITHMETIC": arithmetic}, f"arithmetic: {arithmetic}\n"
    return Peer("barwise", ROOT / "run.py", more, True, config, FLOOR_OF_TIMES)


BARWISE = {"barwise exact": _job("exact"), "barwise float64": _job("float64")}
UNCHECKED = {
    f"{name}, checks: off": peer._replace(config=f"{peer.config}checks: off\n", floor=FLOOR)
    for name, peer in BARWISE.items()
}
OUTPUTS = {"signals": "signals.parquet", "record": "record.json"}


def _with(output: str) -> dict[str, Peer]:
    return {f"{name}, --{output}": peer._replace(writes=output) for name, peer in BARWISE.items()}


WITH_SIGNALS, WITH_RECORD = _with("signals"), _with("record")
SCRIPT = CONTENDERS / "pandas_script.py"
SCRIPTS = {
    "pandas 2.1 script": Peer("pandas-2.1", SCRIPT, is_job=True),
    "pandas script": Peer("pandas", SCRIPT, is_job=True),
}
LIBRARIES = {
    "pandas": Peer("pandas", CONTENDERS / "pandas_.py"),
    "polars streaming": Peer("polars", CONTENDERS / "polars_.py"),
    "polars streaming, times checked": Peer("polars", CONTENDERS / "polars_checked.py"),
    "polars in memory": Peer("polars", CONTENDERS / "polars_in_memory.py"),
    "DuckDB": Peer("duckdb", CONTENDERS / "duckdb_.py"),
    "TA-Lib": Peer("talib", CONTENDERS / "talib_.py"),
    "bottleneck": Peer("bottleneck", CONTENDERS / "bottleneck_.py"),
    "vectorbt": Peer("vectorbt", CONTENDERS / "vectorbt_.py"),
}
IN_MEMORY = {
    **{
        name: Peer("barwise", CONTENDERS / "barwise_.py", peer.more)
        for name, peer in BARWISE.items()
    },
    **{name: LIBRARIES[name] for name in ("pandas", "TA-Lib", "bottleneck", "vectorbt")},
    "pandas 2.1": Peer("pandas-2.1", CONTENDERS / "pandas_.py"),
    "polars": LIBRARIES["polars in memory"],
}
ONE_THREAD = {
    f"{name}, 1 thread": peer._replace(more={**peer.more, "WORKERS": "1"})
    for name, peer in IN_MEMORY.items()
    if peer.environment == "barwise"
}
STREAMING = {name: peer for name, peer in LIBRARIES.items() if "streaming" in name}
FLOORS = {
    FLOOR: Peer("polars", CONTENDERS / "floor.py"),
    FLOOR_OF_TIMES: Peer("polars", CONTENDERS / "floor.py", {"TIMES": "1"}),
}
HASHING = "hashing alone"
HASHED = {HASHING: Peer("barwise", CONTENDERS / "hashing.py", {"BARS": str(50_000_000)})}
WITHOUT_SIGNALS = {*FLOORS, *HASHED}
IN_FILES = {**FLOORS, **BARWISE, **UNCHECKED, **LIBRARIES}
ALL = {**IN_FILES, **SCRIPTS, **WITH_SIGNALS, **WITH_RECORD}


def python_of(environment: str) -> str:
    """The interpreter of an environment, which is made when it is first needed."""
    folder = ENVIRONMENTS / environment
    python, complete = folder / "bin" / "python", folder / "complete"
    requirements = _requirements(environment)
    locked = requirements.read_text()
    if not complete.exists() or complete.read_text() != locked:
        print(f"making the environment of {environment}", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", folder], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, "--require-hashes", "-r", str(requirements)], check=True)
        complete.write_text(locked)
    return str(python)


def pinned(environment: str) -> dict[str, str]:
    """The version of each package in an environment, by its name in lower case."""
    text = _requirements(environment).read_text()
    return {name.lower(): version for name, version in re.findall(r"^(\S+)==(\S+)", text, re.M)}


def _requirements(environment: str) -> Path:
    if environment == "barwise":
        return ROOT / "requirements.txt"
    return CONTENDERS / f"{environment}.txt"


def rate_command(peer: Peer, path: Path, window: int, folder: Path) -> list[str | Path]:
    """The whole job on a file or folder of bars; results go to `folder`."""
    python = python_of(peer.environment)
    if not peer.is_job:
        return [python, peer.script, "rate", path, str(window)]
    config = folder / "config.yaml"
    config.write_text(f"seed: 42\nwindow: {window}\nversion: v1\n{peer.config}")
    return [
        *(python, peer.script, "--input", path, "--config", config),
        *("--output", folder / "metrics.json", "--log-file", folder / "run.log"),
        *((f"--{peer.writes}", folder / OUTPUTS[peer.writes]) if peer.writes else ()),
    ]


def rate_of(peer: Peer, answer: str, folder: Path) -> float:
    """The value of a whole job, from its answer or its metrics."""
    if peer.is_job:
        return float(json.loads((folder / "metrics.json").read_text())["value"])
    return float(answer)
