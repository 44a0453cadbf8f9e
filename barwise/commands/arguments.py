"""Arguments that several commands take, their exit codes, and what they show while they work."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from barwise import terminal
from barwise.command_line import whole

if TYPE_CHECKING:
    from barwise.progress import Progress
    from barwise.stop import Stop

SUCCESS, FAILURE = 0, 1


def add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--input", required=True, action="extend", nargs="+", metavar="PATH",
        help="bars: a file (CSV, also .gz, .zst or .zip; Parquet; Arrow or Feather), a folder or "
        "a pattern in quotes; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--config",
        required=True,
        metavar="FILE",
        help="YAML file with seed, window and version, and what else README lists",
    )


def add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers", type=whole(1, 1024), metavar="N",
        help="threads that compute, by default as many as there are cores; changes no result",
    )  # fmt: skip


@contextmanager
def working(started: float, stop: Stop) -> Iterator[Progress]:
    """Shows how far a command is, which a signal ends; polars' own words on stderr are dropped."""
    from barwise.progress import Progress

    with (
        stop.raising(),
        terminal.ours_alone(stop.to_the_end),
        closing(Progress(started, stop.check)) as progress,
    ):
        stop.check()
        yield progress
