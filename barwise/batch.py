"""What flows through a run: bars as their source gives them, and bars of one series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Closes = NDArray[np.float64]  # NaN = missing, every other value finite
    Times = NDArray[np.int64]  # microseconds UTC
    Signals = NDArray[np.int8]  # 0 or 1


class Symbols(NamedTuple):
    """A column of symbols: `names[codes[i]]` is that of row i. Tables of a part share the names."""

    codes: NDArray[np.integer[Any]]
    names: Sequence[str]


class Table(NamedTuple):
    """Successive rows of one part, of whatever symbols; columns are of equal length.

    part: position of the part in the plan. first_row: of the table in its part. symbols: where
    the part has a column of them. doubt: what the source doubts about the part, or "".
    done: bytes of the part's file that are behind it.
    """

    part: int
    first_row: int
    closes: Closes
    times: Times | None = None
    symbols: Symbols | None = None
    doubt: str = ""
    done: int = 0


class Rows(Protocol):
    """The rows of a batch's bars in their part, such as a range."""

    def __len__(self) -> int: ...

    def __getitem__(self, bar: int, /) -> int: ...


@dataclass(frozen=True)
class Batch:
    """Bars of one series, in order.

    series: the symbol, "" for the one unnamed series. part: position of their part in the plan.
    rows: of each bar the row in that part, from 0, by which its source finds its line.
    columns: arrays of equal length, only those that the run needs; "close" is float64, NaN where
    it is missing, otherwise finite; "time" is int64, microseconds UTC.
    """

    series: str
    part: int
    rows: Rows
    columns: Mapping[str, NDArray[Any]]

    def __len__(self) -> int:
        return len(self.rows)
