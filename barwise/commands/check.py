"""`barwise check`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from barwise.commands import terminal
from barwise.commands.common import FAILURE, SUCCESS, add_input, add_workers, working

if TYPE_CHECKING:
    from barwise.commands.stop import Stop

DESCRIPTION = "Applies every rule to the bars of every symbol; exit code 1 where one is broken."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_input(parser)
    parser.add_argument("--json", metavar="FILE", help="write the report there too, as JSON")
    add_workers(parser)
    parser.set_defaults(command=_check)


def _check(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    from barwise.outputs.check import check, check_into

    words, config = arguments.input, arguments.config
    with working(started, stop) as events:
        if arguments.json is not None:
            report = check_into(
                arguments.json, words, config,
                complain=terminal.complain, workers=arguments.workers, events=events,
            )  # fmt: skip
        else:
            report = check(words, config, workers=arguments.workers, events=events)
    with stop.raising():
        stop.check()
        terminal.print_all([f"{report}\n"])
    return SUCCESS if report.is_clean else FAILURE
