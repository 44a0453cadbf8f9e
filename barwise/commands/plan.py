"""`barwise plan`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from barwise.commands import terminal
from barwise.commands.common import SUCCESS, add_config, add_input, config_of

if TYPE_CHECKING:
    from barwise.commands.stop import Stop

DESCRIPTION = "Shows which files a run would read, in which order, and whose bars they hold."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_input(parser)
    add_config(parser, needed=False)
    parser.set_defaults(command=_plan)


def _plan(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    from barwise.engine.run import plan

    with stop.raising():
        stop.check()
        planned = plan(arguments.input, config_of(arguments))
        terminal.print_all([f"{planned}\n"])
    return SUCCESS
