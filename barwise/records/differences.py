"""What differs between two records, in words: a line a difference. `verify` and `diff` share them.

Nothing is judged here but whether two things are equal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.errors import clip, in_one_line, named, quoted
from barwise.stages import digests

if TYPE_CHECKING:
    from barwise.records.statement import Outcome, Resource, SeriesDigests, Statement

MOST_RANGES = 4  # of bars in a line; JSON has all blocks


class Sides(NamedTuple):
    """How two records are called: what they say, and what is in one of them alone."""

    a: str
    b: str
    only_a: str
    only_b: str


class Difference(NamedTuple):
    """what: "input", "config", "output", "series", "closes", "signals", "rule", "metric", "run".
    name: which of these. blocks: those that differ, from 0. line: all of it in words, on one line.
    """

    what: str
    name: str
    line: str
    blocks: tuple[int, ...] = ()


def difference(what: str, name: str, line: str, blocks: tuple[int, ...] = ()) -> Difference:
    return Difference(what, name, in_one_line(line), blocks)


def of_records(a: Statement, b: Statement, sides: Sides) -> list[Difference]:
    """All that should be the same where the same config ran on the same inputs."""
    return [
        *of_configs(a.config, b.config, sides),
        *of_inputs(a.inputs, b.inputs, sides),
        *of_results(a.result, b.result, sides),
    ]


def notes(a: Statement, b: Statement, sides: Sides) -> list[str]:
    """What may differ without a signal being another: the code that ran, Python and the platform.

    Packages that only one of them has imported are not a difference: a run imports what it needs.
    """
    lines = []
    for name in sorted(a.packages.keys() & b.packages.keys()):
        versions = [each.packages[name].uri.rpartition("@")[2] for each in (a, b)]
        if versions[0] != versions[1]:
            lines.append(_other(name, versions, sides))
        elif a.packages[name].digest != b.packages[name].digest:
            lines.append(f"{name} {versions[0]} has other code {sides.a} than {sides.b}")
    for what in ("python", "implementation", "platform"):
        its = [getattr(each.own.run, what) for each in (a, b)]
        if its[0] != its[1]:
            lines.append(_other(what.capitalize(), its, sides))
    return [in_one_line(line) for line in lines]


def of_configs(a: Mapping[str, Any], b: Mapping[str, Any], sides: Sides) -> Iterator[Difference]:
    return of_values("config", a, b, sides)


def of_values(
    what: str, a: Mapping[str, Any], b: Mapping[str, Any], sides: Sides
) -> Iterator[Difference]:
    """The keys that have other values, also in mappings within."""
    values, others = dict(_flat(a)), dict(_flat(b))
    for key in {**values, **others}:
        if values.get(key) != others.get(key):
            shown = [_shown(each.get(key)) for each in (values, others)]
            yield difference(what, key, _other(f"{clip(key, 60)} is", shown, sides))


def of_inputs(
    a: Mapping[str, Resource], b: Mapping[str, Resource], sides: Sides
) -> Iterator[Difference]:
    left, right, pairs = _paired(a, b)
    for its, where in ((left, sides.only_a), (right, sides.only_b)):
        for name in its:
            yield difference("input", name, f"input {named(name)} is {where}")
    for one, other in pairs:
        facts = of_files(one, other, sides)
        if facts:
            was = f" ({named(one.name)} {sides.a})" if one.name != other.name else ""
            line = f"input {named(other.name)}{was}: {facts}"
            yield difference("input", other.name, line)


def of_files(a: Resource, b: Resource, sides: Sides) -> str:
    """How two files differ, "" if they do not; what is known of one alone is not a difference."""
    facts = []
    if a.sha256 != b.sha256:
        facts.append(_other("SHA-256", [f"{its.sha256[:12]}..." for its in (a, b)], sides))
    if a.annotations and b.annotations:
        for fact in ("bytes", "rows", "inferred"):
            its = [getattr(each, fact) for each in (a.annotations, b.annotations)]
            if its[0] != its[1] and None not in its and "" not in its:
                facts.append(_other(fact, its, sides))
    return "; ".join(facts)


def of_results(a: Outcome, b: Outcome, sides: Sides) -> Iterator[Difference]:
    for name in sorted(a.series.keys() | b.series.keys()):
        if name not in b.series or name not in a.series:
            where = sides.only_b if name in b.series else sides.only_a
            which = quoted(name) if name else "without a name"
            yield difference("series", name, f"series {which} is {where}")
        else:
            yield from _of_series(name, a.series[name], b.series[name], sides)
    for rule in sorted(a.rules.keys() | b.rules.keys()):
        found = [its.rules.get(rule) for its in (a, b)]
        if found[0] != found[1]:
            bars = [f"{its.bars} (symbols: {its.symbols})" if its else 0 for its in found]
            line = _other(f"bars that break the rule {quoted(rule)}:", bars, sides)
            yield difference("rule", rule, line)
    values = [its.metrics.get("value") for its in (a, b)]
    if values[0] != values[1]:
        yield difference("metric", "value", _other("value", values, sides))


def _of_series(name: str, a: SeriesDigests, b: SeriesDigests, sides: Sides) -> Iterator[Difference]:
    of_name = f" of {clip(quoted(name)[1:-1], 40)}" if name else ""
    if a.bars != b.bars:
        yield difference("series", name, _other(f"bars{of_name}", (a.bars, b.bars), sides))
    if a.ones != b.ones and a.signals == b.signals:
        yield difference("series", name, _other(f"ones{of_name}", (a.ones, b.ones), sides))
    bars = max(a.bars, b.bars)
    for what in ("closes", "signals"):
        pairs = zip_longest(getattr(a, what), getattr(b, what))
        blocks = tuple(i for i, (one, other) in enumerate(pairs) if one != other)
        if blocks:
            yield difference(
                what, name, f"{what}{of_name} differ in {_bars_of(blocks, bars)}", blocks
            )


def _bars_of(blocks: Sequence[int], bars: int) -> str:
    """Which bars some blocks hold, counted from 1.

    >>> _bars_of((1, 4, 5), 30_000)
    '3 of 8 blocks of 4096 bars: bars 4097 to 8192, 16385 to 24576'
    """
    ranges: list[list[int]] = []
    for block in blocks:
        first, last = block * digests.BLOCK_BARS + 1, min(bars, (block + 1) * digests.BLOCK_BARS)
        if ranges and ranges[-1][1] == first - 1:
            ranges[-1][1] = last
        else:
            ranges.append([first, last])
    shown = ", ".join(f"{first} to {last}" for first, last in ranges[:MOST_RANGES])
    more = f" and {len(ranges) - MOST_RANGES} more ranges" if len(ranges) > MOST_RANGES else ""
    of_all = -(-bars // digests.BLOCK_BARS)
    return f"{len(blocks)} of {of_all} blocks of {digests.BLOCK_BARS} bars: bars {shown}{more}"


def _other(what: str, its: Sequence[object], sides: Sides) -> str:
    return f"{what} {its[0]} {sides.a}, {its[1]} {sides.b}"


def _shown(value: object) -> str:
    return "absent" if value is None else quoted(value)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def _below(files: Mapping[str, Resource]) -> dict[str, Resource]:
    """Files by their names below the folder that all of them share."""
    folders = [name.split("/")[:-1] for name in files]
    shared = 0
    for level in zip(*folders, strict=False):
        if len(set(level)) > 1:
            break
        shared += 1
    return {"/".join(name.split("/")[shared:]): its for name, its in files.items()}


def _paired(
    a: Mapping[str, Resource], b: Mapping[str, Resource]
) -> tuple[list[str], list[str], list[tuple[Resource, Resource]]]:
    """The files that one record has alone, and those of both that are meant to be the same.

    These may be in other folders: by name; by name below the folder that all of a record's files
    share; by content; then the last of each.
    """
    left, right = dict(a), dict(b)
    pairs = [(left.pop(name), right.pop(name)) for name in a if name in b]
    left, right = _below(left), _below(right)
    pairs += [(left.pop(name), right.pop(name)) for name in list(left) if name in right]
    by_content: dict[str, list[str]] = {}
    for name, its in right.items():
        by_content.setdefault(its.sha256, []).append(name)
    for name, its in list(left.items()):
        if same := by_content.get(its.sha256):
            pairs.append((left.pop(name), right.pop(same.pop(0))))
    if len(left) == len(right) == 1:
        pairs.append((left.popitem()[1], right.popitem()[1]))
    return [its.name for its in left.values()], [its.name for its in right.values()], pairs
