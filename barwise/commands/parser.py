"""How a command line is read: argparse with the contract's errors, and the types of its values."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NoReturn

from barwise.commands import terminal
from barwise.errors import UsageError, quoted
from barwise.version import __version__

WITHOUT_KERNELS = "no kernels: NumPy computes, the same bits more slowly"


class Parser(argparse.ArgumentParser):
    """argparse, but a wrong command line gives a usage line on stderr and exit code 1."""

    def __init__(self, **options: Any) -> None:
        wide = partial(argparse.HelpFormatter, width=100)
        super().__init__(allow_abbrev=False, formatter_class=wide, **options)
        self.words: list[str] = []

    def parse_known_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        self.words = self.words or list(sys.argv[1:] if args is None else args)
        return super().parse_known_args(args, namespace)

    def error(self, message: str) -> NoReturn:
        terminal.complain(" ".join(self.format_usage().split()))
        error = UsageError(f"wrong command line: {message}")
        if self.get_default("is_job"):  # stdout of the job is always JSON
            from barwise.engine import metrics

            code = error.code if self._asks_for_code() else ""
            terminal.say(metrics.to_json(metrics.failure(error.version, str(error), code)))
        elif "--json" in self.words:
            from barwise.engine import metrics

            terminal.say(metrics.to_json(metrics.report_of(error)))
        terminal.complain(f"{self.prog}: error: {message}")
        raise error

    def _asks_for_code(self) -> bool:
        """Whether the config of a command line that cannot be parsed asks for error codes."""
        from barwise.commands.job_failure import asks_for_code

        configs = [path for word, path in pairwise(self.words) if word == "--config"]
        configs += [word[len("--config=") :] for word in self.words if word.startswith("--config=")]
        return any(map(asks_for_code, configs or filter(None, [self.get_default("config")])))


class Version(argparse.Action):
    """The option --version: says also what computes, as a machine may have no kernels."""

    def __init__(self, option_strings: list[str], dest: str) -> None:
        what = "show the version, and what computes"
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help=what)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from barwise.kernels import variant  # 2 ms

        kernels = f"kernels: {variant()}" if variant() else WITHOUT_KERNELS
        terminal.say(f"barwise {__version__} ({kernels})\n")
        parser.exit()


def whole(smallest: int, largest: int) -> Callable[[str], int]:
    """The type of an argument that is a whole number in a range."""

    def whole_number(text: str) -> int:
        digits = text.isascii() and text.isdigit() and len(text) <= 20
        if not (digits and smallest <= int(text) <= largest):
            raise argparse.ArgumentTypeError(
                f"{quoted(text)} is not a whole number from {smallest} to {largest}"
            )
        return int(text)

    return whole_number


def cents(text: str) -> int:
    """The type of a price step in dollars: how many cents it is."""
    dollars, _, cents = text.partition(".")
    digits = dollars + cents.ljust(2, "0")
    if not (digits.isascii() and digits.isdigit() and 2 < len(digits) < 10 and int(digits) > 0):
        raise argparse.ArgumentTypeError(f"{quoted(text)} is not a price step such as 0.01 or 25")
    if len(cents) > 2:
        raise argparse.ArgumentTypeError(
            f"{quoted(text)} is finer than the two decimals of a price"
        )
    return int(digits)
