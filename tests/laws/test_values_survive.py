"""The law of the wire: what a task gives is the same after it was bytes, 1-bar parts included."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import barwise
from barwise.bars.batch import Bars
from barwise.engine.part_results import Before, PartResult
from barwise.engine.tasks import FORMAT, Reply, Task, computed, decoded
from barwise.stages.signals.rolling_mean import RollingMean
from barwise.stages.stage import Pass
from barwise.tuning import MEASURED
from tests.kit.oracles import series
from tests.kit.passes import all_measures, dirty_bars


@pytest.mark.parametrize("size", [1, 2, 50])
@pytest.mark.parametrize("seed", range(8))
def test_values_of_measures_survive(seed: int, size: int) -> None:
    bars = dirty_bars(seed, size, first=5)
    for measure in all_measures():
        value = measure.of(bars)
        wire = msgspec.msgpack.encode(value)
        assert msgspec.convert(msgspec.msgpack.decode(wire), measure.value) == value


@settings(max_examples=100)
@given(series(), st.integers(1, 70), st.sampled_from(["exact", "float64"]))
def test_carries_survive(closes: list[float], window: int, arithmetic: str) -> None:
    signal = RollingMean(window, arithmetic)
    step = signal.ready()
    bars = bars_of(closes)
    _, carry = step(bars, signal.start())
    wire = msgspec.msgpack.encode(signal.packed(carry))
    again = signal.unpacked(msgspec.msgpack.decode(wire))
    assert msgspec.msgpack.encode(signal.packed(again)) == wire  # bytes: a NaN equals none
    one, other = step(bars, carry)[0], step(bars, again)[0]
    assert one.columns["signal"].tolist() == other.columns["signal"].tolist()


def bars_of(closes: list[float]) -> Bars:
    return Bars("", 0, range(len(closes)), {"close": np.array(closes)})


@pytest.mark.parametrize("arithmetic", ["exact", "float64"])
@pytest.mark.parametrize("rows", [1, 2, 30])
def test_what_a_task_gives_survives(rows: int, arithmetic: str) -> None:
    os.mkdir("lake")
    for day in (1, 2, 3):
        lines = [f"2024-01-0{day}T{hour:02}:00,{name},{hour}" for hour in range(rows % 24 or 1)
                 for name in "ab"]  # fmt: skip
        Path(f"lake/{day}.csv").write_text("\n".join(["timestamp,symbol,close", *lines, ""]))
    what = Pass(RollingMean(5, arithmetic), tuple(all_measures()))
    for columns in (barwise.Columns(), barwise.Columns(symbol="symbol")):
        plan = barwise.plan("lake", barwise.Config(1, 5, "v1", columns=columns))
        before: dict[str, Before] | None = None if arithmetic == "exact" else {}
        task = Task(plan, 0, what, before, (0, None, None), MEASURED)
        if arithmetic == "exact":  # blocks want to know where bars stand
            plain = tuple(m for m in all_measures() if not getattr(m, "by_position", False))
            task = task._replace(what=what._replace(measures=plain))
        reply = computed(task)
        wire = msgspec.msgpack.encode(reply)
        again = decoded(wire, task.what)
        assert again.results == plainly(reply.results)
        assert len(again.results) == 3


def plainly(results: list[PartResult]) -> list[PartResult]:
    """The same with the carries as a wire has them: lists for tuples."""
    return [
        result._replace(
            known={
                name: known._replace(after=listed(known.after))
                for name, known in result.known.items()
            }
        )
        for result in results
    ]


def listed(after: Before | None) -> Before | None:
    if after is None:
        return None
    return after._replace(carry=msgspec.msgpack.decode(msgspec.msgpack.encode(after.carry)))


def test_another_format_is_refused() -> None:
    wire = msgspec.msgpack.encode(Reply(FORMAT + 1, [], ([], [], {})))
    with pytest.raises(ValueError, match="gives values of format 2, not 1"):
        decoded(wire, Pass(None, ()))
