"""A pass whose bars are computed by the threads that read them, while they are in the cache.

These threads do not know what goes before. So they compute measures of the bars as if a part began
with them, and signals by edges where these are short. Where a signal depends on all bars before,
the closes are kept, and whoever takes what was read computes signals in order.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from barwise.bars.batch import Bars, moved
from barwise.engine.part_results import Edged, Edges, Known, PartResult
from barwise.sources import read

if TYPE_CHECKING:
    from barwise.bars.batch import Closes
    from barwise.sources.notes import PartNotes
    from barwise.sources.parts import Plan
    from barwise.stages.stage import Carry, Pass, Values
    from barwise.tuning import Tuning


def can(plan: Plan, what: Pass) -> bool:
    """Whether a pass over the bars of a plan can be computed so."""
    of_one_series = all(part.series is not None for part in plan.parts)
    measures_move = all(getattr(measure, "moves", False) for measure in what.measures)
    return of_one_series and measures_move and what.splits and not plan.by_time


def parts(
    plan: Plan,
    what: Pass,
    notes: PartNotes,
    behind: Callable[[int], None],
    workers: int,
    tuning: Tuning,
) -> Generator[PartResult]:
    """See `barwise.engine.execute.Executor`."""
    signal = what.signal
    halo = signal.halo if signal else None
    if halo is not None and halo <= tuning.edge_bars:
        way: _ByEdges | _InOrder = _ByEdges(Edges.of_pass(what))
    else:
        way = _InOrder(what)
    with closing(
        read.values(plan, what.needs, notes, way.compute, behind, workers, tuning)
    ) as pieces:
        for piece in pieces:
            part = plan.parts[piece.part]
            yield way.result(piece.part, part.series or "", piece.first, piece.value)


class _ByEdges:
    """Only the first bars of each piece wait for those before them."""

    def __init__(self, edges: Edges) -> None:
        self.edges = edges

    def compute(self, batches: Iterable[Bars]) -> Edged | None:
        edged, carry = None, None
        for bars in batches:
            edged, carry = self.edges.then(edged, bars, carry)
        return edged

    def result(self, part: int, series: str, first: int, value: Edged) -> PartResult:
        head = tuple(raw._replace(place=raw.place + first) for raw in value.head)
        inner, plain = moved(value.inner, first), moved(value.plain, first)
        return PartResult(part, edged={series: Edged(head, inner, value.last, plain)})


class _Waiting(NamedTuple):
    """Values of bars by the measures that need no signal, and their closes."""

    plain: Values | None
    closes: list[Closes]


class _InOrder:
    """Signals are computed by whoever takes the pieces."""

    def __init__(self, what: Pass) -> None:
        self.plain, self.of_signals = what.plain, what.of_signals
        self.signal = what.signal
        self.step = what.signal.ready() if what.signal else None
        self.carries: dict[str, Carry] = {}

    def compute(self, batches: Iterable[Bars]) -> _Waiting:
        plain, waiting = None, []
        for bars in batches:
            plain = self.plain.merge(plain, self.plain.of(bars))
            if self.signal:
                closes = bars.columns["close"]
                waiting.append(closes.copy() if closes.flags.writeable else closes)
        return _Waiting(plain, waiting)

    def result(self, part: int, series: str, first: int, value: _Waiting) -> PartResult:
        batches = []
        place = first
        for closes in value.closes:
            places = range(place, place + len(closes))
            batches.append(Bars(series, part, places, {"close": closes}))
            place += len(closes)
        values = moved(value.plain, first)
        if self.signal:
            carry = self.carries[series] if series in self.carries else self.signal.start()
            of_signals, self.carries[series], _ = self.of_signals.run(batches, carry, self.step)
            values = {**values, **(of_signals or {})}
        return PartResult(part, {series: Known(values)})
