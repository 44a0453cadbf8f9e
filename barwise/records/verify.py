"""Verifies a record: compares its files with it, runs its config again and compares the result."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from barwise.config import load as load_config
from barwise.engine import run
from barwise.errors import ConfigError, InputError, named
from barwise.files.hashes import FileHashes, hash_file
from barwise.records import differences, load, make
from barwise.records.diff import Comparison, counts_of, digest_of
from barwise.records.differences import Difference, Sides, difference
from barwise.sources.find import Words, find
from barwise.stages.digests import BlockDigests
from barwise.workers import checked_workers

if TYPE_CHECKING:
    from barwise.config import Config
    from barwise.engine.events import Events
    from barwise.records.statement import Resource, Statement
    from barwise.sources.find import FileList

MOST_VALUES = 3  # of one file, in a line
NOW = Sides("recorded", "now", "recorded and not there now", "not in the record")


def verify(
    record: str | os.PathLike[str],
    input: Words | None = None,
    *,
    config: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    events: Events | None = None,
) -> Comparison:
    """Compares inputs, config and outputs with what the record at `record` says of them, runs the
    recorded config again, and compares the result.

    Inputs and config are where the record says, or at `input` and `config`; outputs are where the
    record says, seen from its folder. Other versions, of barwise too, are notes. `workers` and
    `events` are those of `run`. Raises RecordError; InputError where `input` means no files.
    """
    path = os.fspath(record)
    workers = checked_workers(workers)
    recorded = load.load(path)
    recorded_config = load.config_of(recorded, path)
    changes = [*_of_config(recorded, recorded_config, config), *_of_outputs(recorded, path)]
    files = find(input or list(recorded.inputs))
    if files.error and input:
        raise files.error
    again: Statement | None = None
    if files.error:
        changes += [*_of_inputs(recorded), difference("run", "", f"not run again: {files.error}")]
    else:
        again, more = _again(recorded, recorded_config, files, workers, events)
        changes += more
    notes = differences.notes(recorded, again, NOW) if again else []
    counts, digest = counts_of(recorded), digest_of(recorded, again)
    return Comparison({"record": path}, counts, digest, tuple(changes), tuple(notes))


def _again(
    recorded: Statement,
    config: Config,
    files: FileList,
    workers: int,
    events: Events | None,
) -> tuple[Statement | None, list[Difference]]:
    """The record of another run, and how it differs from the first one; None where it failed."""
    started = datetime.now(UTC)
    paths = [path for path, _ in files.files]
    with closing(FileHashes(dict.fromkeys(paths, "input"), workers)) as hashes:
        try:
            result = run.run(
                files, config, workers=workers, events=events, measures=[BlockDigests()]
            )
            failed = []
        except InputError as error:  # a difference, since the recorded run did not fail
            result = None
            failed = [difference("run", "", f"run again: {error}")]
        try:
            hashed = hashes.hashed()
        except InputError:
            if result is None:  # for the same reason
                return None, failed
            raise
    read = make.inputs(hashed, result)
    inputs = {file.name: file for file in read}
    changes = [*differences.of_inputs(recorded.inputs, inputs, NOW), *failed]
    if result is None:
        return None, changes
    again = make.made(result, (), read, started, workers)
    return again, [*changes, *differences.of_results(recorded.result, again.result, NOW)]


def _of_inputs(recorded: Statement) -> Iterator[Difference]:
    """How each recorded input differs, where not all of them can be read."""
    for name, file in recorded.inputs.items():
        if words := _of_file(file, name):
            yield difference("input", name, f"input {named(name)}: {words}")


def _of_config(
    recorded: Statement, config: Config, other_path: str | os.PathLike[str] | None
) -> Iterator[Difference]:
    """How the file of the config, which may be at another path, differs from the recorded one."""
    path = os.fspath(other_path) if other_path else recorded.config_file.name
    words = _of_file(recorded.config_file, path)
    others: list[str] = []
    if os.path.isfile(path):
        sides = NOW._replace(b=f"in {named(path)}")
        try:
            values = differences.of_configs(asdict(config), asdict(load_config(path)), sides)
            others = [change.line for change in values]
        except ConfigError as error:
            others = [str(error)]
        if words and not others:
            others = ["its values are the same"]
    if words or others:
        yield difference("config", path, f"config {named(path)}: {_joined(words, others)}")


def _of_outputs(recorded: Statement, record: str) -> Iterator[Difference]:
    """How outputs differ from the recorded ones."""
    folder = os.path.dirname(os.path.realpath(record) if os.path.islink(record) else record)
    for file in recorded.subject:
        path = os.path.join(folder, file.name)
        words = _of_file(file, path)
        others: list[str] = []
        if file.annotations and file.annotations.kind == "metrics" and os.path.isfile(path):
            values = _of_metrics(path, recorded.result.metrics)
            others = [change.line for change in values]
        if words or others:
            yield difference("output", path, f"output {named(path)}: {_joined(words, others)}")


def _of_file(recorded: Resource, path: str) -> str:
    """How the file at `path` differs from the recorded one, "" if it does not."""
    if not os.path.lexists(path):
        return NOW.only_a
    kind = recorded.annotations.kind if recorded.annotations else "input"
    try:
        now = make.resource(path, kind, hash_file(path, kind, InputError))
    except InputError as error:
        return str(error)
    return differences.of_files(recorded, now, NOW)


def _of_metrics(path: str, recorded: dict[str, Any]) -> Iterator[Difference]:
    """How the metrics at `path` differ from the recorded ones."""
    try:
        with open(path, "rb") as file:
            metrics = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        yield difference("output", path, f"it is not JSON ({error})")
        return
    if isinstance(metrics, dict):
        metrics.pop("latency_ms", None)
        yield from differences.of_values("output", recorded, metrics, NOW)
    else:
        yield difference("output", path, "it holds no metrics")


def _joined(first: str, others: list[str]) -> str:
    more = f" and {len(others) - MOST_VALUES} more" if len(others) > MOST_VALUES else ""
    return "; ".join(filter(None, (first, *others[:MOST_VALUES]))) + more
