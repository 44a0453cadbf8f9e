"""Tables whose files also hold rows that are dead give no number, wherever one comes upon them."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest

import barwise
from barwise import Config, InputError
from barwise.errors import CheckError
from barwise.sources import table_formats
from tests.conftest import JOB, Job, run_barwise
from tests.kit import tables

CONFIG = Config(1, 5, "v1")
MADE: dict[str, tuple[Callable[[str], int], int, int]] = {
    # how it is made, how many rows are live, and how many are in its files
    "deleted": (tables.delta_with_deleted_rows, 6_000, 10_000),
    "overwritten": (tables.delta_overwritten, 10_000, 20_000),
    "by_symbol": (tables.delta_by_symbol, 2_000, 4_000),
    "iceberg": (tables.iceberg_overwritten, 10_000, 20_000),
    "hudi": (tables.hudi, 2_000, 4_000),
}
KINDS = {"iceberg": "an Iceberg table", "hudi": "a Hudi table"}
WAYS = [
    *("deleted", "deleted/", "deleted/*.parquet", "deleted/**", "./deleted"),
    *("overwritten", "overwritten/part-*", "over*/*.parquet"),
    *("by_symbol", "by_symbol/symbol=A", "by_symbol/symbol=A/*", "by_symbol/*", "**/symbol=B"),
    *("iceberg", "iceberg/data", "iceberg/data/*.parquet", "iceberg/*", "iceberg/metadata"),
    "iceberg/metadata/*.json",
    *("hudi", "hudi/symbol=A", "hudi/symbol=A/*.parquet", "hudi/*.parquet"),
]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake of all tables, which their own libraries made."""
    lake = tmp_path_factory.mktemp("lake")
    for name, (make, live, in_files) in MADE.items():
        assert make(str(lake / name)) == live
        assert tables.rows_in_files(str(lake / name)) == in_files
    return lake


@pytest.fixture
def lake(made: Path, folder: Path) -> Path:
    shutil.copytree(made, folder / "lake")
    return folder / "lake"


def refused(words: str | list[str]) -> str:
    """What all commands say, who give no number."""
    messages = set()
    with TemporaryDirectory() as outside:
        commands: list[Callable[[], object]] = [
            lambda: barwise.run(words, CONFIG),
            lambda: barwise.check(words, CONFIG),
            lambda: barwise.plan(words, CONFIG),
            lambda: barwise.convert(words, CONFIG, f"{outside}/lake"),
        ]
        for command in commands:
            with pytest.raises(InputError) as error:
                command()
            messages.add(str(error.value))
        assert os.listdir(outside) == []
    [message] = messages
    return message


@pytest.mark.parametrize("word", WAYS)
def test_a_table_is_refused_by_name(word: str, lake: Path) -> None:
    table = re.findall(r"deleted|over|by_symbol|iceberg|hudi|symbol=B", word)[0]
    table = {"over": "overwritten", "symbol=B": "by_symbol"}.get(table, table)
    log = {"iceberg": "metadata/*.metadata.json", "hudi": ".hoodie/"}.get(table, "_delta_log/")
    kind = KINDS.get(table, "a Delta Lake table")
    assert refused(f"lake/{word}") == (
        f"lake/{table} is {kind} ({log} is in it): its files also hold rows that were deleted or "
        "replaced; export the rows that count to Parquet, as with the table's own tool, and name "
        "that"
    )


@pytest.mark.parametrize("name", MADE)
def test_a_table_in_a_folder_above_it_is_refused(name: str, lake: Path) -> None:
    shutil.copytree(lake / name, f"deep/lake/tables/{name}")
    Path("deep/a.csv").write_text("close\n1\n")
    shutil.rmtree("lake")
    os.remove("config.yaml")  # which is no file of bars
    kind = KINDS.get(name, "a Delta Lake table")
    for word in ("deep", "deep/*", "deep/**/*.parquet", "."):
        assert refused(word).startswith(f"deep/lake/tables/{name} is {kind} (")


