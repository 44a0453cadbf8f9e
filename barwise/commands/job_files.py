"""What a job reads and writes: its paths, its outputs in the order in which they appear."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from barwise.engine.output import Output
from barwise.outputs.metrics_file import MetricsFile
from barwise.workers import cores

if TYPE_CHECKING:
    from barwise.commands.stop import Stop
    from barwise.sources.find import FileList


class Paths(NamedTuple):
    """Where a job reads and writes, as the command line names it, how it logs, how many threads.

    inputs: files, folders and patterns.
    config: the YAML file.
    output: the file of the metrics.
    log_file: the file that log lines are appended to.
    workers: threads; None: as many as there are cores.
    signals: the file of signals; None: it is not written.
    record: the file of the record; None: it is not written.
    report: the page for people; None: it is not written.
    log_format: of log lines, a key of `log.FORMS`.
    on: who computes, as `executors.named` has it.
    hash_objects: whether the record has the SHA-256 of objects in stores too.
    sweep: the file of the sweep; None: it is not written.
    """

    inputs: tuple[str, ...]
    config: str
    output: str
    log_file: str
    workers: int | None = None
    signals: str | None = None
    record: str | None = None
    report: str | None = None
    log_format: str = "text"
    on: str = "threads"
    hash_objects: bool = False
    sweep: str | None = None


def outputs_of(paths: Paths) -> list[Output]:
    """What the job leaves, in the order in which it appears: the metrics last."""
    outputs: list[Output] = []
    if paths.signals is not None:
        from barwise.outputs.signals_file import SignalsFile

        outputs.append(SignalsFile(paths.signals))
    if paths.report is not None:
        from barwise.outputs.html.report_file import ReportFile

        outputs.append(ReportFile(paths.report))
    if paths.sweep is not None:
        from barwise.outputs.sweep_file import SweepFile

        outputs.append(SweepFile(paths.sweep))
    if paths.record is not None:
        from barwise.records.collect import RecordFile  # 4 ms that only a record needs

        workers = paths.workers or cores()
        outputs.append(RecordFile(paths.record, paths.config, workers, paths.hash_objects))
    return [*outputs, MetricsFile(paths.output)]


def files_read(
    paths: Paths, inputs: FileList, stop: Stop | None = None
) -> Iterator[tuple[str, str]]:
    """What the job reads, each with its role: no output may be one of them."""
    yield "config file", paths.config
    for path in chain(paths.inputs, (path for path, _ in inputs.files)):
        if stop:
            stop.check()
        yield "input file", path
