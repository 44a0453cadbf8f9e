"""What differs between two records, in words: a line a difference, for `verify` and `diff`.

Nothing is decided here but whether two things are equal.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.engine.metrics import FIGURES, GATES
from barwise.errors import VALUE_LIMIT, clip, in_one_line, named, quoted
from barwise.stages import digests

if TYPE_CHECKING:
    from barwise.records.own_details import Outcome, SeriesDigests
    from barwise.records.statement import Resource, Statement

MOST_RANGES = 4  # of bars in a line; JSON has all blocks


class Sides(NamedTuple):
    """What lines call two records.

    a: after a value of the first, as in "window is 2 recorded, 3 now".
    b: after a value of the second.
    only_a: for a thing that only the first has.
    only_b: for a thing that only the second has.
    """

    a: str
    b: str
    only_a: str
    only_b: str


class Difference(NamedTuple):
    """A thing that differs between two records.

    what: "input", "config", "output", "series", "closes", "signals", "rule", "metric" or "run".
    name: which of these; "" where there is one.
    line: the difference in words, on one line.
    blocks: of closes and signals, the numbers of the blocks that differ, from 0.
    """

    what: str
    name: str
    line: str
    blocks: tuple[int, ...] = ()


def difference(what: str, name: str, line: str, blocks: tuple[int, ...] = ()) -> Difference:
    return Difference(what, name, in_one_line(line), blocks)


def of_records(a: Statement, b: Statement, sides: Sides) -> list[Difference]:
    """All that must be the same where the same config ran on the same inputs."""
    return [
        *of_configs(a.config, b.config, sides),
        *of_inputs(a.inputs, b.inputs, sides),
        *of_results(a.result, b.result, sides),
    ]


def notes(a: Statement, b: Statement, sides: Sides) -> list[str]:
    """What may differ although signals are the same: the code that ran, Python and the platform.

    Packages that only one of them has imported are not a difference: a run imports what it needs.
    """
    lines = []
    for name in sorted(a.packages.keys() & b.packages.keys()):
        uris = [record.packages[name].uri for record in (a, b)]
        versions = [_clipped(uri.rpartition("@")[2]) for uri in uris]
        name_shown = clip(name, VALUE_LIMIT)
        if uris[0] != uris[1]:
            lines.append(_both_values(name_shown, versions, sides))
        elif a.packages[name].digest != b.packages[name].digest:
            lines.append(f"{name_shown} {versions[0]} has other code {sides.a} than {sides.b}")
    lines += _of_objects(a, b, sides)
    for what in ("python", "implementation", "platform"):
        values = [getattr(record.own_details.run, what) for record in (a, b)]
        if values[0] != values[1]:
            lines.append(_both_values(what.capitalize(), [_clipped(v) for v in values], sides))
    kernels = [record.own_details.run.kernels for record in (a, b)]
    if kernels[0] != kernels[1]:
        shown = [clip(name, VALUE_LIMIT) or "none" for name in kernels]
        lines.append(_both_values("Kernels", shown, sides))
    return [in_one_line(line) for line in lines]


def _of_objects(a: Statement, b: Statement, sides: Sides) -> Iterator[str]:
    """Inputs in stores that may be other ones: their bars alone say whether they differ."""
    _, _, pairs = _paired(a.inputs, b.inputs)
    others = [
        other.name
        for one, other in pairs
        if (one.is_object or other.is_object)
        and one.stamp != other.stamp
        and not one.sha256 == other.sha256 != ""
    ]
    if others:
        more = f" and {len(others) - 1} more" if others[1:] else ""
        yield (
            f"input {named(others[0])}{more}: another object {sides.b} than {sides.a}, by ETag, "
            "version and size; the bars are compared"
        )


def of_configs(a: Mapping[str, Any], b: Mapping[str, Any], sides: Sides) -> Iterator[Difference]:
    return of_values("config", a, b, sides)


def of_values(
    what: str, a: Mapping[str, Any], b: Mapping[str, Any], sides: Sides
) -> Iterator[Difference]:
    """The keys that have different values, also in mappings within."""
    values, others = dict(_flat(a)), dict(_flat(b))
    for key in {**values, **others}:
        if (key in values, values.get(key)) != (key in others, others.get(key)):
            shown = [_shown(side.get(key)) for side in (values, others)]
            yield difference(what, key, _both_values(f"{clip(key, 60)} is", shown, sides))


def of_inputs(
    a: Mapping[str, Resource], b: Mapping[str, Resource], sides: Sides
) -> Iterator[Difference]:
    only_a, only_b, pairs = _paired(a, b)
    for names, where in ((only_a, sides.only_a), (only_b, sides.only_b)):
        for name in names:
            yield difference("input", name, f"input {named(name)} is {where}")
    for one, other in pairs:
        facts = of_files(one, other, sides)
        if facts:
            was = f" ({named(one.name)} {sides.a})" if one.name != other.name else ""
            line = f"input {named(other.name)}{was}: {facts}"
            yield difference("input", other.name, line)


def of_files(a: Resource, b: Resource, sides: Sides) -> str:
    """How two files differ, "" if they do not. Rows are known where both were read as bars; without
    a digest, a file is another one of which nothing may be told.
    """
    facts = []
    is_compared = (a.sha256 and b.sha256) or not (a.is_object or b.is_object)
    if is_compared and a.sha256 != b.sha256:
        hashes = [f"{file.sha256[:12]}..." if file.sha256 else "another" for file in (a, b)]
        facts.append(_both_values("SHA-256", hashes, sides))
    if a.annotations and b.annotations:
        both_were_read = None not in (a.annotations.rows, b.annotations.rows)
        sizes = () if a.is_object or b.is_object else ("bytes",)  # bars are the proof there
        for fact in (*sizes, "rows", "inferred") if both_were_read else sizes:
            values = [getattr(file, fact) for file in (a.annotations, b.annotations)]
            if values[0] != values[1]:
                facts.append(_both_values(fact, [_clipped(value) for value in values], sides))
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
        counts = [outcome.rules.get(rule) for outcome in (a, b)]
        if counts[0] != counts[1]:
            bars = [f"{count.bars} (symbols: {count.symbols})" if count else 0 for count in counts]
            line = _both_values(f"bars that break the rule {quoted(rule)}:", bars, sides)
            yield difference("rule", rule, line)
    values = [outcome.metrics.get("value") for outcome in (a, b)]
    if values[0] != values[1]:
        yield difference("metric", "value", _both_values("value", values, sides))
    yield from of_values("metric", _figures(a.metrics), _figures(b.metrics), sides)


def _figures(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """What is computed beside the signals, of the run and of each symbol, and how gates passed."""
    all_metrics = {"": metrics, **metrics.get("symbols", {})}
    return {
        f"{name}.{key}" if name else key: of[key]
        for name, of in all_metrics.items()
        for key in (*FIGURES, *GATES)
        if key in of
    }


def _of_series(name: str, a: SeriesDigests, b: SeriesDigests, sides: Sides) -> Iterator[Difference]:
    of_name = f" of {clip(quoted(name)[1:-1], 40)}" if name else ""
    if a.bars != b.bars:
        yield difference("series", name, _both_values(f"bars{of_name}", (a.bars, b.bars), sides))
    if a.ones != b.ones and a.signals == b.signals:
        yield difference("series", name, _both_values(f"ones{of_name}", (a.ones, b.ones), sides))
    bars = max(a.bars, b.bars)
    for what in ("closes", "signals"):
        pairs = zip_longest(getattr(a, what), getattr(b, what))
        blocks = tuple(i for i, (one, other) in enumerate(pairs) if one != other)
        if blocks:
            yield difference(
                what, name, f"{what}{of_name} differ in {_bars_of(blocks, bars)}", blocks
            )


def _bars_of(blocks: Sequence[int], bars: int) -> str:
    """The bars that some blocks hold, counted from 1.

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


