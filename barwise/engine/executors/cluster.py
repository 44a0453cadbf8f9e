"""What must hold of a Dask cluster before the first task: workers, their code, what they see."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from barwise.engine.executors.crew import Crew
from barwise.engine.executors.sent import Facts, Stamp, refuse_other
from barwise.errors import ExecutorError, clip, in_one_line
from barwise.files.code import identity

if TYPE_CHECKING:
    from distributed import Client

SAME_IMAGE = "start workers from the image of this version"
MOST_KINDS = 3  # of versions that a warning lists


def ready(client: Client, files: dict[str, str], stamps: dict[str, Stamp], wait: float) -> Crew:
    """The workers of a cluster, each of which can compute a run.

    files: the names of some inputs by their paths, with `stamps` as this process sees them.
    wait: seconds for the first worker.

    Raises ExecutorError for a worker with other code, or one that does not see a file.
    """
    if not _workers(client):
        _wait_for_worker(client, wait)
    answers = client.run(asking(), [*files], on_error="return")
    # One that was lost meanwhile computes nothing; one that comes back is looked at by its tasks.
    answers = {worker: a for worker, a in answers.items() if not isinstance(a, OSError)}
    for worker, answer in sorted(answers.items()):
        _refuse_other_code(worker, answer)
    all_facts = {worker: Facts(*answer) for worker, answer in sorted(answers.items())}
    for worker, facts in all_facts.items():
        for path, there in zip(files, facts.files, strict=True):
            there = there if isinstance(there, str) else (there[0], there[1])
            refuse_other(worker, files[path], stamps[path], there)
    counts = Counter(facts.versions for facts in all_facts.values())
    threads = sum(worker["nthreads"] for worker in _workers(client).values())
    return Crew("dask", threads, tuple(sorted(counts)), _differences(counts))


def asking() -> Callable[[list[str]], tuple[Any, ...]]:
    """What asks a worker; it travels by value, so that a worker without barwise can answer."""

    def answer(paths: list[str]) -> tuple[Any, ...]:
        from barwise.engine.executors.sent import facts

        return tuple(facts(paths))

    return answer


def computing() -> Callable[[str, str, bytes], bytes]:
    """What computes a task; by value too, so that the scheduler does not need barwise."""

    def compute(code: str, name: str, packed: bytes) -> bytes:
        from barwise.engine.executors.sent import run_sent

        return run_sent(code, name, packed)

    return compute


def cannot_load(who: str, error: BaseException) -> ExecutorError:
    """What is told of a worker that cannot load barwise, or what it needs."""
    why = clip(in_one_line(f"{type(error).__name__}: {error}"), 120)
    return ExecutorError(f"{who} cannot load barwise ({why}): {SAME_IMAGE}")


def _workers(client: Client) -> dict[str, Any]:
    return dict(client.scheduler_info(n_workers=-1)["workers"])


def _wait_for_worker(client: Client, seconds: float) -> None:
    """A cluster that adapts to its work grows from no workers only for a task."""
    try:
        client.submit(operator.add, 0, 0, pure=False).result(timeout=seconds)
    except TimeoutError:
        raise ExecutorError(
            f"the Dask cluster has had no worker for {seconds:.0f} s: start one, as dask worker "
            "does"
        ) from None


def _refuse_other_code(worker: str, answer: Any) -> None:
    if isinstance(answer, BaseException):
        raise cannot_load(f"worker {worker}", answer)
    if answer[0] != identity():
        raise ExecutorError(
            f"worker {worker} has barwise {answer[0]}, and this process {identity()}: {SAME_IMAGE}"
        )


def _differences(counts: Counter[str]) -> tuple[str, ...]:
    if len(counts) < 2:
        return ()
    kinds = [f"{count} with {versions}" for versions, count in counts.most_common(MOST_KINDS)]
    more = f"; and {len(counts) - MOST_KINDS} more kinds" if len(counts) > MOST_KINDS else ""
    return (
        f"workers differ: {'; '.join(kinds)}{more}: start all from one image, so that they fail or "
        "work alike",
    )
