"""The way data flows is the way imports point."""

from __future__ import annotations

import ast

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "barwise"
GROUND = {"errors", "batch"}
MAY_IMPORT = {  # beside the ground
    "errors": set(),
    "batch": set(),
    "files": set(),
    "yaml_file": {"files"},
    "config_input": {"yaml_file"},
    "config": {"yaml_file", "config_input"},
    "aligned": set(),
    "parts": {"aligned"},
    "inputs": set(),
    "table_formats": set(),
    "periods": set(),
    "workers": set(),
    "progress": set(),
    "sources": {
        *("sources", "files", "hashes", "inputs", "parts", "config", "config_input", "workers"),
    },
    "planning": {"inputs", "sources", "parts", "config", "config_input", "table_formats"},
    "checks": {"checks"},
    "rules": {"checks", "config", "sources"},
    "arithmetic": {"arithmetic"},
    "tally": set(),
    "metrics": {"config", "tally"},
    "outputs": {"outputs", "files"},
    "log": set(),
    "stop": set(),
    "sample": set(),
    "terminal": set(),
    "digests": set(),
    "stretches": {"arithmetic", "digests"},
    "waves": {"workers"},
    "engine": {"checks", "digests", "arithmetic", "stretches", "waves", "tally", "workers"},
    "doubts": {"checks", "periods", "rules", "engine", "sources", "parts", "config"},
    "reading": {"checks", "doubts", "engine", "rules", "sources", "config", "parts"},
    "checking": {
        *("planning", "inputs", "reading", "engine", "doubts", "check_report", "rules", "outputs"),
        *("sources", "config", "workers", "metrics"),
    },
    "sinks": {"sinks", "engine", "outputs", "workers"},
    "conversion": {
        *("planning", "inputs", "reading", "checks", "engine", "doubts", "rules", "outputs"),
        *("sinks", "sources", "parts", "config", "config_input", "tally", "workers"),
    },
    "check_report": {"aligned", "doubts", "engine", "parts", "rules"},
    "pipeline": {
        *("planning", "inputs", "sources", "reading", "engine", "arithmetic", "tally", "metrics"),
        *("config", "log", "workers", "digests", "doubts"),
    },
    "job_failure": {"metrics", "outputs"},
    "job": {
        *("inputs", "sources", "arithmetic", "pipeline", "sinks", "metrics", "outputs", "config"),
        *("log", "stop", "progress", "workers", "recording", "record", "job_failure"),
    },
    "hashes": {"files"},
    "record": {
        *("record", "barwise", "pipeline", "hashes", "digests", "metrics", "tally", "config"),
        "files",
    },
    "recording": {"record", "pipeline", "hashes", "outputs"},
    "verifying": {"record", "pipeline", "planning", "inputs", "hashes", "config", "workers"},
    "command_line": {"metrics", "terminal"},
    "commands": {
        *("barwise", "commands", "command_line", "job", "checking", "conversion", "planning"),
        *("record", "verifying", "sample", "metrics", "outputs", "progress", "stop", "terminal"),
    },
    "cli": {"commands", "stop", "terminal"},
    "__main__": {"cli"},
    "__init__": {
        "check_report",
        "checking",
        "record",
        "verifying",
        "conversion",
        "config",
        "config_input",
        "parts",
        "pipeline",
        "planning",
    },
}
FILES = sorted(PACKAGE.rglob("*.py"))


def imported(tree: ast.AST) -> set[str]:
    """The rooms of barwise that a module imports, wherever in it."""
    rooms = set()
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and node.module == "barwise":
            names = [
                f"barwise.{alias.name}" if alias.name != "__version__" else "barwise.barwise"
                for alias in node.names
            ]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        rooms |= {name.split(".")[1] for name in names if name.startswith("barwise.")}
    return rooms


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_no_room_reaches_backwards(file: object) -> None:
    path = PACKAGE / str(file)
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    assert imported(ast.parse(path.read_text())) <= MAY_IMPORT[room] | GROUND


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))
def test_every_room_says_what_it_is_for(file: object) -> None:
    assert ast.get_docstring(ast.parse((PACKAGE / str(file)).read_text()))
