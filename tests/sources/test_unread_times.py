"""What looks like times and is not read is doubted, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

import barwise
from barwise.sources.columnar.sample import TypedSample
from barwise.sources.values import spellings
from tests.kit.lakes import config
from tests.kit.time_columns import ISO, UNIX, part_of, time_columns


def test_two_columns_of_one_name_are_not_guessed_between() -> None:
    part = part_of({"Date": ISO, "DATE": ISO})
    assert part.roles.timestamp == ()
    assert part.unread is not None
    assert part.unread.twice
    assert "bars.csv has both 'Date' and 'DATE'; name it in columns: {timestamp: \"Date\"}" in (
        part.unread.line
    )
    Path("more").mkdir()
    for name in ("a", "b"):
        Path(f"more/{name}.csv").write_text(Path("bars.csv").read_text())
    with pytest.raises(barwise.InputError, match="the order of files depends on it"):
        barwise.plan("more", config(2))


def test_one_column_twice_is_not_guessed_between() -> None:
    Path("bars.csv").write_text("time,time,close\n1704067260,1704067200,1\n1704067200,1,2\n")
    [doubt] = barwise.run("bars.csv", config(2)).doubts
    assert "bars.csv has the column 'time' twice; rename the one" in doubt


def test_dates_of_the_order_that_the_config_does_not_say_are_not_read() -> None:
    part = part_of({"date": [f"01/{day}/2024" for day in range(10, 20)]}, dates="day-first")
    assert part.unread is not None
    assert "say which with csv: {dates: month-first}; or" in part.unread.line


@pytest.mark.parametrize(
    ("name", "cells", "way_out"),
    [
        ("id", UNIX, 'name it in columns: {timestamp: "id"}'),
        ("id", [f"{cell}.0" for cell in UNIX[::-1]], 'name it in columns: {timestamp: "id"}'),
        ("Zeit", [f"01.01.2024 {cell[11:16]}" for cell in ISO], '{timestamp: "Zeit"}'),
        ("Date", [f"1/31/2024 {i}:00" for i in range(24)], "csv: {dates: month-first}"),
        ("when", [f"31/1/24 {i}:00" for i in range(24)], '{timestamp: "when"}, and say which with'),
        ("Date", [f"Apr {i:02} 2020" for i in range(1, 29)], "write ISO 8601"),
        ("time", [*ISO[:70], *["x"] * 30], 'name it in columns: {timestamp: "time"}'),
        ("time", [*UNIX[:70], *["nan"] * 30], 'name it in columns: {timestamp: "time"}'),
        ("time", [*UNIX[:11], "Total"], 'name it in columns: {timestamp: "time"}'),
        ("Zeit", [f"{cell.replace(' ', 'T')}Z" for cell in ISO], '{timestamp: "Zeit"}'),
        ("Zeit", [cell.replace(" ", "T").replace("-", "") for cell in ISO], '{timestamp: "Zeit"}'),
        ("Zeit", [*UNIX[:5], "nan"], '{timestamp: "Zeit"}'),
        ("Zeit", [f"202401010{i}3000" for i in range(9)], '{timestamp: "Zeit"}'),
        ("Zeit", [f"202401010{i}30" for i in range(9)], "write ISO 8601"),
        ("Zeit", [f"2024-0{i}" for i in range(1, 9)], "write ISO 8601"),
        ("Zeit", [f"0{i}JAN2024" for i in range(1, 9)], "write ISO 8601"),
        ("날짜", [f"2024- 01- 0{i}" for i in range(1, 9)], "write ISO 8601"),
        ("日付", [f"2024年01月0{i}日" for i in range(1, 9)], "write ISO 8601"),
        ("time", ["09:30", "09:31"], "write ISO 8601"),
        ("time", ["093200", "093100", "093000"], "write ISO 8601"),
        ("Date", [str(45_300 - i) for i in range(9)], "write ISO 8601"),
        ("", ISO, "give it a name in the header"),
    ],
)
def test_what_looks_like_times_and_is_not_read_is_said(
    name: str, cells: list[str], way_out: str
) -> None:
    part = part_of({"note": ["x"] * len(cells), name: cells})
    assert part.roles.timestamp == ()
    assert part.unread is not None
    assert part.unread.line.startswith(f"times are not read: {name!r} of bars.csv looks like times")
    assert way_out in part.unread.line
    [doubt] = barwise.run("bars.csv", config(2)).doubts
    assert doubt == part.unread.line
    report = barwise.check("bars.csv", config(2))
    assert report.broken["times are found"].bars == len(cells)
    assert report.broken["times are found"].place == "line 2 of bars.csv"
    assert not report.is_clean
    with pytest.raises(barwise.CheckError, match="times are not read"):
        barwise.run("bars.csv", barwise.Config(1, 2, "v1", checks="strict"))
    assert barwise.run("bars.csv", barwise.Config(1, 2, "v1", checks="off")).doubts == ()
    none = barwise.Config(1, 2, "v1", checks="strict", columns=barwise.Columns(timestamp=False))
    assert barwise.run("bars.csv", none).doubts == ()


@pytest.mark.parametrize(
    "cells",
    [
        ["5", "3", "8", "1"], ["1.5", "2.5", "3.5"], ["1704067200", "1704067100", "1704067300"],
        ["Market 1", "Market 2"], ["BTC-29MAR24-50000-C"] * 3, ["2024.01", "2011.11", "NA"],
        ["1.2.3", "x"], ["", ""], ["1704067200"] * 3, ["0.0001", "12e3"], ["BTC-USD", "ETH-USD"],
    ],
)  # fmt: skip
def test_other_columns_do_not_look_like_times(cells: list[str]) -> None:
    assert time_columns({"note": cells}) == ()


@pytest.mark.parametrize("kind", ["ipc", "ipc_stream", "parquet"])
def test_typed_columns_that_look_like_times_are_found_among_many(kind: str) -> None:
    columns = {f"c{i}": ["x", "y"] for i in range(30)} | {"t": ["2024-01-02", "2024-01-01"]}
    getattr(pl.DataFrame({**columns, "close": [1, 2]}), f"write_{kind}")("bars.x")
    [doubt] = barwise.run("bars.x", config(2)).doubts
    assert doubt.startswith("times are not read: 't' of bars.x looks like times")


def test_the_cells_of_many_typed_columns_are_read_together() -> None:
    """Each read of a stream decodes its first batches again."""
    batch = pa.record_batch({f"c{i}": ["x", "y"] for i in range(30)})
    asked: list[list[str]] = []

    def first(names: list[str]) -> pa.RecordBatch:
        asked.append(names)
        return batch.select(names)

    sample = TypedSample(batch.schema, first)
    assert [sample.cells(name) for name in batch.schema.names] == [["x", "y"]] * 30
    assert len(asked) < 5


def test_a_long_text_is_not_a_date() -> None:
    """To look for one in it took minutes."""
    assert not spellings.is_like_date("may " * 20_000)


@pytest.mark.parametrize(
    "hours", [[f"{i:02}:00 PM" for i in range(1, 12)], [str(1_000 + 100 * i) for i in range(11)]]
)
def test_days_beside_times_of_day_that_are_not_read_are_no_times(hours: list[str]) -> None:
    part = part_of({"Date": ["2024-01-02"] * 11, "Time": hours})
    assert part.roles.timestamp == ()
    assert part.unread is not None
    assert f"'Date' of bars.csv holds days alone, and 'Time' ({hours[0]!r}) no times of day" in (
        part.unread.line
    )
    assert 'columns: {timestamp: "Date"}' in part.unread.line
    frame = pl.DataFrame({"Date": ["2024-01-02"] * 11, "Time": hours, "close": range(11)})
    frame.write_parquet("bars.parquet")
    [typed] = barwise.plan("bars.parquet", config(2)).parts
    assert typed.unread is not None
    named = barwise.Config(1, 2, "v1", columns=barwise.Columns(timestamp=("Date", "Time")))
    for name in ("bars.csv", "bars.parquet"):
        assert barwise.check(name, named).broken["time readable"].bars == 11
    by_time = barwise.Config(1, 2, "v1", order="time")
    with pytest.raises(barwise.InputError, match=r"order: time cannot sort .* holds days alone"):
        barwise.run("bars.csv", by_time)


def test_a_column_of_times_that_begins_empty_is_said() -> None:
    part = part_of({"time": [""] * 110 + ISO[:10]})
    assert part.unread is not None
    assert (
        "'time' of bars.csv holds none in its first bars; name it in columns:" in part.unread.line
    )
