"""The file of signals, as an output of a run; what is in it is decided in `signals.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, BinaryIO, cast

from barwise.engine.events import Message
from barwise.engine.output import Output
from barwise.errors import OutputError
from barwise.files.addresses import is_address

if TYPE_CHECKING:
    from barwise.bars.batch import Bars
    from barwise.engine.result import Result
    from barwise.files.hashes import Hashed
    from barwise.files.new_objects import NewObject
    from barwise.files.stores import StoredFile
    from barwise.outputs.signals import InOrder


class SignalsFile(Output):
    """See `Output`.

    file: that is being written; None before.
    rows: writes the rows of bars to it; None before.
    """

    kind = "signals"

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.file: BinaryIO | None = None
        self.rows: InOrder | None = None

    def claim(self, inputs: Mapping[str, StoredFile | None]) -> None:
        from barwise.outputs.rows import kind_of  # 0.2 ms

        kind_of(self.path)
        super().claim(inputs)

    def sink(self, appearing: ExitStack) -> Callable[[Bars], None]:
        from barwise.outputs.signals import signals_into  # NumPy

        self.file = self.open(appearing)
        self.rows = signals_into(self.file, self.path)
        return self.rows.write

    def ended(self, result: Result) -> str:
        if self.rows:
            self.rows.close()
        rows = result.rows_processed
        return Message("signals_written", f"Signals written: {rows} rows", rows=rows)

    def hashed(self) -> Hashed:
        from barwise.files.hashes import hash_file  # which the record has imported by now

        if self.file is None:
            raise ValueError("no signals are written")
        if is_address(self.path):  # it was hashed as it was sent
            return cast("NewObject", self.file).hashed()
        self.file.flush()
        return hash_file(self.file.name, "signals", OutputError)
