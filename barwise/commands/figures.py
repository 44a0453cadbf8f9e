"""The figures of a signal as a short table, for people at a terminal."""

from __future__ import annotations

from typing import Any

MOST_SHOWN = 10  # symbols


def table(metrics: dict[str, Any]) -> str:
    """The evaluation of a run, a line a symbol; "" where there is none."""
    evaluation = metrics.get("evaluation")
    if not evaluation:
        return ""
    symbols = {
        name: of_symbol["evaluation"] for name, of_symbol in metrics.get("symbols", {}).items()
    } or {"": evaluation}
    lines = [
        f"fill {evaluation['fill']}, cost {evaluation['cost_bp']} bp a fill; "
        "sharpe is that of a bar, with its 95 % interval",
        _line("", "hit", "base", "return", "holding", "drawdown", "sharpe", "from", "to"),
        *(_of_symbol(name, figures) for name, figures in list(symbols.items())[:MOST_SHOWN]),
    ]
    if len(symbols) > MOST_SHOWN:
        lines.append(f"and {len(symbols) - MOST_SHOWN} more symbols")
    return "\n".join([*lines, ""])


def _of_symbol(name: str, figures: dict[str, Any]) -> str:
    net, hold = figures["net"], figures["hold"]
    low, high = net["sharpe_interval"] or (None, None)
    rates = (figures["hit_rate"], figures["base_rate"])
    returns = (net["return"], hold["return"], net["max_drawdown"])
    ratios = (net["sharpe"], low, high)
    return _line(
        ascii(name)[1:-1][:12],
        *(_shown(value, 100, " %") for value in (*rates, *returns)),
        *(_shown(value, 1, "", 4) for value in ratios),
    )


def _shown(value: float | None, times: int, unit: str, places: int = 2) -> str:
    return "-" if value is None else f"{value * times:.{places}f}{unit}"


def _line(name: str, *cells: str) -> str:
    return f"{name:12}" + "".join(f"{cell:>11}" for cell in cells)
