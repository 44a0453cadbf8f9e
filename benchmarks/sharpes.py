"""Six Sharpe ratios of the same trades, as six tools define them: `python -m benchmarks.sharpes`.

The trades are those of the committed data.csv, window 50, filled at the next open, 1 bp a fill. The
formulas are written out here; where vectorbt or empyrical is installed it is asked as well.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import barwise

DATA = Path(__file__).parents[1] / "data.csv"
WINDOW, COST_BP = 50, 1
DAYS = 365
MINUTES = DAYS * 1_440


def bars() -> pd.DataFrame:
    return pd.read_csv(DATA, parse_dates=["timestamp"], index_col="timestamp")


def returns(frame: pd.DataFrame) -> pd.DataFrame:
    """What the position earns in each bar, and in which trade it is; 0: in none."""
    signal = pd.Series(barwise.signals(frame.close, window=WINDOW), frame.index)
    after = signal.shift(1, fill_value=0)
    before = after.shift(1, fill_value=0)
    last, cost = frame.close.shift(1), COST_BP / 10_000
    factor = pd.Series(1.0, frame.index)
    factor[(before == 1) & (after == 1)] = frame.close / last
    factor[(before == 0) & (after == 1)] = frame.close / frame.open / (1 + cost)
    factor[(before == 1) & (after == 0)] = frame.open / last * (1 - cost)
    trade = ((before == 0) & (after == 1)).cumsum().where((before == 1) | (after == 1), 0)
    return pd.DataFrame({"return": factor - 1, "trade": trade})


def ratio(values: pd.Series) -> float:
    return float(values.mean() / values.std(ddof=1))


def freqtrade(frame: pd.DataFrame) -> float:
    """Profit a day over the deviation of trades (data/metrics.py, calculate_sharpe)."""
    traded = frame[frame.trade > 0]
    profits = (1 + traded["return"]).groupby(traded.trade).prod() - 1
    days = max(1, (frame.index[-1] - frame.index[0]).days)
    return float(profits.sum() / days / profits.std(ddof=0) * np.sqrt(DAYS))


def backtesting(days: pd.Series) -> float:
    """Of geometric means (_stats.py, compute_stats)."""
    growth = float(np.exp(np.log1p(days).mean()))
    deviation = np.sqrt((days.var(ddof=1) + growth**2) ** DAYS - growth ** (2 * DAYS))
    return float((growth**DAYS - 1) / deviation)


def sharpes() -> Iterator[tuple[str, str, float]]:
    """The tool, what it does, and its ratio."""
    frame = returns(bars())
    of_bar = ratio(frame["return"])
    equity = (1 + frame["return"]).cumprod()
    days = equity.resample("D").last().pct_change().dropna()  # which lose the first day
    yield "vectorbt", "bars, a year of 525,600", of_bar * np.sqrt(MINUTES)
    yield "empyrical, quantstats", "bars, a year of 252", of_bar * np.sqrt(252)
    yield "qlib, `1min`", "bars, a year of 240 * 238", of_bar * np.sqrt(240 * 238)
    yield "any, resampled", "days, a year of 365", ratio(days) * np.sqrt(DAYS)
    yield "freqtrade", "profit of a day over the deviation of a trade", freqtrade(frame)
    yield "backtesting.py", "geometric means of days", backtesting(days)


def table() -> str:
    """The ratios as Markdown."""
    rows = [f"| {tool} | {what} | {value:,.2f} |" for tool, what, value in sharpes()]
    return "\n".join(["| as in | of | Sharpe ratio of a year |", "|---|---|---:|", *rows])


def asked() -> Iterator[str]:
    """What installed tools say of the same returns, for a year of bars."""
    series = returns(bars())["return"]
    calls: dict[str, Callable[[Any], float]] = {
        "empyrical": lambda tool: tool.sharpe_ratio(series, annualization=MINUTES),
        "vectorbt": lambda _: series.vbt.returns(freq="1min").sharpe_ratio(),
    }
    for name, call in calls.items():
        try:
            yield f"{name} says {call(import_module(name)):.6f}"
        except ImportError:
            yield f"{name} is not installed"


if __name__ == "__main__":
    print(table())
    print("\n".join(asked()))
    metrics = barwise.run(
        DATA, window=WINDOW, evaluate={"fill": "next_open", "cost_bp": COST_BP}
    ).metrics["evaluation"]["net"]
    print(f"barwise: {metrics}")
