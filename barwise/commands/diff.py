"""`barwise diff`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from barwise.commands.common import add_json, errors_too, show

if TYPE_CHECKING:
    from barwise.commands.stop import Stop

DESCRIPTION = (
    "Shows what differs between two runs by their records: config, inputs, bars and signals; exit "
    "code 1 where anything does, or with --gate where a figure changed by more."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("a", metavar="A", help="a record")
    parser.add_argument("b", metavar="B", help="another")
    parser.add_argument(
        "--gate", action="append", default=[], type=_gate, metavar="PATH=CHANGE",
        help="a figure of the metrics, and by how much it may change, as in value=0.01; may be "
        "repeated; then exit code 1 says that one changed by more, or is null",
    )  # fmt: skip
    add_json(parser)
    parser.set_defaults(command=_diff)


def _diff(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    from barwise.records.diff import diff

    with errors_too(arguments.json), stop.raising():
        stop.check()
        comparison = diff(arguments.a, arguments.b, dict(arguments.gate))
    return show(comparison, stop, arguments.json)


def _gate(word: str) -> tuple[str, str]:
    """The type of --gate."""
    path, equals, limit = word.rpartition("=")
    if not equals or not path:
        raise argparse.ArgumentTypeError("must be a path and a change, as in value=0.01")
    return path, limit
