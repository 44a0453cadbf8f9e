"""The contract's job: log, config, run, metrics.json, and the error metrics of whatever fails.

It decides the order in which things become visible; what they are is decided elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from typing import TYPE_CHECKING

from barwise.commands import job_failure
from barwise.commands.common import FAILURE, exit_code
from barwise.commands.job_files import Paths, files_read, outputs_of
from barwise.commands.log import FORMS, Lines
from barwise.commands.progress import Progress
from barwise.commands.stop import Stop
from barwise.engine import metrics
from barwise.engine.events import Message
from barwise.errors import BarwiseError, InputError, OutputError, StoppedError, told
from barwise.files import writing
from barwise.files.addresses import is_address
from barwise.files.clashes import refuse_clashes
from barwise.sources import find
from barwise.sources.find import FileList
from barwise.version import __version__
from barwise.workers import refuse_little

if TYPE_CHECKING:
    from barwise.config import Config
    from barwise.engine.execute import Executor
    from barwise.engine.result import Result


LOG = "log file"  # as messages call it


def job(
    paths: Paths,
    echo: Callable[[str], None],
    complain: Callable[[str], None],
    show: Callable[[metrics.Metrics], None],
    started: float,
    stop: Stop,
) -> int:
    """Does the whole job, and gives its exit code; raises no error.

    `echo` takes the lines of the log, `complain` what belongs on stderr, `show` the metrics, of
    success or of failure; `started` is the `time.perf_counter()` at which the job began; `stop`
    knows whether a signal has come.
    """
    with closing(_Attempt(paths, echo, complain)) as attempt:
        stop.last_words = lambda error: show(attempt.fail(error))
        try:
            done = attempt.succeed(started, stop)
        except SystemExit:
            raise
        except BaseException as error:  # the contract holds all the same
            known = told(error)
            if known is None:
                import traceback  # 0.5 ms that only a bug needs

                complain(traceback.format_exc())
            with stop.last_stage(FAILURE):
                done = attempt.fail(known or job_failure.internal_error(error))
        show(done)
    return exit_code(done)


class _Attempt:
    """How far a job has come, for the error metrics: its log, its outputs, its config.

    outputs: in the order in which they appear; the metrics last.
    """

    def __init__(
        self, paths: Paths, echo: Callable[[str], None], complain: Callable[[str], None]
    ) -> None:
        self.paths, self.echo, self.complain = paths, echo, complain
        self.form = FORMS[paths.log_format]()
        self.log = Lines(echo, form=self.form)
        self.log_file: writing.Appended | None = None
        self.outputs = outputs_of(paths)
        self.inputs: FileList | None = None
        self.cleared = False  # no output is another file of the job
        self.config: Config | None = None

    def close(self) -> None:
        for output in self.outputs:
            output.close()
        if self.log_file:
            try:
                self.log_file.close()
            except OutputError as unlogged:  # its lines may be lost; the metrics are not
                self.complain(str(unlogged))

    def succeed(self, started: float, stop: Stop) -> metrics.Metrics:
        inputs = self.find(stop)
        self.cleared = True
        stop.check()
        # Outputs appear as these close, what was opened last first: the signals' file with `first`,
        # then, as they are written in reverse order, the record, and the metrics at the end.
        with ExitStack() as end, ExitStack() as last, ExitStack() as first:
            with stop.raising():
                stop.check()
                for output in self.outputs:
                    output.claim({path: inputs.objects.get(path) for path, _ in inputs.files})
                for output in self.outputs:
                    output.prove()
                result = self.run(inputs, started, stop, first)
                for output in reversed(self.outputs):
                    output.write(result, self.outputs, last)
            end.enter_context(stop.last_stage(exit_code(result.metrics)))
            stop.check()  # for the last time: from here on no signal stops the job
        with suppress(StoppedError):  # by the echo: the line is in the log file by then
            latency = result.latency_ms
            words = f"Job completed successfully in {latency}ms"
            self.log.info(Message("job_completed", words, latency_ms=latency))
        return result.metrics

    def find(self, stop: Stop) -> FileList:
        """The input files, as far as they can be found. Raises OutputError if an output is one."""
        try:
            self.prove_metrics(stop)
            inputs = self.inputs = find.find(self.paths.inputs, stop.check)
            self.refuse_clashes(inputs, stop)
        except StoppedError:  # an output may be one of the files that are not found yet
            folders = tuple(path for path in self.paths.inputs if os.path.isdir(path))
            known = FileList((), folders)
            self.refuse_clashes(known, stop=None)
            self.cleared = job_failure.is_ours(self.paths.output, job_failure.METRICS)
            if not self.cleared:
                self.complain(job_failure.left_alone(self.paths.output))
            if job_failure.is_ours(self.paths.log_file, job_failure.LOG):
                self.inputs = known
            raise
        return inputs

    def prove_metrics(self, stop: Stop) -> None:
        """Raises OutputError where a store takes no metrics: it may have the inputs too, and would
        be waited for twice. Then only local inputs are found, so that the log is none of them.
        """
        try:
            self.outputs[-1].prove()
        except OutputError:
            local = [path for path in self.paths.inputs if not is_address(path)]
            self.inputs = find.find(local, stop.check)
            raise

    def run(self, inputs: FileList, started: float, stop: Stop, appearing: ExitStack) -> Result:
        """The run itself, to which the outputs listen."""
        log = self.open_log()
        log.info(Message("job_started", "Job started", barwise=__version__))
        with stop.raising(False):  # a package that is half imported stays so
            from barwise.config import load  # here, so that a missing one is told as all else is
        config = self.config = load(self.paths.config)
        for output in self.outputs:
            output.refuse(config)
        log.info(_config_loaded(config))
        with stop.raising(False):
            run, executor = _prepared_run(config, self.paths)
            measures = [one for output in self.outputs for one in output.measures(config)]
        stop.check()
        sinks = [sink for output in self.outputs if (sink := output.sink(appearing))]
        with closing(Progress(started, stop.check, log)) as events, self.unchanged():
            result = run(
                inputs, config, executor=executor, events=events, started=started,
                sinks=sinks, measures=measures,
            )  # fmt: skip
        for output in self.outputs:
            if line := output.ended(result):
                log.info(line)
        return result

    @contextmanager
    def unchanged(self) -> Iterator[None]:
        """Within it the error of a file that has changed says that, not what is wrong with it."""
        try:
            yield
        except InputError:
            for output in self.outputs:
                output.explain()
            raise

    def refuse_clashes(self, inputs: FileList, stop: Stop | None) -> None:
        """Raises OutputError if an output, the log included, is another file of the job."""
        outputs = {
            "metrics file": self.paths.output,
            LOG: self.paths.log_file,
            **{output.role: output.path for output in self.outputs},
        }
        refuse_clashes(outputs, files_read(self.paths, inputs, stop), inputs.folders)

    def open_log(self) -> Lines:
        self.log_file = writing.Appended(self.paths.log_file, "log")
        self.log = Lines(self.log_file.write, self.echo, form=self.form)
        return self.log

    def open_log_late(self) -> None:
        """Opens the log of a job that fails before its run, where it is no other file of the job.

        Raises OutputError where it cannot be opened.
        """
        if self.log_file or self.inputs is None:
            return
        others = [(output.role, output.path) for output in self.outputs]
        read = [*files_read(self.paths, self.inputs), *others]
        try:
            refuse_clashes({LOG: self.paths.log_file}, read, self.inputs.folders)
        except OutputError:
            return
        self.open_log()

    def fail(self, error: BarwiseError) -> metrics.Metrics:
        failed = job_failure.metrics_of(error, self.config, self.paths.config)
        for output in self.outputs:
            output.drop()
        *others, of_metrics = self.outputs
        if self.cleared or of_metrics.refused:
            job_failure.write(failed, of_metrics, self.complain)
            for output in others:
                job_failure.explain_leftover(output, self.complain)
        for log in (self.open_log_late, lambda: self.log.error(job_failure.message_of(error))):
            try:  # last, since who reads the log may be stuck
                with suppress(StoppedError):
                    log()
            except OutputError as unlogged:
                if str(unlogged) != str(error):
                    self.complain(str(unlogged))
        return failed


def _config_loaded(config: Config) -> Message:
    values = {"seed": config.seed, "window": config.window, "version": config.version}
    listed = ", ".join(f"{key}={value}" for key, value in values.items())
    return Message("config_loaded", f"Config loaded: {listed}", **values)


def _prepared_run(config: Config, paths: Paths) -> tuple[Callable[..., Result], Executor]:
    """`engine.run.run`, with NumPy seeded, and who computes.

    NumPy is imported here, so that a wrong config need not wait for it: it takes 60 of the 100 ms
    of a job of 10,000 bars.
    """
    refuse_little("numpy")
    import numpy as np

    from barwise.engine import run
    from barwise.engine.local import chosen
    from barwise.sources.csv import fast  # noqa: F401  so that a run of CSV imports nothing more
    from barwise.stages.signals.kinds import signal_of

    fast_mean, band = config.fast_and_band
    signal = signal_of(config.window, config.arithmetic, fast=fast_mean, band=band)
    signal.start()  # imports the arithmetic
    np.random.seed(config.seed)
    return run.run, chosen(paths.on, paths.workers)
