"""The table of Sharpe ratios in the docs is what its script makes; its first row is barwise's."""

from __future__ import annotations

import json
import re

import pytest

import barwise
from benchmarks import sharpes
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "is-it-any-good.md").read_text()


def test_the_page_has_the_table_of_the_script() -> None:
    assert sharpes.table() in PAGE


def test_the_page_has_the_figures_of_the_committed_bars() -> None:
    evaluate = {"fill": "next_open", "cost_bp": sharpes.COST_BP}
    result = barwise.run(sharpes.DATA, window=sharpes.WINDOW, seed=42, evaluate=evaluate)
    [shown] = re.findall(r"^```text\n\"evaluation\": (.*?)^```", PAGE, re.M | re.S)
    assert json.loads(shown) == result.metrics["evaluation"]
    _, _, first = next(sharpes.sharpes())
    assert result.metrics["evaluation"]["net"]["sharpe_annualised"] == pytest.approx(
        first, rel=1e-9
    )
