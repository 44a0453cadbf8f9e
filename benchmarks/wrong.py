"""The bars whose signals depend on rounding, and how many signals each contender has wrong.

python -m benchmarks.wrong write FOLDER
python -m benchmarks.wrong count FOLDER WINDOW...
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np

from benchmarks import bars


def write(folder: str) -> None:
    for name, (ticks, in_one) in bars.ties().items():
        np.save(Path(folder) / f"{name}.npy", ticks / in_one)


def count(folder: str, windows: tuple[int, ...]) -> None:
    counts: dict[str, dict[str, int]] = {}
    for name, (ticks, _) in bars.ties().items():
        for path in Path(folder).glob(f"{name}.*"):
            contender = path.name.removeprefix(f"{name}.")
            if contender == "npy":
                continue
            for window, packed in zip(windows, json.loads(path.read_text()), strict=True):
                bits = np.unpackbits(np.frombuffer(bytes.fromhex(packed), np.uint8))
                signals = bits[: len(ticks)].astype(bool)
                differ = int(np.count_nonzero(signals != bars.signals(ticks, window)))
                counts.setdefault(contender, {})[f"{name}, window {window}"] = differ
        for window, ties in bars.ties_in(ticks, windows).items():
            counts.setdefault("ties", {})[f"{name}, window {window}"] = ties
    print(json.dumps(counts))


if __name__ == "__main__":
    what, folder, *numbers = sys.argv[1:]
    if what == "write":
        write(folder)
    else:
        count(folder, tuple(map(int, numbers)))
