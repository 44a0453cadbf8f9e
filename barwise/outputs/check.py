"""A check of bars by every rule, and the file of its report."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any

from barwise.engine import findings, local, metrics
from barwise.engine.execute import Reading
from barwise.engine.run import checked_config, plan
from barwise.errors import BarwiseError
from barwise.files import writing
from barwise.outputs import check_report
from barwise.sources import find
from barwise.sources.columns import NUMBERS
from barwise.sources.find import Words
from barwise.stages.checks.rules import RULES
from barwise.tuning import MEASURED, Tuning
from barwise.workers import checked_workers

if TYPE_CHECKING:
    from barwise.config import Config
    from barwise.outputs.check_report import Report


def check(
    input: Words | find.FileList,
    config: Config | str | os.PathLike[str],
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    tuning: Tuning = MEASURED,
) -> Report:
    """Applies every rule to the bars in `input`, whatever `checks` in the config says.

    The arguments are those of `run`. Raises ConfigError, InputError or PriceError.
    """
    config = checked_config(config)
    workers = checked_workers(workers)
    reading = Reading(plan(input, config), config, workers, progress, tuning)
    with closing(reading.batches(("symbol", "timestamp", "confirm", *NUMBERS))) as bars:
        done = local.check(bars, workers, partial(reading.start, with_prices=True), tuning)
    findings.refuse(done, reading.plan)
    broken = [
        *findings.unread_times(done, reading.plan, reading.rows),
        *findings.broken(done, reading.plan, RULES),
    ]
    inferred = reading.plan.inferred
    return check_report.report(done, broken, reading.of_files(), inferred)


def check_into(
    path: str,
    words: Sequence[str],
    config: str,
    *,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Report:
    """The same; writes the report, or the error, as JSON to the file at `path`.

    Raises OutputError too.
    """
    inputs = find.find(words)
    files = [*words, *(file for file, _ in inputs.files)]
    read = [("config file", config), *(("input file", file) for file in files)]
    writing.refuse_clashes({"report file": path}, read, inputs.folders)
    target = writing.target(path, "report")

    def write(report: dict[str, Any]) -> None:
        with writing.replacing(target) as file:
            file.write(metrics.to_json(report).encode())

    try:
        report = check(inputs, config, workers=workers, progress=progress)
    except BarwiseError as error:
        write({"status": "error", "error_message": str(error)})
        raise
    write(report.as_dict())
    return report
