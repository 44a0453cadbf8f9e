"""The command line: reads it, calls the library, and turns what comes into an exit code.

What a command needs is imported when it is called: 30 of 120 ms in which a signal is heard already.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, NoReturn

from barwise import __version__, terminal
from barwise.errors import BarwiseError, StoppedError, UsageError, named, quoted
from barwise.stop import Stop, listening

if TYPE_CHECKING:
    from barwise.progress import Progress

SUCCESS, FAILURE = 0, 1


def main(argv: Sequence[str] | None = None) -> int:
    """The command `barwise`; gives its exit code, 0 or 1."""
    return _command(_barwise_parser, argv)


def run_job(argv: Sequence[str] | None = None) -> int:
    """The command `python run.py`: the job alone, without a subcommand."""
    return _command(lambda: _job_arguments(_Parser(prog="run.py", description=JOB)), argv)


def _command(parser: Callable[[], argparse.ArgumentParser], argv: Sequence[str] | None) -> int:
    started = time.perf_counter()
    collects = gc.isenabled()
    gc.disable()  # one pass makes no cycles to speak of; 8 of 120 ms for 10,000 bars
    with listening(to_the_end=argv is None) as stop, terminal.prepared():
        try:
            arguments = parser().parse_args(argv)
            return int(arguments.command(arguments, started, stop))
        except UsageError:  # said where it was found
            _complain_of_old_metrics(sys.argv[1:] if argv is None else argv)
            return FAILURE
        except BarwiseError as error:
            terminal.complain(f"error: {error}")
            return FAILURE
        finally:
            if argv is None:  # nothing for the collection at exit to look at: 9 of 120 ms
                gc.freeze()
            elif collects:
                gc.enable()


def _complain_of_old_metrics(argv: Sequence[str]) -> None:
    """A command line that cannot be parsed writes nothing; whoever reads the file must know."""
    following = [*argv[1:], ""]
    for word, path in zip(argv, following, strict=False):
        if word.startswith("--output="):
            path = word.removeprefix("--output=")
        if word.startswith("--output") and os.path.isfile(path):
            terminal.complain(f"{named(path)} is from an earlier run")


class _Parser(argparse.ArgumentParser):
    """argparse, but a wrong command line gives a usage line on stderr and exit code 1."""

    def __init__(self, **options: Any) -> None:
        wide = partial(argparse.HelpFormatter, width=100)
        super().__init__(allow_abbrev=False, formatter_class=wide, **options)

    def error(self, message: str) -> NoReturn:
        terminal.complain(" ".join(self.format_usage().split()))
        error = UsageError(f"wrong command line: {message}")
        if self.get_default("command") is _run:  # whoever reads the job's stdout gets JSON always
            from barwise import metrics

            terminal.say(metrics.to_json(metrics.failure(error.version, str(error))))
        terminal.complain(f"{self.prog}: error: {message}")
        raise error


JOB = "Reads OHLCV bars, computes rolling-mean signals and writes metrics as JSON."


def _barwise_parser() -> argparse.ArgumentParser:
    parser = _Parser(
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


def _job_arguments(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    add = partial(parser.add_argument, required=True, metavar="FILE")
    _input_arguments(parser)
    add("--output", help="where the metrics go, as JSON; replaced whole or not at all")
    add("--log-file", help="where log lines are appended; /dev/null for nowhere")
    parser.add_argument(
        "--quiet", action="store_true", help="no log lines on stdout, so that it holds JSON alone"
    )
    parser.add_argument(
        "--signals", default="", metavar="FILE",
        help="where each bar's signal and rolling mean go: a .parquet or .csv file",
    )  # fmt: skip
    _workers_argument(parser)
    parser.add_argument("--version", action="version", version=f"barwise {__version__}")
    parser.set_defaults(command=_run)
    return parser


def _input_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--input", required=True, action="extend", nargs="+", metavar="PATH",
        help="bars: a file (CSV, also .gz, .zst or .zip; Parquet; Arrow or Feather), a folder or "
        "a pattern in quotes; may be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--config", required=True, metavar="FILE", help="YAML file with seed, window and version"
    )


def _workers_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers", type=_whole(1, 1024), metavar="N",
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
    parser.add_argument("--json", metavar="FILE", help="where the report goes too, as JSON")
    _workers_argument(parser)
    parser.set_defaults(command=_check)


def _check(arguments: argparse.Namespace, started: float, stop: Stop) -> int:
    from barwise.checking import check, check_into

    words, config = arguments.input, arguments.config
    with _progress(started, stop) as progress:
        if arguments.json:
            report = check_into(
                arguments.json, words, config, workers=arguments.workers, progress=progress
            )
        else:
            report = check(words, config, workers=arguments.workers, progress=progress)
    terminal.print_all([f"{report}\n"])
    return SUCCESS if report.is_clean else FAILURE


CONVERT = "Writes bars as Hive Parquet: a folder a symbol, a file a year, whole or not at all."


def _convert_arguments(parser: argparse.ArgumentParser) -> None:
    _input_arguments(parser)
    parser.add_argument("--to", required=True, metavar="FOLDER", help="a new or empty folder")
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
        )
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
    rows, seed = _whole(1, 10**9), _whole(0, 2**64 - 1)  # 10**9 minutes are 1,900 years
    parser.add_argument("--rows", type=rows, default=10_000, metavar="N", help="default 10000")
    parser.add_argument("--seed", type=seed, default=42, metavar="N", help="default 42")
    parser.add_argument(
        "--tick", type=_cents, default=1, metavar="USD", help="price step, default 0.01"
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


def _whole(smallest: int, largest: int) -> Callable[[str], int]:
    def whole_number(text: str) -> int:
        digits = text.isascii() and text.isdigit() and len(text) <= 20
        if not (digits and smallest <= int(text) <= largest):
            raise argparse.ArgumentTypeError(
                f"{quoted(text)} is no whole number from {smallest} to {largest}"
            )
        return int(text)

    return whole_number


def _cents(text: str) -> int:
    dollars, _, cents = text.partition(".")
    digits = dollars + cents.ljust(2, "0")
    if not (digits.isascii() and digits.isdigit() and 2 < len(digits) < 10 and int(digits) > 0):
        raise argparse.ArgumentTypeError(f"{quoted(text)} is no price step such as 0.01 or 25")
    if len(cents) > 2:
        raise argparse.ArgumentTypeError(
            f"{quoted(text)} is finer than the two decimals of a price"
        )
    return int(digits)
