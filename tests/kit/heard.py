"""What a run tells whoever listens."""

from __future__ import annotations

from barwise.engine.events import Silent


class Heard(Silent):
    """Keeps the log."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, message: str) -> None:
        self.lines.append(message)

    def warning(self, message: str) -> None:
        self.lines.append(f"doubt: {message}")
