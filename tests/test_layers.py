"""The way data flows is the way imports point: each room knows the floors below it and itself."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "barwise"
FLOORS = [  # from the ground up
    {"errors", "version"},
    {"bars", "files", "kernels", "tuning", "workers"},
    {"config", "sources", "stages"},
    {"engine"},
    {"outputs", "records"},
    {"commands", "__init__"},
    {"__main__"},
]
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(PACKAGE.rglob("*.py"))
each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(PACKAGE)))


def room_of(module: str) -> str:
    """The room of a module such as barwise.sources.plan; that of barwise itself is __init__."""
    return [*module.split("."), "__init__"][1]


def name_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(file) for file in FILES}


def imported(file: Path) -> set[str]:
    """The modules of barwise that a file imports, wherever in it."""
    modules = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            modules |= {name if name in MODULES else node.module for name in names}
        elif isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
    return modules & MODULES


@each_file
def test_a_room_imports_lower_floors_and_itself(file: Path) -> None:
    room = room_of(name_of(file))
    for module in imported(file):
        other = room_of(module)
        assert other == room or FLOOR[other] < FLOOR[room], module


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {name_of(file): imported(file) - {name_of(file)} for file in FILES}
    TopologicalSorter(graph).prepare()


def test_the_folder_holds_the_rooms_and_nothing_else() -> None:
    entries = {file.relative_to(PACKAGE).parts[0].removesuffix(".py") for file in FILES}
    assert entries == set(FLOOR)


@each_file
def test_every_module_says_what_it_is_for(file: Path) -> None:
    assert ast.get_docstring(ast.parse(file.read_text()))


def test_files_alone_know_of_stores() -> None:
    """obstore is imported where an address is met, and only there."""
    knowing = {room_of(name_of(file)) for file in FILES if "import obstore" in file.read_text()}
    assert knowing == {"files"}
