"""How programs write times as text: patterns whose groups are the digits of a time.

A date is year first, or day first with dots. With slashes the text does not show which is the day
and which the month, so the config must. What the digits mean is decided in `times.py`.
"""

from __future__ import annotations

import re

YEAR_FIRST = r"(?P<Y>\d{4})(?P<s>[-./])(?P<m>\d\d)(?P=s)(?P<d>\d\d)"
DAY_FIRST = r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<Y>\d{4})"
COMPACT = r"(?P<Y>(?P<century>19|20)\d\d)(?P<m>\d\d)(?P<d>\d\d)"  # HistData: 20240131
ZONE = r"(?P<zone>Z| ?(?:GMT|UTC)?[-+]\d\d:?\d\d| ?(?:GMT|UTC))?"  # Dukascopy: GMT+0900
CLOCK = rf"(?:[T ](?P<H>\d{{1,2}}):(?P<M>\d\d)(?::(?P<S>\d\d)(?:\.(?P<f>\d{{1,9}}))?)?{ZONE})?"
COMPACT_CLOCK = rf" (?P<H>\d{{1,2}})(?P<M>\d\d)(?P<S>\d\d){ZONE}"  # 93000 is half past nine
MOMENT = rf"{COMPACT}(?P<H>\d\d)(?P<M>\d\d)(?P<S>\d\d){ZONE}"
SLASHED = {
    "day-first": r"(?P<d>\d{1,2})(?P<s>[-/])(?P<m>\d{1,2})(?P=s)(?P<Y>\d{4}|\d\d)",
    "month-first": r"(?P<m>\d{1,2})(?P<s>[-/])(?P<d>\d{1,2})(?P=s)(?P<Y>\d{4}|\d\d)",
}
# The last two-digit year of this century; later ones are of the last century, as in POSIX.
LAST_SHORT_YEAR = 68

MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    "sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)
LIKE_DATES = "(?i)" + "|".join(
    (
        r"'?\d{1,4}( ?[-./_ ] ?)\d{1,2}\1\d{1,4}(?!\d).*",
        r"(?:19|20)\d\d[-/](?:0?[1-9]|1[0-2])",  # a month, and
        r"(?:19|20)\d\d[- ]?Q[1-4]",  # a quarter
        r"\d{2,4} ?[年년].*",
        rf"\d{{1,2}}(?:{MONTHS})\d{{2,4}}\b.*",  # SAS: 31JAN2024
        rf"(?=.*\d).*\b(?:{MONTHS})\b.*",
    )
)
LONGEST = 60  # characters of any date; the time for a text grows with the square of its length


def match(cell: str, slashes: str = "") -> re.Match[str] | None:
    """How a cell writes a time; None where that is not one of these spellings.

    `slashes`: how dates with slashes are read: "day-first", "month-first" or "" for not at all.

    >>> match("31.01.2024 09:30")["d"], match("01/31/24", "month-first")["Y"], match("1/2/2024")
    ('31', '24', None)
    """
    dates = (YEAR_FIRST, DAY_FIRST, COMPACT, *([SLASHED[slashes]] if slashes else ()))
    for clock in (CLOCK, COMPACT_CLOCK):
        for date in dates:
            if matched := re.fullmatch(date + clock, cell, re.ASCII):
                return matched
    return re.fullmatch(MOMENT, cell, re.ASCII)


def is_like_date(cell: str) -> bool:
    """Whether a cell seems to be a date in any order, even one that is not read here.

    >>> is_like_date("01/31/2024 9:30"), is_like_date("Apr 09, 2020"), is_like_date("45.12")
    (True, True, False)
    """
    return len(cell) <= LONGEST and re.fullmatch(LIKE_DATES, cell.strip()) is not None
