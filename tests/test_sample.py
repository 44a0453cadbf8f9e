from __future__ import annotations

import hashlib
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwise import sample
from tests.conftest import ROOT


def test_it_made_the_committed_bars() -> None:
    assert "".join(sample.rows(10_000, seed=42)) == (ROOT / "data.csv").read_text()


def test_the_committed_bars_are_these() -> None:
    digest = hashlib.sha256((ROOT / "data.csv").read_bytes()).hexdigest()
    assert digest == "cbda71cf0b83ff6ed7d919bfa12e882c894c8662258b8224fc4421a0d34364b2"


@given(st.integers(0, 2**64 - 1), st.integers(1, 10**8))
def test_bars_are_consistent_on_any_tick(seed: int, tick: int) -> None:
    bars = [line.rstrip("\n").split(",") for line in sample.rows(50, seed, tick)][1:]
    for _, *prices, volume_btc, volume_usd in bars:
        open_, high, low, close = (Decimal(price) for price in prices)
        assert 0 < low <= min(open_, close) <= max(open_, close) <= high
        assert all(Decimal(price) * 100 % tick == 0 for price in prices)
        assert Decimal(volume_btc) >= 0
        middle = (high + low) / 2
        assert abs(Decimal(volume_usd) - Decimal(volume_btc) * middle) <= Decimal("0.02")
    for earlier, later in pairwise(bars):
        assert earlier[0] < later[0]
        assert earlier[4] == later[1]


def test_fewer_rows_are_the_first_of_more() -> None:
    assert list(sample.rows(5, seed=3)) == list(sample.rows(9, seed=3))[:6]


@pytest.mark.parametrize("seed", [1, 2])
def test_another_seed_gives_other_bars(seed: int) -> None:
    assert list(sample.rows(5, seed)) != list(sample.rows(5, seed + 1))
