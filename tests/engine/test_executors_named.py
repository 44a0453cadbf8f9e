"""From the words of `--on` to an executor, and what a worker says of itself and of files."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest

from barwise.config import Config
from barwise.engine.executors import sent
from barwise.engine.executors.cut import tasks_of
from barwise.engine.executors.named import chosen, words_of
from barwise.engine.run import pass_of, planned_input
from barwise.engine.tasks import decoded
from barwise.errors import BarwiseError, ExecutorError, InputError, UsageError
from barwise.files.code import identity
from barwise.tuning import MEASURED


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("threads", ("threads", "")),
        ("processes:12", ("processes", "12")),
        ("dask://host", ("dask", "tcp://host:8786")),
        ("dask://[::1]:9", ("dask", "tcp://[::1]:9")),
        ("dask+tls://host:443/", ("dask", "tls://host:443")),
        ("dask+file:///shared/scheduler.json", ("dask", "file:///shared/scheduler.json")),
    ],
)
def test_words_say_who_computes_and_where(name: str, words: tuple[str, str]) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("processes", "write processes:4"),
        ("processes:0", "write processes:4"),
        ("processes:9999", "at most 1024"),
        ("threads:4", "write --workers"),
        ("dask://", "is not where a run can be computed"),
        ("dask+file://", "is not where a run can be computed"),
        ("ray://host", "dask://HOST:PORT"),
    ],
)
def test_other_words_are_refused_with_those_that_work(name: str, error: str) -> None:
    with pytest.raises(UsageError, match=error):
        words_of(name)


def test_what_computes_in_place_of_threads_has_no_workers() -> None:
    with pytest.raises(UsageError, match="give one"):
        chosen("processes:2", workers=3)
    with pytest.raises(UsageError, match="has no parts"):
        chosen(object(), None)  # type: ignore[arg-type]


def test_a_worker_says_what_it_is_and_sees() -> None:
    code, versions, files = sent.facts(["data.csv", "no.csv"])
    assert code == identity()
    assert versions.startswith("Python 3.")
    status = os.stat("data.csv")
    assert files == [(status.st_size, status.st_mtime_ns), "No such file or directory"]


def packed() -> tuple[bytes, sent.Stamp]:
    config = Config(1, 2, "v1")
    plan = planned_input("data.csv", config)
    [[task]] = tasks_of(plan, pass_of(config, plan, (), ("signal",)), MEASURED)
    stamp = sent.seen("data.csv")
    assert not isinstance(stamp, str)
    return pickle.dumps((task, {part.path: stamp for part in task.plan.parts})), stamp


def test_a_worker_computes_a_task_whose_code_and_files_are_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sent, "_address", lambda: "tcp://w:1")
    task, stamp = packed()
    reply = sent.run_sent(identity(), "data.csv", task)
    assert decoded(reply, pickle.loads(task)[0].what).results[0].known[""].values["bars"] == 4
    with pytest.raises(ExecutorError, match="a worker of another version has joined"):
        sent.run_sent("0.0.1+abc", "data.csv", task)
    Path("data.csv").write_text("close\n1\n")
    with pytest.raises(
        ExecutorError, match=f"tcp://w:1 sees another data.csv, of 8 bytes, here {stamp[0]}"
    ):
        sent.run_sent(identity(), "data.csv", task)
    Path("data.csv").unlink()
    with pytest.raises(ExecutorError, match=r"does not see data\.csv"):
        sent.run_sent(identity(), "data.csv", task)


def test_a_file_that_changes_under_a_task_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    task, (size, modified) = packed()
    assert isinstance(modified, int)
    stamps = iter([(size, modified), (size, modified + 1)])
    monkeypatch.setattr(sent, "_address", lambda: "tcp://w:1")
    monkeypatch.setattr(sent, "seen", lambda _: next(stamps))
    with pytest.raises(InputError, match="changed while it was read"):
        sent.run_sent(identity(), "data.csv", task)
    assert issubclass(InputError, BarwiseError)
