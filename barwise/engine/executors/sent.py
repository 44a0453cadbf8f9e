"""What a worker of a cluster does: it says what it is and sees, and computes tasks sent to it.

A worker may join at any time, so each task checks again what was checked before the first one.
"""

from __future__ import annotations

import os
import pickle
import platform
from importlib.metadata import version
from typing import NamedTuple

from barwise.engine.tasks import run_task
from barwise.errors import ExecutorError, InputError, named, reason
from barwise.files.addresses import is_address
from barwise.files.code import identity
from barwise.kernels import variant

# A file's size, and when it was last written to, in nanoseconds; of an object its ETag.
Stamp = tuple[int, int | str]
LIBRARIES = ("numpy", "pyarrow")


class Facts(NamedTuple):
    """What a worker is and sees.

    code: its version of barwise, and the digest of that.
    versions: of what computes there, in words.
    files: the stamp of each file that it was asked for; or why it has none.
    """

    code: str
    versions: str
    files: list[Stamp | str]


def facts(paths: list[str]) -> Facts:
    """Those of this process."""
    versions = [f"{name} {version(name)}" for name in LIBRARIES]
    python, kernels = f"Python {platform.python_version()}", f"kernels {variant() or 'none'}"
    return Facts(identity(), ", ".join([python, *versions, kernels]), [*map(seen, paths)])


def seen(path: str) -> Stamp | str:
    """The stamp of a file as this process sees it, or why it does not."""
    if is_address(path):
        return _seen_in_store(path)
    try:
        status = os.stat(path)
    except (OSError, ValueError) as error:
        return reason(error)
    return status.st_size, status.st_mtime_ns


def _seen_in_store(address: str) -> Stamp | str:
    from barwise.files import stores  # 17 ms, with what reads stores

    try:
        file = stores.head(address)
    except InputError as error:
        return str(error)
    return "there is no such object" if file is None else file.stamp


def refuse_other(worker: str, name: str, here: Stamp | str, there: Stamp | str) -> None:
    """Raises ExecutorError where a worker does not see the file that this process sees."""
    if here == there:
        return
    if isinstance(there, str):
        what = f"does not see {name} ({there})"
    elif here[0] != there[0]:
        what = f"sees another {name}, of {there[0]} bytes, here {here[0]}"
    else:
        what = f"sees another {name}, which was written at another time"
    raise ExecutorError(
        f"worker {worker} {what}: put it on a path, or in a bucket, that all workers share"
    )


def run_sent(code: str, name: str, packed: bytes) -> bytes:
    """Computes a task, if this worker has the code and sees the files of whoever sent it."""
    if identity() != code:
        raise ExecutorError(
            f"{name} was to be computed by barwise {identity()}, and this run is by {code}: a "
            "worker of another version has joined; start workers from the image of this version"
        )
    task, stamps = pickle.loads(packed)
    worker = _address()
    parts = {  # each read of an object is of the one that was planned, or an error
        part.path: named(part.shown or part.path)
        for part in task.plan.parts
        if part.in_store is None
    }
    for path, shown in parts.items():
        refuse_other(worker, shown, stamps[path], seen(path))
    reply = run_task(task)
    for path, shown in parts.items():
        if seen(path) != stamps[path]:
            raise InputError(
                f"the input {shown} changed while it was read: run again when nothing writes to it",
                code="input_changed",
            )
    return reply


def _address() -> str:
    """That of the worker which runs this."""
    from distributed import get_worker  # which has sent it, so it is there

    return str(get_worker().address)
