"""How a command line is read: argparse with the contract's errors, and the types of its values."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NoReturn

from barwise.commands import terminal
from barwise.errors import UsageError, listed, named, nearest, quoted
from barwise.version import __version__

WITHOUT_KERNELS = "no kernels: NumPy computes, the same bits more slowly"


class Parser(argparse.ArgumentParser):
    """argparse, but a wrong command line gives a usage line on stderr and exit code 1."""

    def __init__(self, **options: Any) -> None:
        wide = partial(argparse.HelpFormatter, width=100)
        self.words: Sequence[str] = ()
        super().__init__(allow_abbrev=False, formatter_class=wide, **options)

    def parsed(self, words: Sequence[str]) -> argparse.Namespace:
        """What words ask for: options may stand anywhere among them, and a near word is named."""
        self.words = words
        arguments, unknown = self.parse_known_intermixed_args(words)
        if unknown:
            self.error(self._unknown(unknown[0]))
        if getattr(arguments, "on", None) not in (None, "threads"):
            self._refuse_with_on(arguments)
        if "paths" in arguments:
            arguments.input = [*arguments.paths, *(arguments.input or ())]
            if not arguments.input:
                self.error(f"no bars are named: write {self.prog} data.csv")
        return arguments

    def _refuse_with_on(self, arguments: argparse.Namespace) -> None:
        if arguments.workers is not None:
            self.error(f"--workers are threads, and {quoted(arguments.on)} computes: leave one out")
        if getattr(arguments, "signals", None) is not None:
            self.error(
                "--signals writes rows in order, which one process does: leave it or --on out"
            )

    def _unknown(self, word: str) -> str:
        option = word.partition("=")[0]
        if not option.startswith("-"):
            return f"{quoted(word)} is a word too many"
        from barwise.config import RULES  # a key that is written as an option is a common slip

        options = [name for name in self._option_string_actions if name.startswith("--")]
        keys = {f"--{key}": key for key in RULES} if "--config" in options else {}
        near = nearest(option, [*keys, *options])
        if key := keys.get(near or ""):
            return (
                f"there is no option {quoted(option)}: {key} is a key of the config; set it there"
            )
        hint = f"did you mean {near}?" if near else f"options are {listed(options)}"
        return f"there is no option {quoted(option)}: {hint}"

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
        if self.get_default("is_job"):
            self._complain_of_old_metrics()
        raise error

    def _complain_of_old_metrics(self) -> None:
        """Says that the metrics are old: a command line that cannot be read writes none."""
        outputs = [
            word.removeprefix("--output=") if "=" in word else following
            for word, following in zip(self.words, [*self.words[1:], ""], strict=False)
            if word.startswith("--output")
        ]
        for path in outputs or [self.get_default("output")]:
            if os.path.isfile(path):
                terminal.complain(f"{named(path)} is from an earlier run")

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


def a_file(text: str) -> str:
    """The type of an argument that names a file to write."""
    if text == "-":
        raise argparse.ArgumentTypeError(
            "'-' is not a file, and stdout has the metrics and the log anyway: name a file, or "
            "leave the option out; for a file of that name write ./-"
        )
    return text


def where(text: str) -> str:
    """The type of an argument that names who computes."""
    from barwise.engine.executors.named import words_of

    try:
        words_of(text)
    except UsageError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


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
