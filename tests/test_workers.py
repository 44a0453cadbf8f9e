from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator
from functools import partial
from pathlib import Path

import pytest

from barwise.workers import Workers, ahead_of, cores, in_another_thread, in_order
from tests.kit.processes import HANG


@pytest.mark.parametrize("count", [1, 2, 3, 8])
def test_results_come_in_the_order_of_their_tasks(count: int) -> None:
    def slow_first(task: int) -> int:
        time.sleep(0.01 * (task == 0))
        return task * task

    with Workers(count) as workers:
        tasks = [partial(slow_first, task) for task in range(50)]
        assert workers.start(tasks)() == [i * i for i in range(50)]
        assert workers.start(tasks[:0])() == []


def test_tasks_run_while_the_caller_goes_on() -> None:
    allowed = threading.Event()
    with Workers(2) as workers:
        results = workers.start([partial(allowed.wait, HANG), partial(allowed.wait, HANG)])
        allowed.set()
        assert results() == [True, True]


def test_a_task_that_raises_raises_where_results_are_awaited() -> None:
    def fails_at_three(task: int) -> int:
        if task == 3:
            raise MemoryError("no room")
        return task

    with Workers(2) as workers:
        results = workers.start([partial(fails_at_three, task) for task in range(8)])
        with pytest.raises(MemoryError, match="no room"):
            results()


def test_one_worker_is_the_calling_thread() -> None:
    with Workers(1) as workers:
        threads = workers.start([threading.get_ident] * 3)()
    assert set(threads) == {threading.get_ident()}
    assert in_another_thread(threading.get_ident) != threading.get_ident()


@pytest.mark.parametrize("threads", [1, 2, 8])
@pytest.mark.parametrize("count", [0, 1, 2, 50])
def test_in_order_gives_results_in_the_order_of_the_items(threads: int, count: int) -> None:
    def late(item: int) -> int:
        time.sleep(0.002 * (item % 3))
        return -item

    items = (i for i in range(count))
    assert list(in_order(late, items, threads)) == [-i for i in range(count)]


@pytest.mark.parametrize("threads", [1, 4])
def test_in_order_works_ahead_of_its_use_by_a_bounded_number(threads: int) -> None:
    drawn: list[int] = []

    def items() -> Generator[int]:
        for i in range(1_000):
            drawn.append(i)
            yield i

    numbers = items()
    results = in_order(lambda item: item, numbers, threads)
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    assert len(drawn) <= 3 + threads + 4
    results.close()
    assert list(numbers) == []
    assert not [t for t in threading.enumerate() if t.name.startswith("barwise")]


def test_ahead_of_makes_the_next_item_while_one_is_used() -> None:
    made: list[int] = []
    second = threading.Event()

    def items() -> Generator[int]:
        for i in range(3):
            made.append(i)
            if i == 1:
                second.set()
            yield i

    ahead = ahead_of(items(), 1)
    assert next(ahead) == 0
    assert second.wait(HANG)
    assert list(ahead) == [1, 2]


def test_ahead_of_raises_after_what_came_before() -> None:
    def items() -> Generator[int]:
        yield 1
        raise ValueError("two")

    ahead = ahead_of(items(), 1)
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="two"):
        next(ahead)


def test_closing_it_ends_its_thread_and_closes_the_items() -> None:
    closed = threading.Event()

    def items() -> Generator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    ahead = ahead_of(items(), 2)
    assert next(ahead) == 1
    ahead.close()
    assert closed.is_set()
    assert not [t for t in threading.enumerate() if t.name.startswith("barwise-reader")]


def cgroup(root: Path, membership: str, **files: str) -> str:
    (root / "proc/self").mkdir(parents=True)
    (root / "proc/self/cgroup").write_text(membership)
    for name, content in files.items():
        path = root / "sys/fs/cgroup" / name.replace("__", "/").replace("_DOT_", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return str(root)


ALLOWED = len(os.sched_getaffinity(0))


@pytest.mark.parametrize(
    ("membership", "files", "expected"),
    [
        ("0::/\n", {"cpu_DOT_max": "50000 100000\n"}, 1),
        ("0::/\n", {"cpu_DOT_max": "max 100000\n"}, ALLOWED),
        ("0::/a/b\n", {"a__cpu_DOT_max": "100000 100000", "a__b__cpu_DOT_max": "max 100000"}, 1),
        (
            "4:cpu,cpuacct:/x\n3:memory:/x\n",
            {
                "cpu__x__cpu_DOT_cfs_quota_us": "90000\n",
                "cpu__x__cpu_DOT_cfs_period_us": "100000\n",
            },
            1,
        ),
        (
            "4:cpu,cpuacct:/\n",
            {"cpu__cpu_DOT_cfs_quota_us": "-1\n", "cpu__cpu_DOT_cfs_period_us": "100000\n"},
            ALLOWED,
        ),
        ("", {}, ALLOWED),
    ],
)
def test_the_quotas_of_cgroups_count(
    membership: str, files: dict[str, str], expected: int, folder: Path
) -> None:
    assert cores(cgroup(folder, membership, **files)) == expected


def test_a_quota_of_one_and_a_half_cores_gives_two(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))
    assert cores(cgroup(folder, "0::/\n", cpu_DOT_max="150000 100000\n")) == 2
    assert cores("/nowhere") == 64
