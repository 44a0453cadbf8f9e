"""The commands: which words each takes, and what of the library it calls.

What a command needs is imported when it is called: 30 of 120 ms in which a signal is heard already.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from barwise import __version__, terminal
from barwise.command_line import Parser, cents, whole
from barwise.errors import StoppedError

if TYPE_CHECKING:
    from barwise.progress import Progress
    from barwise.stop import Stop

SUCCESS, FAILURE = 0, 1

JOB = "Reads OHLCV bars, computes rolling-mean signals and writes metrics as JSON."


def barwise_parser() -> argparse.ArgumentParser:
    """The command `barwise`."""
    parser = Parser(
        prog="barwise", description="Reproducible rolling-mean signals over OHLCV bars."
    )
    parser.add_argument("--version", action="version", version=f"barwise {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _job_arguments(commands.add_parser("run", help="compute the metrics of bars", description=JOB))
    _plan_arguments(
        commands.add_parser("plan", help="show what a run would read", description=PLAN)
    )
    _check_arguments(
        commands.add_parser("check", help="apply all rules to bars", description=CHECK)
    )
    _convert_arguments(
        commands.add_parser("convert", help="write bars as Parquet", description=CONVERT)
    )
    _sample_arguments(commands.add_parser("sample", help="write made-up bars", description=SAMPLE))
    return parser


def job_parser() -> argparse.ArgumentParser:
    """The command `python run.py`: the job alone."""
    return _job_arguments(Parser(prog="run.py", description=JOB))


def _job_arguments(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    add = partial(parser.add_argument, required=True, metavar="FILE")
    _input_arguments(parser)
    add("--output", help="where the metrics go, as JSON; replaced whole or not at all")
    add("--log-file", help="where log lines are appended; /dev/null for nowhere")
    parser.add_argument(
        "--quiet", action="store_true", help="no log lines on stdout, so that it holds JSON alone"
    )
    parser.add_argument(
        "--signals", metavar="FILE",
        help="where each bar's signal and rolling mean go: a .parquet or .csv file",
    )  # fmt: skip
    _workers_argument(parser)
    parser.add_argument("--version", action="version", version=f"barwise {__version__}")
    parser.set_defaults(command=_run, is_job=True)
    return parser


def _input_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--input", required=True, action="extend", nargs="+", metavar="PATH",
        help="bars: a file (CSV, also .gz, .zst or .zip; Parquet; Arrow or Feather), a folder or "
        "a pattern in quotes; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--config",
        required=True,
        metavar="FILE",
        help="YAML file with seed, window and version, and what else README lists",
    )


def _workers_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers", type=whole(1, 1024), metavar="N",
        help="threads that compute, by default as many as there are cores; changes no result",
    )  # fmt: skip


def _run(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    from barwise import job, metrics

    def tell(text: str) -> None:
        """Prints; a signal leaves a reader that is stuck, and after one nobody waits for it."""
        if stop.received is None or terminal.is_ready():
            with stop.raising():
                terminal.say(text)

    paths = job.Paths(
        tuple(arguments.input),
        arguments.config,
        arguments.output,
        arguments.log_file,
        arguments.workers,
        arguments.signals,
    )
    echo = terminal.ignored if arguments.quiet else tell
    with terminal.ours_alone():
        done = job.job(paths, echo, terminal.complain, started, stop)
    with suppress(StoppedError):
        tell(metrics.to_json(done))
    return SUCCESS if done["status"] == "success" else FAILURE


PLAN = "Shows which files a run would read, in which order, and whose bars they hold."


def _plan_arguments(parser: argparse.ArgumentParser) -> None:
    _input_arguments(parser)
    parser.set_defaults(command=_plan)


def _plan(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    from barwise.planning import plan

    with stop.raising():
        stop.check()
        with terminal.ours_alone():
            planned = plan(arguments.input, arguments.config)
        terminal.print_all([f"{planned}\n"])
    return SUCCESS


CHECK = "Applies every rule to the bars of every symbol; exit code 1 where one is broken."


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    _input_arguments(parser)
    parser.add_argument("--json", metavar="FILE", help="write the report there too, as JSON")
    _workers_argument(parser)
    parser.set_defaults(command=_check)


def _check(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    from barwise.checking import check, check_into

    words, config = arguments.input, arguments.config
    with _progress(started, stop) as progress:
        if arguments.json is not None:
            report = check_into(
                arguments.json, words, config, workers=arguments.workers, progress=progress
            )
        else:
            report = check(words, config, workers=arguments.workers, progress=progress)
    with stop.raising():
        stop.check()
        terminal.print_all([f"{report}\n"])
    return SUCCESS if report.is_clean else FAILURE


CONVERT = (
    "Writes bars as Hive Parquet, a folder a symbol and a file a year; the lake appears when it is "
    "whole, or not at all."
)


def _convert_arguments(parser: argparse.ArgumentParser) -> None:
    _input_arguments(parser)
    parser.add_argument(
        "--to",
        required=True,
        metavar="FOLDER",
        help="a new or empty folder; the one above it must exist",
    )
    _workers_argument(parser)
    parser.set_defaults(command=_convert)


def _convert(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    from barwise.conversion import convert

    with _progress(started, stop) as progress:
        converted = convert(
            arguments.input,
            arguments.config,
            arguments.to,
            workers=arguments.workers,
            progress=progress,
            appearing=stop.stand,
        )
    with suppress(StoppedError), stop.raising():  # the lake is there, whoever reads of it
        for line in converted.doubts:
            terminal.complain(f"warning: {line}")
        terminal.print_all([f"{converted}\n"])
    return SUCCESS


@contextmanager
def _progress(started: float, stop: Stop) -> Iterator[Progress]:
    """Shows how far a command is, which a signal ends; polars' own words on stderr are dropped."""
    from barwise.progress import Progress

    with (
        stop.raising(),
        terminal.ours_alone(),
        closing(Progress(started, stop.check)) as progress,
    ):
        stop.check()
        yield progress


SAMPLE = "Writes made-up BTC/USD-like minute bars as CSV; the same seed gives the same bytes."


def _sample_arguments(parser: argparse.ArgumentParser) -> None:
    rows, seed = whole(1, 10**9), whole(0, 2**64 - 1)  # 10**9 minutes are 1,900 years
    parser.add_argument("--rows", type=rows, default=10_000, metavar="N", help="default 10000")
    parser.add_argument("--seed", type=seed, default=42, metavar="N", help="default 42")
    parser.add_argument(
        "--tick", type=cents, default=1, metavar="USD", help="price step, default 0.01"
    )
    parser.add_argument("--output", metavar="FILE", help="default: stdout")
    parser.set_defaults(command=_sample)


def _sample(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    from barwise import outputs, sample

    lines = sample.rows(arguments.rows, arguments.seed, arguments.tick)
    with stop.raising():
        stop.check()
        if arguments.output is None:
            terminal.print_all(lines)
        else:
            with outputs.replacing(outputs.target(arguments.output, "sample")) as file:
                file.writelines(line.encode() for line in lines)
    return SUCCESS
