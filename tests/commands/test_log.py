from __future__ import annotations

import re

import pytest

from barwise.commands.log import Lines
from barwise.engine.events import Silent
from barwise.errors import OutputError


def test_a_line_has_time_level_and_message_for_every_taker() -> None:
    taken: list[str] = []
    log = Lines(taken.append, taken.append)
    log.info("one")
    log.warning("two\nlines")
    log.error("three")
    assert taken[::2] == taken[1::2]
    time = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    for line, rest in zip(
        taken[::2],
        [r" - INFO - one\n", r" - WARNING - two\\nlines\n", r" - ERROR - three\n"],
        strict=True,
    ):
        assert re.fullmatch(time + rest, line)


def test_what_a_taker_raises_is_raised() -> None:
    def full(line: str) -> None:
        raise OutputError("full")

    with pytest.raises(OutputError):
        Lines(full).info("lost")


def test_silence_takes_everything() -> None:
    Silent().info("x")
    Silent().warning("x")
