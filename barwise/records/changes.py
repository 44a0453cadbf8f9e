"""How far figures of one run are from those of another, and whether that is within bounds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from barwise.bars.gates import DECIMAL, OF_SYMBOLS, in_digits
from barwise.engine.gates import ENDS, figure
from barwise.errors import UsageError, clip, listed, nearest, quoted

OTHERS = ("symbols", "gates", "gates_passed")  # keys of metrics that hold no figures of the run


class Change(NamedTuple):
    """A figure of two runs.

    path: of the figure in the metrics.
    symbol: whose it is; "" for that of the run.
    a: in the first run; None: it is null, or not there.
    b: in the second run.
    limit: how far they may be apart.
    passed: both are there, and no further apart.
    """

    path: str
    symbol: str
    a: float | None
    b: float | None
    limit: float
    passed: bool

    @property
    def line(self) -> str:
        whose = f" of {clip(self.symbol, 40)}" if self.symbol else ""
        shown = [
            "null" if value is None else format(Decimal(str(value)), "f")
            for value in (self.a, self.b, self.limit)
        ]
        verdict = "within" if self.passed else "beyond"
        return f"{self.path}{whose}: {shown[0]} in A, {shown[1]} in B, {verdict} {shown[2]}"


def limits(gates: Mapping[str, str | float]) -> dict[str, Decimal]:
    """How far figures may be apart, by path. Raises UsageError."""
    for path, limit in gates.items():
        if not re.fullmatch(DECIMAL, in_digits(limit)) or in_digits(limit).startswith("-"):
            raise UsageError(
                f"--gate {path} is {quoted(limit)}: give the largest change, 0 or more, in plain "
                "digits, as in value=0.01"
            )
    return {path: Decimal(str(limit)) for path, limit in gates.items()}


def changes(
    a: Mapping[str, Any], b: Mapping[str, Any], limits: Mapping[str, Decimal]
) -> Iterator[Change]:
    """The figures of two metrics that have a limit, and of a path of symbols those of each.

    Raises UsageError for a path that neither has.
    """
    known = {*_paths(a), *_paths(b)}
    for path, limit in limits.items():
        if path not in known:
            near = nearest(path, sorted(known))
            hint = f"did you mean {near}?" if near else f"there are {listed(sorted(known)[:5])}"
            raise UsageError(f"--gate names {quoted(path)}, which neither record has: {hint}")
        within = path.removeprefix(OF_SYMBOLS)
        one, other = ({"": a}, {"": b}) if within == path else (_symbols(a), _symbols(b))
        for symbol in sorted({*one, *other}):
            of_a, of_b = (figure(of.get(symbol, {}), within) for of in (one, other))
            is_within = _is_within((of_a, of_b), limit)
            yield Change(path, symbol, of_a, of_b, float(limit), is_within)


def _is_within(values: Sequence[Any], limit: Decimal) -> bool:
    if not all(isinstance(value, int | float) for value in values):
        return False
    one, other = (Decimal(str(value)) for value in values)
    return abs(other - one) <= limit


def _symbols(metrics: Mapping[str, Any]) -> Mapping[str, Any]:
    """The metrics of each symbol; of a run of one series, its own."""
    symbols: Mapping[str, Any] = metrics.get("symbols") or {"": metrics}
    return symbols


def _paths(metrics: Mapping[str, Any]) -> Iterator[str]:
    """The paths of all figures."""
    yield from _flat({key: value for key, value in metrics.items() if key not in OTHERS})
    for of_symbol in _symbols(metrics).values():
        figures = {key: value for key, value in of_symbol.items() if key not in OTHERS}
        yield from (OF_SYMBOLS + path for path in _flat(figures))


def _flat(metrics: Mapping[str, Any]) -> Iterator[str]:
    for key, value in metrics.items():
        if isinstance(value, Mapping):
            yield from (f"{key}.{path}" for path in _flat(value))
        elif isinstance(value, list):
            yield from (f"{key}.{end}" for end in ENDS)
        elif value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            yield key
