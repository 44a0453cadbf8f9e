"""What this process may use of the machine: threads, cores, address space.

Nothing here knows what the tasks of threads are.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from itertools import chain, islice
from math import ceil
from typing import TYPE_CHECKING, Any, TypeVar

from barwise.errors import BarwiseError, UsageError, quoted

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Done = TypeVar("Done")
Item = TypeVar("Item")

# Bytes of address space that a library needs to be imported and to compute with two threads, with a
# margin: NumPy ends the process where it has 76 MB or less, and pyarrow where it has 190 or less;
# with up to 460 MB its threads may abort it, once in a hundred runs.
NEEDED = {"numpy": 110 << 20, "pyarrow": 512 << 20}
CHUNKS_A_WORKER = (
    4  # more than one, since tasks differ in length; a future for each task costs more
)


class Workers:
    """Threads that compute; with one worker, or one task, the calling thread computes."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Workers:
        return self

    def __exit__(self, *_: object) -> None:
        if self.pool:
            self.pool.shutdown(cancel_futures=True)

    def start(
        self, tasks: Sequence[Callable[[], Done]], inline: bool = False
    ) -> Callable[[], list[Done]]:
        """Starts the tasks, and gives a function that waits for their results, in order, or raises.

        `inline`: the calling thread computes them, since they are too short for another.
        """
        if inline or self.count == 1 or len(tasks) < 2:
            results = _done(tasks)
            return lambda: results
        if self.pool is None:
            from concurrent.futures import ThreadPoolExecutor  # 10 ms that one series does not need

            self.pool = ThreadPoolExecutor(self.count, "barwise")
        size = -(-len(tasks) // (self.count * CHUNKS_A_WORKER))
        chunks = [tasks[i : i + size] for i in range(0, len(tasks), size)]
        futures = [self.pool.submit(_done, chunk) for chunk in chunks]
        return lambda: [done for future in futures for done in future.result()]


def _done(tasks: Sequence[Callable[[], Done]]) -> list[Done]:
    return [task() for task in tasks]


def in_another_thread(function: Callable[..., Done], *arguments: Any) -> Done:
    """What `function` gives, called in another thread."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(function, *arguments).result()


def ahead_of(items: Generator[Item], depth: int) -> Generator[Item]:
    """The items, made in another thread, up to `depth` of them before they are used.

    When this is closed, `items` is closed too, and the thread has ended.
    """
    from collections import deque
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(1, "barwise-reader")
    try:
        coming = deque(pool.submit(next, items, None) for _ in range(depth))
        while (item := coming.popleft().result()) is not None:
            coming.append(pool.submit(next, items, None))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
        items.close()


def in_order(
    function: Callable[[Item], Done], items: Generator[Item], threads: int, spare: int = 1
) -> Generator[Done]:
    """What a function gives for each item, in order; with several items, threads work ahead.

    spare: more threads than that, as each waits for the disk, for the interpreter, and to be used;
        each brings four more items that are held.

    When this is closed, `items` is closed too, and the threads have ended.
    """
    first = list(islice(items, 2))
    if threads == 1 or len(first) < 2:
        with closing(items):
            yield from map(function, chain(first, items))
        return
    from collections import deque
    from concurrent.futures import ThreadPoolExecutor

    # With two spare, 760 MB of CSV took 0.30 s for 0.25 on two cores.
    pool = ThreadPoolExecutor(threads + spare, "barwise-reader")
    try:
        at_once = chain(first, islice(items, threads + 4 * spare - 2))
        coming = deque(pool.submit(function, item) for item in at_once)
        while coming:
            done = coming.popleft().result()
            coming.extend(pool.submit(function, item) for item in islice(items, 1))
            yield done
    finally:
        pool.shutdown(cancel_futures=True)
        items.close()


def checked_workers(workers: int | None) -> int:
    """How many threads to use: by default as many as there are cores. Raises UsageError."""
    if workers is not None and (type(workers) is not int or workers < 1):
        raise UsageError(f"workers is {quoted(workers)}: must be a whole number, 1 or more")
    return workers or cores()


def cores(root: str = "/") -> int:
    """The cores that this process may use: by its affinity, and by the quotas of its cgroups.

    A container's `--cpus 1.5` is a quota, and gives 2.
    """
    if hasattr(os, "sched_getaffinity"):
        allowed = len(os.sched_getaffinity(0))
    else:  # macOS
        allowed = os.cpu_count() or 1
    return max(1, min([allowed, *map(ceil, _quotas(root))]))


def _quotas(root: str) -> Iterator[float]:
    """The quota of each cgroup that the process is in, and of those above; `man 7 cgroups`."""
    for line in _read(root, "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        folders = [name for name in path.split("/") if name]
        for depth in range(len(folders) + 1):
            group = "/".join(["sys/fs/cgroup", *["cpu"] * bool(controllers), *folders[:depth]])
            yield from _quota(root, group, version_2=not controllers)


def _quota(root: str, group: str, version_2: bool) -> Iterator[float]:
    if version_2:
        numbers = _read(root, f"{group}/cpu.max").split()
    else:
        numbers = [_read(root, f"{group}/cpu.cfs_{which}_us") for which in ("quota", "period")]
    try:
        quota, period = map(int, numbers)
    except ValueError:  # "max", or no such file
        return
    if quota > 0 < period:
        yield quota / period


def _read(root: str, path: str) -> str:
    try:
        with open(os.path.join(root, path), encoding="ascii") as file:
            return file.read()
    except (OSError, ValueError):
        return ""


def refuse_little(library: str) -> None:
    """Raises BarwiseError where a limit leaves too little for a library not imported yet.

    Only a limit (`ulimit -v`) makes address space scarce. OpenBLAS then leaves by exit(1), and
    jemalloc and the loader of libraries by a signal: no error could be written.
    """
    if library in sys.modules:
        return
    import resource  # 0.2 ms

    needed = NEEDED[library]
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return
    left = limit - _used(resource.getpagesize())
    if left < needed:
        raise BarwiseError(
            f"{library} needs {needed >> 20} MB of address space, and a limit leaves "
            f"{max(0, left) >> 20} MB: raise the limit of {limit >> 20} MB (ulimit -v)"
        )


def _used(page: int) -> int:
    """The address space of this process, in bytes; 0 where the system does not say it."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * page
    except (OSError, ValueError, IndexError):
        return 0
