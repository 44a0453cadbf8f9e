"""What can be done with bars: a signal adds columns, a measure is a value of bars that merges.

A pass is one signal and any measures. It knows no file, no series and no thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    from barwise.bars.batch import Bars, Closes

Carry = Any  # what the next bars of a series need from those before them
Values = Mapping[str, Any]  # by the name of each measure


class Step(Protocol):
    """Bars of one series with the columns that a signal adds, and the carry after them."""

    def __call__(self, bars: Bars, carry: Carry, /) -> tuple[Bars, Carry]: ...


class Signal(Protocol):
    """Adds a column "signal" to bars, and "mean" and "fast_mean" where it is made so.

    halo: how many closes before a bar decide its signal; None: all since the first of its series.
    """

    @property
    def halo(self) -> int | None: ...

    def start(self) -> Carry:
        """Before the first bar of a series."""

    def after(self, closes: Closes) -> Carry:
        """After closes, of which the last `halo` decide."""

    def ready(self) -> Step:
        """What computes it in a run; it is made where it runs, and any thread may call it."""

    def packed(self, carry: Carry) -> Any:
        """A carry as plain values, for another process."""

    def unpacked(self, packed: Any) -> Carry:
        """The carry that was packed."""


class Measure(Protocol):
    """A value of bars, which merges with that of the bars after them.

    name: under which results have it. needs: roles of the columns that are read for it, as far as
    files have them, and "signal" where it is one of signals. value: the type of its values, made of
    numbers, bytes, text, tuples and mappings, so that msgspec takes it to other processes and back.
    moves, if there is one and it is true: where bars stand its values say by `Place` alone, so they
    may be computed before it is known how many bars of a part are before these.
    by_position, likewise: it must know where bars stand in their series.
    """

    @property
    def name(self) -> str: ...

    @property
    def needs(self) -> frozenset[str]: ...

    @property
    def value(self) -> Any: ...

    def of(self, bars: Bars, /) -> Any:
        """The value of at least one bar."""

    def merge(self, left: Any, right: Any, /) -> Any:
        """The value of both; `right` are the bars that follow `left`. Associative."""


class Pass(NamedTuple):
    """What is done with all bars, once.

    signal: that is added to them; None for none.
    measures: of the bars with their signals.
    others: roles of columns that are read for somebody else, who takes the bars.
    """

    signal: Signal | None
    measures: tuple[Measure, ...]
    others: frozenset[str] = frozenset()

    @property
    def needs(self) -> frozenset[str]:
        """The roles of the columns that are read beside the closes."""
        return self.others.union(*(m.needs for m in self.measures)) - {"signal"}

    @property
    def splits(self) -> bool:
        """Whether signals, and what is measured of them, need closes alone."""
        needs = frozenset[str]().union(*(m.needs for m in self.of_signals.measures))
        return needs <= {"signal"}

    @property
    def of_signals(self) -> Pass:
        """The same with those measures alone that need signals."""
        return self._replace(measures=tuple(m for m in self.measures if "signal" in m.needs))

    @property
    def plain(self) -> Pass:
        """Those measures alone that need no signal."""
        return Pass(None, tuple(m for m in self.measures if "signal" not in m.needs))

    def run(
        self, bars: Iterable[Bars], carry: Carry = None, step: Step | None = None
    ) -> tuple[Values | None, Carry, Sequence[Bars]]:
        """The values of bars of one series that follow each other; None where there are none.

        With them the carry after the bars, and the bars with what the signal added.
        """
        values, done = None, []
        for batch in bars:
            if step is not None:
                batch, carry = step(batch, carry)
            of_batch = self.of(batch)
            values = of_batch if values is None else self._both(values, of_batch)
            done.append(batch)
        return values, carry, done

    def of(self, bars: Bars) -> Values:
        return {measure.name: measure.of(bars) for measure in self.measures}

    def merge(self, *values: Values | None) -> Values | None:
        """The values of neighbours, in their order; None is no bars."""
        return reduce(self._both, values)

    def _both(self, left: Values | None, right: Values | None) -> Values | None:
        if left is None or right is None:
            return right if left is None else left
        return {m.name: m.merge(left[m.name], right[m.name]) for m in self.measures}
