"""A plan by footers is the plan by first bars, and it reads nothing that footers say."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import barwise
from barwise import Config, InputError
from barwise.sources import by_footers, first_times
from barwise.sources.parts import Part, Plan
from tests.kit.footed_lakes import CONFIGS, File, lakes

CONFIG = Config(1, 2, "v1")


@contextmanager
def planning(by_footer: bool) -> Iterator[None]:
    """Footers are read of Parquet files, or of none."""
    with patch.object(by_footers, "_footers", by_footers._footers if by_footer else lambda _: None):
        yield


def plan_or_error(by_footer: bool, config: Config = CONFIG) -> Plan | str:
    """The plan of the folder "lake", or why there is none.

    Without the rows, which footers add, and the times, of which only the order counts.
    """
    with planning(by_footer):
        try:
            plan = barwise.plan("lake", config)
        except InputError as error:
            return str(error)
    bare = [part._replace(rows=None, first_time=part.first_time and 1) for part in plan.parts]
    return plan._replace(parts=tuple(bare))


def plan_by_footers() -> Plan:
    return barwise.plan("lake", CONFIG)


def write(number: int, times: Any, **options: Any) -> None:
    Path("lake").mkdir(exist_ok=True)
    frame = pl.DataFrame({"timestamp": times, "close": [1.0] * len(times)})
    frame.write_parquet(f"lake/{number}.parquet", row_group_size=2, **options)


def names(plan: Plan) -> list[str]:
    return [os.path.basename(part.path).removesuffix(".parquet") for part in plan.parts]


@contextmanager
def no_first_bars() -> Iterator[None]:
    def refuse(*_: object) -> None:
        raise AssertionError("a first bar is read")

    with patch.object(first_times, "_first_time", refuse):
        yield


@settings(max_examples=300)
@given(lakes(), st.sampled_from(CONFIGS))
def test_plans_by_footers_are_those_by_first_bars(lake: list[File], config: Config) -> None:
    before = os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.mkdir(f"{folder}/lake")
        os.chdir(folder)
        try:
            for file in lake:
                file._replace(path=f"lake/{file.path}").write()
            expected = plan_or_error(by_footer=False, config=config)
            assert plan_or_error(by_footer=True, config=config) == expected
        finally:
            os.chdir(before)


@pytest.mark.parametrize("dtype", [pl.Datetime("ms"), pl.Datetime("ns", "UTC"), pl.Date, pl.Int64])
def test_files_apart_are_ordered_without_a_first_bar(dtype: Any) -> None:
    numbers = [*range(6)]
    random.Random(1).shuffle(numbers)
    unit = {pl.Date: 1, pl.Datetime("ms"): 10**9, pl.Int64: 10**9}.get(dtype, 10**16)
    for at, number in enumerate(numbers):
        times = [(20 + 3 * at + step) * unit for step in (2, 0, 1)]  # not sorted
        write(number, pl.Series(times).cast(pl.Int32 if dtype == pl.Date else pl.Int64).cast(dtype))
    with no_first_bars():
        plan = plan_by_footers()
    assert names(plan) == [*map(str, numbers)]
    assert [part.rows for part in plan.parts] == [3] * 6


def test_first_bars_are_read_only_of_files_that_meet() -> None:
    write(0, [50, 60])
    write(1, [30, 10])  # from 10 on, but its first bar is after that of the next
    write(2, [20, 40])
    write(3, [1, 2])
    read_first: list[str] = []
    first_time = first_times._first_time

    def noted(part: Part) -> Any:
        read_first.append(part.path)
        return first_time(part)

    with patch.object(first_times, "_first_time", noted):
        plan = plan_by_footers()
    assert read_first == ["lake/1.parquet", "lake/2.parquet"]
    assert names(plan) == ["3", "2", "1", "0"]
    assert [part.first_time for part in plan.parts] == [
        1_000_000,
        20_000_000,
        30_000_000,
        50_000_000,
    ]


def test_a_first_bar_may_lie_in_the_range_of_another_file() -> None:
    write(0, [10, 30])
    write(1, [20, 21], statistics=False)
    write(2, [40, 41])
    assert names(plan_by_footers()) == ["0", "1", "2"]


def test_files_without_times_need_no_first_bar() -> None:
    for number in (10, 9):
        write(number, [1, 2])
        pl.DataFrame({"close": [1.0]}).write_parquet(f"lake/{number}.parquet")
    with no_first_bars():
        plan = plan_by_footers()
    assert names(plan) == ["9", "10"]
    assert [part.first_time for part in plan.parts] == [None, None]


@pytest.mark.parametrize("checks", ["off", "report"])
def test_a_run_finds_statistics_that_are_wrong(checks: str) -> None:
    write(0, [10, 20])
    write(1, [30, 40])
    path = Path("lake/1.parquet")
    data = path.read_bytes()
    at = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    footer = data[at:]
    for time, other in ((30, 1), (40, 2)):
        footer = footer.replace(time.to_bytes(8, "little"), other.to_bytes(8, "little"))
    path.write_bytes(data[:at] + footer)
    assert names(plan_by_footers()) == ["1", "0"]
    with pytest.raises(InputError, match="must not overlap"):
        barwise.run("lake", Config(1, 2, "v1", checks=checks))


@pytest.mark.parametrize("damage", ["footer", "length", "cut", "magic", "text", "pages"])
def test_a_damaged_file_is_refused_as_before(damage: str) -> None:
    for number in range(3):
        write(number, [10 * number, 10 * number + 1])
    path = Path("lake/1.parquet")
    data = bytearray(path.read_bytes())
    length = int.from_bytes(data[-8:-4], "little")
    if damage == "footer":
        data[-8 - length : -8] = os.urandom(length)
    elif damage == "length":
        data[-8:-4] = (1 << 30).to_bytes(4, "little")
    elif damage == "cut":
        del data[len(data) // 2 :]
    elif damage == "magic":
        data[-4:] = b"PAR2"
    elif damage == "text":
        data = bytearray(b"close\n1\n")
    else:
        data[4:40] = bytes(36)
    path.write_bytes(data)
    if damage == "pages":  # no footer shows it; a run still refuses it
        with pytest.raises(InputError, match=r"lake/1\.parquet cannot be"):
            barwise.run("lake", CONFIG)
        return
    expected = plan_or_error(by_footer=False)
    assert isinstance(expected, str)
    assert expected.startswith("lake/1.parquet")
    assert plan_or_error(by_footer=True) == expected


def test_a_row_group_of_nested_columns_is_not_taken_for_times() -> None:
    os.mkdir("lake")
    for number in range(2):
        inner = pa.array([{"timestamp": number}], pa.struct([("timestamp", pa.int64())]))
        times = pa.array([f"2024-01-0{2 - number}"])
        table = pa.table({"group": inner, "timestamp": times, "close": [1.0]})
        pq.write_table(table, f"lake/{number}.parquet")
    assert names(plan_by_footers()) == ["1", "0"]
    assert plan_or_error(by_footer=True) == plan_or_error(by_footer=False)
