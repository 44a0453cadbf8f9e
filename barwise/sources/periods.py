"""The days, months and years in the names of files, as vendors name their archives."""

from __future__ import annotations

import re

PERIOD = r"(19|20)\d\d((?P<dash>[-_]?)(0[1-9]|1[0-2])((?P=dash)(0[1-9]|[12]\d|3[01]))?)?"
# A name whose last period stands at its end, or where its suffix begins.
NAME = rf"(?P<before>(.*\D)?)(?P<period>{PERIOD})(\.\D.*)?"


def holds(name: str, other: str) -> bool:
    """Whether a file holds all bars of the `other` one, and more, by their names.

    >>> holds("BTCUSDT-1m-2024-01.zip", "BTCUSDT-1m-2024-01-05.zip")
    True
    >>> holds("BTC_USDT-2024.csv.gz", "BTC_USDT-202401.csv.gz"), holds("A-2024-01", "A-2024-02-01")
    (True, False)
    """
    one, two = re.fullmatch(NAME, name), re.fullmatch(NAME, other)
    if not one or not two or one["before"] != two["before"]:
        return False
    long, short = (re.sub(r"\D", "", match["period"]) for match in (one, two))
    return long != short and short.startswith(long)
