"""One source of the loop, interpreted and compiled: the same signals and the same state."""

from __future__ import annotations

import builtins
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from barwise.stages.signals import compiled, float64
from tests.conftest import ROOT
from tests.kit.oracles import cut_series


def states(step: Any, case: tuple[list[float], int, list[int]]) -> list[tuple[Any, ...]]:
    closes, window, cuts = case
    carry = float64.start()
    results = []
    for piece in np.split(np.array(closes), sorted(cuts)):
        piece.setflags(write=False)  # as polars gives them
        signals, carry = step(piece, carry, window)
        results.append((signals.tolist(), [float(number).hex() for number in carry.state]))
    return results


@settings(max_examples=300)
@given(cut_series())
def test_compiled_and_interpreted_agree_to_the_last_bit(
    case: tuple[list[float], int, list[int]],
) -> None:
    assert states(float64.for_run(True), case) == states(float64.for_run(False), case)


def test_the_loop_is_compiled_for_many_bars() -> None:
    assert float64.for_run(True) is not float64.step
    assert float64.for_run(False) is float64.step


def test_without_numba_the_loop_is_interpreted(monkeypatch: pytest.MonkeyPatch) -> None:
    imported = builtins.__import__

    def without_numba(name: str, *arguments: Any) -> Any:
        if name == "numba":
            raise ImportError(name)
        return imported(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_numba)
    assert compiled.compiled(float64.roll, float64.START) is None


def test_a_million_bars_import_no_numba_and_more_need_no_cache_folder() -> None:
    code = (
        "import sys, numpy as np, barwise\n"
        "close = np.arange(2**20 + 1) % 7 * 0.1\n"
        "few = barwise.signals(close[:-1], 5)\n"
        "assert 'numba' not in sys.modules\n"
        "many = barwise.signals(close, 5)\n"
        "assert 'numba' in sys.modules\n"
        "assert (few == many[:-1]).all()\n"
    )
    environment = {"PYTHONPATH": str(ROOT), "HOME": "/nowhere", "NUMBA_CACHE_DIR": "/proc/none"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_the_compiled_loop_calls_no_python() -> None:
    """Of a named tuple it would call `__new__`, and crash where a signal raises in that."""
    roll = compiled.compiled(float64.roll, float64.START)
    assert roll
    closes = np.ones(2)
    assert type(roll(closes, closes, 1, float64.START, np.empty(2))) is tuple
    assert type(float64.START) is tuple
