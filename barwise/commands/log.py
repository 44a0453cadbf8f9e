"""The log of one job: lines of time, level and message, to a file and to stdout."""

from __future__ import annotations

import time
from collections.abc import Callable

from barwise.errors import one_line


class Lines:
    """Writes each message as one line, `2024-01-06 16:00:00 - INFO - message`, in local time.

    Each of the `writers` gets each line. The standard library's logging takes 4 ms to import, and
    goes on when a line is lost; here what a writer raises is raised.
    """

    def __init__(self, *writers: Callable[[str], None]) -> None:
        self.writers = writers

    def info(self, message: str) -> None:
        self._write("INFO", message)

    def warning(self, message: str) -> None:
        self._write("WARNING", message)

    def error(self, message: str) -> None:
        self._write("ERROR", message)

    def _write(self, level: str, message: str) -> None:
        line = f"{time.strftime('%Y-%m-%d %H:%M:%S')} - {level} - {one_line(message)}\n"
        for write in self.writers:
            write(line)
