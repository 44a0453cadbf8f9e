"""Whether the figures of a run are within the bounds that its config sets.

A figure is compared as it is printed, in decimal. One that is null, or not there, fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from barwise.bars.gates import OF_SYMBOLS
from barwise.engine.events import Message
from barwise.errors import clip

if TYPE_CHECKING:
    from barwise.bars.gates import Bounds, Gates

ENDS = {"low": 0, "high": 1}  # of an interval
Judged = dict[str, dict[str, Any]]  # by path


def figure(metrics: Mapping[str, Any], path: str) -> Any:
    """The figure of metrics at a path; None where there is none.

    >>> figure({"net": {"sharpe_interval": [-1.0, 2.0]}}, "net.sharpe_interval.low")
    -1.0
    """
    value: Any = metrics
    for key in path.split("."):
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, Sequence) and not isinstance(value, str) and key in ENDS:
            value = value[ENDS[key]]
        else:
            return None
    return value


def judged(metrics: Mapping[str, Any], gates: Gates) -> Judged:
    """Of each gate its bounds, the figure, and whether it passed; of many symbols those that
    failed. Metrics of one series are those of its only symbol.
    """
    done: Judged = {}
    for path, bounds in gates.items():
        shown: dict[str, Any] = {key: _number(bound) for key, bound in bounds.items()}
        within = path.removeprefix(OF_SYMBOLS)
        if path != within and "symbols" in metrics:
            failed = [
                name
                for name, of_symbol in metrics["symbols"].items()
                if not _passes(figure(of_symbol, within), bounds)
            ]
            done[path] = {**shown, "failed": failed, "passed": not failed}
        else:
            value = figure(metrics, within)
            done[path] = {**shown, "value": value, "passed": _passes(value, bounds)}
    return done


def told(metrics: Mapping[str, Any]) -> Iterator[Message]:
    """A line for each gate that failed."""
    for path, gate in metrics["gates"].items():
        if gate["passed"]:
            continue
        bounds = " and ".join(f"{key} is {gate[key]}" for key in ("min", "max") if key in gate)
        failed = gate.get("failed", ())
        if failed:
            symbols = len(metrics["symbols"])
            value = figure(metrics["symbols"][failed[0]], path.removeprefix(OF_SYMBOLS))
            what = f"{path} of {len(failed)} of {symbols} symbols, first {clip(failed[0], 40)}:"
        else:
            value, what = gate["value"], f"{path} is"
        shown = "null" if value is None else format(Decimal(str(value)), "f")
        words = f"Gate failed: {what} {shown}, and {bounds}"
        if value is None and not failed and "symbols" in metrics:
            words += f"; of several symbols gate {OF_SYMBOLS}{path}"
        yield Message("gate_failed", words, path=path, value=value, symbols=len(failed) or 1)


def _passes(value: Any, bounds: Bounds) -> bool:
    if not isinstance(value, int | float):
        return False
    number = Decimal(str(value))
    low, high = (Decimal(bounds[key]) if key in bounds else number for key in ("min", "max"))
    return low <= number <= high


def _number(bound: str) -> int | float:
    return float(bound) if "." in bound else int(bound)
