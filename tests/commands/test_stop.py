from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from barwise.commands.stop import SIGNALS, listening
from barwise.errors import StoppedError
from tests.conftest import ROOT
from tests.kit.processes import HANG


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


# As `Thread.start` leaves it where a signal raises in it: the thread runs, and is forgotten.
FORGOTTEN_THREAD = """
import _thread, os, signal, sys, threading, time
from barwise.commands.stop import listening
with listening(to_the_end=False) as stop:
    if "stopped" in sys.argv:
        os.kill(os.getpid(), signal.SIGTERM)
    thread = threading.Thread(target=print)
    _thread.start_new_thread(thread._bootstrap, ())
    thread._started.wait()
    while _thread._count():
        time.sleep(0.001)
"""


@pytest.mark.parametrize("word", ["running", "stopped"])
def test_a_thread_that_a_signal_keeps_from_starting_is_silent(word: str) -> None:
    command = [sys.executable, "-c", FORGOTTEN_THREAD, word]
    done = subprocess.run(command, capture_output=True, text=True, timeout=HANG, cwd=ROOT)
    assert done.returncode == 0
    assert ("KeyError" in done.stderr) == (word == "running"), done.stderr
