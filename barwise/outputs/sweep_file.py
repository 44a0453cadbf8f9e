"""The file of a sweep: a row a symbol and window, as CSV or Parquet."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from barwise.engine.events import Message
from barwise.engine.output import Output
from barwise.errors import ConfigError

if TYPE_CHECKING:
    from barwise.config import Config
    from barwise.engine.result import Result
    from barwise.engine.sweep import Sweeps
    from barwise.files.hashes import Hashed
    from barwise.files.stores import StoredFile

COLUMNS = {  # of the file, by the field of a row
    "symbol": "symbol",
    "window": "window",
    "fast": "fast",
    "ones": "ones",
    "value": "value",
    "switches": "switches",
    "hits": "hits",
    "return": "net_return",
    "sharpe": "sharpe",
    "max_drawdown": "max_drawdown",
}
FLOATS = ("value", "return", "sharpe", "max_drawdown")


class SweepFile(Output):
    """See `Output`. text: the bytes of the file."""

    kind = "sweep"

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.text = b""

    def claim(self, inputs: Mapping[str, StoredFile | None]) -> None:
        from barwise.outputs.rows import kind_of  # 0.2 ms

        kind_of(self.path, self.role)
        super().claim(inputs)

    def refuse(self, config: Config) -> None:
        if config.sweep is None:
            raise ConfigError(
                "--sweep names a file, and the config has no sweep: add it, as in "
                "sweep: {windows: 2..1000}"
            )

    def ended(self, result: Result) -> str:
        from barwise.outputs.rows import kind_of

        is_csv = kind_of(self.path, self.role)[0] == "csv_text"
        columns = _columns(_sweeps(result))
        self.text = _csv(columns) if is_csv else _parquet(columns)
        rows = len(_sweeps(result).rows)
        return Message("sweep_written", f"Sweep written: {rows} rows", rows=rows)

    def write(self, result: Result, others: Sequence[Output], appearing: ExitStack) -> None:
        self.put(self.text, appearing)

    def hashed(self) -> Hashed:
        from hashlib import sha256

        from barwise.files.hashes import Hashed

        return Hashed(sha256(self.text).hexdigest(), len(self.text))


def _sweeps(result: Result) -> Sweeps:
    if result.sweeps is None:
        raise ValueError("nothing is swept")
    return result.sweeps


def _columns(sweeps: Sweeps) -> dict[str, list[Any]]:
    from barwise.outputs.rows import printable

    names = [name for name in COLUMNS if name != "fast" or sweeps.has_fast]
    columns = {name: [getattr(row, COLUMNS[name]) for row in sweeps.rows] for name in names}
    return {**columns, "symbol": list(map(printable, columns["symbol"]))}


def _csv(columns: dict[str, list[Any]]) -> bytes:
    import csv

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    cells = [list(map(_cell, column)) for column in columns.values()]
    writer.writerows(zip(*cells, strict=True))
    return text.getvalue().encode()


def _cell(value: str | float | None) -> str:
    """A cell; a number in plain digits, as metrics have it."""
    if value is None:
        return ""
    return format(Decimal(repr(value)), "f") if isinstance(value, float) else str(value)


def _parquet(columns: dict[str, list[Any]]) -> bytes:
    from barwise.outputs.rows import writer

    module = writer("parquet")
    types = {"symbol": module.pa.string()}
    types |= dict.fromkeys(FLOATS, module.pa.float64())
    whole = module.pa.int64()
    arrays = {
        name: module.pa.array(column, types.get(name, whole)) for name, column in columns.items()
    }
    file = io.BytesIO()
    table = module.pa.table(arrays)
    module.pq.write_table(table, file, compression="zstd", write_page_checksum=True)
    return file.getvalue()
