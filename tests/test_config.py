from __future__ import annotations

from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwise import Columns, Config, ConfigError, config


def load(text: str) -> Config:
    Path("config.yaml").write_text(text)
    return config.load("config.yaml")


def refusal(text: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(text)
    return str(caught.value)


def test_a_whole_config() -> None:
    loaded = load(
        "seed: 7\nwindow: 20\nversion: 'v2'\narithmetic: exact\ncolumns: {close: Last Price}\n"
    )
    assert loaded == Config(7, 20, "v2", "exact", Columns("Last Price"))


def test_what_may_be_left_out() -> None:
    assert load("seed: 0\nwindow: 1\nversion: v1\n") == Config(0, 1, "v1", "float64", Columns())


def test_values_are_plain_text_and_numbers() -> None:
    """YAML 1.1 takes off for no text; what follows the config, as a record, knows only text."""
    loaded = load("seed: 1\nwindow: 5\nversion: v1\nchecks: off\norder: time\ninterval: 1m\n")
    types = {key: type(value) for key, value in asdict(loaded).items()}
    assert types == {
        **dict.fromkeys(["version", "arithmetic", "checks", "interval", "order"], str),
        **{"seed": int, "window": int, "columns": dict, "csv": dict, "error_code": bool},
        **dict.fromkeys(["signal", "evaluate", "sweep", "gates"], type(None)),
    }


def test_all_missing_keys_are_named_at_once() -> None:
    assert "no seed, version:" in refusal("window: 5\n")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("window: true", "window is true on line 2 of config.yaml: must be a whole number"),
        ("window: 5.0", "window is 5.0 on line 2"),
        ('window: "5"', "window is '5' on line 2"),
        ("window: 0", "window is 0 on line 2"),
        ("window: -3", "window is -3 on line 2"),
        ("window:", "window is empty on line 2"),
        ("window: [5]", "window is [5] on line 2"),
        ("window: !!int 5", "line 2, column 9: a tag is not read here"),
        ("!!python/name:os.system window: 5", "line 2, column 1: a tag is not read here"),
        ('window: "\\UFFFFFFFF"', "is not valid YAML on line 2: "),
        ('window: "5', "line 2, column 9: while scanning a quoted scalar, found"),
        ("window 5\nseed: 1", "line 2, column 1: while scanning a simple key, could not find"),
        ("window: {a: 5}", "window is a mapping on line 2"),
        ("window: 010", "window is 010 on line 2"),  # 8 to YAML 1.1
        ("window: 1:30", "window is 1:30 on line 2"),  # 90 to YAML 1.1
        ("window: 1_0", "window is 1_0 on line 2"),
        ("window: 9223372036854775808", "window is 9223372036854775808 on line 2"),
        (f"window: {'9' * 5000}", "window is 9999"),
        ("arithmetic: Exact", "must be one of float64, exact"),
        ("csv: {decimal: x}", 'must be "." or ",", in quotes'),
        ("arithmetic: [exact]", "arithmetic is ['exact'] on line 2"),
        ("columns: close", "columns is 'close' on line 2"),
        ("columns: {close: 3}", "columns.close is 3 on line 2"),
        ("columns: {close: ''}", "columns.close is '' on line 2"),
        ("columns: {Close: x}", "unknown key 'columns.Close' on line 2 of config.yaml: did you"),
        ("windw: 5", "unknown key 'windw' on line 2 of config.yaml: did you mean window?"),
        (
            "zzz: 5",
            "known keys: seed, window, version, arithmetic, checks, interval, order, columns",
        ),
        ("seed: 2\nseed: 3", "key 'seed' is on line 2 of config.yaml and again on line 3"),
        ("<<: {seed: 3}", "unknown key '<<'"),
        ("5: 3", "unknown key '5'"),
        ("[a]: 3", "unknown key '[...]' on line 2"),
        ("a: &x 1", "unknown key 'a'"),
        ("a: *x", "an alias is not read here"),
        ("a: !!python/object/apply:os.system ['touch owned']", "a tag is not read here"),
        ("seed: [touch owned]", "seed is ['touch owned'] on line 2"),
        ("a: [[[[[[[[[[1]]]]]]]]]]", "line 2, column 7: nested too deeply"),
        ("\tseed: 1", "line 2, column 1"),
        ("seed: 1: 2", "line 2, column 8"),
        ("--- \nseed: 1", "another document"),
        ("columns: {amount: v}", "known keys: columns.close, columns.timestamp, columns.symbol"),
        ("columns: {close: x, symbol: x}", "columns are x, x: each must be another column (in con"),
        ("a\x01b: 1", "the character '\\x01' on line 2"),
    ],
)
def test_what_is_refused_is_named_by_line_and_value(line: str, message: str) -> None:
    assert message in refusal(f"version: v7\n{line}\n")
    assert not Path("owned").exists()


@pytest.mark.parametrize(
    "value", ["1.0", "true", "", "''", "'  '", '"a\\nb"', '"a\\u2028b"', "2024-01-01", "[v1]"]
)
def test_a_version_is_one_line_of_text(value: str) -> None:
    assert "version is" in refusal(f"seed: 1\nwindow: 5\nversion: {value}\n")


