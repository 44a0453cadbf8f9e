"""One pass over the bars of a plan: whoever computes the parts, here their values come together."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple, Protocol

from barwise.engine.part_results import Edged, Edges, PartResult
from barwise.errors import InputError, UsageError, listed
from barwise.sources import checksums
from barwise.sources.notes import PartNotes
from barwise.stages.checks.judge import SeriesChecks, judged
from barwise.stages.checks.parts import PartsSeen
from barwise.stages.checks.times import NO_TIMES, Times, TimesSeen
from barwise.stages.tally import Tally

if TYPE_CHECKING:
    from barwise.bars.batch import Bars
    from barwise.engine.events import Events
    from barwise.engine.executors.crew import Crew
    from barwise.sources.parts import Plan
    from barwise.stages.stage import Pass, Values


class Executor(Protocol):
    """Whoever computes the parts of a plan: threads, processes, a cluster."""

    @property
    def crew(self) -> Crew:
        """Who that is; of a cluster known once `parts` has begun."""

    def parts(
        self,
        plan: Plan,
        what: Pass,
        notes: PartNotes,
        behind: Callable[[int], None],
        keep: bool = False,
    ) -> Generator[PartResult]:
        """What comes of each part, in the order of the plan: so the first fault is the one told.

        `notes` takes what is doubtful about parts; `behind` is told the bytes that are read so far.
        With `keep` results hold the bars too. Raises InputError or PriceError.
        """


class SeriesResult(NamedTuple):
    """What came of a series.

    values: by measure.
    checks: what rules see of them.
    """

    values: Values
    checks: SeriesChecks

    @property
    def bars(self) -> int:
        return int(self.values["bars"])

    @property
    def tally(self) -> Tally:
        return Tally(self.bars, self.values.get("ones", 0))


class RunResult(NamedTuple):
    """What came of all bars of a plan.

    series: by name, in the order of names.
    rows: of each part that were read.
    notes: what is doubtful about the parts.
    """

    series: Mapping[str, SeriesResult]
    rows: list[int]
    notes: PartNotes


def execute(
    plan: Plan,
    what: Pass,
    executor: Executor,
    events: Events,
    *,
    sinks: Sequence[Callable[[Bars], None]] = (),
    accept: Callable[[Mapping[str, SeriesResult]], None] | None = None,
) -> RunResult:
    """Computes a pass, which has the measure `Count`, over all bars of a plan.

    `sinks` are called with the bars in their order, and what the signal added to them;
    before that `accept` with what is known so far of each of their series, and may raise. Raises
    InputError or PriceError.
    """
    for measure in what.measures:
        if isinstance(measure, type) or not hasattr(measure, "merge"):
            raise UsageError(
                f"{measure!r} is not a measure: it needs name, needs, value, of, merge"
            )
    names = [measure.name for measure in what.measures]
    if len(set(names)) < len(names):
        raise UsageError(f"measures are {listed(names)}: each must have a name of its own")
    for path in dict.fromkeys(
        part.path for part in plan.parts if part.table is None and not part.in_store
    ):
        checksums.verify(path)
    notes, size = PartNotes(plan), plan.size
    total = _Total(what, [0] * len(plan.parts))
    with closing(
        executor.parts(plan, what, notes, lambda read: events.progress(read, size), bool(sinks))
    ) as results:
        for result in results:
            total.add(result)
            if accept:
                accept({name: total.result(name) for name in (*result.known, *result.edged)})
            for bars in result.bars:
                for sink in sinks:
                    sink(bars)
    for part, rows in zip(plan.parts, total.rows, strict=True):
        if part.rows is not None and part.rows != rows:
            raise InputError(
                f"{part.name} gave {rows} bars, and its footer says {part.rows}: it has changed, "
                "or is damaged; make it again",
                code="input_changed",
            )
    return RunResult({name: total.result(name) for name in sorted(total.series)}, total.rows, notes)


TIMES = Times()  # whose merge asks for no interval: values have it


class _Series:
    """A series so far; the last of its parts may go on."""

    def __init__(self) -> None:
        self.values: Values | None = None
        self.edged: Edged | None = None
        self.parts = PartsSeen()  # before the last
        self.part, self.times = -1, NO_TIMES  # of the last


class _Total:
    """The values of all series so far, from those of parts in the order of the plan.

    Threads know what goes before each part. Tasks may not: their parts then have edges.
    """

    def __init__(self, what: Pass, rows: list[int]) -> None:
        self.what, self.rows = what, rows
        self.series: dict[str, _Series] = {}
        self._edges: Edges | None = None

    @property
    def edges(self) -> Edges:
        if self._edges is None:
            self._edges = Edges.of_pass(self.what)
        return self._edges

    def add(self, result: PartResult) -> None:
        for name, known in result.known.items():
            series = self._of_part(name, result.part, known.values)
            series.values = self.what.merge(series.values, known.values)
        for name, edged in result.edged.items():
            series = self._of_part(name, result.part, edged.plain)
            series.edged = edged if series.edged is None else self.edges.merge(series.edged, edged)

    def _of_part(self, name: str, part: int, values: Values) -> _Series:
        self.rows[part] += values["bars"]
        series = self.series.setdefault(name, _Series())
        times: TimesSeen = values.get("times", NO_TIMES)
        if part == series.part:
            series.times = TIMES.merge(series.times, times)
        else:
            series.parts = series.parts.then(series.part, series.times)
            series.part, series.times = part, times
        return series

    def result(self, name: str) -> SeriesResult:
        series = self.series[name]
        values = series.values
        if series.edged is not None:
            values = self.edges.completed(series.edged, name)
        values = values or {}
        parts = series.parts.then(series.part, series.times)
        return SeriesResult(values, judged(values, parts))
