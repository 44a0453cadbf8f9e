"""`barwise completion`: commands, options and files are completed in a shell, by argcomplete."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from barwise.commands import terminal
from barwise.commands.common import SUCCESS
from barwise.errors import UsageError

if TYPE_CHECKING:
    from barwise.commands.stop import Stop

DESCRIPTION = (
    "Prints what a shell must read so that it completes words of barwise: source <(barwise "
    "completion bash), or the same in ~/.bashrc; fish: barwise completion fish | source."
)
SHELLS = ("bash", "zsh", "fish")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, metavar="SHELL", help=", ".join(SHELLS))
    parser.set_defaults(command=_completion)


def complete(parser: argparse.ArgumentParser) -> None:
    """Tells the shell that asks how the word under its cursor may go on, and ends the process."""
    _argcomplete().autocomplete(parser)


def _completion(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    with stop.raising():
        stop.check()
        terminal.print_all([_argcomplete().shellcode(["barwise"], shell=arguments.shell), "\n"])
    return SUCCESS


def _argcomplete() -> Any:
    try:
        import argcomplete
    except ModuleNotFoundError:
        raise UsageError(
            "argcomplete is missing: install it beside barwise, as in pip install argcomplete"
        ) from None
    return argcomplete
