"""How `verify` and `diff` show what they found: as lines for people, or as JSON."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from barwise import terminal
from barwise.commands.arguments import FAILURE, SUCCESS
from barwise.errors import BarwiseError

if TYPE_CHECKING:
    from barwise.records.diff import Comparison
    from barwise.stop import Stop


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def show(comparison: Comparison, stop: Stop, as_json: bool) -> int:
    """Prints a comparison, and gives the exit code."""
    from barwise.engine import metrics

    with stop.raising():
        stop.check()
        text = metrics.to_json(comparison.as_dict()) if as_json else f"{comparison}\n"
        terminal.print_all([text])
    return SUCCESS if comparison.is_same else FAILURE


@contextmanager
def errors_too(as_json: bool) -> Iterator[None]:
    """Within it an error is also printed as JSON, where JSON is asked for."""
    try:
        yield
    except BarwiseError as error:
        if as_json:
            from barwise.engine import metrics

            terminal.say(metrics.to_json({"status": "error", "error_message": str(error)}))
        raise
