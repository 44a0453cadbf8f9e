"""stdout and stderr of a job. Its results are files: a full or closed stream changes nothing."""

from __future__ import annotations

import io
import os
import select
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TextIO

from barwise.errors import OutputError, one_line, reason

MEANT_FOR_DEVELOPERS = (
    DeprecationWarning, PendingDeprecationWarning, ImportWarning,
    ResourceWarning,  # a signal may raise between the opening of a file and its `with`
)  # fmt: skip


@contextmanager
def prepared() -> Iterator[None]:
    """Within it streams escape what they cannot encode; warnings are lines on stderr.

    A library's warning is never an error, whatever -W or PYTHONWARNINGS says.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    with warnings.catch_warnings():
        warnings.simplefilter("default")
        for category in MEANT_FOR_DEVELOPERS:
            warnings.simplefilter("ignore", category)
        warnings.showwarning = _show_warning
        yield


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    complain(one_line(f"warning: {message} ({category.__name__}, {filename}:{lineno})"))


def is_ready() -> bool:
    """Whether stdout takes a few kilobytes at once, without waiting for its reader."""
    try:
        return bool(select.select([], [sys.stdout], [], 0)[1])
    except (OSError, ValueError, TypeError):  # closed, or not a file
        return False


def is_one() -> bool:
    """Whether stdout is a terminal."""
    try:
        return sys.stdout.isatty()
    except (AttributeError, ValueError):  # there is none, or it is closed
        return False


def say(text: str) -> None:
    """Prints to stdout, or nothing where stdout is full or closed."""
    _write(sys.stdout, text)


def complain(message: str) -> None:
    """Prints a line to stderr, or nothing where there is no stderr."""
    _write(sys.stderr, message.rstrip("\n") + "\n")


def ignored(line: str) -> None:
    """Takes a line of the log and prints nothing, for `--quiet`."""


def print_all(lines: Iterable[str]) -> None:
    """Prints lines that are the result itself; raises OutputError if stdout does not take them."""
    if sys.stdout is None:
        raise OutputError("cannot write to stdout: it is closed", code="output_failed")
    try:
        for line in lines:
            print(line, end="")
        print(end="", flush=True)
    except BrokenPipeError:  # its reader has read enough, as `head` does
        _abandon(sys.stdout)
    except OSError as error:
        _abandon(sys.stdout)
        raise OutputError(
            f"cannot write to stdout: {reason(error)}", code="output_failed"
        ) from None


def _write(stream: TextIO | None, text: str) -> None:
    if stream is None:  # closed before Python started
        return
    try:
        stream.write(text)
        stream.flush()
    except (OSError, ValueError):
        _abandon(stream)


def _abandon(stream: TextIO) -> None:
    """Points a broken stream at /dev/null, so that Python's flush at exit does not fail on it."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
