"""What a rule sees: how many bars break it, and the first of them.

So what is seen in several series, or by several workers, merges to the same in any order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from barwise.bars.batch import NOWHERE, Place

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Bars


class Finding(NamedTuple):
    """Bars that break a rule.

    bars: how many.
    first: where the first of them stands; `NOWHERE` for none.
    """

    bars: int = 0
    first: Place = NOWHERE


NOTHING = Finding()


def merged(one: Finding, other: Finding) -> Finding:
    """What two pieces of bars, or two series, break.

    >>> merged(Finding(2, Place(1, 5, 5)), Finding(1, Place(0, 9, 9)))
    Finding(bars=3, first=Place(part=0, place=9, row=9))
    """
    if not other.bars:
        return one
    return Finding(one.bars + other.bars, min(one.first, other.first))


def offenders(bars: Bars, offends: NDArray[np.bool_]) -> Finding:
    """Those bars that break a rule."""
    count = int(np.count_nonzero(offends))
    return Finding(count, bars.place_of(int(np.argmax(offends)))) if count else NOTHING
