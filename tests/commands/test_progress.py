from __future__ import annotations

import io
import sys
from types import SimpleNamespace

import pytest

from barwise.commands.progress import PATIENCE, Progress

NOW = 1_000.0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, started: float, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr("barwise.commands.progress.time", SimpleNamespace(perf_counter=lambda: NOW))
    progress = Progress(started)
    for done in (0, 400, 1000):
        progress.progress(done, 1000)
    progress.close()
    return stream.getvalue()


def test_long_work_shows_its_progress_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    text = shown(Terminal(), NOW - PATIENCE, monkeypatch)
    assert "reading" in text
    assert "1.00k" in text
    assert text.endswith("\r")


def test_short_work_shows_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(Terminal(), NOW - PATIENCE + 0.1, monkeypatch) == ""


def test_a_file_or_a_pipe_gets_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert shown(io.StringIO(), NOW - PATIENCE, monkeypatch) == ""


def test_without_stderr_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", None)
    Progress(0.0).progress(1, 2)
