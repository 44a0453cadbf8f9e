from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.faults import injecting
from tests.faults.injecting import Injector


@pytest.fixture(scope="session")
def injector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Injector]:
    """What makes calls fail."""
    library = injecting.build(tmp_path_factory.mktemp("library"))
    if library is None:
        pytest.skip("calls cannot be made to fail: this needs Linux and a C compiler")
    with closing(Injector(library)) as injector:
        yield injector
