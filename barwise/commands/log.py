"""The log of one job: lines of time, level and message, to every place that takes them."""

from __future__ import annotations

import time
from collections.abc import Callable

from barwise.errors import one_line


class Lines:
    """Writes each message as one line, `2024-01-06 16:00:00 - INFO - message`, in local time.

    The standard library's logging costs 4 ms to import and keeps going when a line is lost;
    here whatever `takers` raise is raised.
    """

    def __init__(self, *takers: Callable[[str], None]) -> None:
        self.takers = takers

    def info(self, message: str) -> None:
        self._write("INFO", message)

    def warning(self, message: str) -> None:
        self._write("WARNING", message)

    def error(self, message: str) -> None:
        self._write("ERROR", message)

    def _write(self, level: str, message: str) -> None:
        line = f"{time.strftime('%Y-%m-%d %H:%M:%S')} - {level} - {one_line(message)}\n"
        for take in self.takers:
            take(line)
