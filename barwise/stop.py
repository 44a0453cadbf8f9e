"""The signals that end a job: each becomes a StoppedError where the job stands."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from barwise.errors import StoppedError

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


@contextmanager
def stoppable() -> Iterator[None]:
    """Within it SIGTERM, SIGINT and SIGHUP raise StoppedError; a signal that is ignored stays so.

    Main thread only, as Python's signals are.
    """
    before = {s: signal.getsignal(s) for s in SIGNALS if signal.getsignal(s) != signal.SIG_IGN}
    try:
        for number in before:
            signal.signal(number, _stop)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def ignore() -> None:
    """From here to the end of `stoppable` the job is as good as done, and is not stopped."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _stop(number: int, frame: FrameType | None) -> None:
    name = "Ctrl-C (SIGINT)" if number == signal.SIGINT else signal.Signals(number).name
    raise StoppedError(f"stopped by {name} before it was done: run it again")
