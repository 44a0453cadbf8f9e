"""The schemas of what commands print and write, but for records; real outputs are tested by them.

A schema is closed: an output with a key that it does not know fails the tests.
"""

from __future__ import annotations

from typing import Any

from barwise.bars.evaluate import FILLS
from barwise.config import LARGEST_SEED, ORDERS
from barwise.errors import CODES, MESSAGE_LIMIT
from barwise.sources.readers import READERS
from barwise.stages.checks.rules import NAMES
from tests.kit.schemas.config import BAND, Schema

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TEXT: Schema = {"type": "string"}
LINE: Schema = {"type": "string", "minLength": 1, "maxLength": MESSAGE_LIMIT}
LINES: Schema = {"type": "array", "items": LINE}
COUNT: Schema = {"type": "integer", "minimum": 0}
SOME: Schema = {"type": "integer", "minimum": 1}
RATE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
SEED: Schema = {"type": "integer", "minimum": 0, "maximum": LARGEST_SEED}
TIME: Schema = {"type": "string", "format": "date-time"}
DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
CODE: Schema = {"enum": [*CODES], "description": "docs/machines.md says what each one means."}
RULE: Schema = {"enum": [*NAMES]}


def closed(**properties: Schema) -> Schema:
    """An object that has all of these keys and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": [*properties],
        "additionalProperties": False,
    }


def optional(schema: Schema, *keys: str) -> Schema:
    """The same object, which may lack some keys."""
    return {**schema, "required": [key for key in schema["required"] if key not in keys]}


def or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def by_name(schema: Schema) -> Schema:
    return {"type": "object", "additionalProperties": schema}


def of_rules(schema: Schema) -> Schema:
    """An object with all rules of bars, by name."""
    return {**by_name(schema), "propertyNames": RULE, "required": [*NAMES]}


def of_command(title: str, *outputs: Schema) -> Schema:
    """One of the outputs of a command, or its error."""
    failed = closed(status={"const": "error"}, error_message=LINE, error_code=CODE)
    return {"$schema": DRAFT, "title": title, "oneOf": [*outputs, failed]}


PASSED: Schema = {"type": "boolean"}
FIGURE: Schema = {"type": ["number", "null"]}
INTERVAL: Schema = or_null({"type": "array", "items": FIGURE, "minItems": 2, "maxItems": 2})


def evaluation(*, is_pooled: bool) -> Schema:
    """The figures of a signal: of one series, or of several together."""
    counted = ("ones", "in_bars", "in_up", "in_equal", "out_bars", "out_up", "out_equal")
    forward = {"in": FIGURE, "out": FIGURE, "difference_interval": INTERVAL}
    shown: dict[str, Schema] = {
        "fill": {"enum": [*FILLS]},
        "cost_bp": {"type": "number", "minimum": 0},
        "bars": SOME,
        "dropped": COUNT,
        "bars_per_year": FIGURE,
        "exposure": or_null(RATE),
        "switches": COUNT,
        "hit_rate": or_null(RATE),
        "base_rate": or_null(RATE),
        "counts": closed(**dict.fromkeys((*counted, "entries", "exits"), COUNT)),
        "forward": by_name(closed(**forward, in_bars=COUNT, out_bars=COUNT)),
    }
    if is_pooled:
        return closed(**shown, net=closed(mean=FIGURE))
    names = ("sharpe", "sharpe_annualised", "sortino", "sortino_annualised", "max_drawdown")
    net = {"return": FIGURE, "mean": FIGURE, **dict.fromkeys(names, FIGURE)}
    hold = dict.fromkeys(("return", "sharpe", "max_drawdown"), FIGURE)
    return closed(
        **shown,
        gross=closed(**{"return": FIGURE, "break_even_bp": FIGURE}),
        net=closed(**net, sharpe_interval=INTERVAL),
        hold=closed(**hold),
    )


def sweep() -> Schema:
    """The best window of one series; `best_fast` where there are fast means."""
    luck = dict.fromkeys(("luck", "luck_against_holding"), or_null(RATE))
    best = closed(
        windows=SOME, best_window=or_null(SOME), best_fast=or_null(SOME), best_sharpe=FIGURE, **luck
    )
    return optional(best, "best_fast")


def gates() -> Schema:
    """Each gate: with its figure, or of several symbols with those that failed."""
    bounds: dict[str, Schema] = {"min": {"type": "number"}, "max": {"type": "number"}}
    names: Schema = {"type": "array", "items": TEXT}
    of_figure = optional(closed(**bounds, value=FIGURE, passed=PASSED), "min", "max")
    of_symbols = optional(closed(**bounds, failed=names, passed=PASSED), "min", "max")
    return by_name({"anyOf": [of_figure, of_symbols]})


def metrics() -> Schema:
    of_one, of_several = (evaluation(is_pooled=is_pooled) for is_pooled in (False, True))
    of_symbol = optional(
        closed(rows_processed=SOME, value=RATE, evaluation=of_one, sweep=sweep()),
        "evaluation",
        "sweep",
    )
    succeeded = closed(
        version=TEXT,
        rows_processed=SOME,
        metric={"const": "signal_rate"},
        value=RATE,
        latency_ms=COUNT,
        seed=SEED,
        status={"const": "success"},
        evaluation={"anyOf": [of_one, of_several]},
        sweep={"anyOf": [sweep(), closed(windows=SOME)]},
        gates=gates(),
        gates_passed=PASSED,
        symbols={**by_name(of_symbol), "minProperties": 2},
    )
    asked = ("symbols", "evaluation", "sweep", "gates", "gates_passed")
    failed = closed(version=TEXT, status={"const": "error"}, error_message=LINE, error_code=CODE)
    return {
        "$schema": DRAFT,
        "title": "The metrics of a run: `metrics.json`, and what `barwise run` prints",
        "oneOf": [optional(succeeded, *asked), optional(failed, "error_code")],
    }


def plan() -> Schema:
    part = closed(
        file=TEXT,
        member=or_null(TEXT),
        series=or_null(TEXT),
        kind={"enum": sorted(READERS)},
        bytes=COUNT,
        rows=or_null(COUNT),
        interval=or_null(TEXT),
        inferred=TEXT,
        **{"from": or_null(TEXT)},
    )
    return of_command(
        "The output of `barwise plan --json`",
        closed(
            status={"const": "planned"},
            parts={"type": "array", "items": part},
            files=COUNT,
            bytes=COUNT,
            series=or_null(COUNT),
            symbol_column=or_null(TEXT),
            order={"enum": [*ORDERS]},
            doubts=LINES,
        ),
    )


def check() -> Schema:
    first = closed(symbol=TEXT, place=TEXT, cells=by_name(TEXT))
    kept = closed(bars={"const": 0}, symbols={"const": 0})
    broken = closed(bars=SOME, symbols=SOME, first=first, line=LINE)
    of_symbol = closed(
        rows=COUNT,
        to=or_null(TEXT),
        step=or_null(TEXT),
        times=or_null(TEXT),
        rules=of_rules(or_null(COUNT)),
        **{"from": or_null(TEXT)},
    )
    return of_command(
        "The output of `barwise check --json`",
        closed(
            status={"enum": ["clean", "broken"]},
            rows=COUNT,
            rules=of_rules({"anyOf": [broken, kept, {"type": "null"}]}),
            doubts=LINES,
            inferred=by_name(TEXT),
            symbols=by_name(of_symbol),
        ),
    )


def comparison() -> Schema:
    what = ["input", "config", "output", "series", "closes", "signals", "rule", "metric", "run"]
    difference = closed(
        what={"enum": what}, name=TEXT, line=LINE, blocks={"type": "array", "items": COUNT}
    )
    compared: dict[str, Schema] = {
        "status": {"enum": ["same", "different"]},
        **dict.fromkeys(("inputs", "outputs", "series", "bars"), COUNT),
        "digest": or_null(DIGEST),
        "differences": {"type": "array", "items": difference},
        "notes": LINES,
    }
    change = closed(
        path=TEXT, symbol=TEXT, a=FIGURE, b=FIGURE, limit={"type": "number"}, passed=PASSED
    )
    changes: Schema = {"type": "array", "items": change}
    return of_command(
        "The output of `barwise verify --json` and of `barwise diff --json`",
        optional(closed(record=TEXT, **compared, bar_by_bar=COUNT), "bar_by_bar"),
        optional(closed(A=TEXT, B=TEXT, **compared, gates=changes), "gates"),
    )


EVENTS: dict[str, dict[str, Schema]] = {
    "job_started": {"barwise": TEXT},
    "config_loaded": {"seed": SEED, "window": SOME, "version": TEXT},
    "columns_found": {"columns": LINE},
    "doubt": {"rule": or_null(RULE), "bars": or_null(COUNT), "symbols": or_null(COUNT)},
    "bars_sorted": {"files": COUNT},
    "data_loaded": {"rows": COUNT},
    "mean_calculated": {"window": SOME, "fast": SOME, "band_bp": BAND},
    "signals_generated": {"ones": COUNT},
    "too_few_bars": {"symbols": SOME, "blocks": COUNT, "needed": SOME},
    "windows_swept": {"windows": SOME, "symbols": SOME},
    "gate_failed": {"path": LINE, "value": FIGURE, "symbols": SOME},
    "signals_written": {"rows": COUNT},
    "sweep_written": {"rows": COUNT},
    "run_digest": {"digest": DIGEST},
    "metrics": {"signal_rate": RATE, "rows_processed": COUNT},
    "job_completed": {"latency_ms": COUNT},
    "job_failed": {"error_message": LINE, "error_code": CODE},
}
OPTIONAL = {"mean_calculated": ("fast", "band_bp")}
LEVELS = {
    "doubt": "WARNING",
    "gate_failed": "WARNING",
    "job_failed": "ERROR",
}  # of the others: INFO


def log() -> Schema:
    line = closed(
        time={**TIME, "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z$"},
        level={"enum": ["INFO", "WARNING", "ERROR"]},
        run={"type": "string", "pattern": "^[0-9a-f]{32}$"},
        event={"enum": [*EVENTS]},
        message=LINE,
        fields={"type": "object"},
    )
    of_events = [
        {
            "if": {"properties": {"event": {"const": event}}},
            "then": {
                "properties": {
                    "level": {"const": LEVELS.get(event, "INFO")},
                    "fields": optional(closed(**fields), *OPTIONAL.get(event, ())),
                }
            },
        }
        for event, fields in EVENTS.items()
    ]
    title = "A line of the log of `barwise run --log-format json`"
    return {"$schema": DRAFT, "title": title, **line, "allOf": of_events}


def all_but_records() -> dict[str, Any]:
    return {
        "metrics": metrics(),
        "plan": plan(),
        "check": check(),
        "comparison": comparison(),
        "log": log(),
    }
