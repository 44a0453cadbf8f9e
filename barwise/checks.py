"""Doubts about bars: named rules, each a pure step over a batch and what was found before it.

A rule counts and keeps its first offender by part and row, so that what is found in several series
merges to the same in any order. It changes no bar and stops no run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.batch import Batch

NOWHERE = (2**63, 0)  # after every part


class Finding(NamedTuple):
    """How many bars break a rule, and the part and row of the first of them."""

    bars: int = 0
    first: tuple[int, int] = NOWHERE


def both(one: Finding, other: Finding) -> Finding:
    """What is found in two places.

    >>> both(Finding(2, (1, 5)), Finding(1, (0, 9)))
    Finding(bars=3, first=(0, 9))
    """
    return Finding(one.bars + other.bars, min(one.first, other.first))


def missing_close(batch: Batch, before: Finding) -> Finding:
    """Counts bars without a close."""
    closes = batch.columns["close"]
    if not np.isnan(np.minimum.reduce(closes)):  # half the time of looking at each
        return before
    return both(before, _found(batch, np.isnan(closes)))


class Order(NamedTuple):
    """The time of a series' last bar, in microseconds UTC, and bars before the one they follow."""

    last: int = -(2**63)
    found: Finding = Finding()


def backward_time(batch: Batch, order: Order) -> Order:
    """Counts bars whose time is before that of the bar that they follow."""
    times = batch.columns["time"]
    before = np.concatenate(([order.last], times[:-1]))
    return Order(int(times[-1]), both(order.found, _found(batch, times < before)))


class Reach(NamedTuple):
    """A time, in microseconds UTC, and the part in which a series reaches it."""

    time: int = -(2**63)
    part: int = -1


class Overlap(NamedTuple):
    """A bar, by part and row, whose time is not after those of an earlier part."""

    part: int
    row: int
    time: int
    reached: Reach


class Span(NamedTuple):
    """How far a series reaches: before its present part, and with it; and its first overlap."""

    part: int = -1
    before: Reach = Reach()
    latest: Reach = Reach()
    overlap: Overlap | None = None


def overlapping_part(batch: Batch, span: Span) -> Span:
    """Looks for a bar that is not after every bar of the parts before its own."""
    times = batch.columns["time"]
    before = span.before if batch.part == span.part else span.latest
    overlap = span.overlap
    if overlap is None and (times <= before.time).any():
        at = int(np.argmax(times <= before.time))
        overlap = Overlap(batch.part, batch.rows[at], int(times[at]), before)
    latest = max(span.latest, Reach(int(times.max()), batch.part))
    return Span(batch.part, before, latest, overlap)


class Found(NamedTuple):
    """What the rules found in a series so far."""

    missing: Finding = Finding()
    span: Span = Span()
    order: Order = Order()


def of_batch(batch: Batch, found: Found) -> Found:
    """What every rule that can be asked of a batch finds in it, and was found before."""
    missing, span, order = found
    missing = missing_close(batch, missing)
    if "time" in batch.columns:
        span = overlapping_part(batch, span)
        order = backward_time(batch, order)
    return Found(missing, span, order)


def _found(batch: Batch, offends: NDArray[np.bool_]) -> Finding:
    bars = int(np.count_nonzero(offends))
    if not bars:
        return Finding()
    return Finding(bars, (batch.part, batch.rows[int(np.argmax(offends))]))
