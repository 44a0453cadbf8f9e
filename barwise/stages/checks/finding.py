"""What a rule found: how many bars break it, and the first of them.

So what is found in several series, or by several workers, merges to the same in any order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.bars.batch import Bars

NOWHERE = (2**63, 0, 0)  # after every part


class Finding(NamedTuple):
    """Bars that break a rule.

    bars: how many.
    first: where the first of them stands, as `Bars.place_of` says it; `NOWHERE` for none.
    """

    bars: int = 0
    first: tuple[int, int, int] = NOWHERE


NOTHING = Finding()


def merge(one: Finding, other: Finding) -> Finding:
    """What two pieces of bars, or two series, break.

    >>> merge(Finding(2, (1, 5, 5)), Finding(1, (0, 9, 9)))
    Finding(bars=3, first=(0, 9, 9))
    """
    return Finding(one.bars + other.bars, min(one.first, other.first))


def offenders(batch: Bars, offends: NDArray[np.bool_], before: Finding = NOTHING) -> Finding:
    """What there was `before`, and the bars of a batch that break the rule."""
    bars = int(np.count_nonzero(offends))
    if not bars:
        return before
    return merge(before, Finding(bars, batch.place_of(int(np.argmax(offends)))))
