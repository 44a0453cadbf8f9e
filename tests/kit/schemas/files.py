"""The files of docs/schemas/, and validators of them as strict as a schema can be."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import regress
from jsonschema import Draft202012Validator, ValidationError, validators

from tests.conftest import ROOT
from tests.kit.schemas import config, outputs, record

FOLDER = ROOT / "docs" / "schemas"


def texts() -> dict[str, str]:
    """What each file should hold, by name."""
    schemas = {
        "config": config.schema(),
        "record": record.schema(),
        **outputs.all_but_records(),
    }
    return {
        f"{name}.schema.json": json.dumps(schema, indent=2) + "\n"
        for name, schema in schemas.items()
    }


def _pattern(_: Any, pattern: str, value: object, schema: Any) -> Iterator[ValidationError]:
    """Patterns by ECMAScript's rules, as JSON Schema wants; Python's `$` allows a line end."""
    if isinstance(value, str) and regress.Regex(pattern, "u").find(value) is None:
        yield ValidationError(f"{value!r} does not match {pattern!r}")


Strict = validators.extend(Draft202012Validator, {"pattern": _pattern})


def validator(name: str) -> Any:
    """The validator of a schema in docs/schemas/, by its name without the ending."""
    schema = json.loads(Path(FOLDER / f"{name}.schema.json").read_text())
    return Strict(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
