"""The notebooks in examples/ run, and show what they show."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import ROOT

NOTEBOOKS = sorted(str(path.relative_to(ROOT)) for path in (ROOT / "examples").glob("*.ipynb"))


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_a_notebook_prints_and_shows_what_it_holds(notebook: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.kit.notebooks", notebook],
        cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == json.loads((ROOT / notebook).read_text())
    assert (ROOT / notebook).read_text() == done.stdout


def test_the_readme_and_the_page_about_python_name_each_notebook() -> None:
    assert len(NOTEBOOKS) == 1
    for page in ("README.md", "docs/python.md"):
        for notebook in NOTEBOOKS:
            assert notebook in (ROOT / page).read_text()
