from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from barwise.sources import find


def made(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(name)


def paths(*words: str) -> list[str]:
    return [path for path, _ in find.find(words).files]


def test_a_folder_means_all_files_in_it_and_its_folders() -> None:
    made("lake/b.csv", "lake/a/c.csv", "lake/a/b/d.csv")
    assert paths("lake") == ["lake/a/b/d.csv", "lake/a/c.csv", "lake/b.csv"]
    assert find.find(["lake"]).folders == ("lake",)


def test_hidden_files_and_markers_are_passed_over() -> None:
    made("lake/a.csv", "lake/.hidden.csv", "lake/_SUCCESS", "lake/.tmp/b.csv", "lake/_delta_log/c")
    assert paths("lake") == ["lake/a.csv"]


def test_a_pattern_means_its_matches() -> None:
    made("x/a.csv", "x/b.csv", "x/c.txt", "x/.d.csv", "x/_e.csv", "y/f.csv", "_z/g.csv")
    assert paths("x/*.csv") == ["x/a.csv", "x/b.csv"]
    assert paths("x/_*.csv") == ["x/_e.csv"]
    assert paths("_z/*") == ["_z/g.csv"]
    assert paths("**/[af].csv") == ["x/a.csv", "y/f.csv"]


def test_folders_that_a_pattern_matches_are_searched_once() -> None:
    made("lake/symbol=A/x.csv", "lake/symbol=B/y.csv")
    assert paths("lake/*") == paths("lake/**") == ["lake/symbol=A/x.csv", "lake/symbol=B/y.csv"]


def test_a_file_of_the_very_name_of_a_pattern_wins() -> None:
    made("data[1].csv", "data1.csv")
    assert paths("data[1].csv") == ["data[1].csv"]


def test_words_may_be_several() -> None:
    made("a.csv", "b.csv", "lake/c.csv")
    assert paths("b.csv", "lake", "a.csv") == ["b.csv", "lake/c.csv", "a.csv"]
    assert find.find(["b.csv", "lake"]).files == (("b.csv", True), ("lake/c.csv", False))


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("none.csv", "cannot open the input none.csv: No such file or directory; check the path"),
        ("*.parquet", r"the pattern \*.parquet matches no file: check it, and quote it"),
        ("empty", "the folder empty holds no file of bars"),
        ("nul\0", "cannot open the input nul"),
    ],
)
def test_a_word_that_means_nothing_is_an_error(word: str, message: str) -> None:
    os.mkdir("empty")
    assert re.search(message, str(find.find([word]).error))


def test_a_file_that_is_there_twice_is_an_error() -> None:
    made("lake/a.csv")
    os.symlink("a.csv", "lake/b.csv")
    assert "lake/a.csv is there and again as lake/b.csv: its" in str(find.find(["lake"]).error)
    assert "is there twice" in str(find.find(["lake/a.csv", "lake/a.csv"]).error)


def test_markers_in_a_folder_that_the_pattern_names_are_passed_over() -> None:
    made("_lake/a.csv", "_lake/_SUCCESS")
    assert paths("_lake/*") == ["_lake/a.csv"]


def test_folders_without_end_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(find, "DEEPEST_FOLDER", 3)
    made("a/b/c/d/e/f.csv")
    assert str(find.find(["a"]).error) == "the folder a/b/c/d/e is too deep: name one inside of it"


def test_folders_that_are_linked_to_are_known() -> None:
    made("real/a.csv", "lake/b.csv")
    os.symlink("../real", "lake/linked")
    assert find.find(["lake"]).folders == ("lake", "lake/linked")


def test_links_to_folders_are_followed_but_not_in_circles() -> None:
    made("real/a.csv", "lake/b.csv")
    os.symlink("../real", "lake/linked")
    assert paths("lake") == ["lake/b.csv", "lake/linked/a.csv"]
    os.symlink("..", "lake/up")
    assert "is a link to a folder above it" in str(find.find(["lake"]).error)


