"""Puts the rows of a part in the order of their times, where the config says `order: time`.

The whole part is in memory while it is sorted; rows of equal times keep their order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from barwise.bars.batch import Symbols, Table
from barwise.bars.times import are_times
from barwise.errors import InputError, quoted
from barwise.sources.columns import without_times
from barwise.sources.symbols import joined, joined_symbols

if TYPE_CHECKING:
    from barwise.sources.columns import Bar
    from barwise.sources.parts import Part


def in_time_order(
    tables: Iterable[Table], part: Part, bar: Callable[[Part, int, list[str]], Bar]
) -> Iterator[Table]:
    """The rows of a part by time: its tables as they are, or one that has an `order`.

    Raises InputError where a row has no time.
    """
    held: list[Table] = []
    for table in tables:
        if "time" not in table.columns:
            raise InputError(
                f"order: time cannot sort {part.name}: {without_times(part)}; or set order: file"
            )
        held.append(table)
    if not held:
        return
    columns = joined(held)
    times = columns["time"]
    is_time = are_times(times)
    if not is_time.all():
        where, cells = bar(part, int(np.argmin(is_time)), list(part.roles.timestamp))
        raise InputError(
            f"{part.roles.times} is {quoted(' '.join(cells))} on {where}, which is not a time, and "
            "order: time sorts by it: correct it, or set order: file"
        )
    if (times[1:] >= times[:-1]).all():
        yield from held
        return
    order = np.argsort(times, kind="stable")
    symbols = None
    if held[0].symbols:
        codes, names = joined_symbols(held)
        symbols = Symbols(codes[order], names)
    yield Table(
        held[0].part,
        0,
        {name: values[order] for name, values in columns.items()},
        symbols,
        done=held[-1].done,
        order=order,
    )
