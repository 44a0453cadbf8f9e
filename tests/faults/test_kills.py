"""A sample of the kills of `make faults`, at random instants."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.cases import LONG
from tests.faults.faults import Subject, sample
from tests.faults.injecting import Injector
from tests.faults.kills import Instants, killed_after, killed_at


@pytest.mark.parametrize("name", LONG)
def test_a_kill_tears_nothing_and_the_next_run_works(
    name: str, injector: Injector, tmp_path: Path
) -> None:
    subject = Subject(LONG[name], injector, tmp_path)
    instants = Instants(seed=1)
    for _ in range(4):
        had_ended, wrong = killed_after(subject, instants.next())
        instants.learn(had_ended)
        assert not wrong
    for fault in sample(subject.faults(of_python=False), 1, seed=1):
        assert not killed_at(subject, fault.call.number), fault
