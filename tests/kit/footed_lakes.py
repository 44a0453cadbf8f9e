"""Lakes of Parquet files whose times are of any type and in any order, for plans by footers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import strategies as st

from barwise import Columns, Config, Csv

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def unix(power: int) -> Callable[[datetime], int]:
    """A moment as a count of 10**-power seconds."""
    return lambda moment: (moment - EPOCH) // timedelta(microseconds=1) * 10**power // 10**6


def text(form: str) -> Callable[[datetime], str]:
    return lambda moment: moment.strftime(form)


def digits(form: str) -> Callable[[datetime], int]:
    return lambda moment: int(moment.strftime(form))


CELLS: list[tuple[pa.DataType, Callable[[datetime], Any]]] = [
    *((pa.timestamp("ns", zone), unix(9)) for zone in (None, "UTC", "Europe/Berlin")),
    *((pa.timestamp("us", zone), unix(6)) for zone in (None, "UTC", "America/New_York")),
    *((pa.timestamp("ms", zone), unix(3)) for zone in (None, "+01:00")),
    (pa.timestamp("s"), unix(0)),
    *((kind, datetime.date) for kind in (pa.date32(), pa.date64())),
    *((pa.int64(), unix(power)) for power in (0, 3, 6, 9)),
    *((kind, unix(0)) for kind in (pa.float64(), pa.duration("s"))),
    *((kind, lambda moment: unix(0)(moment) % 2**31) for kind in (pa.int32(), pa.uint64())),
    (pa.uint32(), lambda moment: unix(0)(moment) % 2**32),  # stored as negative after 2038
    (pa.int64(), lambda moment: -unix(0)(moment)),
    (pa.int64(), lambda moment: unix(moment.day % 3 * 3)(moment)),  # of several units
    *((kind, digits("%Y%m%d")) for kind in (pa.int32(), pa.int64())),
    (pa.int64(), digits("%Y%m%d%H%M%S")),
    *((pa.string(), text(form)) for form in ("%Y-%m-%d %H:%M", "%d.%m.%Y", "%b", "%j")),
    (pa.dictionary(pa.int32(), pa.string()), text("%Y-%m-%d")),
]
TIMES = ["timestamp", "timestamp", "time", "Date", "ts", "index", "time_period_start", "", "x"]
CLOSES = [("close", pa.float64()), ("close", pa.int32()), ("Close", pa.float32())]
FAULTY_CLOSES = [*CLOSES, ("last", pa.int64()), ("close", pa.string())]
OTHERS = [[], [], [], ["symbol"], ["time", "date"], ["Time", "day"]]
FOLDERS = [["."], ["."], ["symbol=A", "symbol=B"], ["year=2024", "year=2025/symbol=A"]]
CONFIGS = [
    *[Config(1, 2, "v1")] * 4,
    Config(1, 2, "v1", columns=Columns(timestamp="x")),
    Config(1, 2, "v1", columns=Columns(timestamp=False)),
    Config(1, 2, "v1", columns=Columns(symbol="symbol")),
    Config(1, 2, "v1", csv=Csv(offset="+09:00")),
]


class File(NamedTuple):
    """A file of a lake.

    path: of it.
    table: its rows.
    options: how it is written.
    """

    path: str
    table: pa.Table
    options: dict[str, Any]

    def write(self) -> None:
        Path(self.path).parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(self.table, self.path, **self.options)


@st.composite
def lakes(draw: st.DrawFn) -> list[File]:
    """Files whose columns are mostly the same, as those of a lake are."""
    folders = draw(st.sampled_from(FOLDERS))
    kinds = draw(st.lists(st.sampled_from(CELLS), min_size=1, max_size=2))
    names = draw(st.lists(st.sampled_from(TIMES), min_size=1, max_size=2))
    others = draw(st.sampled_from(OTHERS))
    numbers = draw(st.permutations(range(draw(st.integers(1, 6)))))
    is_apart, has_faults = draw(st.booleans()), draw(st.integers(0, 3)) == 0
    closes = st.sampled_from(FAULTY_CLOSES if has_faults else CLOSES)
    year = draw(st.sampled_from([1965, 2024, 2024, 2024, 2045]))
    return [
        File(
            f"{draw(st.sampled_from(folders))}/{number}.parquet",
            _table(
                _moments(
                    draw,
                    datetime(year, 1, 1, tzinfo=UTC) + timedelta(40 * at * is_apart),
                    has_faults,
                ),
                draw(st.sampled_from(kinds)),
                draw(st.sampled_from(names)),
                draw(closes),
                others,
            ),
            draw(OPTIONS),
        )
        for at, number in enumerate(numbers)
    ]


OPTIONS = st.fixed_dictionaries(
    {
        "row_group_size": st.integers(1, 4),
        "write_statistics": st.sampled_from([True] * 9 + [False]),
        "store_schema": st.sampled_from([True] * 4 + [False]),
        "use_deprecated_int96_timestamps": st.sampled_from([False] * 9 + [True]),
        "version": st.sampled_from(["1.0", "2.6"]),
    }
)


def _moments(draw: st.DrawFn, start: datetime, has_faults: bool) -> list[datetime | None]:
    """Times within 30 days; sorted or not. With faults, one may be missing, or all."""
    steps = draw(st.lists(st.integers(0, 30 * 24), min_size=not has_faults, max_size=5))
    if draw(st.booleans()):
        steps.sort()
    missing = draw(st.integers(0, 9)) if has_faults else None
    return [
        None if at == missing else start + timedelta(hours=step) for at, step in enumerate(steps)
    ]


def _table(
    moments: list[datetime | None],
    kind: tuple[pa.DataType, Callable[[datetime], Any]],
    times: str,
    close: tuple[str, pa.DataType],
    others: list[str],
) -> pa.Table:
    (type_of_times, cell), (name, type_of_close) = kind, close
    cells = [moment and cell(moment) for moment in moments]
    columns = {
        times: pa.array(cells, type_of_times),
        name: pa.array([1.0] * len(cells)).cast(type_of_close),
        **{other: pa.array(["a"] * len(cells)) for other in others},
    }
    return pa.table(columns)
