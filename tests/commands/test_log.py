from __future__ import annotations

import re

import pytest

from barwise.commands.log import Lines
from barwise.engine.events import Silent
from barwise.errors import OutputError


def test_every_writer_gets_a_line_of_time_level_and_message() -> None:
    written: list[str] = []
    log = Lines(written.append, written.append)
    log.info("one")
    log.warning("two\nlines")
    log.error("three")
    assert written[::2] == written[1::2]
    time = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    for line, ending in zip(
        written[::2],
        [r" - INFO - one\n", r" - WARNING - two\\nlines\n", r" - ERROR - three\n"],
        strict=True,
    ):
        assert re.fullmatch(time + ending, line)


def test_what_a_writer_raises_is_raised() -> None:
    def full(line: str) -> None:
        raise OutputError("full")

    with pytest.raises(OutputError):
        Lines(full).info("lost")


def test_silence_takes_everything() -> None:
    Silent().info("x")
    Silent().warning("x")
