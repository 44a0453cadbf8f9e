"""A record as its file has it: in-toto's Statement v1 with the predicate of SLSA's provenance v1.

https://in-toto.io/Statement/v1 and https://slsa.dev/provenance/v1 say what each field means. What
a run with the same config of the same bars must give again is the `Outcome`; what varies from run
to run stands apart, in `RunDetails` and `Circumstances`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec

from barwise import digests, metrics
from barwise.config import Columns, Config
from barwise.errors import ConfigError, RecordError, named, quoted, reason
from barwise.files import open_regular
from barwise.tally import Tally

STATEMENT = "https://in-toto.io/Statement/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"
BUILDER = "pkg:generic/barwise"
BUILD = f"{BUILDER}#rolling-mean-signals/v1"  # version 1 of what externalParameters mean

Count = Annotated[int, msgspec.Meta(ge=0)]
Hex = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$")]


class Struct(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Fields that a later version of the formats adds are passed over, as both ask for."""


class Facts(Struct, frozen=True):
    """kind: "input", "config", "metrics" or "signals". rows: of an input."""

    kind: str
    bytes: Count
    rows: Count | None = None


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
    invocation_id: str
    started_on: str
    finished_on: str


class Rule(Struct, frozen=True):
    bars: Count
    symbols: Count


class Series(Struct, frozen=True):
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
    rules: dict[str, Rule]
    series: dict[str, Series]


class Circumstances(msgspec.Struct, frozen=True):
    python: str
    implementation: str
    platform: str
    workers: Count
    latency_ms: Count
    doubts: list[str]


class Own(Struct, frozen=True):
    result: Outcome
    run: Circumstances


class Byproduct(Struct, frozen=True):
    """barwise's own part; its digest is that of the run."""

    name: str
    digest: dict[str, Hex]
    annotations: Own


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
    def config_file(self) -> Resource | None:
        return next(self._of_kind("config"), None)

    @property
    def packages(self) -> dict[str, Resource]:
        """The distributions that were imported, and barwise."""
        return {each.name: each for each in self._dependencies if each.uri}

    @property
    def own(self) -> Own:
        return self.predicate.run_details.byproducts[0].annotations

    @property
    def result(self) -> Outcome:
        return self.own.result

    @property
    def version(self) -> str:
        """That of barwise."""
        return self.predicate.run_details.builder.version.get("barwise", "of no version")

    @property
    def _dependencies(self) -> list[Resource]:
        return self.predicate.build_definition.resolved_dependencies

    def _of_kind(self, kind: str) -> Iterator[Resource]:
        for each in self._dependencies:
            if each.annotations and each.annotations.kind == kind:
                yield each

    def to_json(self) -> bytes:
        return msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n"


def load(path: str) -> Statement:
    """The record in the file at `path`. Raises RecordError where there is none, or it is cut off,
    of another kind, or does not agree with itself.
    """
    with open_regular(path, "record", RecordError) as file:
        try:
            data = file.read()
        except OSError as error:
            raise RecordError(f"cannot read {named(path)}: {reason(error)}; check it") from None
    try:
        found = msgspec.json.decode(data, type=Statement)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(
            f"{named(path)} is no record of a run, or cut off: {error}; get a new copy"
        ) from None
    definition = found.predicate.build_definition
    for what, said, known in (
        ("_type", found.type, STATEMENT),
        ("predicateType", found.predicate_type, PROVENANCE),
        ("buildType", definition.build_type, BUILD),
    ):
        if said != known:
            raise RecordError(
                f"{named(path)} is no record that this version of barwise can read: its {what} is "
                f"{quoted(said)}, not {quoted(known)}"
            )
    if wrong := _disagreement(found, config_of(found, path)):
        raise RecordError(f"{named(path)} was edited: {wrong}; get a new copy")
    return found


def config_of(record: Statement, path: str) -> Config:
    """The config of a record that was read from `path`. Raises RecordError."""
    values = dict(record.config)
    try:
        if isinstance(values.get("columns"), dict):
            values["columns"] = Columns(**values["columns"])
        return Config(**values)
    except (ConfigError, TypeError) as error:
        raise RecordError(
            f"{named(path)} has a config that this version of barwise cannot run: {error}"
        ) from None


def _disagreement(record: Statement, config: Config) -> str:
    """How a record contradicts itself, "" if it does not."""
    result = record.result
    for name, its in result.series.items():
        if its.digest != digests.of_blocks(tuple(its.closes), tuple(its.signals), its.bars):
            return f"the digest of series {quoted(name)} is not that of its blocks"
    if result.digest != digests.of_run({name: its.digest for name, its in result.series.items()}):
        return "the digest of the run is not that of its series"
    tallies = {name: Tally(its.bars, its.ones) for name, its in result.series.items()}
    if result.metrics != metrics.without_latency(config, tallies):
        return "its metrics are not those of its config and its series"
    return ""
