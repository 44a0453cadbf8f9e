"""All faults of a command: each call fails, with each error that makes sense for it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

from tests.faults.cases import Case, files_in
from tests.faults.injecting import Call, Ended, Injector
from tests.faults.judging import Scene, wrongs


class Fault(NamedTuple):
    """A call that fails, and with which errno."""

    call: Call
    error: int


class Subject:
    """A command that is run again and again, each time in a folder that is prepared anew.

    usual: how it ends where nothing fails, with all its calls. right: what it leaves then.
    """

    def __init__(self, case: Case, injector: Injector, place: Path) -> None:
        self.case, self.injector, self.place = case, injector, place
        self.template = Path(mkdtemp(dir=place))
        case.prepare(self.template)
        self.before = files_in(self.template)
        with self.folder() as folder:
            self.usual = injector.run(case.words, folder, 0, 0)
            self.right = files_in(folder)
        assert self.usual.code == case.code, self.usual

    @contextmanager
    def folder(self) -> Iterator[Path]:
        outer = Path(mkdtemp(dir=self.place))
        try:
            yield Path(shutil.copytree(self.template, outer / "folder"))
        finally:
            shutil.rmtree(outer)

    def faults(self, of_python: bool) -> list[Fault]:
        """Faults of its own calls; or one of each call that Python makes for itself."""
        usual = self.usual
        if of_python:
            with self.folder() as folder:
                usual = self.injector.run(self.case.words, folder, 0, 0, afresh=True)
        return [
            Fault(call, error)
            for call in usual.calls
            if call.is_of_python == of_python
            for error in call.errors[: 1 if of_python else None]
        ]

    def suffer(self, fault: Fault) -> tuple[Call | None, Ended, list[str]]:
        """Runs it with the fault; gives the call that failed, the end, and what was wrong then."""
        with self.folder() as folder:
            ended = self.injector.run(
                self.case.words, folder, fault.call.number, fault.error, fault.call.is_of_python
            )
            after = files_in(folder)
        hit = ended.calls[0] if ended.calls else None
        scene = Scene(self.case, self.before, after, self.right, ended, self.usual, hit)
        return hit, ended, list(wrongs(scene))


def sample(faults: list[Fault], count: int, seed: int) -> list[Fault]:
    """At most `count` of the faults, always the same ones of the same list."""
    return random.Random(seed).sample(faults, min(count, len(faults)))
