"""What is said about the project is true, and its sdist holds all that the tests need."""

from __future__ import annotations

import email
import re
import shlex
import subprocess
import sys
import tarfile
import tomllib
from email.message import Message
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

import barwise
from tests.conftest import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
MAKEFILE = (ROOT / "Makefile").read_text()
ABOUT = ("PKG-INFO", "setup.cfg", "barwise.egg-info/")  # what setuptools adds to an sdist
MADE_BY_COMMANDS = [
    ".coverage",
    ".mypy_cache/cache.json",
    ".pytest_cache/README.md",
    ".venv/pyvenv.cfg",
    "barwise/__pycache__/cli.cpython-311.pyc",
    "barwise/kernels/_kernels.abi3.so",
    "benchmarks/.venvs/pandas/pyvenv.cfg",
    "build/lib/barwise/__init__.py",
    "dist/barwise-0.1.0.tar.gz",
    "out/metrics.json",
    "site/index.html",
    "tests/__pycache__/conftest.cpython-311.pyc",
]


def build_sdist(source: Path, target: Path) -> Path:
    """What `pip` and `python -m build` call, in a process of its own: it works in a folder."""
    code = "import sys; from setuptools import build_meta as b; b.build_sdist(sys.argv[1])"
    command = [sys.executable, "-c", code, str(target)]
    subprocess.run(command, cwd=source, check=True, capture_output=True)
    [sdist] = target.glob("*.tar.gz")
    return sdist


def unpack(sdist: Path, target: Path) -> Path:
    with tarfile.open(sdist) as tar:
        tar.extractall(target, filter="data")
    [folder] = target.iterdir()
    return folder


def files_in(folder: Path) -> set[str]:
    """The files that are not about the distribution itself."""
    files = (str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    return {name for name in files if not name.startswith(ABOUT)}


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text())


def recipe(target: str) -> str:
    """The commands of a target of the Makefile, on one line each."""
    [lines] = re.findall(rf"^{target}:.*\n((?:\t.*\n)+)", MAKEFILE, re.M)
    return str(lines).replace("\\\n", "")


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_sdist(ROOT, tmp_path_factory.mktemp("sdist"))


@pytest.fixture
def unpacked(sdist: Path, tmp_path: Path) -> Path:
    return unpack(sdist, tmp_path / "unpacked")


@pytest.fixture
def metadata(unpacked: Path) -> Message:
    return email.message_from_string((unpacked / "PKG-INFO").read_text())


def test_the_sdist_holds_the_job_its_bars_and_the_tests(unpacked: Path) -> None:
    names = {"README.md", "LICENSE", "data.csv", "run.py", "config.yaml", "tests/conftest.py"}
    assert names <= files_in(unpacked)


def test_the_sdist_holds_what_git_has(unpacked: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a checkout of git")

    def listed(*options: str) -> set[str]:
        command = ["git", "ls-files", "-z", *options]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return {name for name in done.stdout.split("\0") if (ROOT / name).is_file()}

    held = files_in(unpacked)
    assert listed() - held == set()
    assert held - listed("--cached", "--others", "--exclude-standard") == set()


def test_the_sdist_leaves_out_what_commands_make(unpacked: Path, tmp_path: Path) -> None:
    before = files_in(unpacked)
    for name in MADE_BY_COMMANDS:
        assert name not in before
        (unpacked / name).parent.mkdir(parents=True, exist_ok=True)
        (unpacked / name).touch()
    assert files_in(unpack(build_sdist(unpacked, tmp_path / "sdist"), tmp_path / "again")) == before


def test_tests_run_from_the_unpacked_sdist(unpacked: Path) -> None:
    tests = [
        "tests/test_layers.py",
        "tests/acceptance/test_contract.py",
        "-k",
        "layers or committed",
    ]
    command = [sys.executable, "-m", "pytest", "-q", *tests]
    done = subprocess.run(command, cwd=unpacked, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_the_package_says_who_wrote_it_and_no_address(metadata: Message) -> None:
    assert metadata["Author"] == "The barwise authors"
    assert "The barwise authors" in (ROOT / "LICENSE").read_text()
    assert not {"Author-email", "Home-page", "Project-URL"} & set(metadata.keys())


def test_the_citation_is_of_this_version(metadata: Message) -> None:
    citation = load("CITATION.cff")
    assert citation["version"] == barwise.__version__ == metadata["Version"]
    assert citation["license"] == metadata["License-Expression"]
    assert [author["name"] for author in citation["authors"]] == [metadata["Author"]]


def test_the_workflow_runs_the_oldest_and_the_newest_python() -> None:
    versions = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    pythons = load(".github/workflows/ci.yml")["jobs"]["check"]["strategy"]["matrix"]["python"]
    assert pythons == [versions[0], versions[-1]]
    assert PROJECT["requires-python"] == f">={versions[0]}"


def test_the_workflow_runs_the_targets_of_the_makefile() -> None:
    jobs = load(".github/workflows/ci.yml")["jobs"].values()
    commands = [step.get("run", "") for job in jobs for step in job["steps"]]
    targets = [command.split()[1] for command in commands if command.startswith("make ")]
    assert targets == ["check", "container-test"]
    assert all(recipe(target) for target in targets)


def test_make_check_lints_every_file_about_the_project() -> None:
    assert "$(MAKE) lint-project" in recipe("check")
    patterns = shlex.split(recipe("lint-project"))
    files = [path.relative_to(ROOT) for path in (ROOT / ".github").rglob("*") if path.is_file()]
    for file in [*files, Path("CITATION.cff"), Path(".pre-commit-config.yaml")]:
        assert any(fnmatch(str(file), pattern) for pattern in patterns), file


def test_hooks_before_a_commit_fetch_nothing_and_run_what_make_check_runs() -> None:
    [repository] = load(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    assert {hook["language"] for hook in repository["hooks"]} == {"system"}
    for hook in repository["hooks"]:
        assert hook["entry"].replace(".venv/bin", "$(BIN)") in recipe("check")
