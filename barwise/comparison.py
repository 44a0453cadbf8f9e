"""Records put to the test: `verify` runs one again and compares, `diff` compares two of them."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from barwise import config as configs
from barwise import pipeline
from barwise.errors import BarwiseError, ConfigError, InputError, OutputError, named
from barwise.planning import Words, find
from barwise.record import differences, making, statement
from barwise.record.differences import Difference, Sides
from barwise.witness import Witness, hash_file
from barwise.workers import checked_workers

if TYPE_CHECKING:
    from barwise.config import Config
    from barwise.inputs import Found
    from barwise.record.statement import Resource, Statement

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
    recorded = statement.load(path)
    its_config = statement.config_of(recorded, path)
    found = [*_of_config(recorded, its_config, config), *_of_outputs(recorded, path)]
    missing = [] if input else [name for name in recorded.inputs if not os.path.exists(name)]
    notes: list[str] = []
    digest = None
    if missing:
        found += [
            Difference("input", name, f"input {named(name)} is {NOW.only_a}") for name in missing
        ]
        notes.append("not run again: name the inputs with --input, or go where the run was started")
    else:
        files = find(input or list(recorded.inputs))
        if files.error:
            raise files.error
        again, more = _again(recorded, its_config, files, workers, progress)
        found += more
        if again:
            notes += differences.notes(recorded, again, NOW)
            digest = _digest(recorded, again)
    return Comparison(_counts(recorded), digest, tuple(found), tuple(notes))


def diff(a: str | os.PathLike[str], b: str | os.PathLike[str]) -> Comparison:
    """Compares two records: their configs, inputs and results. No other file is looked at.

    Raises RecordError.
    """
    one, other = statement.load(os.fspath(a)), statement.load(os.fspath(b))
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


def _digest(a: Statement, b: Statement) -> str | None:
    return a.result.digest if a.result.digest == b.result.digest else None


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
            failed = [Difference("run", "", f"run again: {error}")]
        hashed = witness.hashed()
    read = making.read_files(hashed, result.rows if result else {})
    inputs = {its.name: its for its in map(making.file, read)}
    found = [*differences.of_inputs(recorded.inputs, inputs, NOW), *failed]
    if result is None:
        return None, found
    again = making.made(result, (), read, started, workers)
    return again, [*found, *differences.of_results(recorded.result, again.result, NOW)]


def _of_config(
    recorded: Statement, config: Config, elsewhere: str | os.PathLike[str] | None
) -> Iterator[Difference]:
    """How the file of the config differs from the recorded one."""
    file = recorded.config_file
    if file is None:
        return
    path = os.fspath(elsewhere) if elsewhere else file.name
    lines = _of_file("config", file, path, ConfigError)
    if not lines:
        return
    if os.path.isfile(path):
        try:
            values = asdict(configs.load(path))
        except ConfigError as error:
            lines.append(str(error))
        else:
            sides = NOW._replace(b=f"in {named(path)}")
            others = [*differences.of_configs(asdict(config), values, sides)]
            lines += [each.line for each in others] or ["its values are the same"]
    yield Difference("config", path, f"config {named(path)}: {'; '.join(lines)}")


def _of_outputs(recorded: Statement, record: str) -> Iterator[Difference]:
    """How outputs, which are named as seen from the folder of the record, differ from it."""
    for file in recorded.subject:
        path = os.path.join(os.path.dirname(record), file.name)
        lines = _of_file("output", file, path, OutputError)
        if file.annotations and file.annotations.kind == "metrics" and os.path.isfile(path):
            lines += _of_metrics(path, recorded.result.metrics)
        if lines:
            yield Difference("output", path, f"output {named(path)}: {'; '.join(lines)}")


def _of_file(role: str, file: Resource, path: str, error: type[BarwiseError]) -> list[str]:
    """What is to be said of a file that should be the recorded one."""
    if not os.path.exists(path):
        return [NOW.only_a]
    now = making.file(making.File(path, role, hash_file(path, role, error)))
    return [] if now.sha256 == file.sha256 else [differences.of_files(file, now, NOW)]


def _of_metrics(path: str, recorded: dict[str, Any]) -> list[str]:
    """What metrics.json says that the record does not."""
    with open(path, "rb") as file:
        try:
            said = json.load(file)
        except (ValueError, RecursionError):
            return ["it is no JSON"]
    if not isinstance(said, dict):
        return ["it is no metrics"]
    said.pop("latency_ms", None)
    return [each.line for each in differences.of_values("", recorded, said, NOW)]
