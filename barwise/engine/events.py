"""What a run tells while it runs."""

from __future__ import annotations

from typing import Protocol


class Log(Protocol):
    """What a run tells while it runs."""

    def info(self, message: str) -> None: ...

    def warning(self, message: str) -> None: ...


class Silent:
    """The log of a library call."""

    def info(self, message: str) -> None:
        pass

    warning = info
