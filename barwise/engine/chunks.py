"""Bars come in chunks: while the workers do what is to be done with one, the next is read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

from barwise.errors import InputError
from barwise.workers import Workers

if TYPE_CHECKING:
    from barwise.bars.batch import Bars

Done = TypeVar("Done")
Task = Callable[[], Done]


def bars_in(chunk: Sequence[Bars]) -> int:
    return sum(map(len, chunk))


def chunks(batches: Iterable[Bars], bars: int, most: int) -> Iterator[list[Bars]]:
    """Successive batches, `bars` or a little more at a time, and no more than `most` batches.

    Those before a fault come first. Of thousands of symbols by turns a batch may be one bar, whose
    values take far more memory.
    """
    chunk: list[Bars] = []
    size = 0
    try:
        for batch in batches:
            chunk.append(batch)
            size += len(batch)
            if size >= bars or len(chunk) >= most:
                yield chunk
                chunk, size = [], 0
    except InputError:  # so that the first fault is the one told, whoever finds it
        if chunk:
            yield chunk
        raise
    if chunk:
        yield chunk


def overlapped(
    coming: Iterator[list[Bars]],
    workers: int,
    tasks_of: Callable[[list[Bars]], list[Task[Done]]],
    thread_bars: int,
) -> Iterator[list[Done]]:
    """What the tasks of each chunk give, which are done while the next chunk is read.

    Tasks of fewer than `thread_bars` are done in this thread: shorter ones hold the interpreter's
    lock for most of their time. 500 series of 20,000 bars took 0.29 s in two threads and 0.25 s in
    one, beside the one that reads.
    """
    with Workers(workers) as pool:
        done: Callable[[], list[Done]] = list
        while True:
            try:
                chunk = next(coming, None)
            except InputError:
                yield done()
                raise
            yield done()
            if chunk is None:
                return
            tasks = tasks_of(chunk)
            done = pool.start(tasks, inline=bars_in(chunk) < len(tasks) * thread_bars)
