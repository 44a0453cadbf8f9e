"""README and the pages of docs/ are true: their examples run, and print what they show."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml

import barwise
from barwise.bars.columns import COLUMN_RULES, CSV_RULES
from barwise.bars.crossing import CROSSING_RULES
from barwise.bars.evaluate import EVALUATE_RULES
from barwise.bars.sweep import SWEEP_RULES
from barwise.config import RULES, load
from benchmarks import bars, report
from tests.conftest import CONFIG, ROOT
from tests.kit.vendors.layouts import LAYOUTS

PAGES = {
    str(path.relative_to(ROOT)): path.read_text()
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
README = PAGES["README.md"]
BLOCKS = {
    page: re.findall(r"^```(\w*)\n(.*?)^```", text, re.M | re.S) for page, text in PAGES.items()
}
MOST_LINES = 150  # of README
NOT_RUN_HERE = ("make ", "docker ", "python3 -m venv", "pip install", "--")  # CI and container test
HAS_ROOMS = (ROOT / "barwise" / "stages").is_dir()  # docs/architecture.md is about these


def blocks(language: str, page: str) -> list[str]:
    return [text for of, text in BLOCKS[page] if of == language]


def pages_with(language: str) -> list[str]:
    return [page for page in PAGES if blocks(language, page)]


def without_times(text: str) -> str:
    text = re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "TIME", text, flags=re.M)
    return re.sub(r'(?<="latency_ms": )\d+|(?<=successfully in )\d+', "N", text)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """What git has, in a folder of its own."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    folder = tmp_path / "checkout"
    for name in listed.stdout.splitlines():
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def shell(command: str, folder: Path) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env={**os.environ, "PATH": path},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    return done.stdout


@pytest.mark.parametrize("page", pages_with("console"))
def test_every_console_example_prints_what_it_shows(page: str, checkout: Path) -> None:
    for block in blocks("console", page):
        commands = re.findall(r"^\$ (.*)$", block, re.M)
        shown = re.sub(r"^\$ .*\n", "", block, flags=re.M)
        printed = shell("\n".join(commands), checkout)
        assert without_times(printed) == without_times(shown)


@pytest.mark.parametrize("page", pages_with("python"))
def test_every_python_example_prints_what_it_promises(page: str, checkout: Path) -> None:
    for block in blocks("python", page):
        (checkout / "shown.py").write_text(block)
        promised = re.findall(r"^ *print.*  # (.*)$", block, re.M)
        assert shell("python shown.py", checkout).splitlines() == promised


@pytest.mark.parametrize("page", pages_with("py"))
def test_every_piece_of_code_is_python(page: str) -> None:
    for block in blocks("py", page):
        ast.parse(block)


@pytest.mark.parametrize("page", pages_with("sh"))
def test_other_commands_are_run_by_ci_or_the_container_test(page: str) -> None:
    for block in blocks("sh", page):
        for line in block.splitlines():
            assert line.strip().startswith(NOT_RUN_HERE), line


def test_every_block_says_what_it_is() -> None:
    known = {"console", "python", "py", "sh", "yaml", "text"}
    assert {language for page in PAGES for language, _ in BLOCKS[page]} <= known


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= MOST_LINES


def test_a_page_is_linked_from_the_readme_or_its_index() -> None:
    linked = set(re.findall(r"\]\(docs/([\w-]+\.md)", README))
    linked |= set(re.findall(r"\]\(([\w-]+\.md)", PAGES["docs/index.md"]))
    assert {f"docs/{name}" for name in linked} == PAGES.keys() - {"README.md", "docs/index.md"}


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_link_to_a_file_or_a_heading_leads_there(page: str) -> None:
    """`make docs` looks at those within docs/."""
    for link in re.findall(r"\]\((?!https?:)([^)]+)\)", (ROOT / page).read_text()):
        name, _, anchor = link.partition("#")
        target = ROOT / (name or page)
        assert target.is_file(), link
        headings = re.findall(r"^#+ (.*)$", target.read_text(), re.M) if anchor else []
        assert not anchor or anchor in map(anchor_of, headings), link


