"""The days, months and years that the names of files say, as those of archives do."""

from __future__ import annotations

import re

PERIOD = r"(19|20)\d\d((?P<dash>[-_]?)(0[1-9]|1[0-2])((?P=dash)(0[1-9]|[12]\d|3[01]))?)?"
# The last one of a name, where it ends or its suffix begins.
NAME = rf"(?P<before>(.*\D)?)(?P<period>{PERIOD})(\.\D.*)?"


def holds(name: str, other: str) -> bool:
    """Whether a file of this name holds what the `other` one holds, and more, of the same bars.

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
