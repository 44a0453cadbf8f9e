"""What a record says that no run can have recorded, as where it does not agree with itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from barwise.engine import metrics
from barwise.errors import quoted
from barwise.files.addresses import is_address
from barwise.records.statement import BUILDER
from barwise.stages import digests
from barwise.stages.tally import Tally

if TYPE_CHECKING:
    from barwise.config import Config
    from barwise.records.own_details import SeriesDigests
    from barwise.records.statement import Resource, Statement

READ, WRITTEN = {"config", "input"}, {"metrics", "signals", "sweep"}
LONGEST_PATH = 4096  # bytes; no system opens a longer one


def of(record: Statement, config: Config, checksum: str) -> Iterator[str]:
    """What is in the record and cannot be from a run, in words.

    `config` is that of the record, and `checksum` what its own must be.
    """
    definition, result = record.predicate.build_definition, record.result
    read, written = definition.resolved_dependencies, record.subject
    of_read, of_written = (
        Counter(resource.annotations.kind for resource in resources if resource.annotations)
        for resources in (read, written)
    )
    if of_read["config"] != 1 or of_written["metrics"] != 1 or of_read["input"] == 0:
        yield "it needs one config, one file of metrics and an input"
    is_apart = not any(resource.uri for resource in written)
    if not is_apart or {*of_read} - READ or {*of_written} - WRITTEN:
        yield "what it has read and what it has written are not apart"
    for resource in (*read, *written):
        yield from _of_resource(resource)
    for resources in (read, written):
        names = Counter((resource.name, bool(resource.uri)) for resource in resources)
        for (name, _), times in names.items():
            if times > 1:
                yield f"{quoted(name)} is there {times} times"
    versions, package = record.predicate.run_details.builder.version, record.packages.get("barwise")
    version = versions.get("barwise")
    if len(versions) != 1 or not package or package.uri != f"{BUILDER}@{version}":
        yield "the version of its builder is not that of barwise in its packages"
    for name, series in result.series.items():
        yield from (f"series {quoted(name)} {wrong}" for wrong in _of_series(series))
    of_series = {name: series.digest for name, series in result.series.items()}
    if not of_series:
        yield "it has no series"
    elif not result.digest == record.digest == digests.of_run(of_series):
        yield "the digest of the run is not that of its series"
    else:
        tallies = {name: Tally(series.bars, series.ones) for name, series in result.series.items()}
        asked = config.evaluate, config.sweep, config.gates, config.gates
        has_all = all(
            (key in result.metrics) == (section is not None)
            for key, section in zip((*metrics.FIGURES, *metrics.GATES), asked, strict=True)
        )
        rest = metrics.without_evaluations(result.metrics)
        plain = metrics.without_evaluations(metrics.without_latency(config, tallies))
        if rest != plain or not has_all:
            yield "its metrics are not those of its config and its series"
    if record.own_details.checksum != checksum:
        has_one = record.own_details.checksum
        yield "its checksum is not that of its contents" if has_one else "it has no checksum"


def _of_resource(resource: Resource) -> Iterator[str]:
    """What is wrong with a file or a package."""
    facts = resource.annotations
    if resource.is_object:
        yield from _of_object(resource)
        return
    algorithms = ["sha256"] if facts else ["dirHash"] * (resource.name == "barwise")
    if bool(facts) == bool(resource.uri) or [*resource.digest] != algorithms:
        yield f"{quoted(resource.name)} is described neither as a file nor as a package"
    elif facts and not _is_path(resource.name):
        yield f"{quoted(resource.name)} is not the name of a file"
    elif facts and (facts.rows is None) == (facts.kind == "input"):
        yield f"{quoted(resource.name)} is of the kind {facts.kind}, whose rows are {facts.rows}"


def _of_object(resource: Resource) -> Iterator[str]:
    """What is wrong with an object in a store."""
    facts = resource.annotations
    is_address_of_it = is_address(resource.uri) and resource.uri == resource.name
    if not is_address_of_it or [*resource.digest] not in ([], ["sha256"]):
        yield f"{quoted(resource.name)} is described neither as a file nor as an object"
    elif facts and (facts.rows is None or facts.kind != "input" or not _is_path(resource.name)):
        yield f"{quoted(resource.name)} is of the kind {facts.kind}, whose rows are {facts.rows}"


def _is_path(name: str) -> bool:
    return "\0" not in name and 0 < len(name.encode(errors="replace")) <= LONGEST_PATH


def _of_series(series: SeriesDigests) -> Iterator[str]:
    blocks = -(-series.bars // digests.BLOCK_BARS)
    if series.bars == 0 or series.ones > series.bars:
        yield f"has {series.bars} bars and {series.ones} ones"
    elif not len(series.closes) == len(series.signals) == blocks:
        yield f"has another number of blocks than the {blocks} of its {series.bars} bars"
    elif series.digest != digests.of_blocks(series.closes, series.signals, series.bars):
        yield "has another digest than that of its blocks"
