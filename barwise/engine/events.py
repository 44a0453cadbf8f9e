"""What a run tells while it runs: one stream of events."""

from __future__ import annotations

from typing import Protocol


class Events(Protocol):
    """Hears what a run tells, in the order in which it happens."""

    def info(self, message: str) -> None:
        """A step is done."""

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
