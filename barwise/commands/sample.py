"""`barwise sample`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from barwise.commands import terminal
from barwise.commands.common import SUCCESS
from barwise.commands.parser import cents, whole

if TYPE_CHECKING:
    from barwise.commands.stop import Stop

DESCRIPTION = "Writes made-up BTC/USD-like minute bars as CSV; the same seed gives the same bytes."
ROWS, SEED = 10_000, 324  # those of data.csv; the first seed whose signal rate is 0.4989


def add_arguments(parser: argparse.ArgumentParser) -> None:
    rows, seed = whole(1, 10**9), whole(0, 2**64 - 1)  # 10**9 minutes are 1,900 years
    parser.add_argument("--rows", type=rows, default=ROWS, metavar="N", help=f"default {ROWS}")
    parser.add_argument(
        "--seed", type=seed, default=SEED, metavar="N", help=f"default {SEED}, that of data.csv"
    )
    parser.add_argument(
        "--tick", type=cents, default=1, metavar="USD", help="price step, default 0.01"
    )
    parser.add_argument("--output", metavar="FILE", help="default: stdout")
    parser.set_defaults(command=_sample)


def _sample(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    from barwise.bars import sample
    from barwise.files import writing

    lines = sample.rows(arguments.rows, arguments.seed, arguments.tick)
    with stop.raising():
        stop.check()
        if arguments.output is None:
            terminal.print_all(lines)
        else:
            with writing.replacing(writing.target(arguments.output, "sample")) as file:
                file.writelines(line.encode() for line in lines)
    return SUCCESS
