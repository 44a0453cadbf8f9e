"""The contract's job: log, config, run, metrics.json, and the error metrics of whatever fails.

It decides the order in which things become visible; what they are is decided elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from barwise.commands import job_failure
from barwise.commands.log import Lines
from barwise.commands.progress import Progress
from barwise.commands.stop import Stop
from barwise.config import Config, load
from barwise.engine import metrics
from barwise.errors import BarwiseError, InputError, OutputError, StoppedError
from barwise.files import writing
from barwise.sources import find
from barwise.workers import cores

if TYPE_CHECKING:
    from barwise.engine.result import Result
    from barwise.records.collect import Recording


class Paths(NamedTuple):
    """Where a job reads and writes, as the command line names it, and on how many threads.

    inputs: files, folders and patterns.
    config: the YAML file.
    output: the file of the metrics.
    log_file: the file that log lines are appended to.
    workers: threads; None: as many as there are cores.
    signals: the file of signals; None: it is not written.
    record: the file of the record; None: it is not written.
    """

    inputs: tuple[str, ...]
    config: str
    output: str
    log_file: str
    workers: int | None = None
    signals: str | None = None
    record: str | None = None

    @property
    def asked_for(self) -> dict[str, str]:
        """The outputs that only a flag asks for, by their roles."""
        optional = {"signals file": self.signals, "record file": self.record}
        return {role: path for role, path in optional.items() if path is not None}


def job(
    paths: Paths,
    echo: Callable[[str], None],
    complain: Callable[[str], None],
    started: float,
    stop: Stop,
) -> metrics.Metrics:
    """Does the whole job and gives the metrics, of success or of failure; raises no error.

    `echo` takes the lines of the log, `complain` what belongs on stderr; `started` is the
    `time.perf_counter()` at which the job began; `stop` knows whether a signal has come.
    """
    with closing(_Attempt(paths, echo)) as attempt:
        try:
            return attempt.succeed(started, stop)
        except BarwiseError as error:
            return attempt.fail(error, complain)
        except KeyboardInterrupt:  # of polars, which handles SIGINT too
            stopped = "stopped by Ctrl-C (SIGINT) before it was done: run it again"
            return attempt.fail(StoppedError(stopped), complain)
        except BaseException as error:  # a bug of barwise: the contract holds all the same
            if isinstance(error, SystemExit):
                raise
            import traceback  # 0.5 ms that only a bug needs

            complain(traceback.format_exc())
            return attempt.fail(job_failure.internal_error(error), complain)


class _Attempt:
    """How far a job has come, for the error metrics: its log, its output, its config."""

    def __init__(self, paths: Paths, echo: Callable[[str], None]) -> None:
        self.paths = paths
        self.echo = echo
        self.log = Lines(echo)
        self.log_file: writing.Appended | None = None
        self.cleared = False  # the output is not another file of the job
        self.config: Config | None = None
        self.recording: Recording | None = None
        self.made: dict[
            str, os.stat_result
        ] = {}  # outputs of this run, which may be in place by now

    def close(self) -> None:
        if self.recording:
            self.recording.close()
        if self.log_file:
            self.log_file.close()

    def succeed(self, started: float, stop: Stop) -> metrics.Metrics:
        inputs = self.clear()
        stop.check()
        workers = self.paths.workers or cores()
        self.recording = self.begin_recording(inputs, workers)
        with ExitStack() as signals:  # their file appears when it ends, if nothing is raised before
            with stop.raising():
                stop.check()
                target = writing.target(self.paths.output, "metrics")
                result = self.run(inputs, started, stop, signals, workers)
                text = metrics.to_json(result.metrics).encode()
                record = self.record(result, text)
            stop.check()  # for the last time: from here on no signal stops the job
        with writing.replacing(target) as file:
            file.write(text)
            if self.recording:
                file.flush()  # so that a record appears only if the metrics fit on the disk too
                with writing.replacing(self.recording.target) as record_file:
                    self.note("record file", record_file)
                    record_file.write(record)
        with suppress(StoppedError):  # by the echo: the line is in the log file by then
            self.log.info(f"Job completed successfully in {result.latency_ms}ms")
        return result.metrics

    def run(
        self, inputs: find.FileList, started: float, stop: Stop, signals: ExitStack, workers: int
    ) -> Result:
        """The run itself; a signals file, if one is asked for, appears when `signals` ends."""
        sink_target = self.signals_target()
        log = self.open_log()
        log.info("Job started")
        config = self.config = load(self.paths.config)
        log.info(
            f"Config loaded: seed={config.seed}, window={config.window}, version={config.version}"
        )
        with stop.raising(False):
            run = _prepared_run(config, workers, self.recording is not None)
        stop.check()
        sink = None
        if sink_target and self.paths.signals:
            file = signals.enter_context(writing.replacing(sink_target))
            self.note("signals file", file)
            from barwise.outputs.signals import (
                signals_into,
            )  # imports NumPy, which a wrong config need not wait for

            sink = signals_into(file, self.paths.signals)
        # Polars may swallow what a signal raises within it, so each table checks `stop` too.
        with closing(Progress(started, stop.check)) as progress, self.unchanged():
            result = run(
                inputs, config, workers=workers, log=log, progress=progress, started=started,
                sink=sink and sink.take, with_digests=self.recording is not None,
            )  # fmt: skip
        if sink:
            sink.close()
            log.info(f"Signals written: {result.rows_processed} rows")
        if self.recording:
            if sink:
                self.recording.wrote_signals(self.paths.signals or "", file)
            log.info(f"Digest of the run: {result.digest}")
        log.info(f"Metrics: signal_rate={result.value}, rows_processed={result.rows_processed}")
        return result

    def begin_recording(self, inputs: find.FileList, workers: int) -> Recording | None:
        if self.paths.record is None:
            return None
        from barwise.records.collect import Recording  # 4 ms that only a record needs

        files = [path for path, _ in inputs.files]
        return Recording(self.paths.record, self.paths.config, files, workers)

    def record(self, result: Result, text: bytes) -> bytes:
        """The record, where one is asked for; `text` is the file of the metrics."""
        if not self.recording:
            return b""
        self.recording.wrote_metrics(self.paths.output, text)
        return self.recording.record(result)

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Within it the error of a file that has changed says that, not what is wrong with it."""
        try:
            yield
        except InputError:
            if self.recording:
                self.recording.hashes.refuse_changed()
            raise

    def note(self, role: str, file: BinaryIO) -> None:
        """Remembers which file a new output is, to tell it from an earlier run's."""
        self.made[role] = os.fstat(file.fileno())

    def clear(self) -> find.FileList:
        """The input files, as far as they can be found; none of them is an output."""
        paths = self.paths
        inputs = find.find(paths.inputs)
        writing.refuse_clashes(
            {
                "metrics file": paths.output,
                "log file": paths.log_file,
                **paths.asked_for,
            },
            [
                ("config file", paths.config),
                *(("input file", path) for path in paths.inputs),
                *(("input file", path) for path, _ in inputs.files),
            ],
            inputs.folders,
        )
        self.cleared = True
        return inputs

    def signals_target(self) -> writing.Target | None:
        """Where the signals go; None: nowhere. Raises OutputError for an unknown kind of file."""
        if self.paths.signals is None:
            return None
        from barwise.outputs import rows  # 0.2 ms that only signals need

        rows.kind_of(self.paths.signals)
        return writing.target(self.paths.signals, "signals")

    def open_log(self) -> Lines:
        self.log_file = writing.Appended(self.paths.log_file, "log")
        self.log = Lines(self.log_file.write, self.echo)
        return self.log

    def fail(self, error: BarwiseError, complain: Callable[[str], None]) -> metrics.Metrics:
        failed = metrics.failure(self.config.version if self.config else error.version, str(error))
        if self.cleared:
            job_failure.write(failed, self.paths.output, complain)
            for role, path in self.paths.asked_for.items():
                job_failure.explain_leftover(role, path, self.made.get(role), complain)
        try:  # last, since who reads the log may be stuck
            with suppress(StoppedError):
                self.log.error(str(error))
        except OutputError as unlogged:
            complain(str(unlogged))
        return failed


def _prepared_run(config: Config, workers: int, with_record: bool) -> Callable[..., Result]:
    """`engine.run.run`, with NumPy seeded, and what makes records imported, if one is asked for.

    NumPy is imported here, so that a wrong config need not wait for it: it takes 60 of the 100 ms
    of a job of 10,000 bars.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # no linear algebra here needs threads
    os.environ.setdefault("POLARS_MAX_THREADS", str(workers))
    import numpy as np

    from barwise.engine import run
    from barwise.sources.csv import strict  # noqa: F401  so that a run of CSV imports nothing more
    from barwise.stages.signals import arithmetic

    if with_record:
        from barwise.records import make  # noqa: F401  20 ms
    arithmetic.named(config.arithmetic)
    np.random.seed(config.seed)
    return run.run
