"""The schema of the config's file: keys and defaults from the code, words from docs/config.md."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from barwise import config
from barwise.bars import columns, crossing, evaluate, gates, sweep
from barwise.bars.times import UNITS
from tests.conftest import ROOT

Schema = dict[str, Any]

CONTROL = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
NAME: Schema = {"type": "string", "minLength": 1}
OTHER_NAME: Schema = {"type": ["string", "null"], "minLength": 1}
BAND: Schema = {"type": "string", "pattern": f"^{crossing.BAND}$"}
TWO_NAMES: Schema = {"items": NAME, "minItems": 2, "maxItems": 2, "uniqueItems": True}
SOME_BARS: Schema = {
    "items": {"type": "integer", "minimum": 1, "maximum": sweep.LARGEST_WINDOW},
    "minItems": 1,
    "maxItems": sweep.MOST_PAIRS,
    "uniqueItems": True,
}
BOUND: Schema = {"type": ["number", "string"], "pattern": f"^{gates.DECIMAL}$"}
VALUES: dict[str, Schema] = {
    "seed": {"type": "integer", "minimum": 0, "maximum": config.LARGEST_SEED},
    "window": {"type": "integer", "minimum": 1, "maximum": config.LARGEST_WINDOW},
    "version": {"type": "string", "pattern": rf"^ *[^ {CONTROL}][^{CONTROL}]*$"},
    "arithmetic": {"enum": [*config.ARITHMETICS]},
    "checks": {"enum": [*config.CHECKS]},
    "interval": {
        "type": "string",
        "pattern": rf"^(?=[0-9]{{1,9}}[a-z]$)0*[1-9][0-9]*[{''.join(UNITS)}]$",
    },
    "order": {"enum": [*config.ORDERS]},
    "error_code": {"type": "boolean"},
    "columns.close": NAME,
    "columns.timestamp": {**OTHER_NAME, **TWO_NAMES, "type": ["string", "array", "null"]},
    **{f"columns.{key}": OTHER_NAME for key in columns.OTHERS},
    "csv.delimiter": {"enum": [*columns.DELIMITERS, "tab"]},
    "csv.decimal": {"enum": [".", ","]},
    "csv.skip": {"type": "integer", "minimum": 0, "maximum": columns.MOST_SKIPPED},
    "csv.names": {"type": "array", "items": NAME, "minItems": 1, "uniqueItems": True},
    "csv.dates": {"enum": [*columns.DATES]},
    "signal.fast": {"type": "integer", "minimum": 1, "maximum": crossing.LARGEST_FAST},
    "signal.band_bp": {
        "anyOf": [BAND, {"type": "number", "minimum": 0, "exclusiveMaximum": crossing.WHOLE_BAND}]
    },
    "csv.offset": {"type": "string", "pattern": f"^{columns.OFFSET}$"},
    "evaluate.fill": {"enum": [*evaluate.FILLS]},
    "evaluate.cost_bp": {
        "type": ["number", "string"],
        "minimum": 0,
        "maximum": evaluate.LARGEST_COST,
        "pattern": f"^{evaluate.COST}$",
    },
    "evaluate.horizons": {
        "type": "array",
        "items": {"type": "integer", "minimum": 1, "maximum": evaluate.LARGEST_HORIZON},
        "minItems": 1,
        "maxItems": evaluate.MOST_HORIZONS,
        "uniqueItems": True,
    },
    "sweep.windows": {
        "type": ["string", "array"],
        "pattern": f"^{sweep.RANGE}$",
        **SOME_BARS,
    },
    "sweep.fast": {"type": "array", **SOME_BARS},
    "gates": {
        "type": "object",
        "minProperties": 1,
        "additionalProperties": {
            "type": "object",
            "properties": dict.fromkeys(gates.GATE_RULES, BOUND),
            "minProperties": 1,
            "additionalProperties": False,
        },
    },
    "evaluate.bars_per_year": {
        "type": "integer",
        "minimum": 1,
        "maximum": evaluate.LARGEST_YEAR,
    },
}
KEY = re.compile(r"^([# ]*)(\w+): ?(.*?)(?: +# (.*))?$", re.M)


def schema() -> Schema:
    """The schema of a config, to which every rule of `barwise/config.py` gives a key."""
    described = descriptions()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A config of barwise",
        "description": "What a run computes. docs/config.md has more about each key.",
        **_section(config.Config, config.RULES, described),
        "required": [*config.REQUIRED],
    }


def _section(cls: type, rules: Any, described: dict[str, str], prefix: str = "") -> Schema:
    defaults: dict[str, Any] = {field.name: field.default for field in fields(cls)}
    properties: dict[str, Schema] = {}
    for key in rules:
        name = prefix + key
        properties[key] = {"description": described[name]}
        if name in config.SECTIONS:
            properties[key] |= _section(*config.section_of(name), described, f"{name}.")
        else:
            properties[key] |= VALUES[name]
            if isinstance(defaults[key], str | bool | int) and defaults[key] != "":
                properties[key]["default"] = defaults[key]
    of_section = {"type": "object", "properties": properties, "additionalProperties": False}
    required = [key for key in rules if defaults[key] == ""]
    return {**of_section, "required": required} if required else of_section


def descriptions() -> dict[str, str]:
    """What the comments of the config in docs/config.md say of each key; also "section.key"."""
    page = (ROOT / "docs" / "config.md").read_text()
    [shown] = re.findall(r"^```yaml\n(.*?)^```", page, re.M | re.S)
    described: dict[str, str] = {}
    section = ""
    for before, key, value, words in KEY.findall(shown):
        is_within = before.replace("#", "").count(" ") >= 2
        if not is_within:
            section = f"{key}." if not value else ""
        described[(section if is_within else "") + key] = words
    return described
