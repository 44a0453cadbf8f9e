from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from barwise.stages.tally import Tally

tallies = st.builds(Tally, st.integers(0, 10**12), st.integers(0, 10**12))


@given(tallies, tallies, tallies)
def test_parts_may_be_merged_in_any_order(a: Tally, b: Tally, c: Tally) -> None:
    assert (a + b) + c == a + (b + c) == (c + b) + a
    assert a + Tally() == a
