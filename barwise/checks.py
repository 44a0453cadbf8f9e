"""Doubts about bars: named rules, each a pure step over a batch and what was found before it.

A rule counts and keeps its first offender; it changes no bar and stops no run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from barwise.batch import Batch


class Finding(NamedTuple):
    """How many bars break a rule, and where the first of them is; `first` is "" for none."""

    bars: int = 0
    first: str = ""


def missing_close(batch: Batch, before: Finding) -> Finding:
    """Counts bars without a close."""
    offsets = np.flatnonzero(np.isnan(batch.columns["close"]))
    if not offsets.size:
        return before
    first = before.first or batch.origin.place(int(offsets[0]))
    return Finding(before.bars + offsets.size, first)
