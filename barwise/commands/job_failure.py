"""What a job that fails leaves: its error metrics, and which run the other outputs are from."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from barwise.commands.common import not_importable
from barwise.engine import metrics
from barwise.engine.events import Message
from barwise.errors import WAYS_OUT, BarwiseError, OutputError, named
from barwise.files import writing
from barwise.files.opening import open_regular

if TYPE_CHECKING:
    from barwise.config import Config

METRICS = b'{\n  "version": '
Complain = Callable[[str], None]  # takes what belongs on stderr


def known_cause(error: BaseException) -> BarwiseError | None:
    """The error to report where a process has run out of something, or lacks a package; None for a
    bug.

    That may be behind the error: NumPy has an essay of its own for whatever keeps it from loading.
    """
    behind: BaseException | None = error
    while behind is not None:
        text = str(behind)
        if isinstance(behind, MemoryError):
            return BarwiseError(
                "out of memory: give the job more, or make the window smaller", code="out_of_memory"
            )
        if "start new thread" in text:
            return BarwiseError(
                "no thread could be started: raise the limit of processes (ulimit -u), or that of "
                "address space (ulimit -v)",
                code="limit_reached",
            )
        for number, then in WAYS_OUT.items():
            is_it = getattr(behind, "errno", None) == number
            if is_it or (isinstance(behind, ImportError) and _of_loader(number) in text):
                return BarwiseError(f"{os.strerror(number)}: {then}", code="limit_reached")
        behind = behind.__cause__ or behind.__context__
    return not_importable(error) if isinstance(error, ImportError) else None


def _of_loader(number: int) -> str:
    """What the loader of libraries says of a cause."""
    return "failed to map segment" if number == errno.ENOMEM else os.strerror(number)


def internal_error(error: BaseException) -> BarwiseError:
    """The error to report for an exception that barwise did not expect."""
    return BarwiseError(
        f"internal error, {type(error).__name__}: {error}; please report it with what stderr shows"
    )


def metrics_of(error: BarwiseError, config: Config | None, path: str) -> metrics.Metrics:
    """The metrics of a run that failed; `config`: that of the file at `path`, once it is loaded."""
    wants_code = config.error_code if config else asks_for_code(path)
    version = config.version if config else error.version
    return metrics.failure(version, str(error), error.code if wants_code else "")


def asks_for_code(path: str) -> bool:
    """Whether the config at `path` asks for the codes of errors, as far as it can be read."""
    try:
        from barwise import config
    except ImportError:  # what reads it is not installed, which may be the error
        return False
    return config.asks_for_code(path)


def message_of(error: BarwiseError) -> Message:
    """The last line of the log of a run that failed."""
    words = str(error)
    return Message("job_failed", words, error_message=words, error_code=error.code)


def holds_metrics(path: str) -> bool:
    """Whether there is no file at a path, or one that begins as metrics do, and so has no bars."""
    try:
        with open_regular(path, "metrics", OutputError) as file:
            return file.read(len(METRICS)) == METRICS
    except (OutputError, OSError):
        return not os.path.lexists(path)


def write(failed: metrics.Metrics, output: str, complain: Complain) -> None:
    """Replaces the metrics, or says that they are from an earlier run."""
    try:
        with writing.replacing(writing.target(output, "metrics")) as file:
            file.write(metrics.to_json(failed).encode())
    except OutputError as unwritten:
        complain(str(unwritten))
        if os.path.isfile(output):
            complain(f"{named(output)} is from an earlier run")


def explain_leftover(role: str, path: str, made: os.stat_result | None, complain: Complain) -> None:
    """Says which run the output at `path` is from, if it is there; removes a record of this run.

    `made`: `os.stat` of the file that this run has made for it, which may be at `path` by now.
    """
    try:
        present = os.stat(path)
    except (OSError, ValueError):
        return
    if made is None or not os.path.samestat(present, made):
        complain(f"{named(path)} is from an earlier run")
    elif role != "record file":
        complain(f"{named(path)} is from this run, which failed after it")
    else:
        try:
            writing.remove(path, role)
            complain(f"{named(path)} is removed, since its run failed after it")
        except OutputError as remains:
            complain(str(remains))
