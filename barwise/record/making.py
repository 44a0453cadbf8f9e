"""Makes the record of a run from what it gave and what was seen of its files."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple
from uuid import uuid4

from barwise import __version__, digests, metrics
from barwise.errors import InputError, is_utf8, quoted
from barwise.record import distributions
from barwise.record.statement import (
    BUILD,
    BUILDER,
    PROVENANCE,
    STATEMENT,
    BuildDefinition,
    Builder,
    Byproduct,
    Circumstances,
    Facts,
    Kind,
    Metadata,
    Outcome,
    Own,
    Predicate,
    Resource,
    Rule,
    RunDetails,
    Series,
    Statement,
)

if TYPE_CHECKING:
    from barwise.pipeline import Result
    from barwise.witness import Hashed


class File(NamedTuple):
    """A file as a record speaks of it; kind: as in `Facts`."""

    name: str
    kind: Kind
    hashed: Hashed
    rows: int | None = None


def made(
    result: Result, outputs: Iterable[File], read: Iterable[File], started: datetime, workers: int
) -> Statement:
    """The record of a run with digests that has just ended; `read`: its inputs and its config.

    Raises InputError for a symbol that JSON cannot hold.
    """
    for name in result.symbols:
        if not is_utf8(name):
            raise InputError(
                f"the symbol {quoted(name)} is not UTF-8, which a record wants: rename its folder"
            )
    details = RunDetails(
        Builder(BUILDER, {"barwise": __version__}),
        Metadata(uuid4(), started, datetime.now(UTC)),
        [_own(result, workers)],
    )
    dependencies = [*map(file, read), *_packages()]
    definition = BuildDefinition(BUILD, asdict(result.config), dependencies)
    return Statement(
        STATEMENT, [file(each) for each in outputs], PROVENANCE, Predicate(definition, details)
    )


def read_files(
    hashed: Mapping[str, Hashed], rows: Mapping[str, int] | None, config: str | None = None
) -> list[File]:
    """The files that a run has read, by path: its config, if it is one of them, and its inputs.

    `rows` are those of each input, None where they are not known.
    """
    return [
        File(path, "config", its)
        if path == config
        else File(path, "input", its, None if rows is None else rows.get(path, 0))
        for path, its in hashed.items()
    ]


def file(its: File) -> Resource:
    return Resource(
        its.name,
        digest={"sha256": its.hashed.sha256},
        annotations=Facts(its.kind, its.hashed.bytes, its.rows),
    )


def _packages() -> list[Resource]:
    imported = sorted(distributions.imported())
    return [
        Resource("barwise", f"{BUILDER}@{__version__}", digest={"dirHash": distributions.code()}),
        *(Resource(name, distributions.purl(name, version)) for name, version in imported),
    ]


def _own(result: Result, workers: int) -> Byproduct:
    series = {
        name: Series(
            its.bars, result.symbols[name].ones, its.value, list(its.closes), list(its.signals)
        )
        for name, its in (result.digests or {}).items()
    }
    digest = digests.of_run({name: its.digest for name, its in series.items()})
    its_metrics = metrics.without_latency(result.config, result.symbols)
    rules = {each.rule: Rule(each.bars, each.symbols) for each in result.broken}
    run = Circumstances(
        platform.python_version(),
        platform.python_implementation(),
        platform.platform(),
        workers,
        result.latency_ms,
        list(result.doubts),
    )
    return Byproduct(
        "closes and signals",
        {"sha256": digest},
        Own(Outcome(digest, its_metrics, rules, series), run),
    )
