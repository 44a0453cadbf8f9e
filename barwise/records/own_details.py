"""What barwise alone says of a run in its record: what it gave, and where and how it ran."""

from __future__ import annotations

from typing import Annotated

import msgspec

Count = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Hex = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
# Types that end, so that no nest of brackets is as deep as whoever wrote it likes.
Plain = str | int | float | bool | None
Setting = Plain | list[Plain]
Level1 = dict[str, Setting]
Level2 = dict[str, Setting | Level1]
Level3 = dict[str, Setting | Level2]
Level4 = dict[str, Setting | Level3]
Metrics = dict[str, Setting | dict[str, Setting | Level4]]  # symbols, evaluation, forward, horizon


class Struct(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Skips fields that a later version of the formats adds, as both formats ask for."""


class RuleCount(Struct, frozen=True):
    """How often a rule is broken.

    bars: that break it.
    symbols: with such bars.
    """

    bars: Count
    symbols: Count


class SeriesDigests(Struct, frozen=True):
    """The digests of one series.

    bars: how many.
    ones: signals that are 1.
    digest: of the whole series.
    closes: the digests of the blocks of closes.
    signals: the digests of the blocks of signals.
    """

    bars: Count
    ones: Count
    digest: Hex
    closes: list[Hex]
    signals: list[Hex]


class Outcome(Struct, frozen=True):
    """What the run gave, and must give again.

    digest: of the run, that is of all its series.
    metrics: as in metrics.json, without the latency.
    rules: by name, those that bars break.
    series: by name, "" for the one unnamed series.
    """

    digest: Hex
    metrics: Metrics
    rules: dict[str, RuleCount]
    series: dict[str, SeriesDigests]


class Environment(msgspec.Struct, frozen=True, omit_defaults=True):
    """What may differ when the run is repeated.

    python: the version.
    implementation: of Python, as "CPython".
    platform: the system and processor.
    workers: threads, or processes, that computed.
    latency_ms: from the start of the job to its metrics, in milliseconds.
    doubts: lines that the log warned of.
    kernels: which compiled kernels computed; "": none.
    executor: "threads" of this process, "processes", "dask", or "tasks" of a caller's own pool.
    worker_versions: of Python and libraries on the workers of a cluster, one line where all agree.
    """

    python: str
    implementation: str
    platform: str
    workers: Count
    latency_ms: Count
    doubts: list[str]
    kernels: str
    executor: str = "threads"
    worker_versions: list[str] = []


class OwnDetails(Struct, frozen=True):
    """What barwise alone says of a run.

    result: what the run gave.
    run: where and how it ran.
    checksum: see `checksum`; "" before the record is written.
    """

    result: Outcome
    run: Environment
    checksum: Hex = ""
