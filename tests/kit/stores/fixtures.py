"""Stores as fixtures: a server lives for a session, and starts for the first test that asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path

import pytest

from tests.kit.stores import servers
from tests.kit.stores.proxy import Proxy, proxy
from tests.kit.stores.store import Store


def _started(
    server: Callable[[Path], AbstractContextManager[Store]], folder: Path
) -> Iterator[Store]:
    pytest.importorskip("obstore")
    try:
        with server(folder) as store:
            yield store
    except servers.NotInstalledError as absent:
        pytest.skip(f"{server.__name__} is not installed: {absent}")


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """S3, with anonymous reading of the bucket `open`, and versions in `versioned`."""
    yield from _started(servers.seaweedfs, tmp_path_factory.mktemp("seaweedfs"))


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Azure."""
    yield from _started(servers.azurite, tmp_path_factory.mktemp("azurite"))


@pytest.fixture(scope="session")
def gcs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Google's, to read from alone."""
    yield from _started(servers.gcs, tmp_path_factory.mktemp("gcs"))


@pytest.fixture(params=["seaweedfs", "azurite"])
def store(request: pytest.FixtureRequest) -> Store:
    """Each store that can be written."""
    named: Store = request.getfixturevalue(request.param)
    return named


@pytest.fixture
def before() -> Iterator[Callable[[Store], tuple[Store, Proxy]]]:
    """Puts a proxy before a store: gives the store through it, and the proxy."""
    with ExitStack() as opened:

        def put(store: Store) -> tuple[Store, Proxy]:
            there = opened.enter_context(proxy(store.port))
            return store.at(there.port), there

        yield put
