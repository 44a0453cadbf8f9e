"""`barwise diff`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from barwise.commands.common import add_json, errors_too, show

if TYPE_CHECKING:
    from barwise.commands.stop import Stop

DESCRIPTION = (
    "Shows what differs between two runs by their records: config, inputs, bars and signals; exit "
    "code 1 where anything does."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", metavar="A", help="a record")
    parser.add_argument("b", metavar="B", help="another")
    add_json(parser)
    parser.set_defaults(command=_diff)


def _diff(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    from barwise.records.diff import diff

    with errors_too(arguments.json), stop.raising():
        stop.check()
        comparison = diff(arguments.a, arguments.b)
    return show(comparison, stop, arguments.json)
