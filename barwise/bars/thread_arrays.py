"""Arrays that each thread keeps for the work that it does again and again."""

from __future__ import annotations

from threading import local
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class ThreadArrays(local):
    """Each thread's own arrays, whatever is in them: fresh memory costs 5 ns a bar."""

    def __init__(self) -> None:  # once in each thread
        self.arrays: dict[tuple[str, type], NDArray[Any]] = {}

    def __reduce__(self) -> tuple[type[ThreadArrays], tuple[()]]:
        return type(self), ()  # another process makes its own

    def of(self, name: str, kind: type, size: int) -> NDArray[Any]:
        """The array of that name and type, made when it is first needed, or needed larger."""
        array = self.arrays.get((name, kind))
        if array is None or len(array) < size:
            array = self.arrays[name, kind] = np.empty(size, kind)
        return array[:size]
