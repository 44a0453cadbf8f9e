"""A Dask cluster computes the tasks of a run. Nothing else in barwise connects to one.

Dask has no authentication: whoever reaches a scheduler runs code on it, so the address is trusted.
"""

from __future__ import annotations

import json
import logging
import warnings
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from barwise.engine.execute import Crew
from barwise.engine.executors.cluster import cannot_load, computing, ready
from barwise.engine.executors.sent import seen
from barwise.engine.submitted import OwnPool, Submitted
from barwise.errors import BarwiseError, ExecutorError, InputError, clip, in_one_line, named
from barwise.files.addresses import absolute, is_of_web
from barwise.files.code import identity
from barwise.tuning import MEASURED, Tuning

if TYPE_CHECKING:
    from concurrent.futures import Future

    from distributed import Client

    from barwise.engine.executors.sent import Stamp
    from barwise.engine.tasks import Task
    from barwise.sources.parts import Plan

PATIENCE = 10  # seconds for a scheduler
FIRST_WORKER = 60.0  # seconds for a worker of a cluster that has none
MOST_TASKS = 1_000  # that are sent ahead, so that a cluster which adapts sees how much there is
LOUD = ("distributed", "tornado", "asyncio")  # a lost scheduler is 34 lines of theirs
LOST = "the connection to the Dask scheduler at {} is lost: check that it runs, and run this again"


class Dask(OwnPool):
    """See `OwnPool`.

    address: of the scheduler, as Dask has it; or file://PATH of its scheduler file.
    wait: seconds for the first worker.
    """

    def __init__(self, address: str, tuning: Tuning = MEASURED, wait: float = FIRST_WORKER) -> None:
        self.address, self.tuning, self.wait = address, tuning, wait
        self._crew = Crew("dask", 0)
        try:
            import distributed  # noqa: F401  0.5 s; here, where no signal interrupts it
        except ImportError as error:
            raise BarwiseError(
                f"Dask cannot be loaded ({error}): install barwise with its extra, as pip install "
                "'barwise[dask]' does, here and where the workers run",
                code="not_installed",
            ) from None

    @property
    def crew(self) -> Crew:
        return self._crew

    @contextmanager
    def started(self, plan: Plan) -> Iterator[Submitted]:
        stamps, address = _stamps(plan), address_of(self.address)
        with _quiet(), _connected(address) as client:
            with _lost_as_error(address):
                self._crew = ready(client, _some_files(plan), stamps, self.wait)
            yield _Tasks(client, address, stamps, self.tuning)


class _Tasks(Submitted):
    """See `Submitted`."""

    def __init__(
        self, client: Client, address: str, stamps: dict[str, Stamp], tuning: Tuning
    ) -> None:
        # A damaged file is as damaged on the next worker: only what a lost worker had runs again.
        super().__init__(client.get_executor(pure=False, retries=0), MOST_TASKS, tuning)
        self.address, self.stamps = address, stamps
        self.compute: Callable[..., bytes] = computing()

    def send(self, task: Task) -> Future[bytes]:
        import cloudpickle  # Dask's own: measures may be of a notebook

        stamps = {part.path: self.stamps[part.path] for part in task.plan.parts}
        packed = cloudpickle.dumps((task, stamps))
        return self.pool.submit(self.compute, identity(), task.name, packed)

    def explained(self, error: BaseException, task: Task) -> BaseException:
        from distributed import KilledWorker

        if isinstance(error, KilledWorker):
            return ExecutorError(
                f"{task.name} killed {error.allowed_failures + 1} workers, most likely for lack of "
                "memory: give each worker more, or fewer threads"
            )
        if _is_lost(error):
            return ExecutorError(LOST.format(self.address))
        if isinstance(error, ImportError | AttributeError):
            return cannot_load(f"a worker that was to compute {task.name}", error)
        return error

    def abandon(self, futures: Iterable[Future[bytes]]) -> None:
        """The end of the client does it: the scheduler forgets what nobody waits for."""


def address_of(address: str) -> str:
    """The address itself, or the one that a scheduler file says. Raises ExecutorError."""
    path = address.removeprefix("file://")
    if path == address:
        return address
    try:
        with open(path, encoding="utf-8") as file:
            return str(json.load(file)["address"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        why = clip(in_one_line(f"{type(error).__name__}: {error}"), 120)
        raise ExecutorError(
            f"{named(path)} is not the file of a Dask scheduler that runs ({why}): name what dask "
            "scheduler --scheduler-file has written"
        ) from None


def _stamps(plan: Plan) -> dict[str, Stamp]:
    """Of all files, as this process sees them, by their absolute paths."""
    stamps: dict[str, Stamp] = {}
    for part in plan.parts:
        stamp = seen(absolute(part.path)) if part.in_store is None else part.in_store.stamp
        if isinstance(stamp, str):
            raise InputError(f"cannot open the input {named(part.path)}: {stamp}; check the path")
        stamps[absolute(part.path)] = stamp
    return stamps


def _files(plan: Plan) -> dict[str, str]:
    return {
        absolute(part.path): named(part.path)
        for part in plan.parts
        if not is_of_web(part.path)  # its whole address may be a secret, and allow no HEAD
    }


def _some_files(plan: Plan) -> dict[str, str]:
    """The first, the middle and the last: enough to see early what each task looks at again."""
    files = list(_files(plan).items())
    return dict(files[at] for at in (0, len(files) // 2, -1)) if files else {}


@contextmanager
def _connected(address: str) -> Iterator[Client]:
    from distributed import Client

    try:
        with warnings.catch_warnings():  # of versions: what matters is checked by `ready`
            warnings.simplefilter("ignore")
            client = Client(address, timeout=f"{PATIENCE}s", set_as_default=False)
    except (OSError, ValueError, RuntimeError, TypeError, ImportError) as error:
        raise ExecutorError(
            f"no Dask scheduler answers at {address} within {PATIENCE} s "
            f"({type(error).__name__}): check the address, and that it runs"
        ) from None
    try:
        yield client
    finally:
        client.close(timeout=2)


@contextmanager
def _lost_as_error(address: str) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if not _is_lost(error):
            raise
        raise ExecutorError(LOST.format(address)) from None


def _is_lost(error: BaseException) -> bool:
    """Whether an error says that there is no scheduler any more."""
    from distributed.client import ClosedClientError, FutureCancelledError
    from distributed.comm import CommClosedError

    kinds: tuple[Any, ...] = (
        CancelledError, ClosedClientError, FutureCancelledError, CommClosedError
    )  # fmt: skip
    return isinstance(error, kinds)


@contextmanager
def _quiet() -> Iterator[None]:
    """Within it Dask logs nothing: each of its loggers has a level of its own."""
    names = [name for name in logging.root.manager.loggerDict if name.partition(".")[0] in LOUD]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
