from __future__ import annotations

import errno
import os
import resource
import stat
from pathlib import Path

import pytest

from barwise import errors
from barwise.errors import OutputError
from barwise.files import writing
from barwise.files.clashes import refuse_clashes


def left_behind() -> list[str]:
    return [name for name in os.listdir() if name.endswith(".tmp")]


def write_half(path: str, error: BaseException) -> None:
    with writing.replacing(writing.target(path, "metrics")) as file:
        file.write(b"half")
        raise error


def replace(path: str, content: bytes) -> None:
    with writing.replacing(writing.target(path, "metrics")) as file:
        file.write(content)


def test_a_file_is_replaced_whole_and_keeps_its_mode() -> None:
    path = Path("metrics.json")
    path.write_text("old")
    path.chmod(0o640)
    before = path.stat().st_ino
    replace("metrics.json", b"new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.stat().st_ino != before
    assert not left_behind()


def test_a_new_file_has_the_mode_that_umask_gives() -> None:
    before = os.umask(0o027)
    try:
        replace("metrics.json", b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(os.stat("metrics.json").st_mode) == 0o640


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), OutputError("no"), OSError(errno.EIO, "no")]
)
def test_whatever_goes_wrong_the_old_file_stays_and_nothing_is_left(error: BaseException) -> None:
    Path("metrics.json").write_text("old")
    with pytest.raises(type(error)):  # an input's OSError is not told as this output's
        write_half("metrics.json", error)
    assert Path("metrics.json").read_text() == "old"
    assert not left_behind()


def test_a_link_is_followed() -> None:
    os.mkdir("far")
    os.symlink("far/metrics.json", "metrics.json")
    replace("metrics.json", b"new")
    assert os.path.islink("metrics.json")
    assert Path("far/metrics.json").read_text() == "new"


@pytest.mark.parametrize(
    ("path", "message"),
    [
        (".", "is a folder"),
        ("/dev/null", "is a device"),
        ("pipe", "is a pipe"),
        ("none/metrics.json", "its folder does not exist"),
        ("data.csv/metrics.json", "Not a directory"),
        ("", "names no file"),
        ("new/", "names no file"),
        ("new/.", "names no file"),
        ("new/..", "names no file"),
        ("none/../metrics.json", "its folder does not exist"),
        ("loop", "symbolic link"),
        ("x" * 300, "File name too long"),
    ],
)
def test_what_cannot_be_a_target_is_refused(path: str, message: str) -> None:
    os.mkfifo("pipe")
    os.symlink("loop", "loop")
    before = sorted(os.listdir())
    with pytest.raises(OutputError, match=message):
        writing.target(path, "metrics")
    assert sorted(os.listdir()) == before


@pytest.mark.parametrize(
    "path", ["data.csv", "./data.csv", "soft", "hard", "config.yaml", "run.log"]
)
def test_an_output_that_is_another_file_of_the_job_is_refused(path: str) -> None:
    os.symlink("data.csv", "soft")
    os.link("data.csv", "hard")
    with pytest.raises(OutputError, match="is also the"):
        refuse_clashes(
            {"log file": "run.log", "metrics file": path},
            [("input file", "data.csv"), ("config file", "config.yaml")],
        )


def test_outputs_that_do_not_exist_yet_clash_through_links() -> None:
    os.symlink("run.log", "metrics.json")
    with pytest.raises(OutputError, match=r"the log file run\.log is also the metrics file"):
        refuse_clashes({"metrics file": "metrics.json", "log file": "run.log"}, [])


def test_outputs_clash_in_one_folder_by_two_names(folder: Path) -> None:
    os.mkdir("real")
    os.symlink("real", "other")
    with pytest.raises(OutputError, match="is also the"):
        refuse_clashes({"metrics file": "real/x", "log file": f"{folder}/other/x"}, [])


@pytest.mark.parametrize("word", ["data.csv/", "data.csv/.", "./data.csv//"])
def test_an_input_with_a_slash_too_many_is_all_the_same_an_input(word: str) -> None:
    with pytest.raises(OutputError, match="is also the input file"):
        refuse_clashes({"metrics file": "data.csv"}, [("input file", word)])


def test_a_deleted_working_folder_is_one_line() -> None:
    os.mkdir("gone")
    os.chdir("gone")
    os.rmdir("../gone")
    with pytest.raises(OutputError, match="cannot find the folder of metrics"):
        writing.target("metrics.json", "metrics")


def test_two_logs_at_null_do_not_clash_with_other_files() -> None:
    refuse_clashes(
        {"metrics file": "metrics.json", "log file": "/dev/null"}, [("input file", "data.csv")]
    )


def test_lines_are_appended() -> None:
    Path("run.log").write_text("old\n")
    log = writing.Appended("run.log", "log")
    log.write("new \udcff\n")
    log.close()
    assert Path("run.log").read_text() == "old\nnew \\udcff\n"


@pytest.mark.parametrize(
    ("path", "message"), [(".", "is a folder"), ("none/run.log", "No such file"), ("", "names no")]
)
def test_a_log_that_cannot_be_opened_is_refused(path: str, message: str) -> None:
    with pytest.raises(OutputError, match=message):
        writing.Appended(path, "log")


def test_a_line_that_does_not_fit_is_taken_back() -> None:
    log = writing.Appended("run.log", "log")
    log.write("whole\n")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10, limits[1]))
    try:
        with pytest.raises(
            OutputError, match=r"cannot write the log file run\.log: File too large"
        ):
            log.write("a line too long\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        log.close()
    assert Path("run.log").read_text() == "whole\n"


def test_a_pipe_takes_lines_if_somebody_reads_it() -> None:
    os.mkfifo("pipe")
    with pytest.raises(OutputError, match="No such device"):
        writing.Appended("pipe", "log")
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    log = writing.Appended("pipe", "log")
    log.write("heard\n")
    assert os.read(reader, 100) == b"heard\n"
    log.close()
    os.close(reader)


def test_a_log_that_cannot_be_written_is_an_error() -> None:
    log = writing.Appended("/dev/full", "log")
    with pytest.raises(OutputError, match="cannot write the log file /dev/full: No space left"):
        log.write("lost\n")
    log.close()


@pytest.mark.parametrize("number", errors.WAYS_OUT)
def test_what_a_process_has_run_out_of_has_its_own_way_out(number: int) -> None:
    """Another place would not help."""
    message = str(
        writing.unwritten("the metrics file m.json", OSError(number, os.strerror(number)))
    )
    assert message.endswith(f": {os.strerror(number)}; {errors.WAYS_OUT[number]}")
