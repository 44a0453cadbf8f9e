"""What costs most, in C: the scan of CSV, exact signals, pandas' running mean, and steps of times.

A kernel has arrays and plain values, no file and no message. It gives the bits of its twin in
Python, or refuses, and then the twin decides. `kernel` is the module, or None where none was built,
or where the environment says BARWISE_KERNELS=0: then the twins compute everything.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

kernel: Any = None
if os.environ.get("BARWISE_KERNELS") != "0":
    with suppress(ImportError):
        from barwise.kernels import _kernels as kernel


def variant() -> str:
    """Which kernels compute, in words; "" where the twins do."""
    return kernel.variant if kernel else ""
