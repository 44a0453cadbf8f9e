"""The commands `barwise` and `run.py`: a signal, a wrong word or an error becomes an exit code."""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module

from barwise.commands import run, terminal
from barwise.commands.common import FAILURE
from barwise.commands.parser import Parser, Version
from barwise.commands.stop import listening
from barwise.errors import BarwiseError, UsageError, named, of_system

COMMANDS = {  # a file here for each, in the order of the help
    "run": "compute the metrics of bars",
    "plan": "show what a run would read",
    "check": "apply all rules to bars",
    "convert": "write bars as Parquet",
    "verify": "compare a run's record with its files, and run it again",
    "diff": "show what differs between two records",
    "sample": "write made-up bars",
}


def main(argv: Sequence[str] | None = None) -> int:
    """The command `barwise`; gives its exit code, 0 or 1."""
    return _command(barwise_parser, argv)


def run_job(argv: Sequence[str] | None = None) -> int:
    """The command `python run.py`: the job alone, without a subcommand."""
    return _command(job_parser, argv)


def _command(parser: Callable[[], argparse.ArgumentParser], argv: Sequence[str] | None) -> int:
    started = time.perf_counter()
    # No linear algebra here needs threads; where none can start, OpenBLAS sends a SIGINT.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    collects = gc.isenabled()
    gc.disable()  # one pass makes few cycles; collecting takes 8 of 120 ms for 10,000 bars
    with listening(to_the_end=argv is None) as stop, terminal.prepared():
        try:
            try:
                arguments = parser().parse_args(argv)
            except UsageError:  # the parser has printed it
                _complain_of_old_metrics(sys.argv[1:] if argv is None else argv)
                return FAILURE
            return int(arguments.command(arguments, started, stop))
        except Exception as error:
            told = error if isinstance(error, BarwiseError) else of_system(error)
            if told is None:
                raise
            terminal.complain(f"error: {told}")
            return FAILURE
        finally:
            if argv is None:  # the collection at exit has nothing to look at: 9 of 120 ms
                gc.freeze()
            elif collects:
                gc.enable()


def _complain_of_old_metrics(argv: Sequence[str]) -> None:
    """Says that the metrics are old: a command line that cannot be parsed writes none."""
    following = [*argv[1:], ""]
    for word, path in zip(argv, following, strict=False):
        if word.startswith("--output="):
            path = word.removeprefix("--output=")
        if word.startswith("--output") and os.path.isfile(path):
            terminal.complain(f"{named(path)} is from an earlier run")


def barwise_parser() -> argparse.ArgumentParser:
    """The command `barwise`."""
    parser = Parser(
        prog="barwise", description="Reproducible rolling-mean signals over OHLCV bars."
    )
    parser.add_argument("--version", action=Version)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, what in COMMANDS.items():
        module = import_module(f"barwise.commands.{name}")
        module.add_arguments(commands.add_parser(name, help=what, description=module.DESCRIPTION))
    return parser


def job_parser() -> argparse.ArgumentParser:
    """The command `python run.py`: the job alone."""
    parser = Parser(prog="run.py", description=run.DESCRIPTION)
    run.add_arguments(parser)
    return parser
