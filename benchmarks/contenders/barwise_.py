"""barwise from Python, in the arithmetic that the environment variable ARITHMETIC names."""

import os
import sys
from pathlib import Path

sys.path.insert(1, str(Path(__file__).parents[2]))

import protocol

import barwise

ARITHMETIC = os.environ["ARITHMETIC"]


def rate(path, window):
    return barwise.run(path, barwise.Config(42, window, "v1", ARITHMETIC)).value


def signals(close, window):
    return barwise.signals(close, window, ARITHMETIC)


protocol.answer(rate, signals)
