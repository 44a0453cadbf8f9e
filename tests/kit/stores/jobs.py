"""Jobs on a store as processes of their own, and a proxy's answers that wait for a test."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.conftest import NO_BYTECODE, OF_CHECKOUT, run_barwise
from tests.kit.processes import HANG, Process
from tests.kit.stores.proxy import Proxy, Request
from tests.kit.stores.store import Store

Before = Callable[[Store], tuple[Store, Proxy]]


def outputs(place: str, signals: str = "signals.parquet") -> list[str]:
    names = {"output": "metrics.json", "record": "record.json", "signals": signals}
    return [word for flag, name in names.items() for word in (f"--{flag}", f"{place}/{name}")]


def barwise(store: Store, *words: str, **others: str) -> subprocess.CompletedProcess[str]:
    return run_barwise(*words, env={**OF_CHECKOUT, **NO_BYTECODE, **store.environment, **others})


@contextmanager
def started(store: Store, *words: str) -> Iterator[Process]:
    with subprocess.Popen(
        [sys.executable, "-m", "barwise", *words],
        env={**OF_CHECKOUT, **NO_BYTECODE, **store.environment},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            process.kill()


def rows(count: int) -> str:
    lines = (f"{1_704_067_200 + 60 * bar},{100 + bar % 7}" for bar in range(count))
    return "\n".join(("timestamp,close", *lines, ""))


class Held:
    """Some requests wait until a test lets them go on; `then` is what becomes of them."""

    def __init__(self, which: Callable[[Request], bool], then: int | None = None) -> None:
        self.which, self.then = which, then
        self.came, self.goes_on = threading.Event(), threading.Event()

    def __call__(self, request: Request) -> int | None:
        if not self.which(request):
            return None
        self.came.set()
        self.goes_on.wait(HANG)
        return self.then