def test_where_one_stands_does_not_matter(lake: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(lake / "by_symbol/symbol=A")
    for word in (".", "*.parquet"):
        assert refused(word).startswith(f"{lake / 'by_symbol'} is a Delta Lake table (")
    assert refused(str(lake)).startswith(f"{lake / 'iceberg'} is an Iceberg table (")


@pytest.mark.parametrize("name", ["by_symbol/symbol=A", "iceberg/data", "hudi"])
def test_links_do_not_hide_a_table(name: str, lake: Path) -> None:
    kind = KINDS.get(name.split("/")[0], "a Delta Lake table")
    os.symlink(lake / name, "linked")
    os.makedirs("others/below")
    os.symlink(lake / name, "others/below/linked")
    os.mkdir("files")
    first = min((lake / name).glob("*.parquet"))
    os.symlink(first, "files/x.parquet")
    for word in ("linked", "linked/*.parquet", "others", "files", "files/*"):
        assert f" is {kind} (" in refused(word)
    assert "matches no file" in refused("others/**/*.parquet")  # as ** follows no links
    [doubt] = barwise.plan("files/x.parquet", CONFIG).doubts
    assert doubt.startswith("files/x.parquet is of ")


def test_a_partition_that_is_a_link_out_of_the_table_is_the_tables(lake: Path) -> None:
    shutil.move(lake / "by_symbol/symbol=A", "elsewhere")
    os.symlink(Path("elsewhere").absolute(), lake / "by_symbol/symbol=A")
    assert refused("lake/by_symbol/symbol=A").startswith("lake/by_symbol is a Delta Lake table")


def test_a_table_without_rows_is_refused_as_a_table(lake: Path) -> None:
    shutil.rmtree(lake / "iceberg/data")
    assert refused("lake/iceberg").startswith("lake/iceberg is an Iceberg table (")


def test_a_file_that_is_named_itself_is_read_and_doubted(lake: Path) -> None:
    files = sorted(str(path) for path in Path("lake/overwritten").glob("*.parquet"))
    line = (
        " is of lake/overwritten, a Delta Lake table: it may hold rows that were deleted or "
        "replaced; export the rows that count to Parquet, and name that"
    )
    result = barwise.run(files[0], CONFIG)
    assert (result.rows_processed, result.doubts) == (10_000, (f"{files[0]}{line}",))
    report = barwise.check(files[0], CONFIG)
    assert (report.doubts, report.is_clean) == ((f"{files[0]}{line}",), False)
    assert barwise.convert(files[0], CONFIG, "out").doubts == (f"{files[0]}{line}",)
    plan = barwise.plan(files, CONFIG)
    first = plan.parts[0].path  # by time
    assert set(plan.doubts) == {f"{files[0]} (and 1 more files){line}"}
    assert f"\ndoubt: {files[0]} (and 1 more files){line}\nparts: 2" in str(plan)
    assert first in files
    with pytest.raises(CheckError, match="is of lake/overwritten, a Delta Lake table"):
        barwise.run(files[0], Config(1, 5, "v1", checks="strict"))


def test_the_commands_fail_and_say_it(lake: Path, run_job: Job) -> None:
    done = run_job("--quiet", arguments=["--input", "lake/deleted", *JOB[2:]])
    assert done.returncode == 1
    assert '"error_message": "lake/deleted is a Delta Lake table (' in done.stdout
    for words in (["check"], ["plan"], ["convert", "--to", "out"]):
        done = run_barwise(*words, "--input", "lake/deleted", "--config", "config.yaml")
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr.startswith("error: lake/deleted is a Delta Lake table (")


def test_a_job_warns_of_a_file_of_a_table(lake: Path, run_job: Job) -> None:
    file = str(min(Path("lake/deleted").glob("*.parquet")))
    done = run_job(arguments=["--input", file, *JOB[2:]])
    assert done.returncode == 0
    assert f" - WARNING - {file} is of lake/deleted, a Delta Lake table" in done.stdout
    done = run_barwise("plan", "--input", file, "--config", "config.yaml")
    assert f"doubt: {file} is of lake/deleted, a Delta Lake table" in done.stdout


def test_folders_that_only_look_like_logs_are_nothing(folder: Path) -> None:
    pq.write_table(tables.bars(0, 10), "x.parquet")
    for name in (
        "lake/metadata/schema.json",
        "lake/delta_log/x",
        "lake/hoodie/x",
        "lake/b/v1.json",
    ):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("{}")
    os.mkdir("lake/bars")
    shutil.move("x.parquet", "lake/bars/x.parquet")
    plan = barwise.plan("lake/bars", CONFIG)
    assert [part.path for part in plan.parts] == ["lake/bars/x.parquet"]
    assert plan.doubts == ()


def test_csv_is_no_file_of_a_table(folder: Path) -> None:
    for name in ("metadata/set.metadata.json", "_delta_log/0.json", ".hoodie/x", "bars/a.csv"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("close\n1\n2\n3\n4\n5\n")
    assert barwise.run("bars", CONFIG).doubts == ()
    assert barwise.run("bars/*.csv", CONFIG).doubts == ()


def test_each_folder_is_looked_into_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def is_in(folder: str) -> bool:
        asked.append(folder)
        return False

    watched = table_formats.Format("a table", "x", is_in)
    monkeypatch.setattr(table_formats, "FORMATS", (watched,))
    paths = [f"lake/symbol={n % 50}/{n}.parquet" for n in range(1_000)]
    assert table_formats.doubts(paths, ()) == []
    assert len(asked) == len(set(asked))
    above = 1 + len(Path("lake").absolute().parents)
    assert len(asked) <= 50 + 2 * above  # the temporary folder may be reached by a link
