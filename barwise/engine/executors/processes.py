"""Processes of this machine compute the tasks of a run; none outlives it.

A process ends when the run does, however that is: it waits for the end of a pipe whose other end
only the run has open.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from threading import Thread
from typing import TYPE_CHECKING, Any

from barwise.engine.execute import Crew
from barwise.engine.submitted import OwnPool, Submitted
from barwise.errors import ExecutorError
from barwise.tuning import MEASURED, Tuning

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from barwise.engine.tasks import Task
    from barwise.sources.parts import Plan

OF_TERMINALS = {signal.SIGINT, signal.SIGHUP}
TASKS_A_PROCESS = 2  # so that the next one is there when one is done


class Processes(OwnPool):
    """See `OwnPool`. count: of the processes."""

    def __init__(self, count: int, tuning: Tuning = MEASURED) -> None:
        self.count, self.tuning = count, tuning

    @property
    def crew(self) -> Crew:
        return Crew("processes", self.count)

    @contextmanager
    def started(self, plan: Plan) -> Iterator[Submitted]:
        with _started(self.count) as pool:
            yield _Tasks(pool, TASKS_A_PROCESS * self.count, self.tuning)


class _Tasks(Submitted):
    """See `Submitted`."""

    def explained(self, error: BaseException, task: Task) -> BaseException:
        if not isinstance(error, BrokenProcessPool):
            return error
        return ExecutorError(
            f"a process was killed while {task.name} was computed, most likely for lack of memory: "
            "give the job more, or name fewer processes"
        )


class _Pool:
    """A pool whose processes do not hear Ctrl-C, which a terminal sends to them too."""

    def __init__(self, pool: ProcessPoolExecutor) -> None:
        self.pool = pool

    def submit(self, function: Callable[..., bytes], /, *arguments: Any) -> Future[bytes]:
        """Processes are started here, and inherit what is blocked until they can ignore it."""
        with _blocked():
            return self.pool.submit(function, *arguments)


@contextmanager
def _started(count: int) -> Iterator[_Pool]:
    """Processes, which are gone afterwards: at once where an error ends the run."""
    context = get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    with _blocked():  # Python's tracker of semaphores, which starts now, must outlive the pool
        pool = ProcessPoolExecutor(count, context, initializer=_begin, initargs=(theirs,))
    try:
        yield _Pool(pool)
        pool.shutdown()
    finally:
        ours.close()
        pool.shutdown(cancel_futures=True)
        theirs.close()


@contextmanager
def _blocked() -> Iterator[None]:
    """Within it a process is started deaf to what terminals send to all processes of a job."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, OF_TERMINALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _begin(pipe: Connection) -> None:
    """The first thing that a process does."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, OF_TERMINALS)
    Thread(target=_end_with, args=(pipe,), name="barwise-end", daemon=True).start()


def _end_with(pipe: Connection) -> None:
    with suppress(EOFError, OSError):
        pipe.recv_bytes()  # nothing is ever sent
    os._exit(1)
