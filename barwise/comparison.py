"""Records put to the test: `verify` runs one again and compares, `diff` compares two of them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from barwise import pipeline
from barwise.config import load as load_config
from barwise.errors import ConfigError, InputError, RecordError, named
from barwise.planning import Words, find
from barwise.record import differences, loading, making
from barwise.record.differences import Difference, Sides, difference
from barwise.witness import Witness, hash_file
from barwise.workers import checked_workers

if TYPE_CHECKING:
    from barwise.config import Config
    from barwise.inputs import Found
    from barwise.record.statement import Resource, Statement

MOST_VALUES = 3  # of a file that a line names
NOW = Sides("recorded", "now", "recorded and not there now", "there now and not recorded")


@dataclass(frozen=True)
class Comparison:
    """What two runs have in common and what not.

    counts: of inputs, outputs, series and bars, by the (first) record. digest: of the run, where
    both have it. differences: none, if all that must be the same is. notes: what may differ.
    """

    counts: dict[str, int]
    digest: str | None
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]

    @property
    def is_same(self) -> bool:
        return not self.differences

    def as_dict(self) -> dict[str, Any]:
        """The comparison as JSON has it."""
        return {
            "status": "same" if self.is_same else "different",
            **self.counts,
            "digest": self.digest,
            "differences": [each._asdict() for each in self.differences],
            "notes": list(self.notes),
        }

    def __str__(self) -> str:
        """What was compared, a line a difference and a note, and the sum of it."""
        lines = [", ".join(f"{what}: {count}" for what, count in self.counts.items())]
        lines += [f"digest: {self.digest}, the same"] if self.digest else []
        lines += [f"different: {each.line}" for each in self.differences]
        lines += [f"note: {line}" for line in self.notes]
        lines.append("all the same" if self.is_same else f"differences: {len(self.differences)}")
        return "\n".join(lines)


def verify(
    record: str | os.PathLike[str],
    input: Words | None = None,
    *,
    config: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Comparison:
    """Compares inputs, config and outputs with what the record at `record` says of them, runs the
    recorded config again, and compares what comes of it.

    Inputs and config are where the record says, or at `input` and `config`; outputs are where they
    were beside the record. Other versions, of barwise too, are notes. `workers` and `progress` are
    those of `run`. Raises RecordError; InputError where `input` means no files.
    """
    path = os.fspath(record)
    workers = checked_workers(workers)
    recorded = loading.load(path)
    its_config = loading.config_of(recorded, path)
    found = [*_of_config(recorded, its_config, config), *_of_outputs(recorded, path)]
    files = find(input or list(recorded.inputs))
    if files.error and input:
        raise files.error
    if files.error:
        found += _of_inputs(recorded)
        again, notes = None, [f"not run again: {files.error}, or name inputs with --input"]
    else:
        again, more = _again(recorded, its_config, files, workers, progress)
        found += more
        notes = differences.notes(recorded, again, NOW) if again else []
    return Comparison(_counts(recorded), _digest(recorded, again), tuple(found), tuple(notes))


def diff(a: str | os.PathLike[str], b: str | os.PathLike[str]) -> Comparison:
    """Compares two records: their configs, inputs and results. No other file is looked at.

    Raises RecordError.
    """
    one, other = loading.load(os.fspath(a)), loading.load(os.fspath(b))
    sides = Sides(*(f"{prefix}in {named(path)}" for prefix in ("", "only ") for path in (a, b)))
    found = differences.of_records(one, other, sides)
    notes = differences.notes(one, other, sides)
    return Comparison(_counts(one), _digest(one, other), tuple(found), tuple(notes))


def _counts(record: Statement) -> dict[str, int]:
    series = record.result.series
    return {
        "inputs": len(record.inputs),
        "outputs": len(record.subject),
        "series": len(series),
        "bars": sum(its.bars for its in series.values()),
    }


def _digest(a: Statement, b: Statement | None) -> str | None:
    return a.result.digest if b and a.result.digest == b.result.digest else None


def _again(
    recorded: Statement,
    config: Config,
    files: Found,
    workers: int,
    progress: Callable[[int, int], None] | None,
) -> tuple[Statement | None, list[Difference]]:
    """The record of another run, and how it differs from the first one; None where it failed."""
    started = datetime.now(UTC)
    with closing(Witness([(path, "input") for path, _ in files.files], workers)) as witness:
        try:
            result = pipeline.run(
                files, config, workers=workers, progress=progress, with_digests=True
            )
            failed = []
        except InputError as error:  # which is a difference, since it did not fail before
            result = None
            failed = [difference("run", "", f"run again: {error}")]
        hashed = witness.hashed()
    read = making.read_files(hashed, result.rows if result else None)
    inputs = {its.name: its for its in map(making.file, read)}
    found = [*differences.of_inputs(recorded.inputs, inputs, NOW), *failed]
    if result is None:
        return None, found
    again = making.made(result, (), read, started, workers)
    return again, [*found, *differences.of_results(recorded.result, again.result, NOW)]


def _of_inputs(recorded: Statement) -> Iterator[Difference]:
    """How the files differ that the record names, where not all of them can be read."""
    for name, file in recorded.inputs.items():
        if words := _of_file(file, name):
            yield difference("input", name, f"input {named(name)}: {words}")


def _of_config(
    recorded: Statement, config: Config, elsewhere: str | os.PathLike[str] | None
) -> Iterator[Difference]:
    """How the file of the config differs from the recorded one."""
    path = os.fspath(elsewhere) if elsewhere else recorded.config_file.name
    words = _of_file(recorded.config_file, path)
    others: list[str] = []
    if os.path.isfile(path):
        sides = NOW._replace(b=f"in {named(path)}")
        try:
            values = differences.of_configs(asdict(config), asdict(load_config(path)), sides)
            others = [each.line for each in values]
        except ConfigError as error:
            others = [str(error)]
        if words and not others:
            others = ["its values are the same"]
    if words or others:
        yield difference("config", path, f"config {named(path)}: {_joined(words, others)}")


def _of_outputs(recorded: Statement, record: str) -> Iterator[Difference]:
    """How outputs differ from what the record says."""
    for file in recorded.subject:
        path = os.path.normpath(os.path.join(os.path.dirname(record), file.name))
        if not os.path.lexists(path):
            path = file.name
        words = _of_file(file, path)
        others: list[str] = []
        if file.annotations and file.annotations.kind == "metrics" and os.path.isfile(path):
            others = [each.line for each in _of_metrics(path, recorded.result.metrics)]
        if words or others:
            yield difference("output", path, f"output {named(path)}: {_joined(words, others)}")


def _of_file(recorded: Resource, path: str) -> str:
    """How the file at `path` differs from the recorded one, "" if it does not."""
    if not os.path.lexists(path):
        return NOW.only_a
    kind = recorded.annotations.kind if recorded.annotations else "input"
    try:
        now = making.file(making.File(path, kind, hash_file(path, kind, RecordError)))
    except RecordError as error:
        return str(error)
    return differences.of_files(recorded, now, NOW)


def _of_metrics(path: str, recorded: dict[str, Any]) -> Iterator[Difference]:
    """What metrics.json says that the record does not."""
    try:
        with open(path, "rb") as file:
            said = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        yield difference("output", path, f"it is no JSON ({error})")
        return
    if isinstance(said, dict):
        said.pop("latency_ms", None)
        yield from differences.of_values("output", recorded, said, NOW)
    else:
        yield difference("output", path, "it holds no metrics")


def _joined(first: str, others: list[str]) -> str:
    more = f" and {len(others) - MOST_VALUES} more" if len(others) > MOST_VALUES else ""
    return "; ".join(filter(None, (first, *others[:MOST_VALUES]))) + more
