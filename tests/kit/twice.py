"""Tests that run twice: once with the kernels, once with their twins."""

from __future__ import annotations

import pytest

from barwise import kernels


@pytest.fixture(autouse=True, params=["kernels", "twins"])
def computes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which of the two computes."""
    if request.param == "twins":
        monkeypatch.setattr(kernels, "kernel", None)
    elif kernels.kernel is None:
        pytest.skip("no kernels were built")
    which: str = request.param
    return which
