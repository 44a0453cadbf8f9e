"""What a run tells while it runs: one stream of events."""

from __future__ import annotations

from typing import Protocol


class Message(str):
    """The words of an event, with its name and its values for programs.

    event: its name, which stays what it is when the words change.
    fields: what the words say, by name: text, numbers, truths or None.

    >>> line = Message("data_loaded", f"Data loaded: {5} rows", rows=5)
    >>> print(line, line.event, line.fields)
    Data loaded: 5 rows data_loaded {'rows': 5}
    """

    event: str
    fields: dict[str, object]

    def __new__(cls, event: str, words: str, /, **fields: object) -> Message:
        message = super().__new__(cls, words)
        message.event, message.fields = event, fields
        return message


class Events(Protocol):
    """Hears what a run tells, in the order in which it happens."""

    def info(self, message: str) -> None:
        """A step is done. What a run of barwise tells is a `Message`; so are warnings."""

    def warning(self, message: str) -> None:
        """Something is doubtful."""

    def progress(self, behind: int, size: int) -> None:
        """So many bytes are read, of so many."""


class Silent:
    """Hears nothing: the events of a library call."""

    def info(self, message: str) -> None:
        pass

    warning = info

    def progress(self, behind: int, size: int) -> None:
        pass
