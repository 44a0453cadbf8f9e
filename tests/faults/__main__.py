"""All faults and all kills, as a table; `make faults` does it."""

from __future__ import annotations

import argparse
import errno
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.faults import injecting
from tests.faults.cases import CASES
from tests.faults.faults import Fault, Subject, sample

LINE = "{:24} {:>7} {:>8} {:>9}"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cases", nargs="*", metavar="CASE", help=f"of: {'; '.join(CASES)}")
    parser.add_argument(
        "--python", type=int, default=500, help="faults of Python's own calls, of each command"
    )
    parser.add_argument("--kills", type=int, default=1000, help="runs that are killed")
    words = parser.parse_args()
    failures = 0
    with TemporaryDirectory() as place:
        library = injecting.build(Path(place))
        if library is None:
            print("calls cannot be made to fail: this needs Linux and a C compiler")
            return 1
        print(LINE.format("command", "calls", "faults", "failures"), flush=True)
        for name in words.cases or CASES:
            subject = Subject(CASES[name], library, Path(place))
            own = subject.faults(of_python=False)
            of_python = sample(subject.faults(of_python=True), words.python, seed=1)
            failed = [
                *table_line(subject, name, own),
                *table_line(subject, "  calls of Python", of_python),
            ]
            failures += len(failed)
            for line in failed:
                print("   ", line, flush=True)
    return int(failures > 0)


def table_line(subject: Subject, name: str, faults: list[Fault]) -> list[str]:
    """Prints a line of the table; gives the failures in words."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        ends = list(pool.map(subject.suffer, faults))
    failed = []
    for fault, (call, ended, wrong) in zip(faults, ends, strict=True):
        if wrong:
            error = errno.errorcode.get(fault.error, "cut short")
            told = ended.stderr.strip().splitlines()[-1:] or ended.stdout.strip().splitlines()[-2:]
            failed.append(f"{call or fault.call} {error}: {'; '.join(wrong)} | {told}")
    calls = len({fault.call.number for fault in faults})
    print(LINE.format(name, calls, len(faults), len(failed)), flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
