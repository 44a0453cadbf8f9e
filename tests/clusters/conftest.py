from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clusters.processes import Cluster, cluster


@pytest.fixture(scope="session")
def dask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler and two workers."""
    with cluster(tmp_path_factory.mktemp("dask") / "cluster", workers=2) as made:
        yield made
