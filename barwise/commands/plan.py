"""`barwise plan`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from barwise.commands import terminal
from barwise.commands.common import (
    SUCCESS,
    add_config,
    add_input,
    add_json,
    config_of,
    errors_too,
)
from barwise.workers import refuse_little

if TYPE_CHECKING:
    from barwise.commands.stop import Stop

DESCRIPTION = "Shows which files a run would read, in which order, and whose bars they hold."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_input(parser)
    add_config(parser, needed=False)
    add_json(parser)
    parser.set_defaults(command=_plan)


def _plan(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    with errors_too(arguments.json):
        refuse_little("numpy")
    from barwise.engine import metrics
    from barwise.engine.run import plan

    with stop.raising():
        with errors_too(arguments.json):
            stop.check()
            planned = plan(arguments.input, config_of(arguments))
        text = metrics.to_json(planned.as_dict()) if arguments.json else f"{planned}\n"
        terminal.print_all([text])
    return SUCCESS
