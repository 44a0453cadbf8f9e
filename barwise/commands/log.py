"""The log of one job: a line for each message, as text or as JSON, to a file and to stdout."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable

from barwise.engine.events import Message
from barwise.errors import one_line

Form = Callable[[str, str], str]  # the line of a level and a message


def as_text(level: str, message: str) -> str:
    """A line such as `2024-01-06 16:00:00 - INFO - message`, in local time."""
    return f"{time.strftime('%Y-%m-%d %H:%M:%S')} - {level} - {one_line(message)}"


class Lines:
    """Writes each message as one line.

    Each of the `writers` gets each line, in the `form` that is asked for. The standard library's
    logging takes 4 ms to import, and goes on when a line is lost; here what a writer raises is
    raised.
    """

    def __init__(self, *writers: Callable[[str], None], form: Form = as_text) -> None:
        self.form, self.writers = form, writers

    def info(self, message: str) -> None:
        self._write("INFO", message)

    def warning(self, message: str) -> None:
        self._write("WARNING", message)

    def error(self, message: str) -> None:
        self._write("ERROR", message)

    def _write(self, level: str, message: str) -> None:
        line = self.form(level, message) + "\n"
        for write in self.writers:
            write(line)


class AsJson:
    """The form of lines that are JSON objects; docs/machines.md says what they hold.

    run: random, the same in all lines of one job.
    """

    def __init__(self) -> None:
        self.run = os.urandom(16).hex()

    def __call__(self, level: str, message: str) -> str:
        told = message if isinstance(message, Message) else Message("message", message)
        line = {
            "time": utc(time.time_ns()),
            "level": level,
            "run": self.run,
            "event": told.event,
            "message": one_line(message),
            "fields": told.fields,
        }
        return json.dumps(line)


def utc(nanoseconds: int) -> str:
    """A time since 1970 in UTC, as RFC 3339 has it, in milliseconds.

    >>> utc(1_704_556_800_123_456_789)
    '2024-01-06T16:00:00.123Z'
    """
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{rest // 10**6:03}Z"


FORMS: dict[str, Callable[[], Form]] = {"text": lambda: as_text, "json": AsJson}
