"""A progress bar on stderr for work of more than two seconds, where a terminal watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from barwise.engine.events import Silent

if TYPE_CHECKING:
    from barwise.commands.log import Lines

PATIENCE = 2.0  # seconds


class Progress(Silent):
    """The events of a command: progress goes to the terminal, messages to the log, if it has one.

    check: called with each event of progress; may raise.
    """

    def __init__(
        self, started: float, check: Callable[[], None] = lambda: None, log: Lines | None = None
    ) -> None:
        self.check, self.log = check, log
        self.due = started + PATIENCE
        self.watched = sys.stderr is not None and sys.stderr.isatty()
        self.bar: Any = None

    def info(self, message: str) -> None:
        if self.log:
            self.log.info(message)

    def warning(self, message: str) -> None:
        if self.log:
            self.log.warning(message)

    def progress(self, done: int, size: int) -> None:
        """Shows the bytes that are read of those in all."""
        self.check()
        if not self.watched or time.perf_counter() < self.due:
            return
        with suppress(OSError, ValueError):  # a terminal that goes away stops no job
            if self.bar is None:
                from tqdm import tqdm  # 30 ms

                tqdm.monitor_interval = 0  # no thread
                self.bar = tqdm(
                    total=size, desc="reading", unit="B", unit_scale=True, leave=False,
                    file=sys.stderr, dynamic_ncols=True,
                )  # fmt: skip
            self.bar.update(done - self.bar.n)

    def close(self) -> None:
        """Removes the bar from the terminal."""
        if self.bar is not None:
            with suppress(OSError, ValueError):
                self.bar.close()
