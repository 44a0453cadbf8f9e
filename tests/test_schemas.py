"""The schemas of docs/schemas/ say what the code does; those of outputs are tested by real runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from barwise import ConfigError, config
from barwise.bars.columns import COLUMN_RULES, CSV_RULES, DATES
from barwise.bars.crossing import CROSSING_RULES
from tests.kit.schemas.files import FOLDER, texts, validator

SCHEMA = validator("config")
REQUIRED: dict[str, Any] = {"seed": 1, "window": 5, "version": "v1"}
KEYS = [
    *config.RULES,
    *(f"columns.{key}" for key in COLUMN_RULES),
    *(f"csv.{key}" for key in CSV_RULES),
    *(f"signal.{key}" for key in CROSSING_RULES),
]

numbers = st.one_of(
    st.integers(),
    st.sampled_from([0, 1, 10_000, 10_001, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 10**40]),
    st.floats(allow_nan=False, allow_infinity=False),
)
words = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=8),
    st.text(" 0123456789smhdwoy:+-\t,;|.\n\u00a0\u2028", max_size=7),
    st.from_regex(r"\A[-+]?[0-9]{1,2}:[0-9]{2}\n?\Z"),
    st.from_regex(r"\A[0-9]{1,10}[smhdwyM]\n?\Z"),
    st.from_regex(r"\A[0-9]{1,5}(\.[0-9]{1,10})?\n?\Z"),
    st.sampled_from(
        [*config.ARITHMETICS, *config.CHECKS, *config.ORDERS, *DATES, ",", ";", "|", "\t", "tab"]
    ),
    st.sampled_from(["close", "Close", "", " ", "v1", "0m", "1m", "+03:00", "+0\u0663:00", "true"]),
)
plain = st.one_of(st.none(), st.booleans(), numbers, words)
values = st.one_of(
    plain, st.lists(plain, max_size=3), st.lists(words, max_size=3), st.dictionaries(words, plain)
)


def is_accepted(written: Mapping[str, Any]) -> bool:
    """Whether barwise takes it. PyYAML writes what it reads: 1e-05 is text in YAML 1.1."""
    Path("config.yaml").write_text(yaml.safe_dump(written))
    try:
        config.load("config.yaml")
    except ConfigError:
        return False
    return True


def only_barwise_knows(written: Mapping[str, Any]) -> bool:
    """Whether barwise may refuse it for what a schema cannot say. This is all that there is."""
    columns, csv = written.get("columns", {}), written.get("csv", {})
    times = columns.get("timestamp")
    names = [columns.get("close", "close"), *(times if isinstance(times, list) else [times])]
    names = [*names, *(columns.get(key) for key in ("symbol", "open", "high", "low", "volume"))]
    named = [name for name in names if name]
    return (
        len({*named}) < len(named)  # two keys name one column
        or written.get("signal", {}).get("fast", 1) > written.get("window", 1)
        or bool(written.get("sweep"))  # it needs other keys, and a range has a first and a last
        or bool(written.get("gates"))  # of paths that those keys decide
        or csv.get("delimiter") == csv.get("decimal", ".")  # both a comma
        or not str(written.get("version")).isprintable()  # by the Unicode that Python knows
        or any(type(number) is float for number in numbers_in(written))  # 5.0 is a whole number
    )


def numbers_in(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [number for one in value.values() for number in numbers_in(one)]
    return [value] if isinstance(value, int | float) else []


def with_key(key: str, value: Any) -> dict[str, Any]:
    section, _, name = key.rpartition(".")
    return {**REQUIRED, section: {name: value}} if section else {**REQUIRED, key: value}


def agree(written: Mapping[str, Any]) -> None:
    if is_accepted(written):
        SCHEMA.validate(written)
    elif SCHEMA.is_valid(written):
        assert only_barwise_knows(written), written


def test_the_files_are_what_the_code_says() -> None:
    """Where they are not: `make schemas`."""
    assert {path.name: path.read_text() for path in FOLDER.iterdir()} == texts()


@pytest.mark.parametrize("name", texts())
def test_each_is_a_schema_of_draft_2020_12(name: str) -> None:
    schema = json.loads((FOLDER / name).read_text())
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("key", KEYS)
@settings(max_examples=30)
@given(value=values)
@example(value=True)
@example(value=5)
@example(value=None)
@example(value="+0\u0663:00")
@example(value="1m\n")
@example(value=["Date", "Time"])
@example(value=["Date", "Date"])
def test_a_value_that_barwise_takes_is_one_of_the_schema_and_no_other(key: str, value: Any) -> None:
    agree(with_key(key, value))


@given(
    st.fixed_dictionaries(
        {key: st.just(value) for key, value in REQUIRED.items()},
        optional={
            "columns": st.fixed_dictionaries(
                {}, optional={key: st.sampled_from(["a", "b", None]) for key in COLUMN_RULES}
            ),
            "csv": st.fixed_dictionaries(
                {},
                optional={
                    "delimiter": st.sampled_from([",", ";", "tab"]),
                    "decimal": st.sampled_from([".", ","]),
                    "names": st.lists(st.sampled_from("ab"), max_size=2),
                },
            ),
            "signal": st.fixed_dictionaries(
                {}, optional={"fast": st.integers(4, 6), "band_bp": st.sampled_from([5, "2.5"])}
            ),
            "error_code": st.booleans(),
            "unknown": st.just(1),
            "order": st.sampled_from([*config.ORDERS, "newest"]),
        },
    ),
    st.sets(st.sampled_from([*config.RULES]), max_size=1),
)
def test_they_agree_about_keys_beside_each_other_and_missing_ones(
    written: dict[str, Any], missing: set[str]
) -> None:
    agree({key: value for key, value in written.items() if key not in missing})


@pytest.mark.parametrize("key", KEYS)
def test_each_key_has_words_for_an_editor(key: str) -> None:
    schema = json.loads((FOLDER / "config.schema.json").read_text())
    for name in key.split("."):
        schema = schema["properties"][name]
    assert len(schema["description"]) > len("closes")
