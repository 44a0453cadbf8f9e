"""The commands, one file each: which words it takes, and what of the library it calls.

What a command needs is imported when it is called: 30 of 120 ms in which a signal is heard already.
"""

from __future__ import annotations

import argparse
from importlib import import_module

from barwise.command_line import Parser
from barwise.commands import run
from barwise.version import __version__

COMMANDS = {  # each a file here, in the order of the help
    "run": "compute the metrics of bars",
    "plan": "show what a run would read",
    "check": "apply all rules to bars",
    "convert": "write bars as Parquet",
    "verify": "compare a run's record with its files, and run it again",
    "diff": "show what differs between two records",
    "sample": "write made-up bars",
}


def barwise_parser() -> argparse.ArgumentParser:
    """The command `barwise`."""
    parser = Parser(
        prog="barwise", description="Reproducible rolling-mean signals over OHLCV bars."
    )
    parser.add_argument("--version", action="version", version=f"barwise {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, what in COMMANDS.items():
        room = import_module(f"barwise.commands.{name}")
        room.add_arguments(commands.add_parser(name, help=what, description=room.DESCRIPTION))
    return parser


def job_parser() -> argparse.ArgumentParser:
    """The command `python run.py`: the job alone."""
    parser = Parser(prog="run.py", description=run.DESCRIPTION)
    run.add_arguments(parser)
    return parser
