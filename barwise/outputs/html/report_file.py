"""The page of a run, as an output; what is in it is decided in `page.py`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import TYPE_CHECKING

from barwise.engine.output import Output
from barwise.errors import OutputError, named
from barwise.files.addresses import shown

if TYPE_CHECKING:
    from barwise.config import Config
    from barwise.engine.result import Result
    from barwise.files.stores import StoredFile
    from barwise.stages.evaluation.curve import Curve
    from barwise.stages.stage import Measure

ENDINGS = (".html", ".htm")


class ReportFile(Output):
    """See `Output`.

    curve: the measure of equity, in a run that is evaluated.
    """

    kind = "report"
    is_recorded = False  # it follows from what the record holds

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.curve: Curve | None = None

    def measures(self, config: Config) -> Sequence[Measure]:
        from barwise.outputs.html import page  # noqa: F401  better before the run than after it
        from barwise.stages.candles import MOST, Candles, Latest  # NumPy

        if config.evaluate is None:
            return [Candles(), Latest()]
        from barwise.stages.evaluation.curve import Curve

        self.curve = Curve(config.evaluate.fill, config.evaluate.cost, MOST)
        return [Candles(), Latest(), self.curve]

    def claim(self, inputs: Mapping[str, StoredFile | None]) -> None:
        if os.path.splitext(shown(self.path))[1].lower() not in ENDINGS:
            raise OutputError(f"the report file {named(shown(self.path))} must be called .html")
        super().claim(inputs)

    def write(self, result: Result, others: Sequence[Output], appearing: ExitStack) -> None:
        from barwise.outputs.html import page  # which `measures` has imported by now

        facts = [fact for other in others for fact in other.facts()]
        self.put(page.of(result, self.curve, facts).encode(), appearing)
