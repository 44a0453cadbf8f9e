"""The schema of a record, from the types that read and write it."""

from __future__ import annotations

import inspect
import re
from typing import Any

import msgspec

from barwise.records.statement import BUILD, PROVENANCE, STATEMENT, Statement
from tests.kit.schemas.config import Schema

CONSTANTS = {
    ("Statement", "_type"): STATEMENT,
    ("Statement", "predicateType"): PROVENANCE,
    ("BuildDefinition", "buildType"): BUILD,
}


def schema() -> Schema:
    made = msgspec.json.schema(Statement)
    for name, definition in made["$defs"].items():
        _describe(definition)
        for key, value in definition["properties"].items():
            if (name, key) in CONSTANTS:
                value["const"] = CONSTANTS[name, key]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A record, as `barwise run --record` writes it",
        **_portable(made),
    }


def _describe(definition: Schema) -> None:
    """Gives the words about fields in a class's docstring to its properties."""
    what, _, of_fields = inspect.cleandoc(definition["description"]).partition("\n\n")
    definition["description"] = what
    for name, words in re.findall(r"^(\w+): (.*)$", of_fields, re.M):
        first, *others = name.split("_")
        key = first + "".join(map(str.capitalize, others))
        for spelled in {key, name, f"_{name}"} & definition["properties"].keys():
            words = re.sub(r"\bNone\b", "null", words)
            definition["properties"][spelled] |= {"description": words}


def _portable(schema: Any) -> Any:
    """The same with patterns of ECMAScript, as JSON Schema wants them: Python alone knows `\\Z`."""
    if isinstance(schema, dict):
        return {
            key: value.replace(r"\Z", "$") if key == "pattern" else _portable(value)
            for key, value in schema.items()
        }
    return [*map(_portable, schema)] if isinstance(schema, list) else schema
