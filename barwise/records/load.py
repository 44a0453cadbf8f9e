"""Reads the file of a record, and refuses one that cannot be from a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import msgspec

from barwise.config import REQUIRED, RULES, SECTIONS, Config
from barwise.engine import metrics
from barwise.errors import ConfigError, RecordError, listed, named, quoted, reason
from barwise.files.opening import open_regular
from barwise.records.statement import (
    BUILD,
    BUILDER,
    PROVENANCE,
    STATEMENT,
    SeriesDigests,
    Statement,
)
from barwise.stages import digests
from barwise.stages.tally import Tally


def load(path: str) -> Statement:
    """The record in the file at `path`. Raises RecordError where there is none, or it is cut off,
    is of another kind, or contradicts itself.
    """
    with open_regular(path, "record", RecordError) as file:
        try:
            data = file.read()
        except OSError as error:
            raise RecordError(f"cannot read {named(path)}: {reason(error)}; check it") from None
    try:
        record = msgspec.json.decode(data, type=Statement)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RecordError(
            f"{named(path)} is not a record of a run, or cut off: {error}; get a new copy"
        ) from None
    for what, value, known in (
        ("_type", record.type, STATEMENT),
        ("predicateType", record.predicate_type, PROVENANCE),
        ("buildType", record.predicate.build_definition.build_type, BUILD),
        ("builder", record.predicate.run_details.builder.id, BUILDER),
    ):
        if value != known:
            raise RecordError(
                f"{named(path)} is not a record that this version of barwise can read: its "
                f"{what} is {quoted(value)}, not {quoted(known)}"
            )
    for wrong in _contradictions(record, config_of(record, path)):
        raise RecordError(f"{named(path)} was edited: {wrong}; get a new copy")
    return record


def config_of(record: Statement, path: str) -> Config:
    """The config of a record that was read from `path`. Raises RecordError."""
    values = dict(record.config)
    try:
        unknown = {*values} - {*RULES}
        for section, (cls, rules) in SECTIONS.items():
            within = values.get(section, {})
            if not isinstance(within, dict):
                raise ConfigError(f"{section} is {quoted(within)}: must hold keys")
            unknown |= {f"{section}.{key}" for key in {*within} - {*rules}}
            values[section] = cls(**{key: within[key] for key in {*within} & {*rules}})
        if unknown:
            raise ConfigError(f"unknown key {quoted(min(unknown))}")
        if missing := [key for key in REQUIRED if key not in values]:
            raise ConfigError(f"it has no {listed(missing)}")
        return Config(**values)
    except ConfigError as error:
        raise RecordError(
            f"{named(path)} has a config that this version of barwise cannot run: {error}"
        ) from None


def _contradictions(record: Statement, config: Config) -> Iterator[str]:
    """What is in the record and cannot be from a run, in words."""
    definition, result = record.predicate.build_definition, record.result
    resources = (*definition.resolved_dependencies, *record.subject)
    kinds = Counter(resource.annotations.kind for resource in resources if resource.annotations)
    if kinds["config"] != 1 or kinds["metrics"] != 1 or kinds["input"] == 0:
        yield "it needs one config, one file of metrics and an input"
    for resource in resources:
        if not resource.uri and not (resource.annotations and resource.sha256):
            yield f"{quoted(resource.name)} has no kind or no SHA-256"
    for section in (definition.resolved_dependencies, record.subject):
        names = Counter((resource.name, bool(resource.uri)) for resource in section)
        for (name, _), times in names.items():
            if times > 1:
                yield f"{quoted(name)} is there {times} times"
    version = record.predicate.run_details.builder.version.get("barwise")
    if "barwise" not in record.packages or record.packages["barwise"].uri != f"{BUILDER}@{version}":
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
        if result.metrics != metrics.without_latency(config, tallies):
            yield "its metrics are not those of its config and its series"


def _of_series(series: SeriesDigests) -> Iterator[str]:
    blocks = -(-series.bars // digests.BLOCK_BARS)
    if series.bars == 0 or series.ones > series.bars:
        yield f"has {series.bars} bars and {series.ones} ones"
    elif not len(series.closes) == len(series.signals) == blocks:
        yield f"has another number of blocks than the {blocks} of its {series.bars} bars"
    elif series.digest != digests.of_blocks(series.closes, series.signals, series.bars):
        yield "has another digest than that of its blocks"
