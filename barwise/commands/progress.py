"""A progress bar on stderr for work of more than two seconds, where a terminal watches."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

PATIENCE = 2.0  # seconds


class Progress:
    """Called with the bytes that are read, and those in all: shows them, or does nothing.

    Each call first calls `check`, which may raise.
    """

    def __init__(self, started: float, check: Callable[[], None] = lambda: None) -> None:
        self.check = check
        self.due = started + PATIENCE
        self.watched = sys.stderr is not None and sys.stderr.isatty()
        self.bar: Any = None

    def __call__(self, done: int, size: int) -> None:
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
