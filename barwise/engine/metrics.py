"""A tally as the contract's metrics, and an error as the contract's error metrics."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from barwise.stages.tally import Tally

if TYPE_CHECKING:
    from barwise.bars.gates import Gates
    from barwise.config import Config
    from barwise.engine.evaluation import Evaluations
    from barwise.engine.sweep import Sweeps
    from barwise.errors import BarwiseError

Metrics = dict[str, Any]
FIGURES = ("evaluation", "sweep")  # keys of what is computed beside the signals
GATES = ("gates", "gates_passed")

# A number with an exponent, which ends its line; a text ends with a quotation mark.
EXPONENT = re.compile(r"(?<= )-?[0-9.]+e[-+][0-9]+(?=,?$)", re.M)


def signal_rate(tally: Tally) -> float:
    """The mean of the signals over all bars, rounded to four places."""
    return round(tally.ones / tally.bars, 4)


def success(
    config: Config,
    tally: Tally,
    latency_ms: int,
    symbols: Mapping[str, Tally] | None = None,
    evaluations: Evaluations | None = None,
    sweeps: Sweeps | None = None,
) -> Metrics:
    """The metrics of a run, in the contract's order; then what else the config asks for."""
    metrics: Metrics = {
        "version": config.version,
        "rows_processed": tally.bars,
        "metric": "signal_rate",
        "value": signal_rate(tally),
        "latency_ms": latency_ms,
        "seed": config.seed,
        "status": "success",
    }
    if evaluations:
        metrics["evaluation"] = evaluations.of_run
    if sweeps:
        metrics["sweep"] = dict(sweeps.of_run)
    if symbols and len(symbols) > 1:
        metrics["symbols"] = {
            name: {"rows_processed": tally.bars, "value": signal_rate(tally)}
            for name, tally in sorted(symbols.items())
        }
        for name, figures in (evaluations.of_symbols if evaluations else {}).items():
            metrics["symbols"][name]["evaluation"] = figures
        for name, of_symbol in (sweeps.of_symbols if sweeps else {}).items():
            metrics["symbols"][name]["sweep"] = dict(of_symbol)
    return _with_gates(metrics, config.gates) if config.gates else metrics


def _with_gates(metrics: Metrics, gates: Gates) -> Metrics:
    """The metrics, and before their symbols which gates passed."""
    from barwise.engine.gates import judged  # which no other run needs

    done = judged(metrics, gates)
    symbols = {"symbols": metrics.pop("symbols")} if "symbols" in metrics else {}
    passed = all(gate["passed"] for gate in done.values())
    return {**metrics, "gates": done, "gates_passed": passed, **symbols}


def without_latency(
    config: Config,
    symbols: Mapping[str, Tally],
    evaluations: Evaluations | None = None,
    sweeps: Sweeps | None = None,
) -> Metrics:
    """The metrics of a run as far as they are the same each time."""
    metrics = success(config, sum(symbols.values(), Tally()), 0, symbols, evaluations, sweeps)
    del metrics["latency_ms"]
    return metrics


def without_evaluations(metrics: Metrics) -> Metrics:
    """The metrics without the figures of the signal, which do not follow from tallies."""
    rest = {key: value for key, value in metrics.items() if key not in (*FIGURES, *GATES)}
    if isinstance(symbols := rest.get("symbols"), dict):
        rest["symbols"] = {
            name: {key: value for key, value in of_symbol.items() if key not in FIGURES}
            if isinstance(of_symbol, dict)
            else of_symbol
            for name, of_symbol in symbols.items()
        }
    return rest


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
    return EXPONENT.sub(_in_places, json.dumps(metrics, indent=2) + "\n")


def _in_places(number: re.Match[str]) -> str:
    from decimal import Decimal  # which metrics without an evaluation do not need

    return format(Decimal(number[0]), "f")
