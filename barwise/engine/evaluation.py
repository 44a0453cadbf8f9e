"""The evaluation of a run: its measure by the config, what is refused, and its figures.

Imported only by runs whose config says `evaluate:`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from barwise.engine.events import Message
from barwise.engine.findings import broken
from barwise.errors import MESSAGE_LIMIT, InputError, PriceError, clip
from barwise.sources import readers
from barwise.stages.checks.rules import TIME_ASCENDING, shown
from barwise.stages.evaluation import figures
from barwise.stages.evaluation.intervals import FEWEST_BLOCKS, Intervals
from barwise.stages.evaluation.measure import Evaluation

if TYPE_CHECKING:
    from barwise.bars.evaluate import Evaluate
    from barwise.config import Config
    from barwise.engine.execute import SeriesResult
    from barwise.sources.parts import Plan
    from barwise.stages.evaluation.figures import Figures
    from barwise.stages.evaluation.measure import Fault

NAME = Evaluation.name


class Evaluations(NamedTuple):
    """The figures of a run.

    of_run: of its one series, or what several have in common.
    of_symbols: of each series, by its name.
    few: of those that are too short for intervals, how many blocks there are, and their length.
    """

    of_run: Figures
    of_symbols: Mapping[str, Figures]
    few: Mapping[str, tuple[int, int]]


def measure_of(config: Config, evaluate: Evaluate) -> Evaluation:
    """The measure of a config."""
    return Evaluation(
        evaluate.fill,
        evaluate.cost,
        evaluate.horizons,
        config.window,
        in_decimal=config.arithmetic == "exact",
    )


def evaluated(
    config: Config, evaluate: Evaluate, done: Mapping[str, SeriesResult], plan: Plan
) -> Evaluations:
    """The figures of all series. Raises InputError or PriceError where there can be none."""
    if backward := broken(done, plan, [TIME_ASCENDING]):
        line = f"{backward[0].line}; evaluate: needs bars in the order of their times"
        raise InputError(clip(line, MESSAGE_LIMIT))
    measure = measure_of(config, evaluate)
    all_series = {name: measure.of_series(series.values[NAME]) for name, series in done.items()}
    refuse({name: series.fault for name, series in all_series.items() if series.fault}, plan)
    intervals = Intervals(config.seed)
    heading = {"fill": evaluate.fill, "cost_bp": evaluate.cost_in_bp}
    of_year = {name: _per_year(evaluate, series) for name, series in done.items()}
    of_symbols = {}
    for name, series in all_series.items():
        how = figures.Shown(evaluate.horizons, of_year[name], measure.cost)
        of_symbols[name] = {**heading, **figures.of_series(series, how, intervals)}
    few = {
        name: (len(series.blocks), series.length)
        for name, series in all_series.items()
        if len(series.blocks) < FEWEST_BLOCKS
    }
    if len(of_symbols) == 1:
        return Evaluations(next(iter(of_symbols.values())), of_symbols, few)
    years = set(of_year.values())
    how = figures.Shown(evaluate.horizons, years.pop() if len(years) == 1 else None, measure.cost)
    together = figures.pooled(list(all_series.values()), how, intervals)
    return Evaluations({**heading, **together}, of_symbols, few)


def told(evaluations: Evaluations) -> Iterator[Message]:
    """What the log says of them."""
    few = evaluations.few
    if not few:
        return
    name, (blocks, length) = next(iter(few.items()))
    whose = f" in {len(few)} of {len(evaluations.of_symbols)} symbols" if name else ""
    where = f", as in {clip(name, 40)}" if name else ""
    words = (
        f"Too few bars for intervals{whose}{where}: blocks of {length} bars are {blocks}, and "
        f"{FEWEST_BLOCKS} are needed"
    )
    yield Message("too_few_bars", words, symbols=len(few), blocks=blocks, needed=FEWEST_BLOCKS)


def _per_year(evaluate: Evaluate, series: SeriesResult) -> Decimal | None:
    if evaluate.bars_per_year is not None:
        return Decimal(evaluate.bars_per_year)
    return figures.per_year(series.checks.gaps.interval)


def refuse(faults: Mapping[str, Fault], plan: Plan) -> None:
    """Raises PriceError for the first bar, in the order of the plan, that cannot be evaluated."""
    if not faults:
        return
    name, fault = min(faults.items(), key=lambda item: item[1].place)
    of_series = f" ({clip(name, 40)})" if name else ""
    raise PriceError(clip(_words(fault, plan, of_series), MESSAGE_LIMIT))


def _words(fault: Fault, plan: Plan, of_series: str) -> str:
    part = plan.parts[fault.place.part]
    role = "open" if fault.what == "open" else "close"
    column = getattr(part.roles, role)
    if column is None or column not in readers.column_names(part):
        return (
            f"{part.name} has no column of opens, and evaluate.fill is next_open: name it in the "
            "config, as in columns: {open: NAME}, or set evaluate.fill: next_close"
        )
    bar = readers.bar(part, fault.place.row, [column])
    where = f"{shown({column: bar.cells[0]}, bar.place)}{of_series}"
    if fault.what == "open":
        return (
            f"{where} is not above 0, and a trade is filled there: correct it, or set "
            "evaluate.fill: next_close"
        )
    if fault.what == "close":
        return f"{where} is not above 0, so it has no return: correct it, or leave out evaluate:"
    return (
        f"{where} is 8,192 times the price before it, or less than a ten-millionth: "
        "correct it, or leave out evaluate:"
    )
