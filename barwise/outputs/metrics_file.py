"""The contract's metrics.json of a run that succeeded."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from barwise.engine import metrics
from barwise.engine.events import Message
from barwise.engine.output import Output

if TYPE_CHECKING:
    from barwise.engine.result import Result
    from barwise.files.hashes import Hashed


class MetricsFile(Output):
    """See `Output`. text: the bytes of the file."""

    kind = "metrics"

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.text = b""

    def ended(self, result: Result) -> str:
        rate, rows = result.value, result.rows_processed
        words = f"Metrics: signal_rate={rate}, rows_processed={rows}"
        return Message("metrics", words, signal_rate=rate, rows_processed=rows)

    def write(self, result: Result, others: Sequence[Output], appearing: ExitStack) -> None:
        self.text = metrics.to_json(result.metrics).encode()
        self.put(self.text, appearing)

    def hashed(self) -> Hashed:
        from hashlib import sha256  # which the record has imported by now

        from barwise.files.hashes import Hashed

        return Hashed(sha256(self.text).hexdigest(), len(self.text))
