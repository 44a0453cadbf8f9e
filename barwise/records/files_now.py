"""How the files that a record names differ from what it says of them, in words.

Only of a file that is what the record calls it, or that the caller names, is anything told of its
contents: a record could name any file, and whoever wrote it would read the words.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import msgspec

from barwise.config import load as load_config
from barwise.engine import metrics
from barwise.errors import ConfigError, InputError, named
from barwise.files.addresses import is_address, joined
from barwise.files.hashes import hash_file
from barwise.files.limits import LARGEST_CONFIG, LARGEST_METRICS
from barwise.files.opening import size_of
from barwise.records import differences, make, whole
from barwise.records.differences import Difference, Sides, difference
from barwise.records.own_details import Metrics
from barwise.records.statement import Resource

if TYPE_CHECKING:
    from barwise.config import Config
    from barwise.records.statement import Statement

MOST_VALUES = 3  # of one file, in a line
NOW = Sides("recorded", "now", "recorded and not there now", "not in the record")
NO_CONFIG = "it is not a config that can be run; name it with --config to see why"
NO_METRICS = "it holds no metrics"


def hidden(now: Resource, recorded: Resource) -> Resource:
    """What may be told of a file that may be anybody's: whether it is the recorded one."""
    is_same = (now.sha256, now.stamp) == (recorded.sha256, recorded.stamp)
    return now if is_same else Resource(now.name)


def of_inputs(recorded: Statement) -> Iterator[Difference]:
    """How each recorded input differs, where not all of them can be read."""
    for name, file in recorded.inputs.items():
        if words := _in_words(file, name, is_shown=False):
            yield difference("input", name, f"input {named(name)}: {words}")


def of_config(
    recorded: Statement, config: Config, other_path: str | os.PathLike[str] | None
) -> Iterator[Difference]:
    """How the file of the config, which may be at another path, differs from the recorded one."""
    path = os.fspath(other_path) if other_path else recorded.config_file.name
    others: list[str] = []
    is_file, is_shown = size_of(path) is not None, True
    if is_file:
        sides = NOW._replace(b=f"in {named(path)}")
        try:
            values = differences.of_configs(asdict(config), asdict(load_config(path)), sides)
            others = [change.line for change in values]
        except ConfigError as error:
            is_shown = bool(other_path)
            others = [str(error) if is_shown else NO_CONFIG]
    words = _in_words(recorded.config_file, path, is_shown, LARGEST_CONFIG)
    if words and is_file:
        others = others or ["its values are the same"]
    if words or others:
        yield difference("config", path, f"config {named(path)}: {_joined(words, others)}")


def of_outputs(recorded: Statement, folder: str) -> Iterator[Difference]:
    """How outputs, whose names begin in `folder`, differ from the recorded ones."""
    for file in recorded.subject:
        path = joined(folder, file.name)
        others: list[str] = []
        is_shown, largest = False, None
        if file.annotations and file.annotations.kind == "metrics":
            largest = LARGEST_METRICS
            if size_of(path) is not None:
                expected = recorded.metrics
                now = _metrics(path, expected)
                is_shown = now is not None
                others = [NO_METRICS] if now is None else [*_of_metrics(path, expected, now)]
        words = _in_words(file, path, is_shown, largest)
        if words or others:
            yield difference("output", path, f"output {named(path)}: {_joined(words, others)}")


def _in_words(recorded: Resource, path: str, is_shown: bool, largest: int | None = None) -> str:
    """How the file at `path` differs from the recorded one, "" if it does not.

    A file of more than `largest` bytes is not hashed: it is another one.
    """
    kind = recorded.annotations.kind if recorded.annotations else "input"
    try:
        size = size_of(path)
        if size is None and (is_address(path) or not os.path.lexists(path)):
            return NOW.only_a
        if largest is not None and size is not None and size > largest:
            now = Resource(path)
        else:
            now = make.resource(path, kind, hash_file(path, kind, InputError))
    except InputError as error:
        return str(error)
    return differences.of_files(recorded, now if is_shown else hidden(now, recorded), NOW)


def _metrics(path: str, recorded: dict[str, Any]) -> dict[str, Any] | None:
    """The metrics in the file at `path`, of a run or of an error; None where it holds none."""
    try:
        data = whole.read(path, "metrics", LARGEST_METRICS, InputError)
        values = msgspec.json.decode(data, type=Metrics)
    except (InputError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    keys = {*recorded, "symbols"}
    is_success = {*values, "symbols"} == keys  # a run of one series has no symbols
    return values if is_success or {*values} == {*metrics.failure("", "")} else None


def _of_metrics(path: str, recorded: dict[str, Any], now: dict[str, Any]) -> Iterator[str]:
    """How the metrics at `path` differ from the recorded ones."""
    for change in differences.of_values("output", recorded, now, NOW):
        yield change.line


def _joined(first: str, others: list[str]) -> str:
    more = f" and {len(others) - MOST_VALUES} more" if len(others) > MOST_VALUES else ""
    return "; ".join(filter(None, (first, *others[:MOST_VALUES]))) + more
