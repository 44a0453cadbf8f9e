"""The names of columns: how they are compared, and which ones mean times, closes and symbols.

Sources of the names: `docs` of exchanges and vendors, and the parsers and tests that quote them. A
new name is one more word here.
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
VAGUE = ("epoch", "ts", "mts", "start", "day")  # names in TIMES that may mean other things too
CONFIRM = "confirm"  # OKX's: 0 where a bar is not finished
INDEX = ("", "index", "__index_level_0__")  # of a first column, as pandas writes it
SYMBOLS = (
    *("symbol", "ticker", "instrumentname", "instrument", "instid", "pair", "currencypair"),
    *("productid", "product", "market", "asset", "coin", "contract", "name"),
)
# These may be the close; so a message offers them, and they are never read unless named.
LIKE_CLOSES = ("closeprice", "priceclose", "closingprice", "price", "last", "pxlast", "c")
ADJUSTED = ("adjclose", "adjustedclose", "closeadj", "closeadjusted")
IGNORED = str.maketrans("", "", " \t_-.")


def norm(name: str) -> str:
    r"""A name for comparing: without case, BOM, blanks, quotes, `<>`, `_`, `-` and `.`.

    >>> norm("\ufeff<Open Time>"), norm("ts_event"), norm("Adj Close")
    ('opentime', 'tsevent', 'adjclose')
    """
    bare = name.strip("\ufeff \t\"'")
    if bare.startswith("<") and bare.endswith(">"):
        bare = bare[1:-1]
    return bare.casefold().translate(IGNORED)


def called(name: str, names: Iterable[str]) -> list[str]:
    """The names that compare equal to `name`, which is one that `norm` gives."""
    return [other for other in names if norm(other) == name]


def first_called(known: Iterable[str], names: Sequence[str]) -> str | None:
    """The first of some known names that is among `names`, as it is written there; or None."""
    by_norm = {norm(name): name for name in reversed(names)}
    return next((by_norm[name] for name in known if name in by_norm), None)
