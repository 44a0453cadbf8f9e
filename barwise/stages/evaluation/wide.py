"""Integers of 192 bits in arrays: three uint64 each, the lowest first, in two's complement.

Sums of squares do not fit into int64, and floats would depend on the order of adding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    Wide = NDArray[np.uint64]  # of any shape and a last axis of LIMBS

LIMBS = 3
BYTES = 8 * LIMBS


def of_integers(values: Iterable[int]) -> Wide:
    """Python's integers as an array.

    >>> of_integers([-1])[0].tolist() == [2**64 - 1] * 3
    True
    """
    data = b"".join(value.to_bytes(BYTES, "little", signed=True) for value in values)
    return np.frombuffer(data, "<u8").reshape(-1, LIMBS)


def shifted(values: NDArray[np.int64], bits: int) -> Wide:
    """int64 times 2**bits, where bits are below 64."""
    wide = np.empty((*values.shape, LIMBS), np.uint64)
    wide[..., 0] = (values << bits).view(np.uint64)
    wide[..., 1] = (values >> (64 - bits) if bits else values >> 63).view(np.uint64)
    wide[..., 2] = (values >> 63).view(np.uint64)
    return wide


def added(one: Wide, other: Wide) -> Wide:
    """The sums of two arrays of one shape."""
    out = one + other
    carry = out[..., 0] < one[..., 0]
    overflowed = out[..., 1] < one[..., 1]
    out[..., 1] += carry
    overflowed |= carry & (out[..., 1] == 0)
    out[..., 2] += overflowed
    return out


def summed(values: Wide, axis: int) -> Wide:
    """The sums over an axis, of up to 2**30 values."""
    halves = np.ascontiguousarray(values, "<u8").view("<u4").astype(np.int64).sum(axis=axis)
    for at in range(2 * LIMBS - 1):
        halves[..., at + 1] += halves[..., at] >> 32
    halves &= 0xFFFF_FFFF  # modulo 2**192, so that the sign needs no care
    low, high = halves[..., 0::2], halves[..., 1::2]
    out: Wide = (low | high << 32).view(np.uint64)
    return out


def integers(values: Wide) -> list[int]:
    """An array of two axes as Python's integers."""
    data = values.astype("<u8", copy=False).tobytes()
    return [
        int.from_bytes(data[at : at + BYTES], "little", signed=True)
        for at in range(0, len(data), BYTES)
    ]
