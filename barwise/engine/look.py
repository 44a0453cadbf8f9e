"""A first look at an input: what it shows of itself before anybody has written a config for it."""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from barwise.bars.columns import Csv
from barwise.config import Config
from barwise.engine.run import plan
from barwise.errors import BarwiseError, PriceError
from barwise.sources import read
from barwise.sources.find import FileList, find
from barwise.sources.notes import SEVERAL_SYMBOLS, PartNotes
from barwise.sources.words import Words
from barwise.stages.checks.judge import commonest
from barwise.stages.checks.times import Times

if TYPE_CHECKING:
    from barwise.bars.batch import Bars
    from barwise.sources.parts import Part, Plan

NEEDS = frozenset({"timestamp", "symbol"})


class Look(NamedTuple):
    """What the first bars of an input show.

    plan: how it would be read.
    config: has what must be said, so that it is read so.
    interval: from a bar to the next, in microseconds; None where it is not known.
    """

    plan: Plan
    config: Config
    interval: int | None

    @property
    def first(self) -> Part:
        return self.plan.parts[0]


def look(input: Words | FileList, config: Config) -> Look:
    """Looks at an input, beginning with a config. Raises InputError."""
    files = find(input)
    try:
        return _look(files, config)
    except PriceError:  # mostly a decimal comma
        with suppress(BarwiseError):
            return _look(files, replace(config, csv=Csv(decimal=",")))
        raise


def _look(files: FileList, config: Config) -> Look:
    planned = plan(files, config)
    first = planned._replace(parts=planned.parts[:1], doubts=(), by_time=False)
    notes = PartNotes(first)
    bars = _first_bars(first, notes)
    roles, unread = first.parts[0].roles, first.parts[0].unread
    if roles.symbol and SEVERAL_SYMBOLS in notes.doubtful:
        columns = replace(config.columns, symbol=roles.symbol)
        return _look(files, replace(config, columns=columns))
    if unread and not unread.twice and not config.columns.timestamp:
        with suppress(BarwiseError):  # else it is no column of times, or not of certain ones
            columns = replace(config.columns, timestamp=unread.column)
            return _look(files, replace(config, columns=columns))
    times = Times().of(bars)
    if 2 * times.backward.bars > len(bars):  # newest first
        config = replace(config, order="time")
        bars.columns = {name: column[::-1].copy() for name, column in bars.columns.items()}
        times = Times().of(bars)
    return Look(planned, config, first.parts[0].interval or commonest(times))


def _first_bars(first: Plan, notes: PartNotes) -> Bars:
    with closing(read.read(first, NEEDS, notes)) as batches:
        return next(batches)
