"""Reads the file of a record, and refuses one that cannot be from a run."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import msgspec

from barwise.config import RULES, SECTIONS, Config, section_of
from barwise.errors import ConfigError, RecordError, listed, named, quoted
from barwise.files.limits import LARGEST_CONFIG, LARGEST_RECORD
from barwise.records import contradictions, whole
from barwise.records.parameters import LATER
from barwise.records.statement import (
    BUILD,
    BUILDER,
    BYPRODUCT,
    PROVENANCE,
    STATEMENT,
    Statement,
    checksum,
    own_details_in,
)

LARGEST_PARAMETERS = 4 * LARGEST_CONFIG  # bytes of JSON, which has quotes where YAML has none


def load(path: str) -> Statement:
    """The record in the file at `path`. Raises RecordError where there is none, or it is cut off,
    is of another kind, or contradicts itself.
    """
    data = whole.read(path, "record", LARGEST_RECORD, RecordError)
    record, actual_checksum = _decoded(data, path)
    for what, value, known in (
        ("_type", record.type, STATEMENT),
        ("predicateType", record.predicate_type, PROVENANCE),
        ("buildType", record.predicate.build_definition.build_type, BUILD),
        ("builder", record.predicate.run_details.builder.id, BUILDER),
        ("byproduct", record.predicate.run_details.byproducts[0].name, BYPRODUCT),
    ):
        if value != known:
            raise RecordError(
                f"{named(path)} is not a record that this version of barwise can read: its "
                f"{what} is {quoted(value)}, not {quoted(known)}"
            )
    for wrong in contradictions.of(record, config_of(record, path), actual_checksum):
        raise RecordError(f"{named(path)} was edited: {wrong}; get a new copy")
    return record


def _decoded(data: bytes, path: str) -> tuple[Statement, str]:
    """The record that JSON holds, and what its checksum must be. Raises RecordError."""
    try:
        record = msgspec.json.decode(data, type=Statement)
        tree = json.loads(data, object_pairs_hook=_each_once)
        own_details_in(tree).pop("checksum", None)
        return record, checksum(tree)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise RecordError(
            f"{named(path)} is not a record of a run, or cut off: {error}; get a new copy"
        ) from None


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A mapping of JSON. Readers do not agree which of two values counts, so neither does."""
    mapping = dict(pairs)
    if len(mapping) < len(pairs):
        [(key, times)] = Counter(key for key, _ in pairs).most_common(1)
        raise ValueError(f"the key {quoted(key)} is there {times} times")
    return mapping


def config_of(record: Statement, path: str) -> Config:
    """The config of a record that was read from `path`. Raises RecordError."""
    values: dict[str, Any] = dict(record.config)
    try:
        if len(msgspec.json.encode(record.config)) > LARGEST_PARAMETERS:
            raise ConfigError("it is larger than that of any file")
        unknown, missing = {*values} - {*RULES}, {*RULES} - {*values} - {*LATER}
        for section in SECTIONS:
            if section in LATER and section not in values:
                continue
            cls, rules = section_of(section)
            within = values.get(section, {})
            if not isinstance(within, dict):
                raise ConfigError(f"{section} is {quoted(within)}: must hold keys")
            unknown |= {f"{section}.{key}" for key in {*within} - {*rules}}
            missing |= {f"{section}.{key}" for key in {*rules} - {*within}}
            values[section] = cls(**{key: within[key] for key in {*within} & {*rules}})
        if unknown:
            raise ConfigError(f"unknown key {quoted(min(unknown))}")
        if missing:
            raise ConfigError(f"it has no {listed(sorted(missing))}")
        return Config(**values)
    except ConfigError as error:
        raise RecordError(
            f"{named(path)} has a config that this version of barwise cannot run: {error}"
        ) from None
