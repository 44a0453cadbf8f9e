"""Gates: bounds of figures, that keep all numbers and end a run with exit code 2."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import barwise
from barwise.bars.gates import OF_SYMBOLS, paths
from barwise.engine.gates import figure, judged
from barwise.records.changes import changes
from barwise.records.statement import checksum
from tests.acceptance.test_evaluate import walk
from tests.acceptance.test_sweep import KEYS, SWEPT
from tests.conftest import CONFIG, Job, run_barwise

NUMBERS = st.decimals(-99, 99, places=2).map(str)


def metrics() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Path("metrics.json").read_text())
    return loaded


def flat(values: Mapping[str, Any], prefix: str = "") -> set[str]:
    """The paths of all numbers, also null ones."""
    found: set[str] = set()
    for key, value in values.items():
        if isinstance(value, dict):
            found |= flat(value, f"{prefix}{key}.")
        elif isinstance(value, list):
            found |= {f"{prefix}{key}.low", f"{prefix}{key}.high"}
        elif not isinstance(value, str):
            found.add(prefix + key)
    return found


def test_a_failed_gate_keeps_the_numbers_and_the_exit_code_is_2(run_job: Job) -> None:
    walk(1).to_csv("data.csv", index=False)
    gates = "gates: {value: {min: 0.4, max: 0.6}, sweep.luck: {max: 0}, seed: {min: 42}}\n"
    Path("config.yaml").write_text(SWEPT)
    assert run_job("--record", "plain.json").returncode == 0
    plain = metrics()
    Path("config.yaml").write_text(SWEPT + gates)
    done = run_job("--record", "record.json")
    assert done.returncode == 2
    gated = metrics()
    assert [*gated][-3:] == ["sweep", "gates", "gates_passed"]
    assert gated["gates"]["value"] == {
        "min": 0.4, "max": 0.6, "value": plain["value"], "passed": True,
    }  # fmt: skip
    assert not gated.pop("gates_passed")
    assert gated.pop("gates")["sweep.luck"]["passed"] is False
    assert {**gated, "latency_ms": 0} == {**plain, "latency_ms": 0}
    [line] = [line for line in Path("run.log").read_text().splitlines() if "Gate" in line]
    assert line.endswith(
        f"WARNING - Gate failed: sweep.luck is {plain['sweep']['luck']}, and max is 0"
    )
    assert run_barwise("verify", "record.json").returncode == 0


def test_gates_that_pass_are_there_and_the_exit_code_is_0(run_job: Job) -> None:
    walk(1).to_csv("data.csv", index=False)
    Path("config.yaml").write_text(CONFIG + "gates: {symbols.*.value: {min: 0, max: 1}}\n")
    assert run_job().returncode == 0
    assert metrics()["gates_passed"] is True
    assert "WARNING - Gate" not in Path("run.log").read_text()


def test_a_gate_of_symbols_names_those_that_fail() -> None:
    frames = [walk(seed).assign(symbol=name) for seed, name in ((1, "A"), (2, "B"))]
    gates: dict[str, dict[str, float]] = {
        "symbols.*.value": {"min": 0.5},
        "evaluation.net.sharpe": {"min": -9},
    }
    evaluate = {"fill": "close"}
    heard: list[str] = []

    class Heard:
        info = progress = staticmethod(lambda *_: None)
        warning = staticmethod(heard.append)

    result = barwise.run(
        pd.concat(frames), window=20, gates=gates, evaluate=evaluate, events=Heard(),
        columns={"symbol": "symbol"}, checks="off",
    )  # fmt: skip
    done = result.metrics
    failed = [name for name, of in done["symbols"].items() if of["value"] < 0.5]
    assert failed
    assert done["gates"]["symbols.*.value"] == {"min": 0.5, "failed": failed, "passed": False}
    assert done["gates"]["evaluation.net.sharpe"]["value"] is None  # nothing is known of both
    first = done["symbols"][failed[0]]["value"]
    assert heard[-2:] == [
        f"Gate failed: symbols.*.value of {len(failed)} of 2 symbols, first {failed[0]}: {first}, "
        "and min is 0.5",
        "Gate failed: evaluation.net.sharpe is null, and min is -9; of several symbols gate "
        "symbols.*.evaluation.net.sharpe",
    ]


def test_a_bound_from_python_may_be_small() -> None:
    frame = walk(1, 100)
    gates = {"value": {"min": 1e-05, "max": 1}}
    done = barwise.run(frame, window=5, gates=gates)
    assert done.config.gates == {"value": {"min": "0.00001", "max": "1"}}
    assert done.metrics["gates"]["value"]["min"] == 0.00001
    with pytest.raises(barwise.ConfigError, match=r"gates\.value\.max is inf: must be a number"):
        barwise.run(frame, window=5, gates={"value": {"max": float("inf")}})


def test_all_numbers_of_metrics_can_be_gated_but_the_latency() -> None:
    done = barwise.run(walk(1), **KEYS)
    known = {*paths(done.config.evaluate, done.config.sweep)}
    assert known == {
        path
        for name in flat(done.metrics) - {"latency_ms"}
        for path in (name, OF_SYMBOLS + name)
        if path != OF_SYMBOLS + "seed"
    }
    assert all(
        figure(done.metrics, path) is not None
        for path in known
        if "*" not in path and "gross" not in path
    )


@pytest.mark.parametrize(
    ("gates", "words"),
    [
        ("{valu: {min: 0}}", "gates has 'valu', which no metrics have: did you mean value.*config"),
        ("{value: {mim: 0}}", "unknown key 'gates.value.mim' on line 4 .*gates.value.min"),
        ("{value: {min: x}}", "gates.value.min is 'x' on line 4.*plain digits"),
        ("{value: {min: 1e-1}}", "gates.value.min is .*plain digits"),
        ("{value: 0.4}", "gates.value is .*0.4.* on line 4 .*min: 0"),
        ("{value: {}}", "gates.value has no bound"),
        ("{value: {min: 0}, value: {max: 1}}", "'gates.value' is on line 4 .* again"),
        ("{}", "gates is .*gates: {value"),
        ("{evaluation.net.sharpe: {min: 0}}", "and the config has no evaluate: add it"),
        ("{symbols.*.sweep.luck: {max: 0.05}}", "and the config has no sweep: add it"),
        ("{latency_ms: {max: 5}}", "latency_ms', which differs from run to run"),
    ],
)
def test_a_wrong_gate_is_refused_before_the_run(gates: str, words: str) -> None:
    Path("config.yaml").write_text(f"{CONFIG}gates: {gates}\n")
    with pytest.raises(barwise.ConfigError, match=words):
        barwise.run("no such file", "config.yaml")


@given(NUMBERS, NUMBERS, st.one_of(st.none(), NUMBERS))
def test_figures_are_compared_as_they_are_printed(low: str, high: str, value: str | None) -> None:
    number = None if value is None else float(value)
    [gate] = judged({"value": number}, {"value": {"min": low, "max": high}}).values()
    expected = value is not None and Decimal(low) <= Decimal(value) <= Decimal(high)
    assert gate["passed"] == expected
    limit = Decimal(low.lstrip("-"))
    one, other = {"value": float(high)}, {"value": number}
    [change] = changes(one, other, {"value": limit})
    assert change.passed == (value is not None and abs(Decimal(value) - Decimal(high)) <= limit)


def test_diff_asks_how_far_figures_are_apart(run_job: Job) -> None:
    walk(1, 500).to_csv("data.csv", index=False)
    for name, window in (("a", 20), ("b", 21)):
        Path("config.yaml").write_text(CONFIG.replace("window: 2", f"window: {window}"))
        assert run_job("--record", f"{name}.json").returncode == 0
    values = [json.loads(Path(f"{name}.json").read_text()) for name in ("a", "b")]
    own = [record["predicate"]["runDetails"]["byproducts"][0]["annotations"] for record in values]
    one, other = (of_run["result"]["metrics"]["value"] for of_run in own)
    apart = abs(Decimal(str(one)) - Decimal(str(other)))
    diff = ("diff", "a.json", "b.json")
    assert run_barwise(*diff).returncode == 1
    near = run_barwise(*diff, "--gate", f"value={apart}", "--gate", "symbols.*.value=1")
    assert (near.returncode, f"gate: value: {one} in A, {other} in B, within" in near.stdout) == (
        0,
        True,
    )
    nearer = apart - Decimal("0.0001")
    far = run_barwise(*diff, "--gate", f"value={nearer}", "--json")
    assert (far.returncode, json.loads(far.stdout)["gates"][0]["passed"]) == (1, False)
    refused = {
        "valu=1": "did you mean value?",
        "value=-1": "0 or more",
        "value": "a path and a change",
    }
    for gate, words in refused.items():
        done = run_barwise(*diff, "--gate", gate)
        assert done.returncode == 1
        assert words in done.stderr


def test_an_edited_gate_of_a_record_is_a_difference(run_job: Job) -> None:
    walk(1, 500).to_csv("data.csv", index=False)
    Path("config.yaml").write_text(CONFIG + "gates: {value: {max: 0.1}}\n")
    assert run_job("--record", "record.json").returncode == 2
    record = json.loads(Path("record.json").read_text())
    own = record["predicate"]["runDetails"]["byproducts"][0]["annotations"]
    own["result"]["metrics"]["gates_passed"] = True
    del own["checksum"]
    own["checksum"] = checksum(record)
    Path("record.json").write_text(json.dumps(record))
    done = run_barwise("verify", "record.json")
    assert done.returncode == 1
    assert "gates_passed is True recorded, False now" in done.stdout
