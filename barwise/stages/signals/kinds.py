"""Which signal there is for a fast mean and a band; only its own module is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from barwise.stages.signals.rolling_mean import RollingMean

if TYPE_CHECKING:
    from barwise.stages.stage import Signal


def signal_of(
    window: int,
    arithmetic: str,
    adds: tuple[str, ...] = ("signal",),
    *,
    fast: int = 1,
    band: tuple[int, int] = (0, 1),
) -> Signal:
    """The signal; of a close and no band that of `RollingMean`. `band` is a part and a unit."""
    if fast == 1 and not band[0]:
        return RollingMean(window, arithmetic, adds)
    from barwise.stages.signals.crossover import Crossover
    from barwise.stages.signals.lines import Lines

    if fast > 1 and "mean" in adds:
        adds = (*adds, "fast_mean")
    return Crossover(Lines(fast, window, band), arithmetic, adds)
