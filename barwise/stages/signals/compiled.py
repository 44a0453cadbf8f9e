"""Compiles a loop over closes with numba: the same source, the same bits.

Without fastmath, which would change the order of sums, and without numba's cache on disk, in which
processes that compile at the same time can get in each other's way (numba/numba#10128).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def compiled(loop: Callable[..., Any], state: tuple[Any, ...]) -> Callable[..., Any] | None:
    """`loop(closes, closes, window, state, means)` as machine code that releases the GIL.

    None where numba is not installed, or not for this Python or NumPy. Takes half a second, most
    of it numba's own import.
    """
    try:
        import numba
    except ImportError:
        return None
    closes = numba.types.Array(numba.float64, 1, "C", readonly=True)
    of_state = numba.typeof(state)  # type: ignore[no-untyped-call]
    signature = (closes, closes, numba.int64, of_state, numba.float64[::1])
    compiled: Callable[..., Any] = numba.njit([signature], nogil=True, error_model="numpy")(loop)
    return compiled
