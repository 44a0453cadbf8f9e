"""`barwise convert`."""

from __future__ import annotations

import argparse
from contextlib import suppress
from typing import TYPE_CHECKING

from barwise.commands import terminal
from barwise.commands.common import SUCCESS, add_config, add_input, add_workers, config_of, working
from barwise.errors import StoppedError
from barwise.workers import refuse_little

if TYPE_CHECKING:
    from barwise.commands.stop import Stop

DESCRIPTION = (
    "Writes bars as Hive Parquet, a folder a symbol and a file a year; the lake appears when it is "
    "whole, or not at all."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_input(parser)
    add_config(parser, needed=False)
    parser.add_argument(
        "--to",
        required=True,
        metavar="FOLDER",
        help="a new or empty folder; the one above it must exist",
    )
    add_workers(parser)
    parser.add_argument("--on", type=_nowhere_else, help=argparse.SUPPRESS)
    parser.set_defaults(command=_convert)


def _nowhere_else(text: str) -> str:
    raise argparse.ArgumentTypeError(
        "convert writes rows in order, which one process does: leave it out"
    )


def _convert(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    refuse_little("numpy")
    from barwise.outputs.convert import convert

    with working(started, stop) as events:
        converted = convert(
            arguments.input,
            config_of(arguments),
            arguments.to,
            workers=arguments.workers,
            events=events,
            appearing=stop.ignore_from_here,
        )
    with suppress(StoppedError), stop.raising():  # the lake is there, even if nobody reads this
        for line in converted.doubts:
            terminal.complain(f"warning: {line}")
        terminal.print_all([f"{converted}\n"])
    return SUCCESS
