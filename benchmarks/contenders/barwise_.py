"""barwise from Python, in the arithmetic, and with the threads, that the environment names."""

import os
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parents[2]))

import protocol

import barwise

ARITHMETIC = os.environ["ARITHMETIC"]
WORKERS = int(os.environ["WORKERS"]) if "WORKERS" in os.environ else None


def rate(path, window):
    return barwise.run(path, barwise.Config(42, window, "v1", ARITHMETIC)).value


def signals(close, window):
    return barwise.signals(close, window, ARITHMETIC, workers=WORKERS)


protocol.answer(rate, signals)
