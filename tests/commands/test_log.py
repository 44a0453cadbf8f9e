from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import barwise
from barwise.commands.log import AsJson, Lines
from barwise.engine.events import Message, Silent
from barwise.errors import OutputError
from tests.conftest import CONFIG
from tests.kit.schemas.outputs import EVENTS


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


def test_a_line_of_json_has_the_name_and_the_values_of_its_event() -> None:
    written: list[str] = []
    log = Lines(written.append, form=AsJson())
    log.info(Message("read", "5 rows\n", rows=5, file=None))
    log.error("no event")
    one, other = map(json.loads, written)
    assert all(line.endswith("\n") and line.count("\n") == 1 for line in written)
    assert (one["level"], one["event"], one["fields"]) == (
        "INFO",
        "read",
        {"rows": 5, "file": None},
    )
    assert one["message"] == "5 rows\\n"
    assert (other["level"], other["event"], other["fields"]) == ("ERROR", "message", {})
    assert one["run"] == other["run"] != AsJson().run


def test_all_that_a_run_tells_has_a_name() -> None:
    heard: list[str] = []

    class Heard(Silent):
        def info(self, message: str) -> None:
            heard.append(message)

        warning = info

    Path("data.csv").write_text("Time,Close\n2024-01-02,3\n2024-01-01,NA\n")
    Path("config.yaml").write_text(f"{CONFIG}order: time\n")
    barwise.run("data.csv", "config.yaml", events=Heard())
    assert len(heard) > 5
    assert all(isinstance(line, Message) and line.event in EVENTS for line in heard)
