from __future__ import annotations

import gzip
import itertools
import os
import pickle
import random
from pathlib import Path

import polars as pl
import pytest

import barwise
from barwise import Columns, Config, InputError, UsageError
from barwise.sources import parts

CONFIG = Config(1, 2, "v1")
BY_COLUMN = Config(1, 2, "v1", columns=Columns(symbol="s"))


def write(name: str, *rows: str, header: str = "timestamp,close") -> None:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text("\n".join((header, *rows, "")))


def order(*inputs: str, config: Config = CONFIG) -> list[str]:
    return [part.path for part in barwise.plan(inputs, config).parts]


def test_one_file_is_one_part_of_the_unnamed_series() -> None:
    [part] = barwise.plan("data.csv", CONFIG).parts
    assert part[:5] == ("data.csv", "csv", os.path.getsize("data.csv"), "", "")
    assert (part.text, part.dates, part.inferred) == (parts.Text(), parts.Dates(), "")


def test_files_without_times_follow_in_natural_order() -> None:
    for name in ("b10.csv", "b2.csv", "a/b3.csv", "b1.csv"):
        write(f"lake/{name}", "1", header="close")
    expected = ["lake/a/b3.csv", "lake/b1.csv", "lake/b2.csv", "lake/b10.csv"]
    assert order("lake") == expected
    files = expected.copy()
    random.Random(1).shuffle(files)
    assert order(*files) == expected


def test_the_natural_order_is_that_of_whole_paths() -> None:
    names = ["b", "1", "01", "10", "2", "a1", "a01"]
    for path in itertools.product(names, ["", "x"], names):
        write(f"{os.path.join('lake', *path)}.csv", "1", header="close")
    paths = order("lake")
    assert len(paths) == 98
    assert paths == sorted(paths, key=lambda path: parts.in_natural_order(os.path.abspath(path)))


def test_files_with_times_follow_by_their_first() -> None:
    write("lake/1.csv", "2024-03-01,1")
    write("lake/2.csv", "1704067200,1")  # the first of January
    write("lake/3.csv", "2024-02-01T00:00:00+02:00,1")
    assert order("lake") == ["lake/2.csv", "lake/3.csv", "lake/1.csv"]
    times = [part.first_time for part in barwise.plan("lake", CONFIG).parts]
    assert times == sorted(times, key=str)


def test_times_may_be_typed_or_packed() -> None:
    pl.DataFrame({"timestamp": [1709251200000], "close": [1.0]}).write_parquet("c")
    pl.DataFrame({"timestamp": ["2024-02-01"], "close": [1.0]}).with_columns(
        pl.col("timestamp").str.to_date()
    ).write_ipc("b")
    Path("a").write_bytes(gzip.compress(b"timestamp,close\n2024-04-01,1\n"))
    assert order("a", "b", "c") == ["b", "c", "a"]


def test_the_config_may_name_the_column_of_times() -> None:
    config = Config(1, 2, "v1", columns=Columns(timestamp="t"))
    write("lake/1.csv", "2024-03-01,1", header="t,close")
    write("lake/2.csv", "2024-01-01,1", header="t,close")
    assert order("lake", config=config) == ["lake/2.csv", "lake/1.csv"]
    write("lake/3.csv", "1", header="close")
    with pytest.raises(InputError, match=r"lake/3\.csv has no column 't'"):
        order("lake", config=config)


def test_some_files_with_times_and_some_without_have_no_order() -> None:
    write("lake/1.csv", "2024-03-01,1")
    write("lake/2.csv", "1", header="close")
    with pytest.raises(InputError, match=r"lake/1\.csv has times and lake/2\.csv has none, so"):
        order("lake")


def test_a_first_time_that_is_none_is_named_by_its_line() -> None:
    write("lake/1.csv", "noon,1")
    write("lake/2.csv", "2024-03-01,1")
    with pytest.raises(InputError, match=r"timestamp is 'noon' on line 2 of lake/1\.csv, which is"):
        order("lake")


def test_folders_tell_symbols() -> None:
    for folder in ("symbol=B/year=2024", "symbol=A", "symbol=C%2FD"):
        write(f"lake/{folder}/x.csv", "1", header="close")
    parts = barwise.plan("lake", CONFIG).parts
    assert [part.series for part in parts] == ["A", "B", "C/D"]
    assert barwise.plan("lake/symbol=A/x.csv", CONFIG).parts[0].series == "A"


def test_the_key_of_folders_is_the_column_of_symbols() -> None:
    write("lake/s=A/x.csv", "1", header="close")
    assert barwise.plan("lake", BY_COLUMN).parts[0].series == "A"
    assert barwise.plan("lake", CONFIG).parts[0].series == ""


