"""The sweep of a run: its measure by the config, what is refused, and its figures.

Imported only by runs whose config says `sweep:`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from barwise.engine.evaluation import refuse
from barwise.engine.events import Message
from barwise.errors import clip
from barwise.stages.evaluation.intervals import FEWEST_BLOCKS
from barwise.stages.sweep.figures import Chance, WindowRow, rows_of
from barwise.stages.sweep.measure import Sweep

if TYPE_CHECKING:
    from barwise.bars.evaluate import Evaluate
    from barwise.bars.sweep import WindowSweep
    from barwise.config import Config
    from barwise.engine.execute import SeriesResult
    from barwise.sources.parts import Plan

NAME = Sweep.name


class Sweeps(NamedTuple):
    """What a sweep gave.

    of_run: the best window and its luck where there is one series; else how many windows.
    of_symbols: of each series, by its name.
    rows: of each series in turn, a row for each window.
    few: the names of those that are too short for luck, with their numbers of blocks.
    has_fast: the config names fast means.
    """

    of_run: Mapping[str, Any]
    of_symbols: Mapping[str, Mapping[str, Any]]
    rows: tuple[WindowRow, ...]
    few: Mapping[str, int]
    has_fast: bool


def measure_of(asked: WindowSweep, evaluate: Evaluate) -> Sweep:
    """The measure of a config."""
    return Sweep(asked.pairs, evaluate.fill, evaluate.cost)


def swept(
    config: Config,
    asked: WindowSweep,
    evaluate: Evaluate,
    done: Mapping[str, SeriesResult],
    plan: Plan,
) -> Sweeps:
    """The figures of all series. Raises PriceError where there can be none."""
    measure, chance = measure_of(asked, evaluate), Chance(config.seed)
    all_series = {name: measure.of_series(series.values[NAME]) for name, series in done.items()}
    refuse({name: series.fault for name, series in all_series.items() if series.fault}, plan)
    has_fast = asked.has_fast
    windows = {"windows": len(asked.pairs)}
    rows: list[WindowRow] = []
    of_symbols, few = {}, {}
    for name, series in sorted(all_series.items()):
        of_series, best = rows_of(series, name, done[name].tally.bars)
        rows += of_series
        figures: dict[str, Any] = {**windows, "best_window": None}
        if has_fast:
            figures["best_fast"] = None
        figures["best_sharpe"] = None
        if best is not None:
            figures["best_window"] = of_series[best].window
            figures["best_sharpe"] = of_series[best].sharpe
            if has_fast:
                figures["best_fast"] = of_series[best].fast
        of_symbols[name] = {**figures, **chance.of_series(series)}
        if len(series.done.blocks.numbers) < FEWEST_BLOCKS:
            few[name] = len(series.done.blocks.numbers)
    of_run = next(iter(of_symbols.values())) if len(of_symbols) == 1 else windows
    return Sweeps(of_run, of_symbols, tuple(rows), few, has_fast)


def told(sweeps: Sweeps) -> Iterator[Message]:
    """What the log says of them."""
    windows, symbols = sweeps.of_run["windows"], len(sweeps.of_symbols)
    of_all = f" of {symbols} symbols" if symbols > 1 else ""
    words = f"Windows swept: {windows}{of_all}"
    yield Message("windows_swept", words, windows=windows, symbols=symbols)
    if not sweeps.few:
        return
    name, blocks = next(iter(sweeps.few.items()))
    whose = f" in {len(sweeps.few)} of {symbols} symbols" if name else ""
    first = f"; {clip(name, 40)} has" if name else ": there are"
    few = (
        f"Too few bars for luck{whose}{first} {blocks} blocks of bars, and {FEWEST_BLOCKS} are "
        "needed: sweep narrower windows, or more bars"
    )
    yield Message("too_few_bars", few, symbols=len(sweeps.few), blocks=blocks, needed=FEWEST_BLOCKS)
