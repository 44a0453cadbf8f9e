from __future__ import annotations

import numpy as np
import pytest

from tests.conftest import Job
from tests.kit.records import BLOCK, write


@pytest.fixture
def bars() -> list[float]:
    """Three blocks of bars in data.csv; their closes."""
    walk = np.random.default_rng(1).integers(-3, 4, 3 * BLOCK - 100).cumsum()
    closes = [float(tick) / 100 for tick in 4_000_000 + walk]
    write(closes)
    return closes


@pytest.fixture
def recorded(bars: list[float], run_job: Job) -> list[float]:
    """The same, and a record of a run of them that wrote signals too."""
    done = run_job("--record", "record.json", "--signals", "signals.csv")
    assert done.returncode == 0, done.stderr
    return bars
