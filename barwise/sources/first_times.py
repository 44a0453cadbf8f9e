"""The time by which each of several parts is ordered, from ranges of times and from first bars.

Where the ranges of two parts do not meet, any times of theirs are in the same order as their first
bars. So first bars are read only of parts whose ranges are not known, or meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from barwise.bars.times import NO_TIME, are_times
from barwise.errors import InputError, quoted
from barwise.sources.columns import Column, of_times
from barwise.sources.readers import bar, reader_of
from barwise.sources.values.ranges import NO_TIMES, TimeRange
from barwise.tuning import Tuning

if TYPE_CHECKING:
    from barwise.sources.parts import Part

FIRST_BAR = Tuning(csv_rows=1, csv_bytes=1 << 14, batch_rows=1)


def of_parts(parts: Sequence[Part], ranges: Iterable[TimeRange | None]) -> list[int | None]:
    """A time for each part, in the order of their first bars; None for a part without times.

    ranges: from when to when each reaches, or NO_TIMES; None where that is not known.

    Raises InputError where a first bar is needed and cannot be read.
    """
    known = dict(enumerate(ranges))
    by_part: dict[int, TimeRange] = {at: ends for at, ends in known.items() if ends is not None}
    by_part |= _first_bars(parts, [at for at, ends in known.items() if ends is None])
    by_part |= _first_bars(parts, _meeting(by_part))
    in_order = [by_part[at] for at in known]
    return [None if ends == NO_TIMES else ends.earliest for ends in in_order]


def _meeting(by_part: dict[int, TimeRange]) -> list[int]:
    """The parts whose first bar is not certain and can be before or after that of another part."""
    meeting: list[list[int]] = []
    latest = NO_TIME
    for at, ends in sorted(by_part.items(), key=lambda entry: entry[1]):
        if ends == NO_TIMES:
            continue
        if ends.earliest > latest:
            meeting.append([])
        meeting[-1].append(at)
        latest = max(latest, ends.latest)
    several = [at for group in meeting if len(group) > 1 for at in group]
    return sorted(at for at in several if by_part[at].earliest < by_part[at].latest)


def _first_bars(parts: Sequence[Part], numbers: list[int]) -> dict[int, TimeRange]:
    """The times of some parts' first bars, as ranges of one time, by the number of the part."""
    times = {at: _first_time(parts[at]) for at in numbers}
    return {at: NO_TIMES if time is None else TimeRange(time, time) for at, time in times.items()}


def _first_time(part: Part) -> int | None:
    """The time of a part's first bar; raises InputError where the part cannot be read so far."""
    columns = {"close": Column(part.roles.close), **of_times(part)}
    table = next(reader_of(part).read([(0, part, columns)], FIRST_BAR))
    if "time" not in table.columns:
        return None
    time = int(table.columns["time"][0])
    if not are_times(time):
        from barwise.sources.values.times import way_out

        where, cells = bar(part, 0, list(part.roles.timestamp))
        cell = " ".join(cells)
        raise InputError(
            f"{part.roles.times} is {quoted(cell)} on {where}, which is not a time, and the order "
            f"of files depends on it: {way_out(cell)}"
        )
    return time