def test_folders_in_an_archive_tell_symbols_too() -> None:
    import zipfile

    with zipfile.ZipFile("x.zip", "w") as archive:
        for name in ("symbol=B/1.csv", "symbol=A/1.csv", "symbol=A/" + "9" * 5_000 + ".csv"):
            archive.writestr(name, "close\n1\n")
    assert [part.series for part in barwise.plan("x.zip", CONFIG).parts] == ["A", "A", "B"]


def test_symbols_in_folders_that_are_no_utf_8_stay_apart() -> None:
    for name in ("%FF", "%FE", "A%20"):
        write(f"lake/symbol={name}/x.csv", "1", header="close")
    assert [part.series for part in barwise.plan("lake", CONFIG).parts] == [
        *("A", "\udcfe", "\udcff")
    ]


@pytest.mark.parametrize("key", ["symbol=", "symbol=__HIVE_DEFAULT_PARTITION__"])
def test_a_folder_of_no_symbol_is_refused(key: str) -> None:
    write(f"lake/{key}/x.csv", "1", header="close")
    with pytest.raises(InputError, match="is in a folder of no symbol"):
        order("lake")


def test_a_file_without_a_symbol_among_others_is_refused() -> None:
    write("lake/symbol=A/x.csv", "1", header="close")
    write("lake/y.csv", "1", header="close")
    with pytest.raises(InputError, match=r"lake/y\.csv has no symbol, and other files have: put"):
        order("lake")


@pytest.mark.parametrize("name", ["notes.txt", "config.yaml", "README"])
def test_a_file_of_no_known_kind_in_a_folder_is_named(name: str) -> None:
    write("lake/1.csv", "2024-03-01,1")
    write(f"lake/{name}", "close")
    with pytest.raises(InputError, match=rf"lake/{name} is of no known kind \(CSV"):
        order("lake")


def test_the_content_tells_the_kind() -> None:
    pl.DataFrame({"close": [1.0]}).write_parquet("lying.csv")
    write("bars.parquet", "1", header="close")
    assert barwise.plan("lying.csv", CONFIG).parts[0].kind == "parquet"
    assert barwise.plan("bars.parquet", CONFIG).parts[0].kind == "csv"


def test_a_plan_prints_as_a_table() -> None:
    write("lake/symbol=A/1.csv", "2024-01-01,1")
    write("lake/symbol=A/2.csv", "2024-02-01,1")
    write("lake/symbol=BB/1.csv", "2024-02-01,1")
    assert str(barwise.plan("lake", CONFIG)).splitlines() == [
        "part  series  kind  bytes  from                  file",
        "1     A       csv   29     2024-01-01T00:00:00Z  lake/symbol=A/1.csv",
        "2     A       csv   29     2024-02-01T00:00:00Z  lake/symbol=A/2.csv",
        "3     BB      csv   29     -                     lake/symbol=BB/1.csv",
        "parts: 3, files: 3, bytes: 87, series: 2",
    ]
    write("x.csv", "A,1", header="s,close")
    assert str(barwise.plan("x.csv", BY_COLUMN)).splitlines()[1:] == [
        "1     by column s  csv   12     x.csv",
        "parts: 1, files: 1, bytes: 12, series: those in column s",
    ]


def test_a_plan_is_a_frozen_value() -> None:
    plan = barwise.plan("data.csv", CONFIG)
    assert plan == barwise.plan(["data.csv"], CONFIG)
    assert hash(plan) == hash(barwise.plan(Path("data.csv"), "config.yaml"))
    with pytest.raises(AttributeError):
        plan.parts = ()  # type: ignore[misc]


@pytest.mark.parametrize("input", [None, 5, b"data.csv", [5], [], CONFIG])
def test_an_input_is_paths(input: object) -> None:
    with pytest.raises(UsageError, match="input"):
        barwise.plan(input, CONFIG)  # type: ignore[arg-type]


def test_a_plan_says_what_is_left_out() -> None:
    write("lake/a.csv", "1", header="close")
    write("lake/b.csv.part", "1", header="close")
    plan = barwise.plan("lake", CONFIG)
    [doubt] = plan.doubts
    assert doubt.startswith("unfinished downloads, by their names, are left out: lake/b.csv.part")
    assert str(plan).splitlines()[2:] == [
        f"doubt: {doubt}",
        "parts: 1, files: 1, bytes: 8, series: 1",
    ]


@pytest.mark.parametrize("protocol", range(2, 6))
def test_a_pickle_is_named(protocol: int) -> None:
    for name in ("bars.csv", "lake/bars.csv"):
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_bytes(pickle.dumps({"close": [1.0]}, protocol))
    for word in ("bars.csv", "lake"):
        with pytest.raises(InputError, match=r"bars\.csv is a Python pickle: give CSV"):
            barwise.plan(word, CONFIG)
    Path("bars.gz").write_bytes(gzip.compress(Path("bars.csv").read_bytes()))
    with pytest.raises(InputError, match=r"bars\.gz is a Python pickle: give CSV"):
        barwise.run("bars.gz", CONFIG)
