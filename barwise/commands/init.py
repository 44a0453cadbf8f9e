"""`barwise init`."""

from __future__ import annotations

import argparse
import os
import shlex
from typing import TYPE_CHECKING

from barwise.commands import terminal
from barwise.commands.common import SUCCESS, USUAL_CONFIG, add_input, without_config
from barwise.commands.parser import a_file
from barwise.errors import InputError, OutputError, named

if TYPE_CHECKING:
    from barwise.commands.stop import Stop

MAY_BE_MENDED = ("input_invalid", "price_invalid")  # codes of errors: by a config
DESCRIPTION = (
    "Writes a config for bars, with comments that say what they show: columns, interval, symbols."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_input(parser)
    parser.add_argument(
        "--output", default=USUAL_CONFIG, metavar="FILE", type=a_file,
        help=f"where the config goes, which must not be there yet; default {USUAL_CONFIG}",
    )  # fmt: skip
    parser.set_defaults(command=_init)


def _init(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    from barwise.engine.look import look
    from barwise.files import writing
    from barwise.files.addresses import is_address, shown
    from barwise.files.opening import size_of
    from barwise.outputs import new_config

    output = arguments.output
    with stop.raising():
        stop.check()
        if size_of(output) is not None if is_address(output) else os.path.lexists(output):
            raise OutputError(
                f"{named(output)} is there already: remove it, or name another with --output"
            )
        try:
            seen = look(arguments.input, without_config())
        except InputError as error:
            raise _with_way_on(error, output) from None
        with writing.replacing(writing.target(output, "config")) as file:
            file.write(new_config.text(seen, [*map(shown, arguments.input)]).encode())
    for doubt in new_config.doubts(seen):
        terminal.complain(f"warning: {doubt}")
    words = ["barwise", "run", *map(shown, arguments.input)]
    if output != USUAL_CONFIG:
        words += ["--config", output]
    terminal.print_all(
        [f"{named(output)} is written: read it, set its window, then\n  {shlex.join(words)}\n"]
    )
    return SUCCESS


def _with_way_on(error: InputError, output: str) -> InputError:
    """The error, with what to write where a key that it names would mend it."""
    if error.code not in MAY_BE_MENDED:
        return error
    return type(error)(
        f"{error}; no config is written: to set a key, write {named(output)} with lines for it and "
        'for seed: 42, window: 20, version: "v1"',
        code=error.code,
    )
