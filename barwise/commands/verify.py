"""`barwise verify`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from barwise.commands.common import (
    add_json,
    add_on,
    add_workers,
    errors_too,
    executor_of,
    show,
    working,
)

if TYPE_CHECKING:
    from barwise.commands.stop import Stop

DESCRIPTION = (
    "Compares inputs, config and outputs with the record of a run, runs it again and compares the "
    "digests; exit code 1 where anything differs."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("record", metavar="RECORD", help="as `barwise run --record` has written it")
    parser.add_argument(
        "--input", action="extend", nargs="+", metavar="PATH",
        help="where the inputs are, if not where the record says",
    )  # fmt: skip
    parser.add_argument(
        "--config", metavar="FILE", help="where the config is, if not where the record says"
    )
    parser.add_argument(
        "--bar-by-bar", action="store_true",
        help="also compute two blocks of each series one bar at a time: a proof of no look-ahead",
    )  # fmt: skip
    add_json(parser)
    add_workers(parser)
    add_on(parser)
    parser.set_defaults(command=_verify)


def _verify(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    from barwise.records.verify import verify

    with errors_too(arguments.json):
        executor = executor_of(arguments)
    with errors_too(arguments.json), working(started, stop) as events:
        comparison = verify(
            arguments.record,
            arguments.input,
            config=arguments.config,
            executor=executor,
            events=events,
            bar_by_bar=arguments.bar_by_bar,
        )
    return show(comparison, stop, arguments.json)
