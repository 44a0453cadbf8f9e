"""Makes the record of a run from its result and the hashes of its files."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from barwise.engine import metrics
from barwise.errors import InputError, is_utf8, quoted
from barwise.files.code import code
from barwise.kernels import variant
from barwise.records import environment, parameters
from barwise.records.own_details import Environment, Outcome, OwnDetails, RuleCount, SeriesDigests
from barwise.records.statement import (
    BUILD,
    BUILDER,
    BYPRODUCT,
    DIGEST,
    PROVENANCE,
    STATEMENT,
    BuildDefinition,
    Builder,
    Byproduct,
    Facts,
    Kind,
    Metadata,
    Predicate,
    Resource,
    RunDetails,
    Statement,
)
from barwise.stages import digests
from barwise.version import __version__

if TYPE_CHECKING:
    from barwise.engine.result import Result
    from barwise.files.hashes import Hashed
    from barwise.files.stores import StoredFile


def made(
    result: Result,
    outputs: Iterable[Resource],
    read: Iterable[Resource],
    started: datetime,
) -> Statement:
    """The record of a run with digests that has just ended; `read`: its inputs and config.

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
        [_byproduct(result)],
    )
    dependencies = [*read, *_packages()]
    definition = BuildDefinition(BUILD, parameters.of_config(result.config), dependencies)
    return Statement(STATEMENT, [*outputs], PROVENANCE, Predicate(definition, details))


def inputs(
    hashed: Mapping[str, Hashed], result: Result | None, objects: Mapping[str, StoredFile]
) -> list[Resource]:
    """The inputs of a run, by path; with a result also their rows and how they were read.

    hashed: the local ones, and the objects that were hashed.
    """
    resources = []
    for path in {**hashed, **objects}:
        read = (result.rows.get(path), result.inferred.get(path, "")) if result else (None, "")
        if in_store := objects.get(path):
            resources.append(stored(in_store, hashed.get(path), *read))
        else:
            resources.append(resource(path, "input", hashed[path], *read))
    return resources


def resource(
    name: str, kind: Kind, hashed: Hashed, rows: int | None = None, inferred: str = ""
) -> Resource:
    """A file as a record describes it."""
    facts = Facts(kind, hashed.bytes, rows, inferred)
    return Resource(name, digest={"sha256": hashed.sha256}, annotations=facts)


def stored(
    file: StoredFile, hashed: Hashed | None, rows: int | None = None, inferred: str = ""
) -> Resource:
    """An object of a store that was an input; its digest is there where it was hashed."""
    stamp = file.etag, file.version, file.modified
    facts = Facts("input", file.size, rows, inferred, *stamp)
    digest = {"sha256": hashed.sha256} if hashed else {}
    return Resource(file.uri, file.uri, digest, facts)


def _packages() -> list[Resource]:
    imported = sorted(environment.imported().items())
    return [
        Resource("barwise", f"{BUILDER}@{__version__}", digest={"dirHash": code()}),
        *(Resource(name, environment.purl(name, version)) for name, version in imported),
    ]


def _byproduct(result: Result) -> Byproduct:
    all_series = {
        name: SeriesDigests(
            digest.bars,
            result.symbols[name].ones,
            digest.value,
            list(digest.closes),
            list(digest.signals),
        )
        for name, digest in (result.digests or {}).items()
    }
    digest = digests.of_run({name: series.digest for name, series in all_series.items()})
    without_latency = metrics.without_latency(
        result.config, result.symbols, result.evaluations, result.sweeps
    )
    rules = {rule.rule: RuleCount(rule.bars, rule.symbols) for rule in result.broken}
    run = Environment(
        platform.python_version(),
        platform.python_implementation(),
        platform.platform(),
        result.crew.workers,
        result.latency_ms,
        [*result.crew.doubts, *result.doubts],
        variant(),
        result.crew.executor,
        list(result.crew.versions),
    )
    return Byproduct(
        BYPRODUCT,
        {DIGEST: digest},
        OwnDetails(Outcome(digest, without_latency, rules, all_series), run),
    )