def anchor_of(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-")


def test_make_run_leaves_no_change_in_the_checkout(checkout: Path) -> None:
    os.symlink(ROOT / ".venv", checkout / ".venv")  # making one takes a minute and an index
    before = {path: path.read_bytes() for path in checkout.glob("*.*") if path.is_file()}
    printed = shell("make run", checkout)
    assert (checkout / "out" / "metrics.json").read_text() in printed
    assert {path: path.read_bytes() for path in checkout.glob("*.*") if path.is_file()} == before
    ignored = shell("git init -q . && git status --short --ignored out .venv", checkout)
    assert ignored.split() == ["!!", ".venv", "!!", "out/"]


def test_the_tables_are_those_of_the_last_benchmark() -> None:
    tables = report.tables(report.load())
    assert tables.keys() == {"README.md", "docs/speed.md", "docs/arithmetic.md"}
    for page, (name, lines) in tables.items():
        assert report.with_table(PAGES[page], page, name, lines) == PAGES[page]


def test_the_wrong_signals_that_the_readme_names_are_those_of_its_table() -> None:
    counts = report.load()["wrong"]["found"]
    named = re.search(r"pandas gets (\d+) wrong and vectorbt ([\d,]+)", README)
    assert named
    numbers = [int(number.replace(",", "")) for number in named.groups()]
    assert numbers == [counts[name][report.TIES] for name in ("pandas", "vectorbt")]


def test_the_table_of_ties_is_right_about_barwise() -> None:
    counts = report.load()["wrong"]["found"]
    for name, (ticks, in_one) in bars.ties().items():
        for window, ties in bars.ties_in(ticks, (5, 20)).items():
            case = f"{name}, window {window}"
            assert counts["ties"][case] == ties
            for arithmetic in ("exact", "float64"):
                signals = barwise.signals(ticks / in_one, window, arithmetic)
                differ = np.count_nonzero(signals != bars.signals(ticks, window))
                assert counts[f"barwise {arithmetic}"][case] == differ
            assert counts["barwise exact"][case] == 0


def test_the_table_of_bands_is_that_of_the_committed_bars() -> None:
    page = (ROOT / "docs" / "arithmetic.md").read_text().partition("## Two means and a band")[2]
    rows = re.findall(r"^\| (\d+) \| (\d+) \| ([\d.]+) \| (\d+) \|$", page, re.M)
    closes = np.loadtxt(ROOT / "data.csv", delimiter=",", skiprows=1, usecols=4)
    for fast, band_bp, rate, switches in rows:
        signals = barwise.signals(closes, 50, "exact", fast=int(fast), band_bp=band_bp)
        assert f"{signals.mean():.4f}" == rate
        assert np.abs(np.diff(signals, prepend=0)).sum() == int(switches)
    assert len(rows) == 6


def test_the_sample_command_makes_the_committed_bars(checkout: Path) -> None:
    assert shell("barwise sample", checkout) == (ROOT / "data.csv").read_text()


def test_the_config_shown_is_the_committed_one_with_every_key(checkout: Path) -> None:
    [shown] = blocks("yaml", "docs/config.md")
    keys = set(re.findall(r"^[# ]*(\w+):", shown, re.M))
    within = (COLUMN_RULES, CSV_RULES, CROSSING_RULES, EVALUATE_RULES, SWEEP_RULES)
    assert keys == {*RULES, *(key for rules in within for key in rules)}
    (checkout / "shown.yaml").write_text(shown)
    assert load(checkout / "shown.yaml") == load(checkout / "config.yaml")


def test_every_key_of_the_config_shown_can_be_used(checkout: Path) -> None:
    [shown] = blocks("yaml", "docs/config.md")
    all_keys = re.sub(r"^( *)# ", r"\1", shown, flags=re.M)
    for refused, taken in (("float64", "exact"), ("band_bp: 10", "band_bp: 0")):  # by a sweep
        all_keys = all_keys.replace(refused, taken, 1)
    (checkout / "shown.yaml").write_text(all_keys)
    config = load(checkout / "shown.yaml")
    assert config.interval == "1m"
    assert config.columns.volume == "Volume"
    assert config.csv.offset == "+03:00"
    assert config.sweep is not None
    assert len(config.sweep.pairs) == 999 + 996


@pytest.mark.parametrize("page", PAGES)
def test_every_key_in_backticks_is_a_config(page: str, tmp_path: Path) -> None:
    for line in re.findall(r"`((?:csv|columns): \{.*?\}|(?:order|arithmetic): \w+)`", PAGES[page]):
        if "..." not in line:
            (tmp_path / "line.yaml").write_text(f"{CONFIG}{line}\n")
            load(tmp_path / "line.yaml")


def test_every_file_of_the_folder_structure_is_there() -> None:
    [tree] = blocks("text", "README.md")
    listed = re.findall(r"^([\w.]+/?)", tree, re.M)
    for name in listed:
        assert (ROOT / name).is_dir() == name.endswith("/"), name
        assert (ROOT / name).exists(), name
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    folders = {f"{line.partition('/')[0]}/" for line in kept.stdout.splitlines() if "/" in line}
    assert {name for name in folders if not name.startswith(".")} <= {*listed}


@pytest.mark.skipif(not HAS_ROOMS, reason="the rooms are not there yet")
def test_every_file_that_a_page_names_is_there() -> None:
    """In backticks: from the package's folder, or from that of the project. New files are not."""
    for page, text in PAGES.items():
        prose = re.sub(r"^```.*?^```", "", text, flags=re.M | re.S)
        for name in re.findall(r"`((?:[\w.]+/)+(?:\w+\.(?:py|md|yaml))?)`", prose):
            places = (ROOT / name, ROOT / "barwise" / name)
            assert any(place.exists() for place in places), f"{name} on {page}"


@pytest.mark.skipif(not HAS_ROOMS, reason="the rooms are not there yet")
def test_the_rooms_shown_are_those_of_the_package() -> None:
    shown = set(re.findall(r"^\| `(\w+)/` \|", PAGES["docs/architecture.md"], re.M))
    assert shown == {path.parent.name for path in (ROOT / "barwise").glob("*/__init__.py")}


def test_the_help_knows_every_option_of_the_table() -> None:
    printed = shell("barwise run --help", ROOT)
    options = re.findall(r"^\| `(--[\w-]+)", PAGES["docs/outputs-and-errors.md"], re.M)
    assert len(options) >= 9
    for option in options:
        assert option in printed


def test_the_table_of_vendors_says_what_their_files_need() -> None:
    """tests/acceptance/test_vendors.py proves it of each of their layouts."""
    page = PAGES["docs/your-file.md"]
    rows = page.partition("<!-- vendors")[2].partition("<!-- end of vendors")[0]
    cells = [line.strip("| ").split(" | ") for line in rows.splitlines() if line.startswith("| ")]
    shown = {vendor: columns[-1].strip("| ") for vendor, *columns in cells[1:]}
    needed: dict[str, set[str]] = {layout.vendor: set() for layout in LAYOUTS}
    for layout in LAYOUTS:
        needed[layout.vendor] |= {*layout.config.splitlines()}
        needed[layout.vendor] |= {"order: time"} if layout.expect == "file order" else set()
    assert shown.keys() == needed.keys()
    assert f"of {len(shown)} exchanges, vendors and programs" in README
    for vendor, lines in needed.items():
        shown_lines = re.findall(r"`((?:csv|columns|order): .*?)`", shown[vendor])
        assert sorted(map(yaml.safe_load, shown_lines), key=str) == sorted(
            map(yaml.safe_load, lines), key=str
        ), vendor
