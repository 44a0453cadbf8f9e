"""What two runs have in common and what not, as lines for people or as JSON."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.errors import named
from barwise.records import differences, load
from barwise.records.differences import Difference, Sides

if TYPE_CHECKING:
    from barwise.records.statement import Statement

BETWEEN = Sides("in A", "in B", "only in A", "only in B")


class Counts(NamedTuple):
    """What a record speaks of."""

    inputs: int
    outputs: int
    series: int
    bars: int


@dataclass(frozen=True)
class Comparison:
    """What two runs have in common and what not.

    records: their paths, "record" of one that was verified, "A" and "B" of two. counts: of inputs,
    outputs, series and bars, by the (first) record. digest: of the run, where both have it.
    differences: none, if all that must be the same is. notes: what may differ.
    """

    records: dict[str, str]
    counts: Counts
    digest: str | None
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        return not self.differences

    def as_dict(self) -> dict[str, Any]:
        """The comparison as JSON has it."""
        return {
            "status": "same" if self.is_same else "different",
            **self.records,
            **self.counts._asdict(),
            "digest": self.digest,
            "differences": [each._asdict() for each in self.differences],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        """What was compared, a line a difference and a note, and the sum of it."""
        lines = [f"{which}: {named(path)}" for which, path in self.records.items()]
        lines.append(", ".join(f"{what}: {count}" for what, count in self.counts._asdict().items()))
        lines += [f"digest: {self.digest}, the same"] if self.digest else []
        lines += [f"different: {each.line}" for each in self.differences]
        lines += [f"note: {line}" for line in self.notes]
        lines.append("all the same" if self.is_same else f"differences: {len(self.differences)}")
        return "\n".join(lines)


def diff(a: str | os.PathLike[str], b: str | os.PathLike[str]) -> Comparison:
    """Compares two records: their configs, inputs and results. No other file is looked at.

    Raises RecordError.
    """
    paths = {"A": os.fspath(a), "B": os.fspath(b)}
    one, other = map(load.load, paths.values())
    found = differences.of_records(one, other, BETWEEN)
    notes = differences.notes(one, other, BETWEEN)
    return Comparison(paths, counts_of(one), digest_of(one, other), tuple(found), tuple(notes))


def counts_of(record: Statement) -> Counts:
    series = record.result.series
    bars = sum(its.bars for its in series.values())
    return Counts(len(record.inputs), len(record.subject), len(series), bars)


def digest_of(a: Statement, b: Statement | None) -> str | None:
    """The digest of two runs, where both have it."""
    return a.result.digest if b and a.result.digest == b.result.digest else None
