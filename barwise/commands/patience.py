"""Ends a process that does not end itself after a signal, as a library or the system holds it.

Python runs handlers of signals in the main thread, between its own steps: where that waits for a
read which never returns, or for a thread that does, it hears nothing. So a thread hears too.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress

PATIENCE = 5.0  # seconds; a container has 10 before it is killed
STACK = 1 << 18  # bytes of the thread; where address space is limited, the usual 8 MB count


def begin(signals: Collection[int], end: Callable[[int], None]) -> None:
    """Calls `end` with the number of the first of the signals, `PATIENCE` after it came.

    0.1 ms. Where no pipe or no thread is to be had, a process does without.
    """
    try:
        heard, said = os.pipe()
    except OSError:
        return
    os.set_blocking(said, False)
    signal.set_wakeup_fd(said, warn_on_full_buffer=False)
    before = threading.stack_size(STACK)
    try:
        threading.Thread(target=_hear, args=(heard, signals, end), daemon=True).start()
    except (RuntimeError, MemoryError):
        signal.set_wakeup_fd(-1)
    finally:
        threading.stack_size(before)


def _hear(heard: int, signals: Collection[int], end: Callable[[int], None]) -> None:
    with suppress(OSError):
        while number := os.read(heard, 1):
            if number[0] in signals:
                time.sleep(PATIENCE)
                end(number[0])
                return
