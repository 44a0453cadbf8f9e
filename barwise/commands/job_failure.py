"""What a job that fails leaves: its error metrics, and which run the other outputs are from."""

from __future__ import annotations

import os
from collections.abc import Callable

from barwise.engine import metrics
from barwise.engine.output import Output
from barwise.errors import BarwiseError, OutputError, named, reason
from barwise.files import writing

Complain = Callable[[str], None]  # takes what belongs on stderr


def internal_error(error: BaseException) -> BarwiseError:
    """The error to report for an exception that barwise did not expect."""
    return BarwiseError(
        f"internal error, {type(error).__name__}: {error}; please report it with what stderr shows"
    )


def write(failed: metrics.Metrics, output: str, complain: Complain) -> None:
    """Replaces the metrics, or says that they are from an earlier run."""
    writing.replace_or_complain(output, "metrics", metrics.to_json(failed).encode(), complain)


def explain_leftover(output: Output, complain: Complain) -> None:
    """Says which run an output is from, if it is there; removes a record of this run."""
    path = output.path
    try:
        present = os.stat(path)
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        complain(f"nobody can say which run {named(path)} is from: {reason(error)}")
        return
    if output.made is None or not os.path.samestat(present, output.made):
        complain(f"{named(path)} is from an earlier run")
    elif output.kind != "record":
        complain(f"{named(path)} is from this run, which failed after it")
    else:
        try:
            writing.remove(path, output.role)
            complain(f"{named(path)} is removed, since its run failed after it")
        except OutputError as remains:
            complain(str(remains))
