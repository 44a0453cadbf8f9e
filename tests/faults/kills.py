"""Runs that are killed: at each call in turn, and at random instants; then one that is not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

from tests.faults import injecting
from tests.faults.cases import Case, Files, as_result, files_in
from tests.faults.faults import Subject
from tests.faults.judging import of_record
from tests.kit.processes import OLD


def killed_at(subject: Subject, number: int) -> list[str]:
    """Kills a run before its call of that number; gives what was wrong then."""
    with subject.folder() as folder:
        words = subject.case.words
        subject.injector.run(words, folder, number, injecting.KILLED)
        return [*wrongs(subject, folder)]


def killed_after(subject: Subject, seconds: float) -> tuple[bool, list[str]]:
    """Kills a run after so long; gives whether it had ended, and what was wrong then."""
    with subject.folder() as folder:
        was_killed = subject.injector.killed_after(subject.case.words, folder, seconds)
        return not was_killed, [*wrongs(subject, folder)]


class Instants:
    """Random instants of a run's life, some after its end; how long it takes is learned."""

    def __init__(self, seed: int) -> None:
        self.random, self.longest = random.Random(seed), 1.0

    def next(self) -> float:
        return self.random.uniform(0, self.longest)

    def learn(self, had_ended: bool) -> None:
        self.longest *= 0.9 if had_ended else 1.02  # one of six comes too late


def wrongs(subject: Subject, folder: Path) -> Iterator[str]:
    """What is wrong in the folder of a run that was killed, and with the run that follows."""
    killed = files_in(folder)
    case, right = subject.case, subject.right
    yield from of_killed(case, subject.before, killed, right)
    has_lake = any(name.startswith("lake/") for name in killed)
    ended = subject.injector.run(case.words, folder, 0, 0)
    after = {name: data for name, data in files_in(folder).items() if ".barwise-" not in name}
    if ended.code != (1 if has_lake else case.code):
        yield f"the following run ends with {ended.code}: {ended.stderr} {ended.stdout}"
    for name in right:
        if name == "run.log":
            continue
        if as_result(name, after.get(name, b"{}")) != as_result(name, right[name]):
            yield f"the following run leaves another {name}"
    if after.keys() != right.keys():
        yield f"the following run leaves {sorted(after)}"
    yield from of_record(case, after)


def of_killed(case: Case, before: Files, killed: Files, right: Files) -> Iterator[str]:
    """Whether outputs are of before or whole, and have appeared in order."""
    appeared = [is_new(name, killed.get(name), right[name]) for name in case.outputs]
    if None in appeared:
        yield f"torn: {case.outputs[appeared.index(None)]}"
    elif appeared != sorted(map(bool, appeared), reverse=True):
        yield f"appeared out of order: {dict(zip(case.outputs, appeared, strict=True))}"
    others = {
        name: data
        for name, data in killed.items()
        if ".barwise-" not in name and name not in (*case.outputs, "run.log")
    }
    without_lake = {name: data for name, data in before.items() if name not in case.outputs}
    whole = {name: data for name, data in right.items() if name not in (*case.outputs, "run.log")}
    without_lake.pop("run.log", None)
    if others not in (without_lake, whole):
        yield f"other files have changed: {sorted(others)}"


def is_new(name: str, data: bytes | None, right: bytes) -> bool | None:
    """Whether an output is of the run that was killed; None: it is torn."""
    if data in (None, OLD.encode()):
        return False
    try:
        return True if as_result(name, data or b"") == as_result(name, right) else None
    except ValueError:
        return None
