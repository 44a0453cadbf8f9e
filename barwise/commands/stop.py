"""SIGTERM, SIGINT and SIGHUP: remembered whenever they come, raised only where a job allows it.

If a handler could raise anywhere, it would do so while NumPy is imported, where the error is
swallowed or a lock stays locked (in 1 of 100 starts, at random instants); so the job says where.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType
from typing import Any

from barwise.commands import patience, terminal
from barwise.errors import StoppedError

SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Stop:
    """The first signal that came, and whether the next one may raise where the code is now.

    to_the_end: the process does nothing after this.
    received: the number of the first signal; None: none has come.
    raises: whether the next signal raises StoppedError at once.
    last_words: what a process does that is ended from outside, as it did not end itself.
    """

    def __init__(self, to_the_end: bool = False) -> None:
        self.to_the_end = to_the_end
        self.received: int | None = None
        self.raises = False
        self.last_words: Callable[[StoppedError], object] = _complain
        self._code: int | None = None  # how the process ends, once its last stage is over
        self._last_stage = threading.Lock()  # whoever has it ends the process, and nobody else

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

    def ignore_from_here(self) -> None:
        """From here on no signal stops the process any more; once a process."""
        self.check()
        self.raises = False
        self._last_stage.acquire()

    @contextmanager
    def last_stage(self, code: int) -> Iterator[None]:
        """Within it nobody ends the process from outside, and after it only with this exit code."""
        with self._last_stage:
            yield
            self._code = code

    def end(self, number: int) -> None:
        """Ends the process, which a signal has not ended; in a thread of its own."""
        with self._last_stage:
            try:
                if self._code is None:
                    self.received = self.received or number
                    self.check()
            except StoppedError as error:
                self.last_words(error)
            finally:
                os._exit(1 if self._code is None else self._code)

    def handle(self, number: int, frame: FrameType | None) -> None:
        self.received = self.received or number
        if self.raises:
            self.raises = False
            self.check()


def _complain(error: StoppedError) -> None:
    terminal.complain(f"error: {error}")


@contextmanager
def listening(to_the_end: bool) -> Iterator[Stop]:
    """Within it signals are remembered; one that is ignored stays ignored. Outside the main
    thread, where Python handles no signals, it does nothing.

    `to_the_end`: the process does nothing after this, so signals are ignored from then on.
    """
    stop = Stop(to_the_end)
    in_main_thread = threading.current_thread() is threading.main_thread()
    before = {s: signal.getsignal(s) for s in SIGNALS if in_main_thread}
    before = {s: h for s, h in before.items() if h not in (signal.SIG_IGN, None)}
    for number in before:
        signal.signal(number, stop.handle)
    if to_the_end and before:
        patience.begin(before, stop.end)
    hook = sys.unraisablehook
    sys.unraisablehook = partial(_unraisable, stop, hook)
    try:
        yield stop
    finally:
        sys.unraisablehook = hook
        for number, handler in before.items():
            signal.signal(number, signal.SIG_IGN if to_the_end else handler)


def _unraisable(stop: Stop, hook: Callable[[Any], object], unraisable: Any) -> None:
    """Says what no code can catch, but for a thread that a signal has kept from starting.

    Python forgets such a thread, which then cannot find itself (`threading._limbo`).
    """
    of_thread = getattr(unraisable.object, "__func__", None) is threading.Thread._bootstrap  # type: ignore[attr-defined]
    if not (of_thread and stop.received is not None and unraisable.exc_type is KeyError):
        hook(unraisable)