@pytest.mark.parametrize("target", ["nowhere", "b.csv"])
def test_a_broken_link_is_an_error_and_the_other_files_are_known(target: str) -> None:
    made("lake/c.csv")
    os.symlink(target, "lake/b.csv")
    inputs = find.find(["lake", "none"])
    assert str(inputs.error).startswith("cannot open the input lake/b.csv: ")
    assert (inputs.files, inputs.folders) == ((("lake/c.csv", False),), ("lake",))


UNFINISHED = ["a.csv.part", "b.zip.crdownload", "c.tmp", "d.parquet.PARTIAL", "e.csv.Download"]
LEFT_OUT = "unfinished downloads, by their names, are left out: "
WAY_OUT = "; finish or remove them, or rename those that are whole"


def test_unfinished_downloads_in_a_folder_are_left_out_and_named() -> None:
    made("lake/x.csv", "lake/below/y.csv", "lake/below/z.csv.part")
    inputs = find.find(["lake"])
    assert [path for path, _ in inputs.files] == ["lake/below/y.csv", "lake/x.csv"]
    assert inputs.doubts == (f"{LEFT_OUT}lake/below/z.csv.part{WAY_OUT}",)
    made(*(f"lake/{name}" for name in UNFINISHED))
    first = "lake/a.csv.part, lake/b.zip.crdownload, lake/below/z.csv.part and 3 more"
    assert find.find(["lake"]).doubts == (f"{LEFT_OUT}{first}{WAY_OUT}",)


@pytest.mark.parametrize("name", UNFINISHED)
def test_unfinished_downloads_that_a_pattern_matches_are_left_out(name: str) -> None:
    made("lake/x.csv", f"lake/{name}")
    inputs = find.find(["lake/*"])
    assert inputs.files == (("lake/x.csv", True),)
    assert inputs.doubts == (f"{LEFT_OUT}lake/{name}{WAY_OUT}",)


def test_a_download_of_safari_is_a_folder_and_one_that_ends_so_is_not() -> None:
    made("lake/x.csv.download/x.csv", "lake/symbol=A.download/y.csv", "lake/bars.tmp/z.csv")
    for word in ("lake", "lake/*"):
        assert paths(word) == ["lake/bars.tmp/z.csv", "lake/symbol=A.download/y.csv"]
        assert find.find([word]).doubts == (f"{LEFT_OUT}lake/x.csv.download{WAY_OUT}",)
    assert paths("lake/**/*.csv") == ["lake/bars.tmp/z.csv", "lake/symbol=A.download/y.csv"]
    assert paths("lake/x.csv.download/*") == ["lake/x.csv.download/x.csv"]


def test_an_unfinished_download_that_is_named_is_read_and_doubted() -> None:
    made("lake/a.csv", "lake/b.csv.part", "lake/x.csv.download/x.csv")
    named = find.find(["lake/a.csv", "lake/b.csv.part", "lake/x.csv.download/"])
    assert [path for path, _ in named.files] == [
        *("lake/a.csv", "lake/b.csv.part", "lake/x.csv.download/x.csv")
    ]
    assert named.doubts == (
        "unfinished downloads, by their names, are read, since they were named: lake/b.csv.part, "
        "lake/x.csv.download/; make sure that they are whole",
    )


def test_where_nothing_is_finished_that_is_said() -> None:
    made("lake/a.csv.part", "lake/b.csv.part")
    only = "finished file, only lake/a.csv.part, lake/b.csv.part"
    assert str(find.find(["lake"]).error) == f"the folder lake holds no {only}"
    assert str(find.find(["lake/*"]).error) == f"the pattern lake/* matches no {only}"


def test_files_that_are_named_by_path_are_told_from_those_of_a_pattern() -> None:
    made("x/a.csv", "x/b.csv", "y[1].csv", "lake/c.csv")
    assert find.find(["x/a.csv", "x/[b].csv", "y[1].csv", "lake"]).by_path == {
        *("x/a.csv", "y[1].csv")
    }
