"""What is the same in two runs and what is not, as lines for people or as JSON."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.errors import in_one_line, named
from barwise.records import changes as within
from barwise.records import differences, load
from barwise.records.differences import Difference, Sides

if TYPE_CHECKING:
    from barwise.records.changes import Change
    from barwise.records.statement import Statement

BETWEEN = Sides("in A", "in B", "only in A", "only in B")


class Counts(NamedTuple):
    """How much a record is about.

    inputs: files.
    outputs: files.
    series: of bars, one a symbol.
    bars: of all series.
    """

    inputs: int
    outputs: int
    series: int
    bars: int


@dataclass(frozen=True)
class Comparison:
    """What is the same in two runs and what is not.

    records: paths, as "record" of one that was verified, or "A" and "B" of two.
    counts: by the record, or by the first of two.
    digest: of both runs; None: they have not the same.
    differences: in what must be the same; empty: there are none.
    notes: differences in what may differ, a line each.
    bar_by_bar: blocks that were computed one bar at a time; None: nobody asked, or they could not.
    changes: of the figures that were asked for; empty: of none.
    """

    records: dict[str, str]
    counts: Counts
    digest: str | None
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]
    bar_by_bar: int | None = None
    changes: tuple[Change, ...] = ()

    @property
    def is_same(self) -> bool:
        return not self.differences

    @property
    def passed(self) -> bool:
        """Whether figures are within their limits; where none has a limit, all is the same."""
        if self.changes:
            return all(change.passed for change in self.changes)
        return self.is_same

    def as_dict(self) -> dict[str, Any]:
        """The comparison as JSON has it."""
        return {
            "status": "same" if self.is_same else "different",
            **self.records,
            **self.counts._asdict(),
            "digest": self.digest,
            "differences": [difference._asdict() for difference in self.differences],
            "notes": list(self.notes),
            **({} if self.bar_by_bar is None else {"bar_by_bar": self.bar_by_bar}),
            **({"gates": [change._asdict() for change in self.changes]} if self.changes else {}),
        }

    def __str__(self) -> str:
        """What was compared, a line for each difference and note, and how many differences."""
        lines = [f"{which}: {named(path)}" for which, path in self.records.items()]
        lines.append(", ".join(f"{what}: {count}" for what, count in self.counts._asdict().items()))
        lines += [f"digest: {self.digest}, the same"] if self.digest else []
        if self.bar_by_bar is not None:
            lines.append(f"blocks computed one bar at a time: {self.bar_by_bar}")
        lines += [f"different: {difference.line}" for difference in self.differences]
        lines += [f"note: {line}" for line in self.notes]
        lines += [f"gate: {in_one_line(change.line)}" for change in self.changes]
        lines.append("all the same" if self.is_same else f"differences: {len(self.differences)}")
        return "\n".join(lines)


def diff(
    a: str | os.PathLike[str],
    b: str | os.PathLike[str],
    gates: Mapping[str, str | float] = MappingProxyType({}),
) -> Comparison:
    """Compares two records: their configs, inputs and results. No other file is read.

    `gates`: how far figures of the metrics may be apart, by their paths, as {"value": 0.01}.
    Raises RecordError, or UsageError for a path that neither record has.
    """
    paths = {"A": os.fspath(a), "B": os.fspath(b)}
    one, other = map(load.load, paths.values())
    changes = differences.of_records(one, other, BETWEEN)
    notes = differences.notes(one, other, BETWEEN)
    of_gates = tuple(within.changes(one.metrics, other.metrics, within.limits(gates)))
    counts, digest = counts_of(one), digest_of(one, other)
    return Comparison(paths, counts, digest, tuple(changes), tuple(notes), changes=of_gates)


def counts_of(record: Statement) -> Counts:
    all_series = record.result.series
    bars = sum(series.bars for series in all_series.values())
    return Counts(len(record.inputs), len(record.subject), len(all_series), bars)


def digest_of(a: Statement, b: Statement | None) -> str | None:
    """The digest of two runs, where both have the same."""
    return a.result.digest if b and a.result.digest == b.result.digest else None
