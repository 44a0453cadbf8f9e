from __future__ import annotations

import os
import signal

import pytest

from barwise import stop
from barwise.errors import StoppedError


@pytest.mark.parametrize(
    ("number", "name"),
    [(signal.SIGTERM, "SIGTERM"), (signal.SIGINT, "Ctrl-C"), (signal.SIGHUP, "SIGHUP")],
)
def test_a_signal_is_an_error_that_names_it(number: int, name: str) -> None:
    before = signal.getsignal(number)
    with pytest.raises(StoppedError, match=name), stop.stoppable():
        os.kill(os.getpid(), number)
    assert signal.getsignal(number) == before


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stop.stoppable():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_the_last_moments_of_a_job_are_not_stopped() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with stop.stoppable():
        stop.ignore()
        os.kill(os.getpid(), signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) == before
