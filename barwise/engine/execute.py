"""One pass over the bars of a plan: what is the same for all that reads bars."""

from __future__ import annotations

from collections.abc import Callable, Collection, Generator, Iterable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

from barwise.bars.times import microseconds
from barwise.config import Config
from barwise.engine import findings
from barwise.errors import CheckError
from barwise.sources import read
from barwise.stages.checks import judge
from barwise.stages.checks.rules import NO_MISSING_CLOSE, TIME_RULES
from barwise.tuning import MEASURED, Tuning

if TYPE_CHECKING:
    from barwise.bars.batch import Bars
    from barwise.engine.local import Series
    from barwise.sources.parts import Plan


class Doubts(NamedTuple):
    """What is doubtful in all bars.

    lines: one for each doubt, in words.
    broken: the rules that bars break.
    """

    lines: tuple[str, ...]
    broken: tuple[findings.BrokenRule, ...]


class Reading:
    """One pass over the bars of a plan, and what is said about them.

    `workers` threads read; `progress` is told the bytes that are behind and those in all.
    """

    def __init__(
        self,
        plan: Plan,
        config: Config,
        workers: int,
        progress: Callable[[int, int], None] | None = None,
        tuning: Tuning = MEASURED,
    ) -> None:
        self.tuning = tuning
        self.plan, self.config, self.workers, self.progress = plan, config, workers, progress
        self.of_parts = findings.PartWarnings()
        self.sorted: list[int] = []  # numbers of the parts that were not in order
        self.rows = [0] * len(plan.parts)  # of each part that were read
        of_all = config.interval and microseconds(config.interval)
        self.intervals: dict[str | None, int] = {}
        for part in plan.parts:
            interval = of_all or part.interval
            if interval is not None:
                self.intervals.setdefault(part.series, interval)

    def batches(self, needs: Collection[str]) -> Generator[Bars]:
        """The bars: their closes, and the columns of other roles that they need, if they are there.

        As far as rules of time are applied, times are needed, and symbols, so that several are not
        taken for one.
        """
        checked = () if self.config.checks == "off" else ("symbol", "timestamp", "confirm")
        by_time = ("timestamp",) if self.config.order == "time" else ()
        size = self.plan.size
        batches = read.read(
            self.plan,
            {*needs, *checked, *by_time},
            self.of_parts.add,
            lambda behind: self.progress(behind, size) if self.progress else None,
            self.workers,
            self.sorted.append if self.config.order == "time" else None,
            self.tuning,
        )
        with closing(batches):
            for batch in batches:
                self.rows[batch.part] += len(batch)
                yield batch

    def rows_by_file(self) -> dict[str, int]:
        """How many rows of each file were read; an archive may hold several parts."""
        rows: dict[str, int] = {}
        for part, count in zip(self.plan.parts, self.rows, strict=True):
            rows[part.path] = rows.get(part.path, 0) + count
        return rows

    def inferred_by_file(self) -> dict[str, str]:
        """What each file showed of how it is read."""
        words: dict[str, dict[str, None]] = {}
        for part in self.plan.parts:
            words.setdefault(part.path, {})[part.inferred] = None
        return {path: "; ".join(filter(None, kinds)) for path, kinds in words.items()}

    def start(self, series: str, with_prices: bool = False) -> judge.SeriesChecks:
        """The checks of a series before its first bar."""
        interval = self.intervals.get(series, self.intervals.get(None))
        return judge.start(interval, with_prices)

    def of_files(self) -> tuple[str, ...]:
        """What is doubtful about files, when they are read."""
        return *self.plan.doubts, *self.of_parts.lines()

    def doubts(self, done: Mapping[str, Series], others: Iterable[str] = ()) -> Doubts:
        """What is doubtful in all series; `others` are lines of what is done with the bars.

        Raises InputError or PriceError for what no series may be, CheckError for the first doubt
        where the config says `checks: strict`.
        """
        findings.refuse(done, self.plan)
        of_times = self.config.checks != "off"
        rules = (*(TIME_RULES if of_times else ()), NO_MISSING_CLOSE)
        unread = findings.unread_times(done, self.plan, self.rows) if of_times else []
        broken = [*unread, *findings.broken(done, self.plan, rules)]
        lines = (*self.of_files(), *(rule.line for rule in broken), *others)
        if self.config.checks == "strict" and lines:
            after = len(lines) - 1
            more = f" (and {after} more {'doubt' if after == 1 else 'doubts'})" if after else ""
            raise CheckError(f"{lines[0]}{more}; the config says checks: strict")
        return Doubts(lines, tuple(broken))

    def sorted_in_words(self) -> str:
        """What `order: time` did."""
        first = f", first {self.plan.parts[min(self.sorted)].name}" if self.sorted else ""
        parts = len(self.plan.parts)
        return f"Sorted by time: {len(self.sorted)} of {parts} files were out of order{first}"
