"""A CSV of some columns of cells, and which of them barwise reads as times."""

from __future__ import annotations

from pathlib import Path

import barwise

UNIX = [str(1_704_067_200 + 60 * i) for i in range(120)]
ISO = [f"2024-01-01 {i // 60:02}:{i % 60:02}:00" for i in range(120)]


def part_of(columns: dict[str, list[str]], **csv: str) -> barwise.Part:
    """The part of a CSV of some columns and a close."""
    rows = len(next(iter(columns.values()), UNIX))
    names = [*columns, "close"]
    cells = zip(*columns.values(), map(str, range(1, rows + 1)), strict=True)
    lines = [",".join(names), *map(",".join, cells), ""]
    Path("bars.csv").write_text("\n".join(lines))
    [part] = barwise.plan(
        "bars.csv",
        barwise.Config(1, 2, "v1", csv=barwise.Csv(**csv)),  # type: ignore[arg-type]
    ).parts
    return part


def time_columns(columns: dict[str, list[str]], **csv: str) -> tuple[str, ...]:
    """The names of those that are read, where none is doubted."""
    part = part_of(columns, **csv)
    assert part.unread is None
    return part.roles.timestamp
