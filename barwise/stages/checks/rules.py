"""The named rules: which bars break each, which columns it is about, and its words.

A rule that has nothing to look at, since a column is not there, was not applied. No file is opened
here: what the words show of one is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from barwise.bars.times import CLOCKS, interval_in_words
from barwise.errors import clip, in_yaml, quoted
from barwise.stages.checks.prices import LONGEST_RUN, PRICES
from barwise.stages.checks.times import MOST_STEPS

if TYPE_CHECKING:
    from barwise.stages.checks import judge, prices
    from barwise.stages.checks.finding import Finding


DAY = r"\d{8}|[^: ]*[-./][^: ]*([T ]00:00(:00)?)?"  # a date without a time of day


class About(NamedTuple):
    """What a line about a broken rule speaks of.

    checks: of the series of the first offender.
    all: of each series that breaks the rule.
    share: how many bars break it, of how many, as "3 of 100".
    of_symbols: in how many symbols, in words; "" where there is but one.
    total: bars of the series that break it.
    place: where the first offender stands.
    cells: what its file says there, by column.
    series: its symbol, "" where there is but one.
    gaps: why its file has gaps by design.
    way_out: what to do about a cell that is not a time.
    """

    checks: judge.SeriesChecks
    all: Sequence[judge.SeriesChecks]
    share: str
    of_symbols: str
    total: int
    place: str
    cells: Mapping[str, str]
    series: str
    gaps: str
    way_out: Callable[[str], str]

    @property
    def bars(self) -> str:
        return f"{self.share} bars{self.of_symbols}"

    @property
    def column(self) -> str:
        return clip(" ".join(self.cells), 40) or "''"  # of an index that pandas gave no name

    @property
    def first(self) -> str:
        """The first offender, where a rule is about one column."""
        return f"{quoted(' '.join(self.cells.values()))} on {self.place}{self.of_series}"

    @property
    def of_series(self) -> str:
        return f" ({clip(self.series, 40)})" if self.series else ""

    @property
    def first_in_full(self) -> str:
        """The same where it is about several."""
        return f"{shown(self.cells, self.place)}{self.of_series}"


def shown(cells: Mapping[str, str], place: str) -> str:
    """What a file says in some columns, and where.

    >>> shown({"open": "5", "high": "4"}, "line 2 of x.csv")
    "open '5', high '4' on line 2 of x.csv"
    """
    cells_in_words = (f"{clip(name, 40)} {quoted(cell)}" for name, cell in cells.items())
    return f"{', '.join(cells_in_words)} on {place}"


class Rule(NamedTuple):
    """A named rule.

    name: as reports have it.
    roles: of the columns that it is about.
    finding: bars that break it; None where it was not applied.
    words: the line about it.
    """

    name: str
    roles: tuple[str, ...]
    finding: Callable[[judge.SeriesChecks], Finding | None]
    words: Callable[[About], str]


def _readable(about: About) -> str:
    way_out = about.way_out(" ".join(about.cells.values()))
    return f"{about.column} is not a time at {about.bars}, first {about.first}: {way_out}"


def _ascending(about: About) -> str:
    backward = sum(checks.times.backward.bars for checks in about.all)
    mostly = 2 * backward > about.total
    what = "bars are newest first: " if mostly else ""
    whose = "every window" if mostly else "a window there"
    return (
        f"{what}{about.column} goes back at {about.bars}, first to {about.first}: {whose} holds "
        "later bars, which is look-ahead; sort the file, or set order: time"
    )


def _repeated(about: About) -> str:
    way_out = "remove bars that are there twice"
    (name, cell), *others = about.cells.items()
    if not others and re.fullmatch(DAY, cell):
        pair = f"[{in_yaml(name)}, NAME]"
        way_out += f", or name the column of times of day too: columns: {{timestamp: {pair}}}"
    return (
        f"{about.column} is that of the bar before at {about.bars}, first {about.first}: {way_out}"
    )


def _gaps(about: About) -> str:
    all_gaps = [checks.gaps for checks in about.all]
    if any(gaps.interval is None for gaps in all_gaps):
        return (
            f"{about.column} has more than {MOST_STEPS} different steps from bar to bar, the "
            f"longest before {about.bars}, first before {about.first}: which are gaps cannot be "
            "told; set interval: to the step that is not one"
        )
    intervals = {interval_in_words(gaps.interval or 0) for gaps in all_gaps}
    of_one = f" of {intervals.pop()}" if len(intervals) == 1 else ""
    missing = sum(gaps.missing_bars for gaps in all_gaps)
    at_least = "at least " if any(gaps.at_least for gaps in all_gaps) else ""
    bars = (
        f"{at_least}1 bar{of_one} is" if missing == 1 else f"{at_least}{missing} bars{of_one} are"
    )
    why = f" ({about.gaps})" if about.gaps else ""
    return (
        f"{about.column} has gaps before {about.bars}, first before {about.first}{why}: in all "
        f"{bars} missing, so windows there span more time; download what is missing, or set "
        "interval: to a step that is not a gap"
    )


def _clocks(about: About) -> str:
    before, after = about.checks.parts.change
    return (
        f"{about.column} changes its unit at {about.bars}, from {CLOCKS[before]} to "
        f"{CLOCKS[after]}, first {about.first}: each is read in its own unit; make sure "
        "that it is that"
    )


def _unfinished(about: About) -> str:
    return (
        f"{about.column} says that a bar is not finished at {about.bars}, first {about.first}: its "
        "close may change; leave it out"
    )


def _missing(about: About) -> str:
    return (
        f"{about.column} is missing in {about.share} rows{about.of_symbols}, first on "
        f"{about.place}: windows that hold a missing close give signal 0"
    )


def _crossed(about: About) -> str:
    return (
        f"low <= open, close <= high is broken at {about.bars}, first {about.first_in_full}: "
        "correct them"
    )


def _not_positive(about: About) -> str:
    return f"a price is not above 0 at {about.bars}, first {about.first_in_full}: correct it"


def _negative(about: About) -> str:
    return f"{about.column} is below 0 at {about.bars}, first {about.first}: correct it"


def _flat(about: About) -> str:
    (close, cell), *others = about.cells.items()
    is_idle = any(volume and not volume.strip(" 0.") for _, volume in others)
    volume = ", with volume 0" if is_idle else ""
    return (
        f"{close} is that of the {LONGEST_RUN} bars before at {about.bars}, first {quoted(cell)}"
        f"{volume} on {about.place}{about.of_series}: make sure that the feed did not stand still"
    )


def _gaps_seen(checks: judge.SeriesChecks) -> Finding | None:
    gaps = checks.gaps
    # Of months there are none, nor where all bars go back and nobody says the interval.
    return gaps.after if gaps.interval or gaps.after.bars else None


def has_times(checks: judge.SeriesChecks) -> bool:
    """Whether bars have times, be they readable or not."""
    return checks.times.clock is not None or checks.times.unread.bars > 0


def _of_times(
    name: str,
    finding: Callable[[judge.SeriesChecks], Finding | None],
    words: Callable[[About], str],
) -> Rule:
    """A rule that is applied where there are times."""

    def of(checks: judge.SeriesChecks) -> Finding | None:
        return finding(checks) if has_times(checks) else None

    return Rule(name, ("timestamp",), of, words)


def _of_prices(
    name: str,
    roles: tuple[str, ...],
    finding: Callable[[prices.PricesSeen], Finding],
    words: Callable[[About], str],
    needed: tuple[str, ...] = (),
) -> Rule:
    """A rule that is applied where prices are asked for and one of the columns needed is there."""

    def of(checks: judge.SeriesChecks) -> Finding | None:
        of_prices = checks.prices
        if of_prices is None or of_prices.columns.isdisjoint(needed or roles):
            return None
        return finding(of_prices)

    return Rule(name, roles, of, words)


TIMES_ARE_FOUND = "times are found"  # a rule about files: findings.unread_times
# In the order in which they are told. A run applies those of times, and looks for missing closes.
TIME_READABLE = _of_times("time readable", lambda checks: checks.times.unread, _readable)
TIME_ASCENDING = _of_times("time ascending", lambda checks: checks.times.backward, _ascending)
TIME_RULES = (
    TIME_READABLE,
    TIME_ASCENDING,
    _of_times("no duplicate times", lambda checks: checks.times.repeated, _repeated),
    _of_times("no gaps", _gaps_seen, _gaps),
    _of_times("one time unit", lambda checks: checks.parts.changed, _clocks),
    Rule("bars finished", ("confirm",), lambda checks: checks.unfinished, _unfinished),
)
NO_MISSING_CLOSE = Rule("no missing close", ("close",), lambda checks: checks.missing, _missing)
PRICE_RULES = (
    _of_prices(
        "low <= open, close <= high",
        PRICES,
        lambda of_prices: of_prices.crossed,
        _crossed,
        ("high", "low"),
    ),
    _of_prices("prices positive", PRICES, lambda of_prices: of_prices.not_positive, _not_positive),
    _of_prices(
        "volume not negative", ("volume",), lambda of_prices: of_prices.negative_volume, _negative
    ),
    _of_prices(
        f"no run of more than {LONGEST_RUN} equal closes",
        ("close", "volume"),
        lambda of_prices: of_prices.flat,
        _flat,
        ("close",),
    ),
)
RULES = (*TIME_RULES, NO_MISSING_CLOSE, *PRICE_RULES)
NAMES = (TIMES_ARE_FOUND, *(rule.name for rule in RULES))
