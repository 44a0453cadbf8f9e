"""What columns are called: names as they are compared, and those by which times, closes and symbols
are known.

Sources of the names: `docs` of exchanges and vendors, and the parsers and tests that quote them; a
new one is a word more here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

# In the order in which they are looked for: the start of a bar before what may be its end.
TIMES = (
    *("timestamp", "unixtimestamp", "unixtime", "unix", "epoch", "mts", "ts", "tsevent"),
    *("opentime", "starttime", "startat", "start", "windowstart", "timeperiodstart", "barstart"),
    *("periodstart", "timeopen", "datetime", "dateutc", "utctime", "gmttime", "localtime"),
    *("time", "date", "dtyyyymmdd", "day", "dates"),
)
DATES, TIME_OF_DAY = ("date", "dtyyyymmdd"), "time"  # joined where both are there; MetaStock's
VAGUE = ("epoch", "ts", "mts", "start", "day")  # of those, what may be anything but times
CONFIRM = "confirm"  # OKX's: 0 where a bar is not finished
INDEX = ("", "index", "__index_level_0__")  # of a first column, as pandas writes it
SYMBOLS = (
    *("symbol", "ticker", "instrumentname", "instrument", "instid", "pair", "currencypair"),
    *("productid", "product", "market", "asset", "coin", "contract", "name"),
)
# Not the close for sure, so that they are offered and never taken.
LIKE_CLOSES = ("closeprice", "priceclose", "closingprice", "price", "last", "pxlast", "c")
ADJUSTED = ("adjclose", "adjustedclose", "closeadj", "closeadjusted")
IGNORED = str.maketrans("", "", " \t_-.")


def norm(name: str) -> str:
    r"""A name as it is compared: without case, BOM, blanks, quotes, `<>`, `_`, `-` and `.`.

    >>> norm("\ufeff<Open Time>"), norm("ts_event"), norm("Adj Close")
    ('opentime', 'tsevent', 'adjclose')
    """
    bare = name.strip("\ufeff \t\"'")
    if bare.startswith("<") and bare.endswith(">"):
        bare = bare[1:-1]
    return bare.casefold().translate(IGNORED)


def called(name: str, names: Iterable[str]) -> list[str]:
    """Those of the names that are `name` once they are compared."""
    return [other for other in names if norm(other) == name]


def first_called(known: Iterable[str], names: Sequence[str]) -> str | None:
    """The first of some known names that is there, as it is written."""
    by_norm = {norm(name): name for name in reversed(names)}
    return next((by_norm[name] for name in known if name in by_norm), None)
