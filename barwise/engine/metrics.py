"""A tally as the contract's metrics, and an error as the contract's error metrics."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from barwise.stages.tally import Tally

if TYPE_CHECKING:
    from barwise.config import Config
    from barwise.errors import BarwiseError

Metrics = dict[str, Any]


def signal_rate(tally: Tally) -> float:
    """The mean of the signals over all bars, rounded to four places."""
    return round(tally.ones / tally.bars, 4)


def success(
    config: Config, tally: Tally, latency_ms: int, symbols: Mapping[str, Tally] | None = None
) -> Metrics:
    """The metrics of a run, in the contract's order; then those of each symbol, if several."""
    metrics = {
        "version": config.version,
        "rows_processed": tally.bars,
        "metric": "signal_rate",
        "value": signal_rate(tally),
        "latency_ms": latency_ms,
        "seed": config.seed,
        "status": "success",
    }
    if symbols and len(symbols) > 1:
        metrics["symbols"] = {
            name: {"rows_processed": tally.bars, "value": signal_rate(tally)}
            for name, tally in sorted(symbols.items())
        }
    return metrics


def without_latency(config: Config, symbols: Mapping[str, Tally]) -> Metrics:
    """The metrics of a run as far as they are the same each time."""
    metrics = success(config, sum(symbols.values(), Tally()), 0, symbols)
    del metrics["latency_ms"]
    return metrics


def failure(version: str, message: str, code: str = "") -> Metrics:
    """The metrics of a run that failed; with the code of its error, if the config asks for it."""
    metrics = {"version": version, "status": "error", "error_message": message}
    return {**metrics, "error_code": code} if code else metrics


def report_of(error: BarwiseError) -> Metrics:
    """What a command that was asked for JSON prints where it fails."""
    return {"status": "error", "error_message": str(error), "error_code": error.code}


def to_json(metrics: Metrics) -> str:
    """The metrics as metrics.json holds them; reports for programs are laid out likewise.

    >>> print(to_json(failure("v1", "no")), end="")
    {
      "version": "v1",
      "status": "error",
      "error_message": "no"
    }
    """
    return json.dumps(metrics, indent=2) + "\n"