@pytest.mark.parametrize("value", [-1, 2**32])
def test_a_seed_that_numpy_refuses(value: int) -> None:
    assert f"seed is {value} on line 1" in refusal(f"seed: {value}\nwindow: 5\nversion: v1\n")


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("version: v7\nwindow: 0\nseed: 1\n", "v7"),
        ("version: v7\nseed: 1\nseed: 1\n", "v7"),
        ("version: v7\nversion: v8\nseed: 1\n", "v1"),
        ("version: v7\n? [a]\n: 5\n", "v7"),
        ("version: 7\n", "v1"),
        ("window: 5\n", "v1"),
    ],
)
def test_an_error_carries_the_configs_own_version(text: str, version: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(text)
    assert caught.value.version == version


@pytest.mark.parametrize(
    "text",
    [
        "[" * 60_000,
        "{a: " * 15_000,
        "a: 1\n" * 13_000,
        "a: &a [x]\n" + "".join(f"{c}: &{c} [*a, *a]\n" for c in "bcdefghij"),
        "x" * 65_000,
        "x" * 70_000,
        "? " * 30_000,
        '"' + "a\n" * 30_000,
    ],
)
def test_a_config_made_to_be_slow_is_refused(text: str) -> None:
    refusal(text)  # an alias bomb would never end


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "config.yaml is empty"),
        (b"# nothing\n", "config.yaml is empty"),
        (b"---\n", "config.yaml is empty"),
        (b"seed: 1\rwindow: 0\r", "window is 0 on line 2"),
        (b"seed: 1\r\r\x07\r", "on line 3 of config.yaml is not allowed"),
        (b"\xef\xbb\xbfseed: 1\n", "has no window, version"),
        (b"seed: 1\nversion: \xff\n", "byte 0xff on line 2 of config.yaml is not UTF-8"),
        (b"- seed\n", "does not hold keys and values"),
        (b"seed\n", "does not hold keys and values"),
    ],
)
def test_files_that_are_no_config(content: bytes, message: str) -> None:
    Path("config.yaml").write_bytes(content)
    with pytest.raises(ConfigError, match=message):
        config.load("config.yaml")


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/dev/zero", "/dev/zero is a device"),
        (".", "is a folder"),
        ("nowhere.yaml", "cannot open the config nowhere.yaml: No such file"),
        ("", "cannot open the config '': No such file"),
        ("a\0b", "embedded null"),
    ],
)
def test_paths_that_are_no_file(path: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        config.load(path)


def test_a_config_made_in_python_obeys_the_same_rules() -> None:
    with pytest.raises(ConfigError, match="window is True: must be a whole number"):
        Config(1, True, "v1")
    with pytest.raises(ConfigError, match=r"columns\.close is '': must be the name"):
        Columns("")
    with pytest.raises(ConfigError, match="columns is 'close': must name columns"):
        Config(1, 1, "v1", columns="close")  # type: ignore[arg-type]


@given(st.text(max_size=200))
def test_any_text_is_a_config_or_a_refusal(text: str) -> None:
    Path("config.yaml").write_text(text, encoding="utf-8", errors="surrogatepass")
    with suppress(ConfigError):  # and nothing else
        config.load("config.yaml")


def test_a_band_is_the_decimal_that_is_written() -> None:
    for written, band in (("2.50", (1, 4000)), ("0.000000001", (1, 10**13)), ('"10"', (1, 1000))):
        read = load(f"seed: 0\nwindow: 1\nversion: v1\nsignal: {{band_bp: {written}}}\n")
        assert read.fast_and_band == (1, band)


def test_a_close_without_a_band_is_no_other_signal() -> None:
    assert load("seed: 0\nwindow: 1\nversion: v1\nsignal: {fast: 1, band_bp: 0.0}\n").signal is None


@pytest.mark.parametrize(
    ("signal", "message"),
    [
        ("5", "signal is 5 on line 4 of config.yaml: must say what crosses, as in signal: {fast:"),
        ("{fast: 6}", "signal.fast is 6, and window is 5: the fast mean must not have more closes"),
        ("{fast: 2.0}", "signal.fast is 2.0 on line 4 of config.yaml: must be a whole number"),
        ("{band_bp: 1e1}", "signal.band_bp is '1e1' on line 4 of config.yaml: must be basis"),
        ("{band_bp: 10_000}", "signal.band_bp is 10_000 on line 4"),
        ("{band_bp: 0x10}", "signal.band_bp is 0x10 on line 4"),
        ("{band_bp: -1}", "signal.band_bp is -1 on line 4"),
        ("{band_bp: .5}", "signal.band_bp is .5 on line 4"),
        ("{band_bp: yes}", "signal.band_bp is yes on line 4"),
        (
            "{slow: 5}",
            "unknown key 'signal.slow' on line 4 of config.yaml: known keys: signal.fast",
        ),
    ],
)
def test_what_is_wrong_with_a_signal_is_named(signal: str, message: str) -> None:
    refused = refusal(f"seed: 0\nwindow: 5\nversion: v1\nsignal: {signal}\n")
    assert message in refused
    assert "config.yaml" in refused
