"""What flows through a run: batches of bars, and where each bar came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Closes = NDArray[np.float64]  # NaN = missing, every other value finite
    Signals = NDArray[np.int8]  # 0 or 1


class Origin(Protocol):
    """Where the first bar of a batch stands in its file; it finds a bar's place when asked."""

    def place(self, offset: int) -> str:
        """Where bar `offset` of the batch stands, for a message: `line 17 of data.csv`."""
        ...


@dataclass(frozen=True)
class Batch:
    """Bars of one series, in order.

    series: the symbol, "" for the one unnamed series. part: position of its file in the plan.
    first_bar: index of its first bar in the series. columns: arrays of equal length, only
    those that the run needs; "close" is float64, NaN where it is missing, otherwise finite.
    """

    series: str
    part: int
    first_bar: int
    origin: Origin
    columns: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))
