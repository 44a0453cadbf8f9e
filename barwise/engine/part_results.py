"""What comes of the bars of a part, as a value that merges with those of the parts beside it.

A part is computed in one of two ways. Known: what goes before it is known, and so all its values
are. Edged: nothing is known of it, so its first bars wait for the closes before them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from barwise.bars.batch import Bars

if TYPE_CHECKING:
    from barwise.bars.batch import Closes
    from barwise.stages.stage import Carry, Pass, Signal, Step, Values


class Before(NamedTuple):
    """What is known of a series before a part.

    bars: how many there are.
    carry: of the signal; None: the part is the first of the series.
    """

    bars: int = 0
    carry: Any = None


class Known(NamedTuple):
    """Values of a series in a part before which it was known.

    values: by measure.
    after: what is known after it; None where nobody asks.
    """

    values: Mapping[str, Any]
    after: Before | None = None


class RawBars(NamedTuple):
    """Bars that wait for the closes before them.

    part: position of their part in the plan.
    place: of the first among those of the part.
    first: index of the first in its series; None where that is not known.
    closes: their bytes.
    """

    part: int
    place: int
    first: int | None
    closes: bytes


class Edged(NamedTuple):
    """Values of a series in parts before which it was not known.

    head: the first bars, whose signals depend on what goes before: as many as the signal's halo.
    inner: values of the signals after them; None where all bars are in the head.
    last: the bytes of the last closes, as many as the halo.
    plain: values of all bars by the measures that need no signal.
    """

    head: tuple[RawBars, ...]
    inner: Mapping[str, Any] | None
    last: bytes
    plain: Mapping[str, Any]


class PartResult(NamedTuple):
    """What comes of a part, or of some rows of it.

    part: its position in the plan.
    known, edged: of each series, by its name; one of the two.
    bars: with what the signal added, in their order in the part; () where nobody asks for them.
    """

    part: int
    known: Mapping[str, Known] = {}
    edged: Mapping[str, Edged] = {}
    bars: Sequence[Any] = ()


class Edges:
    """Computes, merges and completes edged values of one pass, whose signal has a halo."""

    def __init__(self, what: Pass, signal: Signal, halo: int, step: Step) -> None:
        self.what, self.signal, self.halo, self.step = what, signal, halo, step
        self.of_signals, self.plain = what.of_signals, what.plain

    @classmethod
    def of_pass(cls, what: Pass) -> Edges:
        """Those of a pass; its signal has a halo."""
        signal = what.signal
        if signal is None or (halo := signal.halo) is None:
            raise ValueError("only a signal with a halo has edges")
        return cls(what, signal, halo, signal.ready())

    def then(self, before: Edged | None, bars: Bars, carry: Carry) -> tuple[Edged, Carry]:
        """The value with the next bars of one series in one part; and the carry after them.

        Both are None before the first.
        """
        edged = before or Edged((), None, b"", {})
        plain = self.plain.merge(edged.plain or None, self.plain.of(bars)) or {}
        held = bars.columns["close"][max(0, len(bars) - self.halo) :].tobytes()
        edged = edged._replace(plain=plain, last=self._last(edged.last, held))
        waiting = min(len(bars), self.halo - _bars_in(edged.head)) if edged.inner is None else 0
        if before is None and bars.first == 0:  # nothing is before them
            waiting, carry = 0, self.signal.start()
        if waiting:
            edged = edged._replace(head=(*edged.head, _raw(bars.cut(0, waiting))))
        if waiting == len(bars):
            return edged, carry
        if carry is None:
            carry = self.signal.after(_closes(edged.head))
        decided = [bars.cut(waiting, len(bars))]
        inner, carry, _ = self.of_signals.run(decided, carry, self.step)
        return edged._replace(inner=self.of_signals.merge(edged.inner, inner)), carry

    def merge(self, left: Edged, right: Edged) -> Edged:
        """The value of both; `right` are the bars that follow `left`."""
        head, inner = left.head, left.inner
        rest: Sequence[RawBars] = ()
        if inner is None and len(left.last) + len(right.last) <= 8 * self.halo:
            head = (*head, *right.head)  # all bars are in the head, and in the last closes too
            before = np.empty(0)
        elif inner is None:
            head, rest = _split((*head, *right.head), self.halo)
            before = _closes(head)
        else:
            rest, before = right.head, np.frombuffer(left.last)
        between = self._after(before, rest)
        plain = self.plain.merge(left.plain, right.plain) or {}
        last = self._last(left.last, right.last)
        return Edged(head, self.of_signals.merge(inner, between, right.inner), last, plain)

    def completed(self, value: Edged, series: str) -> Values:
        """The values of a whole series."""
        first, _, _ = self.of_signals.run(_bars(value.head, series), self.signal.start(), self.step)
        return {**value.plain, **(self.of_signals.merge(first, value.inner) or {})}

    def _after(self, closes: Closes, waiting: Sequence[RawBars]) -> Values | None:
        """The values of the signals of bars that follow some closes."""
        carry = self.signal.after(closes)
        values, _, _ = self.of_signals.run(_bars(waiting, ""), carry, self.step)
        return values

    def _last(self, before: bytes, closes: bytes) -> bytes:
        size = 8 * self.halo
        if len(closes) >= size:
            return closes[len(closes) - size :]
        return (before + closes)[-size:] if size else b""


def _raw(bars: Bars) -> RawBars:
    return RawBars(bars.part, int(bars.places[0]), bars.first, bars.columns["close"].tobytes())


def _bars(waiting: Iterable[RawBars], series: str) -> Iterable[Bars]:
    for part, place, first, data in waiting:
        closes = np.frombuffer(data)
        places = range(place, place + len(closes))
        yield Bars(series, part, places, {"close": closes}, None, first)


def _bars_in(waiting: Iterable[RawBars]) -> int:
    return sum(len(raw.closes) for raw in waiting) // 8


def _closes(waiting: Iterable[RawBars]) -> Closes:
    return np.frombuffer(b"".join(raw.closes for raw in waiting))


def _split(
    waiting: Sequence[RawBars], bars: int
) -> tuple[tuple[RawBars, ...], tuple[RawBars, ...]]:
    """The first bars, and the others."""
    head: list[RawBars] = []
    rest: list[RawBars] = []
    for raw in waiting:
        size = min(bars, len(raw.closes) // 8)
        if size:
            head.append(raw._replace(closes=raw.closes[: 8 * size]))
        if 8 * size < len(raw.closes):
            first = None if raw.first is None else raw.first + size
            rest.append(RawBars(raw.part, raw.place + size, first, raw.closes[8 * size :]))
        bars -= size
    return tuple(head), tuple(rest)
