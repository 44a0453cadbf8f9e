"""What several commands share: arguments, exit codes, and what they show."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from barwise.commands import terminal
from barwise.commands.parser import where, whole
from barwise.errors import StoppedError, told

if TYPE_CHECKING:
    from barwise.commands.progress import Progress
    from barwise.commands.stop import Stop
    from barwise.config import Config
    from barwise.engine.execute import Executor
    from barwise.records.diff import Comparison

SUCCESS, FAILURE, GATE_FAILED = 0, 1, 2
USUAL_CONFIG = "config.yaml"


def exit_code(done: Mapping[str, Any]) -> int:
    """That of a job with those metrics."""
    if done["status"] != "success":
        return FAILURE
    return SUCCESS if done.get("gates_passed", True) else GATE_FAILED


def add_input(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "paths", nargs="*", metavar="PATH",
        help="bars: a file (CSV, also .gz, .zst or .zip; Parquet; Arrow or Feather), a folder, "
        "a pattern in quotes, or an address such as s3://bucket/lake/",
    )  # fmt: skip
    parser.add_argument(
        "--input", action="extend", nargs="+", metavar="PATH", help="the same; may be repeated"
    )


def add_config(parser: argparse.ArgumentParser, needed: bool) -> None:
    """The option --config of a command that cannot do without, or can."""
    where_there_is_one = "" if needed else " where there is one"
    parser.add_argument(
        "--config",
        default=USUAL_CONFIG if needed else None,
        metavar="FILE",
        help="YAML file with seed, window and version, and what else docs/config.md lists; default "
        f"{USUAL_CONFIG}{where_there_is_one}",
    )


def config_of(arguments: argparse.Namespace) -> str | Config:
    """The config of a command that can do without one."""
    if arguments.config is not None:
        return str(arguments.config)
    if os.path.exists(USUAL_CONFIG):
        terminal.complain(f"config: {USUAL_CONFIG}, as --config names no other")
        return USUAL_CONFIG
    return without_config()


def without_config() -> Config:
    """The config where nobody gives one: bars are read as they show, and no signal is computed."""
    from barwise.config import of_keys

    return of_keys({"window": 1})


def add_workers(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--workers", type=whole(1, 1024), metavar="N",
        help="threads that compute, by default as many as there are cores; changes no result",
    )  # fmt: skip


def add_on(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--on", type=where, metavar="WHERE",
        help="who computes: threads, the default; processes:N; or a Dask cluster, "
        "dask://HOST:PORT, dask+tls://HOST:PORT or dask+file://FILE; changes no result",
    )  # fmt: skip


@contextmanager
def working(started: float, stop: Stop) -> Iterator[Progress]:
    """Within it progress is shown, and a signal ends the command."""
    from barwise.commands.progress import Progress

    with stop.raising(), closing(Progress(started, stop.check)) as progress:
        stop.check()
        yield progress


def executor_of(arguments: argparse.Namespace) -> Executor:
    """Who computes. To be called where no signal may raise: it imports packages."""
    from barwise.engine.local import chosen

    return chosen(arguments.on, arguments.workers)


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON, and nothing else")


def show(comparison: Comparison, stop: Stop, as_json: bool) -> int:
    """Prints a comparison, and gives the exit code."""
    from barwise.engine import metrics

    with stop.raising():
        stop.check()
        text = metrics.to_json(comparison.as_dict()) if as_json else f"{comparison}\n"
        terminal.print_all([text])
    return SUCCESS if comparison.passed else FAILURE


@contextmanager
def errors_too(as_json: bool) -> Iterator[None]:
    """Within it an error is also printed as JSON, where JSON is asked for."""
    try:
        yield
    except Exception as error:
        known = told(error)
        if known is None:
            raise
        # A reader that is stuck is not waited for once a signal has come.
        if as_json and (not isinstance(known, StoppedError) or terminal.is_ready()):
            from barwise.engine import metrics

            terminal.say(metrics.to_json(metrics.report_of(known)))
        raise known from None
