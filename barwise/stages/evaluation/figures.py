"""The figures of an evaluation, of its exact sums: decimals of 50 digits, rounded where printed.

Sums are in units of 2**-48. A figure that is not defined is None: never infinite, never a stand-in.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.stages.evaluation import ladder, paths, wide
from barwise.stages.evaluation.counts import Counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from barwise.stages.evaluation.intervals import Intervals
    from barwise.stages.evaluation.ladder import Blocks
    from barwise.stages.evaluation.measure import Series
    from barwise.stages.evaluation.trades import Cost

DIGITS = 50
PLACES = 10
RATE_PLACES = 4
UNIT: int = 2**paths.BITS
YEAR = 365 * 86_400 * 1_000_000  # microseconds
MOST_EXPONENT = 300  # of a figure that float64 holds

Figures = dict[str, Any]


class Shown(NamedTuple):
    """How figures are told.

    horizons: of forward returns, in bars.
    bars_per_year: None where it is not known.
    cost: of a fill.
    """

    horizons: tuple[int, ...]
    bars_per_year: Decimal | None
    cost: Cost


def per_year(interval: int | None) -> Decimal | None:
    """The bars of a year of 365 days; `interval` is in microseconds, 0 where it varies."""
    with localcontext() as context:
        context.prec = DIGITS
        return Decimal(YEAR) / interval if interval else None


def of_series(series: Series, shown: Shown, intervals: Intervals) -> Figures:
    """All figures of one series."""
    blocks, counts = series.blocks, series.counts
    with localcontext() as context:
        context.prec = DIGITS
        figures = _of_signals(counts, series.dropped, blocks, shown, intervals)
        net, hold = (_path(blocks["paths"][:, which]) for which in (ladder.NET, ladder.HOLD))
        fills = counts.entries + counts.exits
        gross = net[paths.SUM] + counts.entries * shown.cost.entry + counts.exits * shown.cost.exit
        s1, s2, below = (_total(blocks, which) for which in (ladder.S1, ladder.S2, ladder.BELOW))
        sharpe = sharpe_of(counts.bars, s1, s2)
        sortino = s1 / (Decimal(below) * counts.bars).sqrt() if below else None
        root = shown.bars_per_year and shown.bars_per_year.sqrt()
        figures["gross"] = {
            "return": printed(growth(gross)),
            "break_even_bp": printed(_break_even(gross, fills)),
        }
        figures["net"] = {
            "return": printed(growth(net[paths.SUM])),
            "mean": printed(_mean(s1, counts.bars)),
            "sharpe": printed(sharpe),
            "sharpe_interval": _both(intervals.of_sharpe(blocks)),
            "sharpe_annualised": printed(_times(sharpe, root)),
            "sortino": printed(sortino),
            "sortino_annualised": printed(_times(sortino, root)),
            "max_drawdown": printed(growth(-net[paths.DROP])),
        }
        of_holding = (_total(blocks, which) for which in (ladder.HOLD_S1, ladder.HOLD_S2))
        figures["hold"] = {
            "return": printed(growth(hold[paths.SUM])),
            "sharpe": printed(sharpe_of(counts.bars, *of_holding)),
            "max_drawdown": printed(growth(-hold[paths.DROP])),
        }
        return figures


def pooled(all_series: Sequence[Series], shown: Shown, intervals: Intervals) -> Figures:
    """What can be said of several series together: counts, rates, forward returns, the mean."""
    counts = Counts(*map(sum, zip(*(series.counts for series in all_series), strict=True)))
    blocks = ladder.together([(series.length, series.blocks) for series in all_series])
    with localcontext() as context:
        context.prec = DIGITS
        dropped = sum(series.dropped for series in all_series)
        figures = _of_signals(counts, dropped, blocks, shown, intervals)
        figures["net"] = {"mean": printed(_mean(_total(blocks, ladder.S1), counts.bars))}
        return figures


def _of_signals(
    counts: Counts, dropped: int, blocks: Blocks, shown: Shown, intervals: Intervals
) -> Figures:
    """Counts, rates and forward returns."""
    steps = counts.in_bars + counts.out_bars  # from a known close to the next
    year = shown.bars_per_year
    return {
        "bars": counts.bars,
        "dropped": dropped,
        "bars_per_year": int(year) if year and year == int(year) else printed(year),
        "exposure": _rate(counts.held, steps),
        "switches": counts.switches,
        "hit_rate": _rate(counts.in_up, counts.in_bars),
        "base_rate": _rate(counts.in_up + counts.out_up, steps),
        "counts": {
            "ones": counts.ones,
            "in_bars": counts.in_bars,
            "in_up": counts.in_up,
            "in_equal": counts.in_same,
            "out_bars": counts.out_bars,
            "out_up": counts.out_up,
            "out_equal": counts.out_same,
            "entries": counts.entries,
            "exits": counts.exits,
        },
        "forward": {
            str(bars): _forward(blocks, number, intervals)
            for number, bars in enumerate(shown.horizons)
        },
    }


def _forward(blocks: Blocks, number: int, intervals: Intervals) -> Figures:
    inside, outside = (ladder.FORWARD + 2 * number + which for which in (0, 1))
    in_bars, out_bars = (int(blocks["forward"][:, 2 * number + which].sum()) for which in (0, 1))
    ends = intervals.of_difference(blocks, number)
    return {
        "in": printed(_mean(_total(blocks, inside), in_bars)),
        "out": printed(_mean(_total(blocks, outside), out_bars)),
        "difference_interval": _both(ends and (ends[0] / UNIT, ends[1] / UNIT)),
        "in_bars": in_bars,
        "out_bars": out_bars,
    }


def printed(value: Decimal | None, places: int = PLACES) -> float | None:
    """The float64 nearest to a value that is rounded to so many places, half to even."""
    if value is None or value.adjusted() > MOST_EXPONENT:
        return None
    if value.adjusted() < DIGITS - PLACES - 2:
        value = value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    return float(value) + 0.0  # never -0.0


def _both(ends: tuple[Decimal, Decimal] | None) -> list[float | None] | None:
    return [printed(end) for end in ends] if ends else None


def _rate(part: int, whole: int) -> float | None:
    return printed(Decimal(part) / whole, RATE_PLACES) if whole else None


def _mean(total: int, bars: int) -> Decimal | None:
    return Decimal(total) / bars / UNIT if bars else None


def sharpe_of(bars: int, total: int, squares: int) -> Decimal | None:
    """The mean return over its standard deviation, with bars - 1 (Sharpe 1994, rate 0)."""
    variance = bars * squares - total * total
    if bars < 2 or not variance:
        return None
    return Decimal(total) / bars / (Decimal(variance) / (bars * (bars - 1))).sqrt()


def _times(value: Decimal | None, root: Decimal | None) -> Decimal | None:
    return None if value is None or root is None else value * root


def growth(path: int) -> Decimal:
    """The return of a change of log equity."""
    return (Decimal(path) / Decimal(UNIT)).exp() - 1


def _break_even(gross: int, fills: int) -> Decimal | None:
    """The cost of a fill, in basis points, that eats the whole gain; None where there is none."""
    if gross <= 0 or not fills:
        return None
    return (1 - (Decimal(-gross) / Decimal(UNIT) / fills).exp()) * 10_000


def _total(blocks: Blocks, which: int) -> int:
    return sum(wide.integers(blocks["sums"][:, which]))


def _path(of_blocks: NDArray[Any]) -> tuple[int, ...]:
    """The path over all blocks, in Python's integers, which have no bounds."""
    total = high = low = drop = 0
    for change, its_high, its_low, its_drop in of_blocks.tolist():
        drop = max(drop, its_drop, high - (total + its_low))
        high, low = max(high, total + its_high), min(low, total + its_low)
        total += change
    return total, high, low, drop