def _both_values(what: str, values: Sequence[object], sides: Sides) -> str:
    return f"{what} {values[0]} {sides.a}, {values[1]} {sides.b}"


def _clipped(value: object) -> str:
    """A number, or words of a record, which may be of any length."""
    return clip(str(value), VALUE_LIMIT) or "nothing"


def _shown(value: object) -> str:
    return "absent" if value is None else quoted(value)


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict) and value:
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
    return {"/".join(name.split("/")[shared:]): file for name, file in files.items()}


def _paired(
    a: Mapping[str, Resource], b: Mapping[str, Resource]
) -> tuple[list[str], list[str], list[tuple[Resource, Resource]]]:
    """The names of files that only the first and only the second record has, and pairs of the same.

    Folders may differ, so files are paired by name; by name below the folder that all files of a
    record share; by content; and at last, if one of each is not paired, those two.
    """
    only_a, only_b = dict(a), dict(b)
    pairs = [(only_a.pop(name), only_b.pop(name)) for name in a if name in b]
    only_a, only_b = _below(only_a), _below(only_b)
    pairs += [(only_a.pop(name), only_b.pop(name)) for name in list(only_a) if name in only_b]
    by_content: dict[str, deque[str]] = {}
    for name, file in only_b.items():
        by_content.setdefault(file.sha256 or str(file.stamp), deque()).append(name)
    for name, file in list(only_a.items()):
        if same := by_content.get(file.sha256 or str(file.stamp)):
            pairs.append((only_a.pop(name), only_b.pop(same.popleft())))
    if len(only_a) == len(only_b) == 1:
        pairs.append((only_a.popitem()[1], only_b.popitem()[1]))
    return [file.name for file in only_a.values()], [file.name for file in only_b.values()], pairs
