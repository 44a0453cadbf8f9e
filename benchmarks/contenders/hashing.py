"""Hashing alone: a file, and the closes and signals of so many BARS by blocks of 4096."""

import os
from hashlib import sha256

import numpy as np
import protocol


def hashed(path, window):
    digest, piece = sha256(), memoryview(bytearray(1 << 20))
    with open(path, "rb", buffering=0) as file:
        while length := file.readinto(piece):
            digest.update(piece[:length])
    closes, signals = np.arange(4096.0), np.zeros(4096, np.int8)
    for _ in range(int(os.environ["BARS"]) // 4096):
        sha256(closes).digest()
        sha256(signals).digest()
    return 0


protocol.answer(hashed, None)
