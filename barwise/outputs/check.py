"""A check of bars by every rule, and the file of its report."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from barwise.config import LARGEST_WINDOW
from barwise.engine import findings, metrics
from barwise.engine.events import Events, Silent
from barwise.engine.execute import execute
from barwise.engine.executors.named import chosen
from barwise.engine.run import checked_config, intervals, planned_input
from barwise.errors import OutputError, named, reason, told, way_out
from barwise.files import writing
from barwise.files.addresses import is_address
from barwise.files.clashes import refuse_clashes
from barwise.files.opening import open_regular, size_of
from barwise.outputs import check_report
from barwise.sources import find
from barwise.sources.words import Words
from barwise.stages.checks.closes import Missing, Unfinished
from barwise.stages.checks.prices import Prices
from barwise.stages.checks.rules import RULES
from barwise.stages.checks.times import Times
from barwise.stages.counts import Count
from barwise.stages.stage import Pass
from barwise.tuning import MEASURED, Tuning

if TYPE_CHECKING:
    from typing import Unpack

    from barwise.config import Config, ConfigKeys
    from barwise.engine.execute import Executor
    from barwise.outputs.check_report import Report
    from barwise.sources.words import TableInput


def check(
    input: Words | find.FileList | TableInput,
    config: Config | str | os.PathLike[str] | None = None,
    *,
    workers: int | None = None,
    events: Events | None = None,
    executor: Executor | str | None = None,
    tuning: Tuning = MEASURED,
    **keys: Unpack[ConfigKeys],
) -> Report:
    """Applies every rule to the bars in `input`, whatever `checks` in the config says.

    The arguments are those of `run`; no window is needed. Raises ConfigError, InputError,
    PriceError or UsageError.

    >>> import pyarrow
    >>> check(pyarrow.table({"close": [1.0, -2.0]})).broken["prices positive"].place
    'row 2 of the table'
    """
    if config is None:
        keys.setdefault("window", LARGEST_WINDOW)  # any will do
    config = checked_config(config, keys, check.__kwdefaults__ or ())
    executor = chosen(executor, workers, tuning)
    to_read = planned_input(input, config)
    times = Times(intervals(to_read, config))
    what = Pass(None, (Count(), Missing(), times, Unfinished(), Prices()))
    result = execute(to_read, what, executor, events or Silent())
    findings.refuse(result.series, to_read)
    broken = [
        *findings.unread_times(result, to_read),
        *findings.broken(result.series, to_read, RULES),
    ]
    of_files = (*to_read.doubts, *result.notes.words())
    return check_report.report(result.series, broken, of_files, to_read.inferred)


def check_into(
    path: str,
    words: Sequence[str],
    config: Config | str,
    *,
    complain: Callable[[str], None] = lambda line: None,
    executor: Executor | str | None = None,
    events: Events | None = None,
) -> Report:
    """The same; writes the report, or the error, as JSON to the file at `path`.

    `complain` is told where the error cannot be written. Raises OutputError too, also for a file
    that is there and is no report: `--json bars.csv` is easily written for `--json` and bars.
    """
    inputs = find.find(words)
    files = [*words, *(file for file, _ in inputs.files)]
    read = [("input file", file) for file in files]
    if isinstance(config, str):
        read.insert(0, ("config file", config))
    refuse_clashes({"report file": path}, read, inputs.folders)
    _refuse_other(path, complain)
    try:
        target = writing.target(path, "report")
        target.prove()
        report = check(inputs, config, executor=executor, events=events)
        with writing.replacing(target) as file:
            file.write(metrics.to_json(report.as_dict()).encode())
    except Exception as error:
        known = told(error)
        if known is None:
            raise
        message = str(known)
        data = metrics.to_json(metrics.report_of(known)).encode()
        writing.replace_or_complain(
            path, "report", data, lambda line: None if line == message else complain(line)
        )
        raise known from None
    return report


def _refuse_other(path: str, complain: Callable[[str], None]) -> None:
    """Raises OutputError where a file is there whose first byte is not that of a report."""
    if size_of(path) is None if is_address(path) else not os.path.exists(path):
        return
    try:
        with open_regular(path, "report", OutputError) as file:
            first = file.read(1) or b"{"
    except (OutputError, OSError) as error:
        if os.path.isfile(path):
            complain(f"{named(path)} is from an earlier run")
        if isinstance(error, OutputError):
            raise
        then = way_out(error, "check it")
        raise OutputError(
            f"cannot read the report {named(path)}: {reason(error)}; {then}"
        ) from None
    if first != b"{":
        raise OutputError(
            f"the report file {named(path)} is there and is no report: name another; or to "
            "print JSON, write --json as the last word"
        )
