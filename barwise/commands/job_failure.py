"""What a job that fails leaves: its error metrics, and which run the other outputs are from."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from barwise.engine import metrics
from barwise.engine.events import Message
from barwise.engine.output import Output
from barwise.errors import BarwiseError, OutputError, named, reason
from barwise.files import writing
from barwise.files.addresses import is_address, shown
from barwise.files.opening import open_regular

if TYPE_CHECKING:
    from barwise.config import Config

# How files begin that are written here, and never bars: patterns of bytes.
METRICS = rb"\{"
LOG = rb'\{"time": "|[-: \d]{19} - [A-Z]+ - '
HEAD = 64  # bytes that are looked at
Complain = Callable[[str], None]  # takes what belongs on stderr


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


def is_ours(path: str, begins: bytes) -> bool:
    """Whether a path has no file with bars: none at all, an empty one, or one that begins so."""
    import re  # here, as only a job that is stopped in its search needs it

    try:
        with open_regular(path, "output", OutputError) as file:
            head = file.read(HEAD)
    except (OutputError, OSError):
        return not (is_address(path) or os.path.isfile(path))
    return not head or re.match(begins, head) is not None


def left_alone(path: str) -> str:
    """What is said of metrics that are not replaced by those of a job stopped in its search."""
    return (
        f"{named(path)} stays as it is: it does not hold metrics, and may be an input that was not "
        "found yet"
    )


def write(failed: metrics.Metrics, output: Output, complain: Complain) -> None:
    """Replaces the metrics, or says that they are from an earlier run."""
    if output.refused:  # a store that does not answer is not waited for again
        complain(str(output.refused))
        explain_leftover(output, complain)
    else:
        data = metrics.to_json(failed).encode()
        writing.replace_or_complain(output.path, "metrics", data, complain)


def explain_leftover(output: Output, complain: Complain) -> None:
    """Says which run an output is from, if it is there; removes a record of this run."""
    path = output.path
    try:
        is_of_this_run = output.is_in_place()
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        complain(f"nobody can say which run {named(path)} is from: {reason(error)}")
        return
    if not is_of_this_run:
        where = f"{named(shown(path))}, if it is there," if is_address(path) else named(path)
        complain(f"{where} is from an earlier run")
    elif output.kind != "record":
        complain(f"{named(path)} is from this run, which failed after it")
    else:
        try:
            writing.remove(path, output.role)
            complain(f"{named(path)} is removed, since its run failed after it")
        except OutputError as remains:
            complain(str(remains))
