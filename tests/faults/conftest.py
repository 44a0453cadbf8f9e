from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults import injecting


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The library that makes calls fail."""
    built = injecting.build(tmp_path_factory.mktemp("library"))
    if built is None:
        pytest.skip("calls cannot be made to fail: this needs Linux and a C compiler")
    return built
