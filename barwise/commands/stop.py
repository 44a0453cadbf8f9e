"""SIGTERM, SIGINT and SIGHUP: remembered whenever they come, raised only where a job allows it.

A handler that raises anywhere would raise while NumPy is imported, where others swallow the error
or leave a lock behind (seen in 1 of 100 random instants of a start); so the job says where.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from barwise.errors import StoppedError

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stop:
    """The first signal that came, and whether the next one may raise where the code stands.

    to_the_end: the process has nothing left to do afterwards.
    """

    def __init__(self, to_the_end: bool = False) -> None:
        self.to_the_end = to_the_end
        self.received: int | None = None
        self.raises = False

    def check(self) -> None:
        """Raises StoppedError if a signal has come."""
        if self.received is not None:
            name = signal.Signals(self.received).name
            if self.received == signal.SIGINT:
                name = f"Ctrl-C ({name})"
            raise StoppedError(f"stopped by {name} before it was done: run it again")

    @contextmanager
    def raising(self, raises: bool = True) -> Iterator[None]:
        """Within it a signal raises StoppedError at once; with False, only `check` does."""
        before, self.raises = self.raises, raises
        try:
            yield
        finally:
            self.raises = before

    def stand(self) -> None:
        """To the end of the present block what is done stands: no signal stops it any more."""
        self.check()
        self.raises = False

    def handle(self, number: int, frame: FrameType | None) -> None:
        self.received = self.received or number
        if self.raises:
            self.raises = False
            self.check()


@contextmanager
def listening(to_the_end: bool) -> Iterator[Stop]:
    """Within it signals are remembered; one that is ignored stays so. In another than the
    main thread, where Python hears none, nothing happens.

    What is ignored, as SIGINT is in a shell's background, is blocked too: while polars works it has
    a handler of its own for SIGINT, and 37 of 130 such signals ended a job without a word.

    `to_the_end`: the process has nothing left to stop afterwards, so that signals are ignored.
    """
    stop = Stop(to_the_end)
    in_main_thread = threading.current_thread() is threading.main_thread()
    before = {s: signal.getsignal(s) for s in SIGNALS if in_main_thread}
    ignored = {s for s, handler in before.items() if handler in (signal.SIG_IGN, None)}
    before = {s: handler for s, handler in before.items() if s not in ignored}
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, ignored)
    for number in before:
        signal.signal(number, stop.handle)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if to_the_end else handler)
        if not to_the_end:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
