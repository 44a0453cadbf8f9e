"""A record as its file has it: in-toto's Statement v1 with the predicate of SLSA's provenance v1.

https://in-toto.io/Statement/v1 and https://slsa.dev/provenance/v1 say what each field means. What
a run with the same config of the same bars must give again is the `Outcome`; what varies from run
to run stands apart, in `RunDetails` and `Circumstances`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

STATEMENT = "https://in-toto.io/Statement/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"
BUILDER = "pkg:generic/barwise"
DIGEST = "barwiseDigest1"  # of a run, as barwise/stages/digests.py defines it: no file has it
BUILD = f"{BUILDER}#rolling-mean-signals/v1"  # version 1 of what externalParameters mean

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Hex = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
Kind = Literal["input", "config", "metrics", "signals"]
Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Struct(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Fields that a later version of the formats adds are skipped, as both ask for."""


class Facts(Struct, frozen=True):
    """What a file is to the run; of an input, its rows, and what it showed of how it is read."""

    kind: Kind
    bytes: Count
    rows: Count | None = None
    inferred: str = ""


class Resource(Struct, frozen=True):
    """A file (with `annotations`) or a package (with `uri`)."""

    name: str
    uri: str = ""
    digest: dict[str, Hex] = {}
    annotations: Facts | None = None

    @property
    def sha256(self) -> str:
        return self.digest.get("sha256", "")


class BuildDefinition(Struct, frozen=True):
    build_type: str
    external_parameters: dict[str, Any]
    resolved_dependencies: list[Resource]


class Builder(Struct, frozen=True):
    id: str
    version: dict[str, str]


class Metadata(Struct, frozen=True):
    invocation_id: UUID
    started_on: Time
    finished_on: Time


class RuleCount(Struct, frozen=True):
    bars: Count
    symbols: Count


class SeriesDigests(Struct, frozen=True):
    """closes, signals: the digests of their blocks."""

    bars: Count
    ones: Count
    digest: Hex
    closes: list[Hex]
    signals: list[Hex]


class Outcome(Struct, frozen=True):
    """metrics: as in metrics.json, without the latency. rules: those that bars break."""

    digest: Hex
    metrics: dict[str, Any]
    rules: dict[str, RuleCount]
    series: dict[str, SeriesDigests]


class Environment(msgspec.Struct, frozen=True):
    python: str
    implementation: str
    platform: str
    workers: Count
    latency_ms: Count
    doubts: list[str]


class OwnDetails(Struct, frozen=True):
    result: Outcome
    run: Environment


class Byproduct(Struct, frozen=True):
    """barwise's own part; its digest is that of the run."""

    name: str
    digest: dict[str, Hex]
    annotations: OwnDetails


class RunDetails(Struct, frozen=True):
    builder: Builder
    metadata: Metadata
    byproducts: Annotated[list[Byproduct], msgspec.Meta(min_length=1)]


class Predicate(Struct, frozen=True):
    build_definition: BuildDefinition
    run_details: RunDetails


class Statement(Struct, frozen=True):
    type: str = msgspec.field(name="_type")
    subject: list[Resource]
    predicate_type: str
    predicate: Predicate

    @property
    def config(self) -> dict[str, Any]:
        """The config's values."""
        return self.predicate.build_definition.external_parameters

    @property
    def inputs(self) -> dict[str, Resource]:
        return {its.name: its for its in self._of_kind("input")}

    @property
    def config_file(self) -> Resource:
        [its] = self._of_kind("config")
        return its

    @property
    def packages(self) -> dict[str, Resource]:
        """The distributions that were imported, and barwise."""
        return {each.name: each for each in self._dependencies if each.uri}

    @property
    def own(self) -> OwnDetails:
        return self.predicate.run_details.byproducts[0].annotations

    @property
    def result(self) -> Outcome:
        return self.own.result

    @property
    def digest(self) -> str:
        """That of the run, as the byproduct has it."""
        return self.predicate.run_details.byproducts[0].digest.get(DIGEST, "")

    @property
    def _dependencies(self) -> list[Resource]:
        return self.predicate.build_definition.resolved_dependencies

    def _of_kind(self, kind: str) -> Iterator[Resource]:
        for each in self._dependencies:
            if each.annotations and each.annotations.kind == kind:
                yield each

    def to_json(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"
