"""The law of measures and signals: one value, however bars are cut, and whoever merges first."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from barwise.bars.batch import Bars
from barwise.engine.in_memory import computed
from barwise.engine.part_results import Edged, Edges
from barwise.stages.signals.kinds import signal_of
from barwise.stages.signals.rolling_mean import RollingMean
from barwise.stages.stage import Measure, Pass
from tests.kit.oracles import exact_signals, pandas_signals, series
from tests.kit.passes import all_measures, cut, dirty_bars, merged

SEEDS = st.integers(0, 10_000)
DRAWS = st.lists(st.integers(0, 60), max_size=12)
ORACLES = {"float64": pandas_signals, "exact": exact_signals}


@pytest.mark.parametrize("measure", all_measures(), ids=lambda measure: str(measure.name))
@settings(max_examples=150)
@given(SEEDS, st.integers(1, 60), st.integers(0, 20), DRAWS, DRAWS)
def test_a_measure_gives_one_value_for_any_cut_and_any_tree(
    measure: Measure, seed: int, size: int, first: int, cuts: list[int], draws: list[int]
) -> None:
    bars = dirty_bars(seed, size, first)
    pieces = [measure.of(piece) for piece in cut(bars, cuts)]
    assert merged(pieces, measure.merge, draws) == measure.of(bars)


@pytest.mark.parametrize("measure", all_measures(), ids=lambda measure: str(measure.name))
@settings(max_examples=100)
@given(SEEDS, st.integers(3, 40), DRAWS)
def test_merging_is_associative(measure: Measure, seed: int, size: int, cuts: list[int]) -> None:
    pieces = cut(dirty_bars(seed, size), [*cuts, 1, size - 1])
    one, other, *_ = pieces
    rest = merged([measure.of(piece) for piece in pieces[2:]], measure.merge, [])
    left = measure.merge(measure.merge(measure.of(one), measure.of(other)), rest)
    right = measure.merge(measure.of(one), measure.merge(measure.of(other), rest))
    assert left == right


@settings(max_examples=200)
@given(series(), st.integers(1, 70), st.sampled_from(sorted(ORACLES)), DRAWS)
def test_a_signal_is_the_same_for_any_batches(
    closes: list[float], window: int, arithmetic: str, cuts: list[int]
) -> None:
    signal = RollingMean(window, arithmetic, ("signal", "mean"))
    step, carry = signal.ready(), signal.start()
    signals: list[int] = []
    for piece in cut(Bars("", 0, range(len(closes)), {"close": np.array(closes)}), cuts):
        piece, carry = step(piece, signal.unpacked(signal.packed(carry)))
        signals += piece.columns["signal"].tolist()
    assert signals == ORACLES[arithmetic](closes, window)


@settings(max_examples=200)
@given(series(), st.integers(1, 70), DRAWS)
def test_a_signal_with_a_halo_begins_after_any_closes(
    closes: list[float], window: int, cuts: list[int]
) -> None:
    signal = RollingMean(window, "exact")
    halo = signal.halo or 0
    step = signal.ready()
    signals: list[int] = []
    done = 0
    for piece in cut(Bars("", 0, range(len(closes)), {"close": np.array(closes)}), cuts):
        held = np.array(closes[max(0, done - halo) : done])
        computed, _ = step(piece, signal.after(held))
        signals += computed.columns["signal"].tolist()
        done += len(piece)
    assert signals == exact_signals(closes, window)


@settings(max_examples=300)
@given(SEEDS, st.integers(1, 60), st.integers(1, 70), DRAWS, DRAWS, DRAWS)
@example(0, 1, 5, [], [], [])
@example(1, 40, 1, [3], [], [0])
@example(3, 30, 10, [1, 2, 3, 12], [5], [1, 0, 1])
def test_parts_before_which_nothing_is_known_give_the_values_of_the_whole(
    seed: int, size: int, window: int, cuts: list[int], batches: list[int], draws: list[int]
) -> None:
    bars = dirty_bars(seed, size)
    bars = bars.having({"close": np.nan_to_num(bars.columns["close"], nan=100.25)})
    signal = signal_of(window, "exact", fast=1 + (seed % window))
    what = Pass(signal, tuple(all_measures()))
    edges = Edges.of_pass(what)
    values = [edged(edges, cut(part, batches)) for part in cut(bars, cuts)]
    whole, _, _ = what.run([bars], edges.signal.start(), edges.step)
    assert edges.completed(merged(values, edges.merge, draws), "") == whole


@settings(max_examples=200)
@given(
    series(), st.integers(1, 70), st.integers(1, 70), st.sampled_from([(0, 1), (1, 1000)]), DRAWS
)
@pytest.mark.parametrize("arithmetic", sorted(ORACLES))
def test_no_signal_of_a_prefix_changes_when_bars_follow(
    arithmetic: str,
    closes: list[float],
    window: int,
    fast: int,
    band: tuple[int, int],
    ends: list[int],
) -> None:
    signal = signal_of(window, arithmetic, fast=min(fast, window), band=band)
    whole = computed(np.array(closes), signal, 1)
    for end in ends:
        prefix = computed(np.array(closes[:end]), signal, 1)
        assert prefix.tolist() == whole[:end].tolist()


def edged(edges: Edges, batches: list[Bars]) -> Edged:
    value, carry = None, None
    for bars in batches:
        value, carry = edges.then(value, bars, carry)
    assert value is not None
    return value


def test_a_pass_without_a_halo_has_no_edges() -> None:
    measures: tuple[Any, ...] = tuple(all_measures())
    with pytest.raises(ValueError, match="only a signal with a halo"):
        Edges.of_pass(Pass(RollingMean(5, "float64"), measures))
