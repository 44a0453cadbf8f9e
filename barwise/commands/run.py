"""`barwise run`, which is the job of `python run.py`."""

from __future__ import annotations

import argparse
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from barwise.commands import terminal
from barwise.commands.common import add_config, add_input, add_on, add_workers
from barwise.commands.parser import Version, a_file
from barwise.errors import StoppedError

if TYPE_CHECKING:
    from barwise.commands.stop import Stop

DESCRIPTION = "Reads OHLCV bars, computes rolling-mean signals and writes metrics as JSON."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add = partial(parser.add_argument, metavar="FILE", type=a_file)
    add_input(parser)
    add_config(parser, needed=True)
    add(
        "--output", default="metrics.json",
        help="where the metrics go, as JSON; replaced whole or not at all; default metrics.json",
    )  # fmt: skip
    add(
        "--log-file", default="run.log",
        help="where log lines are appended; /dev/null for nowhere; default run.log",
    )  # fmt: skip
    parser.add_argument(
        "--log-format", choices=("text", "json"), default="text",
        help="of log lines: text, the default, or json, an object a line",
    )  # fmt: skip
    parser.add_argument(
        "--quiet", action="store_true", help="no log lines on stdout, so that it holds JSON alone"
    )
    add("--signals", help="where each bar's signal and rolling mean go: a .parquet or .csv file")
    add("--sweep", help="where the figures of each window of a sweep go: a .csv or .parquet file")
    add("--record", help="where a record of the run goes, which `barwise verify` can check")
    parser.add_argument(
        "--hash-objects", action="store_true",
        help="the record has the SHA-256 of objects in stores too, for which they are read whole",
    )  # fmt: skip
    add("--report", help="where a page for people goes, with charts and figures: an .html file")
    add_workers(parser)
    add_on(parser)
    parser.add_argument("--version", action=Version)
    parser.set_defaults(command=_run, is_job=True)


def _run(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    from barwise.commands import job, job_files
    from barwise.engine import metrics

    def tell(text: str) -> None:
        """Prints; a signal ends the wait for a reader that is stuck, and none begins after it."""
        if stop.received is None or terminal.is_ready():
            with stop.raising():
                terminal.say(text)

    def show(done: metrics.Metrics) -> None:
        with suppress(StoppedError):
            tell(metrics.to_json(done))
            if "evaluation" in done and not arguments.quiet and terminal.is_one():
                from barwise.commands import figures

                tell(figures.table(done))

    paths = job_files.Paths(
        tuple(arguments.input),
        arguments.config,
        arguments.output,
        arguments.log_file,
        arguments.workers,
        arguments.signals,
        arguments.record,
        arguments.report,
        arguments.log_format,
        arguments.on or "threads",
        arguments.hash_objects,
        arguments.sweep,
    )
    echo = terminal.ignored if arguments.quiet else tell
    return job.job(paths, echo, terminal.complain, show, started, stop)
