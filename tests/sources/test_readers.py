from __future__ import annotations

import polars as pl
import pytest

import barwise
from barwise.sources import readers
from tests.kit.lakes import config


def test_a_reader_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pl.DataFrame({"close": [1.0]}).write_parquet("bars")
    monkeypatch.delitem(
        __import__("sys").modules, "barwise.sources.columnar.parquet", raising=False
    )

    def missing(name: str) -> None:
        raise ModuleNotFoundError(name="pyarrow")

    monkeypatch.setattr(readers, "import_module", missing)
    with pytest.raises(barwise.InputError, match="and pyarrow that reads it is not installed"):
        barwise.run("bars", config(1))
