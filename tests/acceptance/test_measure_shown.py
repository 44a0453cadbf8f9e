"""The measure that docs/architecture.md shows is right, and merges: a reader will copy it."""

from __future__ import annotations

import re
import runpy
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import barwise
from barwise.bars.batch import Bars
from barwise.engine.submitted import Submitted
from barwise.stages.stage import Measure
from barwise.tuning import Tuning
from tests.conftest import CONFIG, ROOT
from tests.kit.passes import cut, merged


@pytest.fixture
def drawdown(folder: Path) -> Measure:
    [code] = re.findall(
        r"^```python\n(.*?)^```", (ROOT / "docs" / "architecture.md").read_text(), re.M | re.S
    )
    (folder / "drawdown.py").write_text(code)
    measure: Measure = runpy.run_path("drawdown.py")["Drawdown"]()
    return measure


@pytest.mark.parametrize("seed", range(20))
def test_it_gives_what_pandas_gives_however_bars_are_cut(seed: int, drawdown: Measure) -> None:
    rng = np.random.default_rng(seed)
    closes = pd.read_csv(ROOT / "data.csv")["close"]
    closes[rng.random(len(closes)) < 0.1 * (seed % 2)] = np.nan
    bars = Bars("", 0, range(len(closes)), {"close": closes.to_numpy()})
    pieces = [drawdown.of(piece) for piece in cut(bars, rng.integers(0, len(bars), seed).tolist())]
    draws = rng.integers(0, len(bars), len(pieces)).tolist()
    expected = closes.max(), closes.min(), (1 - closes / closes.cummax()).max()
    assert merged(pieces, drawdown.merge, draws) == expected


@pytest.mark.parametrize("arithmetic", ["float64", "exact"])  # in a chain, and by edges
def test_it_is_the_same_from_threads_and_from_tasks(
    arithmetic: str, folder: Path, drawdown: Measure
) -> None:
    header, *bars = (ROOT / "data.csv").read_text().splitlines(keepends=True)
    (folder / "bars").mkdir()
    for first in range(0, len(bars), 1234):
        (folder / "bars" / f"{first}.csv").write_text("".join([header, *bars[first:][:1234]]))
    (folder / "config.yaml").write_text(f"{CONFIG}arithmetic: {arithmetic}\n")
    threads = barwise.run("bars", "config.yaml", measures=[drawdown])
    with ThreadPoolExecutor(2) as pool:
        executor = Submitted(pool, 3, Tuning(task_parts=2))
        tasks = barwise.run("bars", "config.yaml", measures=[drawdown], executor=executor)
    assert tasks.values == threads.values
    assert threads.values[""]["drawdown"].deepest == 0.08518205799651901
