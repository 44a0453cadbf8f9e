"""All faults and all kills, as two tables; `make faults` does it."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from tests.faults import injecting
from tests.faults.cases import CASES, LONG
from tests.faults.faults import Fault, Subject, sample
from tests.faults.injecting import Injector
from tests.faults.kills import Instants, killed_after, killed_at

LINE = "{:28} {:>7} {:>8} {:>9}"
Item = TypeVar("Item")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of: {'; '.join(CASES)}")
    parser.add_argument(
        "--python", type=int, default=500, metavar="N",
        help="faults of calls that Python makes for itself, of each command; all are many hours",
    )  # fmt: skip
    parser.add_argument("--kills", type=int, default=1000, metavar="N", help="runs to be killed")
    words = parser.parse_args()
    with TemporaryDirectory() as place:
        library = injecting.build(Path(place))
        if library is None:
            print("calls cannot be made to fail: this needs Linux and a C compiler")
            return 1
        with closing(Injector(library)) as injector:
            failures = all_failures(words, injector, Path(place))
    print(f"{len(failures)} failures")
    return int(bool(failures))


def all_failures(words: argparse.Namespace, injector: Injector, place: Path) -> list[str]:
    names = words.cases or CASES
    print(LINE.format("command", "calls", "faults", "failures"), flush=True)
    failures = [
        line
        for name in names
        for line in of_calls(Subject(CASES[name], injector, place), words.python)
    ]
    print(LINE.format("command", "", "kills", "failures"), flush=True)
    for name in LONG.keys() & names:
        failures += of_kills(Subject(LONG[name], injector, place), words.kills // len(LONG))
    return failures


def of_calls(subject: Subject, of_python: int) -> list[str]:
    """Prints two lines of the table: of a command's own calls, and of Python's; gives failures."""
    own = subject.faults(of_python=False)
    others = sample(subject.faults(of_python=True), of_python, seed=1)
    failures = []
    for name, faults in ((subject.case.name, own), ("  calls of Python", others)):
        calls = len({fault.call.number for fault in faults})
        failures += shown(name, calls, faults, lambda fault: after_fault(subject, fault))
    return failures


def of_kills(subject: Subject, count: int) -> list[str]:
    """Prints two lines: of kills at each call, or at as many, and at random instants."""
    calls = sorted({fault.call.number for fault in subject.faults(of_python=False)})
    name = f"{subject.case.name}, at calls"
    failures = shown(name, "", calls[: count // 2], lambda call: killed_at(subject, call))
    instants = Instants(seed=1)

    def at_random(_: int) -> list[str]:
        had_ended, wrong = killed_after(subject, instants.next())
        instants.learn(had_ended)
        return wrong

    rest = range(count - len(calls[: count // 2]))
    return failures + shown(f"{subject.case.name}, at random", "", rest, at_random)


def after_fault(subject: Subject, fault: Fault) -> list[str]:
    """What was wrong after a fault, as one line; none if nothing was."""
    call, ended, wrong = subject.suffer(fault)
    if not wrong:
        return []
    error = errno.errorcode.get(fault.error, "cut short")
    words = ended.stderr.strip().splitlines()[-1:] or ended.stdout.strip().splitlines()[-2:]
    return [f"{call or fault.call} {error}: {'; '.join(wrong)} | {words}"]


def shown(
    name: str, calls: object, items: Sequence[Item], tried: Callable[[Item], list[str]]
) -> list[str]:
    """Tries all items on all cores, and prints a line of the table; gives the failures."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        failures = [failure for wrong in pool.map(tried, items) for failure in wrong]
    print(LINE.format(name, calls, len(items), len(failures)), flush=True)
    for failure in failures:
        print("   ", failure, flush=True)
    return failures


if __name__ == "__main__":
    sys.exit(main())
