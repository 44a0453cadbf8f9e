from __future__ import annotations

import hashlib
from decimal import Decimal
from itertools import pairwise

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import barwise
from barwise.bars import sample
from barwise.commands.sample import ROWS, SEED
from barwise.config import ARITHMETICS
from tests.conftest import ROOT


def in_cents(count: int, seed: int, tick: int) -> list[list[Decimal]]:
    """The opens, highs, lows and closes, in cents."""
    lines = [*sample.rows(count, seed, tick)][1:]
    return [[100 * Decimal(price) for price in line.split(",")[1:5]] for line in lines]


def test_it_made_the_committed_bars() -> None:
    assert "".join(sample.rows(ROWS, SEED)) == (ROOT / "data.csv").read_text()


def test_the_committed_bars_are_these() -> None:
    digest = hashlib.sha256((ROOT / "data.csv").read_bytes()).hexdigest()
    assert digest == "5aeb41e05abe7eb47e5963eaae740ea7b26e60aceac8cd7c9a628b31137f6940"


def test_the_committed_bars_have_the_signal_rate_of_the_contract() -> None:
    closes = pd.read_csv(ROOT / "data.csv")["close"]
    assert (closes > closes.rolling(5).mean()).sum() == 4989
    for arithmetic in ARITHMETICS:
        assert barwise.signals(closes, 5, arithmetic).sum() == 4989


@pytest.mark.parametrize(
    ("seed", "tick", "digest"),
    [
        (1, 1, "fc906a4014ef24de69cd3592591902aa757d829a35de7c7132e2515f4e32e105"),
        (42, 1, "537be8ddf79ebe76b527f1c2e3959d43aeac7aafc7b92b0a87950f41bc452295"),
        (42, 333, "159c173b05e80c76f2eb1580664f8c01d6b3dd7ef0d7fb18edaf30e88d63a54b"),
        (2**64 - 1, 3330, "7e3e0238c36e85dab5ac5ef61b8733a8559d58cb1db69b5c8c8599c5631811d0"),
    ],
)
def test_gaps_change_no_close_and_no_volume(seed: int, tick: int, digest: str) -> None:
    """The digests are of the bars before there were gaps, which benchmarks still speak of."""
    bars = [line.split(",") for line in sample.rows(1_000, seed, tick)]
    text = "".join(f"{bar[0]},{bar[4]},{bar[5]}\n" for bar in bars)
    assert hashlib.sha256(text.encode()).hexdigest() == digest


@pytest.mark.parametrize("tick", [1, 333, 1_110, 3_330])
def test_about_one_minute_in_50_opens_beside_the_close_before(tick: int) -> None:
    pairs = [(bar[3], later[0]) for bar, later in pairwise(in_cents(10_000, 1, tick))]
    gaps = [open_ - close for close, open_ in pairs if open_ != close]
    assert 160 < len(gaps) < 240
    assert {gap > 0 for gap in gaps} == {True, False}
    assert all(abs(open_ - close) <= max(Decimal(tick), close / 2_000) for close, open_ in pairs)


def test_a_fill_at_the_next_open_is_not_one_at_the_close() -> None:
    """What all fills of the signal come to at next opens, over what they come to at closes."""
    bars = pd.read_csv(ROOT / "data.csv")
    signal = (bars["close"] > bars["close"].rolling(5).mean()).astype(int)
    bought = signal.diff()  # 1 where the signal begins, -1 where it ends
    ratio = (bars["open"].shift(-1) / bars["close"]) ** -bought
    assert abs(ratio.prod() - 1) > 1e-4


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
    assert all(earlier[0] < later[0] for earlier, later in pairwise(bars))
    for bar, later in pairwise(in_cents(50, seed, tick)):
        assert abs(later[0] - bar[3]) <= max(Decimal(tick), bar[3] / 2_000)


def test_fewer_rows_are_the_first_of_more() -> None:
    assert list(sample.rows(5, seed=3)) == list(sample.rows(9, seed=3))[:6]


@pytest.mark.parametrize("seed", [1, 2])
def test_another_seed_gives_other_bars(seed: int) -> None:
    assert list(sample.rows(5, seed)) != list(sample.rows(5, seed + 1))
