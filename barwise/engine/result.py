"""What a run gave, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.engine import metrics

if TYPE_CHECKING:
    from barwise.config import Config
    from barwise.engine.findings import BrokenRule
    from barwise.stages.digests import Digest
    from barwise.stages.stage import Values
    from barwise.stages.tally import Tally


class Result(NamedTuple):  # a dataclass takes 0.5 ms to make, of the 100 of a short job
    """What a run gave.

    config: that of the run.
    tally: bars and ones.
    symbols: those of each series, by its name, "" for the one unnamed series.
    doubts: one line each, as the log warned.
    latency_ms: from the start of the job to its metrics.
    broken: the rules that bars break.
    rows: of each file of the input, by its path.
    values: of each series, by its name, what was measured of it.
    inferred: what each file of the input showed of how it is read, in words, by its path.
    """

    config: Config
    tally: Tally
    symbols: Mapping[str, Tally]
    doubts: tuple[str, ...]
    latency_ms: int
    broken: tuple[BrokenRule, ...] = ()
    rows: Mapping[str, int] = MappingProxyType({})
    values: Mapping[str, Values] = MappingProxyType({})
    inferred: Mapping[str, str] = MappingProxyType({})

    @property
    def rows_processed(self) -> int:
        return self.tally.bars

    @property
    def value(self) -> float:
        """The signal rate: the mean of the signals over all bars, rounded to four places."""
        return metrics.signal_rate(self.tally)

    @property
    def digests(self) -> dict[str, Digest] | None:
        """The digests of the closes and signals of each series; None: they were not measured."""
        from barwise.stages.digests import BlockDigests  # 1 ms that a run without them spares

        measure = BlockDigests()
        if any(measure.name not in values for values in self.values.values()):
            return None
        return {
            name: measure.of_series(values[measure.name], values["bars"])
            for name, values in self.values.items()
        }

    @property
    def digest(self) -> str | None:
        """The digest of the run, hexadecimal: of all closes and signals; None: not asked for."""
        from barwise.stages.digests import of_run

        of_series = self.digests
        if of_series is None:
            return None
        return of_run({name: digest.value for name, digest in of_series.items()})

    @property
    def metrics(self) -> dict[str, Any]:
        """The contents of metrics.json, in the contract's order."""
        return metrics.success(self.config, self.tally, self.latency_ms, self.symbols)
