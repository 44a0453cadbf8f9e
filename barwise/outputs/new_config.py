"""The text of a config for an input that has none yet, with comments that say what it shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from barwise.bars.times import interval_in_words
from barwise.errors import in_yaml, one_line

if TYPE_CHECKING:
    from barwise.engine.look import Look

    Lines = Iterable[tuple[str, str, bool]]  # key and value, and whether they must be set

HEAD = """\
# How barwise reads and computes bars of
#   {input}
# Comments say what the first bars show, or what else can be set: take a line's # away to set it.
# All keys are in docs/config.md.

seed: 42       # of NumPy's random numbers; a rolling mean uses none
window: 20     # bars in the rolling mean; the signal is 1 where the close is above that mean
version: "v1"  # any text; the metrics repeat it

arithmetic: exact  # decimal, so a tie is a tie; float64 gives the bits of pandas
# signal: {{fast: 5, band_bp: 10}}  # the mean of 5 closes, above that of the window by 0.1 %
# checks: strict   # bars that break a rule are an error; report: a warning; off: nothing
"""


def text(seen: Look, words: Sequence[str]) -> str:
    """The config in YAML of the inputs that these words name."""
    lines = [
        _order(seen),
        _interval(seen),
        "",
        *_folders(seen),
        *_section("columns", _columns(seen)),
        *_section("csv", _csv(seen)),
    ]
    return HEAD.format(input=one_line(" ".join(words))) + "\n".join(lines) + "\n"


def doubts(seen: Look) -> list[str]:
    """What whoever reads the config should know, a line each."""
    unread = seen.first.unread
    return [*seen.plan.doubts, *([unread.line] if unread else [])]


def _order(seen: Look) -> str:
    if seen.config.order == "time":
        return "order: time        # the first bars stand newest first, so they are sorted by time"
    return "# order: time      # bars are sorted by time; file: as they stand"


def _interval(seen: Look) -> str:
    if not seen.interval:
        return "# interval: 1m     # from one bar to the next; the first bars do not show it"
    interval = interval_in_words(seen.interval)
    return f"# interval: {interval:<6} # from one bar to the next, as the first bars show"


def _folders(seen: Look) -> list[str]:
    series = {part.series for part in seen.plan.parts}
    return [f"# The folders tell {len(series)} symbols apart."] if len(series) > 1 else []


def _section(name: str, keys: Lines) -> list[str]:
    """The keys of a section, those that need not be set as comments."""
    keys = list(keys)
    if not keys:
        return []
    is_set = any(must for _, _, must in keys)
    return [
        f"{'' if is_set else '# '}{name}:",
        *(f"{'' if must else '# '}  {key}: {value}" for key, value, must in keys),
    ]


def _columns(seen: Look) -> Lines:
    roles, needed = seen.first.roles, seen.config.columns
    yield "close", in_yaml(roles.close), False
    if roles.timestamp:
        names = roles.timestamp
        times = in_yaml(names[0]) if len(names) == 1 else _listed(names)
        yield "timestamp", times, bool(needed.timestamp)
    if needed.symbol:
        yield "symbol", f"{in_yaml(needed.symbol)}  # it tells symbols apart", True


def _csv(seen: Look) -> Lines:
    part = seen.first
    if not part.kind.startswith("csv"):
        return
    text = part.text
    yield "delimiter", '"tab"' if text.delimiter == "\t" else in_yaml(text.delimiter), False
    if seen.config.csv.decimal:
        yield "decimal", in_yaml(seen.config.csv.decimal), True
    if text.skip:
        yield "skip", f"{text.skip}  # lines above the first bar", False
    if text.names:
        yield "names", f"{_listed(text.names)}  # there is no header", False
    if part.dates.slashes:
        yield "dates", part.dates.slashes, False


def _listed(names: Sequence[str]) -> str:
    return f"[{', '.join(map(in_yaml, names))}]"
