"""What a run gave, as a value."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.engine import metrics
from barwise.engine.execute import Crew
from barwise.errors import named

if TYPE_CHECKING:
    from barwise.config import Config
    from barwise.engine.evaluation import Evaluations
    from barwise.engine.findings import BrokenRule
    from barwise.engine.sweep import Sweeps
    from barwise.stages.digests import Digest
    from barwise.stages.stage import Values
    from barwise.stages.tally import Tally

MOST_SHOWN = 20  # symbols in a notebook


class Result(NamedTuple):  # a dataclass takes 0.5 ms to make, of the 100 of a short job
    """What a run gave; a notebook shows it as a table.

    config: that of the run.
    tally: bars and ones.
    symbols: those of each series, by its name, "" for the one unnamed series.
    doubts: one line each, as the log warned.
    latency_ms: from the start of the job to its metrics.
    broken: the rules that bars break.
    rows: of each file of the input, by its path; of a table in memory by "the table".
    values: of each series, by its name, what was measured of it.
    inferred: what each file of the input showed of how it is read, in words, by its path.
    crew: who computed.
    evaluations: the figures of the signal; None: not asked for.
    sweeps: those of other windows; None: not asked for.

    >>> import barwise, pyarrow
    >>> barwise.run(pyarrow.table({"close": [1.0, 2.0, 1.5]}), window=2)
    Result(value=0.3333, rows_processed=3, symbols=1, doubts=0, window=2, arithmetic='float64')
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
    crew: Crew = Crew("threads", 1)
    evaluations: Evaluations | None = None
    sweeps: Sweeps | None = None

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
        return metrics.success(
            self.config,
            self.tally,
            self.latency_ms,
            self.symbols,
            self.evaluations,
            self.sweeps,
        )

    def to_dict(self) -> dict[str, Any]:
        """All that programs ask for, as plain values that `json.dumps` takes.

        metrics: the contents of metrics.json.
        symbols: of each symbol, "" for the one unnamed series, its rows, ones and value.
        doubts: one line each.
        rows: of each file.
        inferred: what each file showed of how it is read, in words.
        digest, digests: of the run, and of each symbol; only where they were measured.

        >>> import barwise, pyarrow
        >>> barwise.run(pyarrow.table({"close": [1.0, 2.0]}), window=2).to_dict()["symbols"]
        {'': {'rows_processed': 2, 'ones': 1, 'value': 0.5}}
        """
        contents: dict[str, Any] = {
            "metrics": self.metrics,
            "symbols": {name: _of_symbol(tally) for name, tally in self.symbols.items()},
            "doubts": list(self.doubts),
            "rows": {path: int(rows) for path, rows in self.rows.items()},
            "inferred": dict(self.inferred),
        }
        if digests := self.digests:
            contents["digest"] = self.digest
            contents["digests"] = {name: digest.value for name, digest in digests.items()}
        return contents

    def __repr__(self) -> str:
        facts = {
            "value": self.value,
            "rows_processed": self.rows_processed,
            "symbols": len(self.symbols),
            "doubts": len(self.doubts),
            "window": self.config.window,
            "arithmetic": self.config.arithmetic,
            **(self.config.signal.words if self.config.signal else {}),
        }
        return f"Result({', '.join(f'{name}={fact!r}' for name, fact in facts.items())})"

    def _repr_html_(self) -> str:
        """A line for each symbol, all bars together if there are several; then the doubts."""
        from html import escape  # 2 ms that only a notebook needs

        lines = [("symbol", "rows", "ones", "value")]
        symbols = sorted(self.symbols.items())
        lines += [_cells(name, tally) for name, tally in symbols[:MOST_SHOWN]]
        if len(symbols) > MOST_SHOWN:
            lines.append((f"and {len(symbols) - MOST_SHOWN} more", "", "", ""))
        if len(symbols) > 1:
            lines.append(_cells("all", self.tally))
        rows = ("".join(f"<td>{escape(cell)}</td>" for cell in cells) for cells in lines)
        table = f"<table><tr>{'</tr><tr>'.join(rows)}</tr></table>"
        doubts = "".join(f"<p>doubt: {escape(line)}</p>" for line in self.doubts)
        return f"<p>{escape(repr(self))}</p>{table}{doubts}"


def _of_symbol(tally: Tally) -> dict[str, Any]:
    value = metrics.signal_rate(tally)
    return {"rows_processed": int(tally.bars), "ones": int(tally.ones), "value": value}


def _cells(name: str, tally: Tally) -> tuple[str, str, str, str]:
    shown = named(name) if name else "-"
    return shown, str(tally.bars), str(tally.ones), str(metrics.signal_rate(tally))
