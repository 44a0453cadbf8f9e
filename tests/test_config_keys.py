"""Keys of the config as arguments: they mean what they mean in a file, and break the same rules."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import barwise
from barwise.config import REQUIRED, RULES, load, of_keys

NAMES = st.text("abXY_ .", min_size=1, max_size=4)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "seed": st.integers(-1, 2**32),
    "window": st.integers(-1, 50),
    "version": st.sampled_from(["v1", "", "2024-01", "two\nlines"]),
    "arithmetic": st.sampled_from(["exact", "float64", "decimal"]),
    "checks": st.sampled_from(["off", "report", "strict", "loud"]),
    "interval": st.sampled_from(["1m", "5d", "1mo", "x"]),
    "order": st.sampled_from(["file", "time", "Time"]),
    "columns": st.dictionaries(
        st.sampled_from(["close", "timestamp", "symbol", "volume", "clos"]),
        st.one_of(NAMES, st.none(), st.lists(NAMES, min_size=1, max_size=3)),
        min_size=1,
    ),
    "csv": st.fixed_dictionaries(
        {},
        optional={
            "delimiter": st.sampled_from([",", ";", "x"]),
            "decimal": st.sampled_from([".", ","]),
            "skip": st.integers(-1, 5),
            "offset": st.sampled_from(["+03:00", "3"]),
            "skp": st.just(1),
        },
    ),
    "signal": st.fixed_dictionaries(
        {},
        optional={
            "fast": st.integers(-1, 9),
            "band_bp": st.sampled_from([0, 10, 2.5, "2.50", "2,5", 10_000, -1, True]),
            "slow": st.just(1),
        },
    ),
    "windw": st.just(5),
}


@given(st.fixed_dictionaries({}, optional=VALUES), st.booleans())
def test_keys_given_in_python_are_those_of_a_file(keys: dict[str, Any], has_file: bool) -> None:
    before = {"seed": 7, "window": 3, "version": "v7", "order": "time"}
    whole = {**keys, **{key: value for key, value in before.items() if key not in keys}}
    Path("whole.yaml").write_text(yaml.dump(whole, sort_keys=False))
    Path("config.yaml").write_text(yaml.dump(before))
    base = load("config.yaml") if has_file else None
    given = keys if has_file else whole
    assert outcome(lambda: of_keys(given, base)) == outcome(lambda: load("whole.yaml"))


def outcome(make: Any) -> object:
    """The config, or what is said apart from where and from how a file writes values."""
    try:
        return make()
    except barwise.ConfigError as error:
        text = re.sub(r" on line \d+ of whole\.yaml| \(in whole\.yaml\)", "", str(error))
        return re.sub(r" is (null|None|\[.*\]|False|True|true)(?=:)", " is a value", text)


def test_only_the_window_must_be_given() -> None:
    config = barwise.run("data.csv", window=2).config
    assert config == barwise.Config(0, 2, "unversioned")
    assert config == of_keys({key: getattr(config, key) for key in RULES})
    assert {"seed", "version"} == {*REQUIRED} - {"window"}
    with pytest.raises(barwise.ConfigError, match="no window is given: set it, as in window=20"):
        barwise.run("data.csv")
    assert barwise.check("data.csv").bars == 4
    assert len(barwise.plan("data.csv").parts) == 1
    assert len(barwise.plan("data.csv", signal={"fast": 5}).parts) == 1


def test_keys_come_before_those_of_the_config() -> None:
    Path("named.yaml").write_text(
        'seed: 1\nwindow: 3\nversion: "v2"\ncolumns: {volume: v, open: o}\n'
    )
    by_file = barwise.run("data.csv", "named.yaml", window=2, columns={"open": "first"}).config
    by_config = barwise.run("data.csv", load("named.yaml"), window=2, columns={"open": "first"})
    assert by_file == by_config.config
    assert by_file == barwise.Config(1, 2, "v2", columns=barwise.Columns(open="first", volume="v"))
    whole = barwise.run("data.csv", "named.yaml", columns=barwise.Columns(open="first")).config
    assert whole.columns == barwise.Columns(open="first")


@pytest.mark.parametrize("call", [barwise.run, barwise.check, barwise.plan])
def test_an_unknown_argument_names_the_nearest(call: Any) -> None:
    for unknown, meant in (("windw", "window"), ("colums", "columns")):
        with pytest.raises(barwise.ConfigError, match=rf"{unknown}.: did you mean {meant}\?"):
            call("data.csv", **{unknown: 5})


def test_an_argument_that_is_no_key_is_named_too() -> None:
    with pytest.raises(barwise.ConfigError, match=r"unknown key 'worker': did you mean workers\?"):
        barwise.run("data.csv", window=2, worker=2)  # type: ignore[call-arg]


def test_numbers_of_numpy_are_numbers() -> None:
    numbers: Any = np.arange(2, 4)
    windows = [barwise.run("data.csv", window=w).config.window for w in numbers]
    assert windows == [2, 3]
    assert {type(window) for window in windows} == {int}
    with pytest.raises(barwise.ConfigError, match=r"window is 2\.0: must be a whole number"):
        barwise.run("data.csv", window=np.float64(2))  # type: ignore[arg-type]
