from __future__ import annotations

import os
import signal

import pytest

from barwise.commands.stop import SIGNALS, listening
from barwise.errors import StoppedError


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_is_raised_where_that_is_allowed(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with listening(to_the_end=False) as stop:
        with pytest.raises(StoppedError, match=number.name), stop.raising():
            os.kill(os.getpid(), number)
        assert not stop.raises
    assert signal.getsignal(number) == before


def test_elsewhere_it_is_remembered_until_it_is_asked_for() -> None:
    with listening(to_the_end=False) as stop, stop.raising():
        with stop.raising(False):
            os.kill(os.getpid(), signal.SIGHUP)
            os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(StoppedError, match="SIGHUP"):
            stop.check()


def test_a_second_signal_does_not_disturb_the_handling_of_the_first() -> None:
    with listening(to_the_end=False) as stop:
        with pytest.raises(StoppedError, match="SIGTERM"), stop.raising():
            os.kill(os.getpid(), signal.SIGTERM)
        os.kill(os.getpid(), signal.SIGHUP)
        os.kill(os.getpid(), signal.SIGTERM)


def test_an_ignored_signal_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with listening(to_the_end=False) as stop, stop.raising():
            os.kill(os.getpid(), signal.SIGHUP)
        stop.check()
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
