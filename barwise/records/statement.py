"""A record as its file has it: in-toto's Statement v1 with the predicate of SLSA's provenance v1.

https://in-toto.io/Statement/v1 and https://slsa.dev/provenance/v1 say what each field means. The
`Outcome` is what a run with the same config and bars must give again; what varies from run to run
is in `RunDetails` and `Environment`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec

from barwise.files.limits import LARGEST_RECORD
from barwise.records.own_details import Count, Hex, Level2, Outcome, OwnDetails, Setting, Struct

STATEMENT = "https://in-toto.io/Statement/v1"
PROVENANCE = "https://slsa.dev/provenance/v1"
BUILDER = "pkg:generic/barwise"
DIGEST = "barwiseDigest1"  # of a run, not of a file; barwise/stages/digests.py defines it
BUILD = f"{BUILDER}#rolling-mean-signals/v1"  # version 1 of the meaning of externalParameters
BYPRODUCT = "closes and signals"

Kind = Literal["input", "config", "metrics", "signals", "sweep"]
Time = Annotated[datetime, msgspec.Meta(tz=True)]


class Facts(Struct, frozen=True):
    """What a run knows of a file.

    kind: what the file is to the run.
    bytes: its size.
    rows: of an input; None: not known.
    inferred: how an input is read as far as its contents showed it, in words; "": not at all.
    etag: of an object in a store, as the store has it; "": it has none.
    version: of an object in a bucket that keeps versions; "": not known.
    last_modified: of an object, when it was written, in ISO 8601.
    """

    kind: Kind
    bytes: Count
    rows: Count | None = None
    inferred: str = ""
    etag: str = ""
    version: str = ""
    last_modified: str = ""


class Resource(Struct, frozen=True):
    """A file, an object in a store, or a package.

    name: the path of the file, the address of the object, or the name of the package.
    uri: the address of an object, or the package URL; "" of a file.
    digest: by algorithm, in hexadecimal; of an object only where that was asked for.
    annotations: of a file; None of a package.
    """

    name: str
    uri: str = ""
    digest: dict[str, Hex] = msgspec.field(default_factory=dict)
    annotations: Facts | None = None

    @property
    def sha256(self) -> str:
        return self.digest.get("sha256", "")

    @property
    def is_object(self) -> bool:
        """Whether it is an object in a store, which may have no digest."""
        return bool(self.uri and self.annotations)

    @property
    def stamp(self) -> tuple[str, str, int, str]:
        """What shows whether an object is the same."""
        facts = self.annotations
        if facts is None:
            return "", "", 0, ""
        written = "" if facts.etag else facts.last_modified
        return facts.etag.removeprefix("W/").strip('"'), facts.version, facts.bytes, written


class BuildDefinition(Struct, frozen=True):
    """What the run was asked to do.

    build_type: says what external_parameters mean.
    external_parameters: the values of the config, by key.
    resolved_dependencies: the inputs, the config and the packages.
    """

    build_type: str
    external_parameters: dict[str, Setting | Level2]
    resolved_dependencies: list[Resource]


class Builder(Struct, frozen=True):
    """The program that ran.

    id: the package URL of barwise, without a version.
    version: by package; that of barwise.
    """

    id: str
    version: dict[str, str]


class Metadata(Struct, frozen=True):
    """Which run it was.

    invocation_id: random, another one for each run.
    started_on: with a time zone.
    finished_on: likewise.
    """

    invocation_id: UUID
    started_on: Time
    finished_on: Time


class Byproduct(Struct, frozen=True):
    """The closes and signals of a run, which are not files.

    name: `BYPRODUCT`.
    digest: of the run, as `DIGEST`.
    annotations: what barwise alone says of the run.
    """

    name: str
    digest: dict[str, Hex]
    annotations: OwnDetails


class RunDetails(Struct, frozen=True):
    """How the run went.

    builder: the program.
    metadata: which run it was, and when.
    byproducts: that of barwise.
    """

    builder: Builder
    metadata: Metadata
    byproducts: Annotated[list[Byproduct], msgspec.Meta(min_length=1, max_length=1)]


class Predicate(Struct, frozen=True):
    """The provenance of the outputs.

    build_definition: what the run was asked to do.
    run_details: how it went.
    """

    build_definition: BuildDefinition
    run_details: RunDetails


class Statement(Struct, frozen=True):
    """A record.

    type: the kind of statement.
    subject: the outputs.
    predicate_type: the kind of predicate.
    predicate: where the outputs come from.
    """

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
        return {file.name: file for file in self._of_kind("input")}

    @property
    def config_file(self) -> Resource:
        [file] = self._of_kind("config")
        return file

    @property
    def packages(self) -> dict[str, Resource]:
        """The distributions that were imported, and barwise."""
        return {package.name: package for package in self._dependencies if _is_package(package)}

    @property
    def own_details(self) -> OwnDetails:
        return self.predicate.run_details.byproducts[0].annotations

    @property
    def result(self) -> Outcome:
        return self.own_details.result

    @property
    def metrics(self) -> dict[str, Any]:
        """What metrics.json holds."""
        own = self.own_details
        return {**own.result.metrics, "latency_ms": own.run.latency_ms}

    @property
    def digest(self) -> str:
        """The digest of the run, as the byproduct has it."""
        return self.predicate.run_details.byproducts[0].digest.get(DIGEST, "")

    @property
    def _dependencies(self) -> list[Resource]:
        return self.predicate.build_definition.resolved_dependencies

    def _of_kind(self, kind: str) -> Iterator[Resource]:
        for file in self._dependencies:
            if file.annotations and file.annotations.kind == kind:
                yield file

    def to_json(self) -> bytes:
        """The file of the record, with its checksum; without blanks where it would be too large."""
        tree = msgspec.to_builtins(self)
        own_details_in(tree)["checksum"] = checksum(tree)
        text = msgspec.json.encode(tree)
        laid_out = msgspec.json.format(text, indent=2) + b"\n"
        return laid_out if len(laid_out) <= LARGEST_RECORD else text + b"\n"


def _is_package(resource: Resource) -> bool:
    return bool(resource.uri) and resource.annotations is None


def own_details_in(tree: Any) -> dict[str, Any]:
    """The part of a record's JSON that barwise alone says of a run."""
    details: dict[str, Any] = tree["predicate"]["runDetails"]["byproducts"][0]["annotations"]
    return details


def checksum(tree: Any) -> str:
    """The SHA-256 of a record's JSON that has no checksum yet, with sorted keys and without blanks.

    It shows damage and edits. Whoever edits a record can also compute it, so it is no signature.
    """
    text = json.dumps(tree, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
