"""What a job that fails may write over: what it is sure to have no bars."""

from __future__ import annotations

from pathlib import Path

import pytest

from barwise.commands.job_failure import LOG, METRICS, is_ours
from barwise.commands.log import AsJson, as_text
from barwise.engine import metrics


@pytest.mark.parametrize(
    ("begins", "text", "expected"),
    [
        (METRICS, metrics.to_json(metrics.failure("v1", "why", "")), True),
        (METRICS, "", True),
        (METRICS, "close\n1\n", False),
        (METRICS, "2024-01-01 00:00:00,1\n", False),
        pytest.param(LOG, as_text("WARNING", "why"), True, id="a line of now"),  # no time in it
        pytest.param(LOG, AsJson()("ERROR", "why"), True, id="an object of now"),
        (LOG, "", True),
        (LOG, "2024-01-01 00:00:00,1,2\n", False),
        (LOG, "2024-01-01 00:00:00 - 1\n", False),
    ],
)
def test_a_file_is_ours_by_how_it_begins(
    begins: bytes, text: str, expected: bool, tmp_path: Path
) -> None:
    path = tmp_path / "file"
    path.write_text(text)
    assert is_ours(str(path), begins) == expected


def test_no_file_and_what_is_no_regular_file_have_no_bars(tmp_path: Path) -> None:
    for path in ("/dev/null", tmp_path, tmp_path / "absent"):
        assert is_ours(str(path), METRICS)
