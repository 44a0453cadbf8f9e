"""`barwise check`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from barwise.commands import terminal
from barwise.commands.common import (
    FAILURE,
    SUCCESS,
    add_config,
    add_input,
    add_on,
    add_workers,
    config_of,
    errors_too,
    executor_of,
    working,
)
from barwise.workers import refuse_little

if TYPE_CHECKING:
    from barwise.commands.stop import Stop

PRINT = True  # what `--json` means without a file
DESCRIPTION = "Applies every rule to the bars of every symbol; exit code 1 where one is broken."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_input(parser)
    add_config(parser, needed=False)
    parser.add_argument(
        "--json", nargs="?", const=PRINT, metavar="FILE",
        help="print JSON, and nothing else; with FILE, print as ever and write JSON there",
    )  # fmt: skip
    add_workers(parser)
    add_on(parser)
    parser.set_defaults(command=_check)


def _check(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    words = arguments.input
    as_json = arguments.json is PRINT
    with errors_too(as_json):
        refuse_little("numpy")
        executor = executor_of(arguments)
    from barwise.engine import metrics
    from barwise.outputs.check import check, check_into

    with errors_too(as_json), working(started, stop) as events:
        config = config_of(arguments)
        if as_json or arguments.json is None:
            report = check(words, config, executor=executor, events=events)
        else:
            report = check_into(
                arguments.json, words, config,
                complain=terminal.complain, executor=executor, events=events,
            )  # fmt: skip
    with stop.raising():
        stop.check()
        text = metrics.to_json(report.as_dict()) if as_json else f"{report}\n"
        terminal.print_all([text])
    return SUCCESS if report.is_clean else FAILURE
