from __future__ import annotations

import subprocess
import sys

import pytest

import barwise


def test_every_public_name_is_there() -> None:
    assert all(getattr(barwise, name) for name in barwise.__all__)
    assert dir(barwise) == barwise.__all__ == sorted(barwise.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'signal'"):
        _ = barwise.signal


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import barwise.commands.main", ["numpy", "yaml", "json"]),
        ("import barwise.commands.job", ["numpy"]),
        ("import barwise; barwise.run", ["numba", "polars", "pandas", "logging"]),
    ],
)
def test_start_up_imports_no_more_than_it_needs(code: str, absent: list[str]) -> None:
    check = f"import sys; {code}; print([m for m in {absent} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
