from __future__ import annotations

import json

import pytest

from barwise import Config
from barwise.engine import metrics
from barwise.stages.tally import Tally


def test_the_keys_of_success_in_the_contracts_order() -> None:
    text = metrics.to_json(metrics.success(Config(42, 5, "v1"), Tally(10_000, 4_989), 24))
    assert text == (
        '{\n  "version": "v1",\n  "rows_processed": 10000,\n  "metric": "signal_rate",\n'
        '  "value": 0.4989,\n  "latency_ms": 24,\n  "seed": 42,\n  "status": "success"\n}\n'
    )


@pytest.mark.parametrize(
    ("ones", "rows", "value"), [(0, 3, 0.0), (1, 3, 0.3333), (2, 3, 0.6667), (3, 3, 1.0)]
)
def test_the_value_is_rounded_to_four_places(ones: int, rows: int, value: float) -> None:
    assert metrics.signal_rate(Tally(rows, ones)) == value


def test_text_that_ascii_lacks_survives() -> None:
    text = metrics.to_json(metrics.failure("é", "no 'prix €'"))
    assert json.loads(text)["error_message"] == "no 'prix €'"
    assert text.isascii()
