"""The commands `barwise` and `run.py`: a signal, a wrong word or an error becomes an exit code."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module

from barwise.commands import terminal
from barwise.commands.common import FAILURE
from barwise.commands.parser import Parser, Version
from barwise.commands.stop import listening
from barwise.errors import UsageError, listed, nearest, quoted, told
from barwise.files.addresses import is_address, shown

COMMANDS = {  # a file here for each, in the order of the help
    "run": "compute the metrics of bars",
    "init": "write a config for bars, with what they show",
    "plan": "show what a run would read",
    "check": "apply all rules to bars",
    "convert": "write bars as Parquet",
    "verify": "compare a run's record with its files, and run it again",
    "diff": "show what differs between two records",
    "sample": "write made-up bars",
    "completion": "print what completes words of barwise in a shell",
}


def main(argv: Sequence[str] | None = None) -> int:
    """The command `barwise`; gives its exit code, 0 or 1."""
    return _command(asked, argv)


def run_job(argv: Sequence[str] | None = None) -> int:
    """The command `python run.py`: the job alone, without a subcommand."""
    return _command(lambda words: parser_of("run", "run.py").parsed(words), argv)


def _command(
    parse: Callable[[Sequence[str]], argparse.Namespace], argv: Sequence[str] | None
) -> int:
    started = time.perf_counter()
    words = sys.argv[1:] if argv is None else argv
    # No linear algebra here needs threads; where none can start, OpenBLAS sends a SIGINT.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    collects = gc.isenabled()
    gc.disable()  # one pass makes few cycles; collecting takes 8 of 120 ms for 10,000 bars
    with listening(to_the_end=argv is None) as stop, terminal.prepared():
        try:
            try:
                arguments = parse(words)
            except UsageError:  # the parser has printed it
                return FAILURE
            return int(arguments.command(arguments, started, stop))
        except Exception as error:
            if (known := told(error)) is None:
                raise
            terminal.complain(f"error: {known}")
            return FAILURE
        finally:
            if argv is None:  # the collection at exit has nothing to look at: 9 of 120 ms
                gc.freeze()
            elif collects:
                gc.enable()


def asked(words: Sequence[str]) -> argparse.Namespace:
    """What a command line of `barwise` asks for. Only the command that it names is imported."""
    if "_ARGCOMPLETE" in os.environ:  # a shell asks how a word may go on
        from barwise.commands.completion import complete

        complete(barwise_parser(with_arguments=True))
    if words[:1] == ["help"]:
        words = [*words[1:2], "--help"]
    if words and words[0] in COMMANDS:
        return parser_of(words[0]).parsed(words[1:])
    parser = barwise_parser()
    if words and not words[0].startswith("-"):
        parser.error(_no_command(words[0]))
    return parser.parse_args(words)


def parser_of(name: str, prog: str = "") -> Parser:
    """The parser of a command, without the word that names it."""
    module = import_module(f"barwise.commands.{name}")
    parser = Parser(prog=prog or f"barwise {name}", description=module.DESCRIPTION)
    module.add_arguments(parser)
    return parser


def barwise_parser(with_arguments: bool = False) -> Parser:
    """The parser of `barwise` itself, which knows its commands by name, or with all of theirs."""
    parser = Parser(
        prog="barwise", description="Reproducible rolling-mean signals over OHLCV bars."
    )
    parser.add_argument("--version", action=Version)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, what in COMMANDS.items():
        command = commands.add_parser(name, help=what)
        if with_arguments:
            import_module(f"barwise.commands.{name}").add_arguments(command)
    return parser


def _no_command(word: str) -> str:
    if os.path.exists(word) or is_address(word):
        word = shown(word)
        return f"{quoted(word)} is no command: to run the job on it, write barwise run {word}"
    near = nearest(word, COMMANDS)
    hint = f"did you mean {near}?" if near else f"commands are {listed(COMMANDS)}"
    return f"{quoted(word)} is no command: {hint}"
