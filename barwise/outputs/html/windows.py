"""The windows of a sweep as curves: Sharpe ratios, the best one, and how much of it is luck."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from barwise.outputs.html.cards import figure

if TYPE_CHECKING:
    from barwise.stages.sweep.figures import WindowRow

    Point = tuple[int, float]  # a window, and its Sharpe ratio

WIDTH, HEIGHT = 1000, 200
MOST_POINTS = 400  # of a curve; of neighbours the highest is drawn


def curves(rows: Iterable[WindowRow]) -> str:
    """The Sharpe ratio of a bar over windows, a line for each fast mean; "" where there is none."""
    lines: dict[int, list[Point]] = {}
    for row in rows:
        if row.sharpe is not None:
            lines.setdefault(row.fast, []).append((row.window, row.sharpe))
    points = [point for line in lines.values() for point in line]
    if not points:
        return ""
    windows, ratios = zip(*points, strict=True)
    left, right = min(windows), max(windows)
    low, high = min(0.0, *ratios), max(0.0, *ratios)

    def at(point: Point) -> str:
        x = (point[0] - left) / max(right - left, 1) * WIDTH
        y = (high - point[1]) / ((high - low) or 1) * HEIGHT
        return f"{x:.0f},{y:.1f}"

    drawn = "".join(
        f'<polyline points="{" ".join(map(at, _fewer(line)))}"/>' for line in lines.values()
    )
    _, zero = at((left, 0.0)).split(",")
    return (
        f'<svg class=windows viewBox="0 -4 {WIDTH} {HEIGHT + 8}" preserveAspectRatio=none role=img '
        f'aria-label="Sharpe ratio of a bar, windows {left} to {right}">'
        f"<line x1=0 x2={WIDTH} y1={zero} y2={zero} />{drawn}</svg>"
    )


def _fewer(line: list[Point]) -> list[Point]:
    step = -(-len(line) // MOST_POINTS)
    pieces = (line[first : first + step] for first in range(0, len(line), step))
    return [max(piece, key=lambda point: point[1]) for piece in pieces]


def said(figures: Mapping[str, Any], rows: list[WindowRow]) -> list[str]:
    """What is said of the curves of a series, a sentence each."""
    windows = sorted({row.window for row in rows})
    ratios = [row.sharpe for row in rows if row.sharpe is not None]
    if figures["best_window"] is None:
        return ["No window has a Sharpe ratio: its returns do not vary."]
    lines = ", a line for each fast mean" if len({row.fast for row in rows}) > 1 else ""
    fast = f" with a fast mean of {figures['best_fast']}" if figures.get("best_fast") else ""
    return [
        f"Sharpe ratio of a bar, from {figure(min(ratios))} to {figure(max(ratios))}; windows "
        f"{windows[0]:,} to {windows[-1]:,} from left to right{lines}. The level line is 0.",
        f"Best of {len(rows):,}: window {figures['best_window']:,}{fast}, with a ratio of "
        f"{figure(figures['best_sharpe'])}.",
        _of_luck(figures),
    ]


def _of_luck(figures: Mapping[str, Any]) -> str:
    cash, holding = figures["luck"], figures["luck_against_holding"]
    if cash is None or holding is None:
        return "Too few bars to say how much of it is luck."
    return (
        f"How often the best of as many windows without merit would do as well: {cash:.4f}, beside "
        f"holding {holding:.4f}."
    )
