"""The evaluation of a signal as slowly as it is defined: bar by bar, in Fraction and Decimal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from barwise.stages.evaluation.counts import Counts
from barwise.stages.signals.decimals.ticks import decimal


class Block(NamedTuple):
    """The sums of a block, the paths of the signal's equity and of holding, and forward returns."""

    bars: int
    sums: list[int]
    paths: list[list[int]]
    forward: list[int]


class Bar(NamedTuple):
    at: int
    close: float
    open: float
    signal: int


def known(closes: Sequence[float], opens: Sequence[float], signals: Sequence[int]) -> list[Bar]:
    return [
        Bar(at, *values)
        for at, values in enumerate(zip(closes, opens, signals, strict=True))
        if not math.isnan(values[0])
    ]


def logarithm(price: float, bits: int) -> int:
    with localcontext() as context:
        context.prec = 60
        return int((Decimal(price).ln() * 2**bits).to_integral_value())


def units(rho: float) -> int:
    return round(Fraction(rho) * 2**48)  # half to even


def of_position(
    bars: Sequence[Bar], signals: Sequence[int], fill: str, cost: float
) -> list[tuple[int, int, int]]:
    """Of each bar its return, its step of log equity, and 1 for an entry, -1 for an exit."""
    late = 0 if fill == "close" else 1
    padded = [0, 0, *signals]
    dear, cheap = 1.0 + cost, 1.0 - cost
    out = []
    for number, bar in enumerate(bars):
        before, after = padded[number + 1 - late], padded[number + 2 - late]
        last = bars[number - 1].close if number else bar.close
        price = bar.open if fill == "next_open" else None
        factor, begin, end, paid = 1.0, bar.close, bar.close, 0
        if before and after:
            factor, begin = bar.close / last, last
        elif after:
            factor = 1.0 / dear if price is None else bar.close / price / dear
            begin = bar.close if price is None else price
            paid = logarithm(dear, 48)
        elif before:
            end = bar.close if price is None else price
            factor, begin = end / last * cheap, last
            paid = -logarithm(cheap, 48)
        moved = (logarithm(end, 34) - logarithm(begin, 34)) * 2**14
        out.append((units(factor - 1.0), moved - paid, after - before))
    return out


def path_of(steps: Sequence[int]) -> list[int]:
    total = high = low = drop = 0
    for step in steps:
        total += step
        high, low = max(high, total), min(low, total)
        drop = max(drop, high - total)
    return [total, high, low, drop]


def blocks_of(
    bars: Sequence[Bar], fill: str, cost: float, horizons: Sequence[int], length: int
) -> dict[int, Block]:
    """The blocks of a length that hold bars, by their number."""
    signals = [bar.signal for bar in bars]
    net = of_position(bars, signals, fill, cost)
    hold = of_position(bars, [1] * len(bars), fill, cost)
    out = {}
    for block in sorted({bar.at // length for bar in bars}):
        inside = [number for number, bar in enumerate(bars) if bar.at // length == block]
        returns = [net[number][0] for number in inside]
        held = [hold[number][0] for number in inside]
        sums = [sum(returns), sum(q * q for q in returns), sum(min(q, 0) ** 2 for q in returns)]
        sums += [sum(held), sum(q * q for q in held)]
        forward = []
        for horizon in horizons:
            ends = [number for number in inside if number >= horizon]
            for which in (1, 0):
                of_signal = [end for end in ends if signals[end - horizon] == which]
                sums.append(
                    sum(
                        units(bars[end].close / bars[end - horizon].close - 1.0)
                        for end in of_signal
                    )
                )
                forward.append(len(of_signal))
        paths = [path_of([all_bars[number][1] for number in inside]) for all_bars in (net, hold)]
        out[block] = Block(len(inside), sums, paths, forward)
    return out


def counts_of(bars: Sequence[Bar], fill: str, cost: float, in_decimal: bool) -> Counts:
    signals = [bar.signal for bar in bars]
    pairs = list(pairwise(bars))
    value = decimal if in_decimal else float
    up = [value(after.close) > value(before.close) for before, after in pairs]
    same = [value(after.close) == value(before.close) for before, after in pairs]
    ones = [before.signal == 1 for before, _ in pairs]
    net = of_position(bars, signals, fill, cost)
    late = [0, *signals] if fill == "next_close" else signals
    return Counts(
        len(bars),
        sum(signals),
        sum(now != before for before, now in zip([0, *signals], signals, strict=False)),
        sum(late[: len(pairs)]),
        sum(ones),
        sum(one and rises for one, rises in zip(ones, up, strict=True)),
        sum(one and equal for one, equal in zip(ones, same, strict=True)),
        len(ones) - sum(ones),
        sum(not one and rises for one, rises in zip(ones, up, strict=True)),
        sum(not one and equal for one, equal in zip(ones, same, strict=True)),
        sum(change == 1 for _, _, change in net),
        sum(change == -1 for _, _, change in net),
    )
