from __future__ import annotations

import numpy as np

from barwise.checks import Finding, missing_close
from barwise.sources import arrays


def test_missing_closes_are_counted_and_the_first_is_kept() -> None:
    closes = np.array([1.0, np.nan, 2.0, np.nan, np.nan])
    found = Finding()
    for batch in arrays.read(closes, block_bars=2):
        found = missing_close(batch, found)
    assert found == Finding(3, "index 1")


def test_nothing_missing_is_nothing_found() -> None:
    [batch] = arrays.read(np.array([1.0]))
    assert missing_close(batch, Finding()) == Finding()
