"""Makes one call of a process fail: the n-th that it makes of libc, by a library in C."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.conftest import KERNELS, ROOT
from tests.faults.forking import LAUNCH, Server

SOURCE = Path(__file__).with_name("inject.c")
HANG = 120.0  # seconds; only ends what would never end
HUNG = 124  # its exit code then, as timeout(1) has it
# Instead of an errno: the call moves one byte; the process ends there; the call never returns.
CUT_SHORT, KILLED, NEVER = 0, -1, -2
OF_ALL = (errno.EIO, errno.ENOMEM)
OF_NAMES = (errno.EIO, errno.EACCES, errno.ENOMEM)
OF_WRITES = (errno.EIO, errno.ENOSPC, errno.EDQUOT)
OF_CHANGES = (errno.EIO, errno.EACCES, errno.EROFS, errno.ENOSPC)
ERRORS = {  # by the call, without the 64 at its end
    "open": (*OF_NAMES, errno.EMFILE, errno.EINTR, errno.ENOSPC, errno.EROFS, errno.EDQUOT),
    "opendir": (*OF_NAMES, errno.EMFILE),
    "readdir": (errno.EIO,),
    "read": (errno.EIO, errno.EINTR, CUT_SHORT),
    "pread": (errno.EIO, errno.EINTR, CUT_SHORT),
    "write": (*OF_WRITES, errno.EINTR, CUT_SHORT),
    "close": (*OF_WRITES, errno.EINTR),
    "fsync": (*OF_WRITES, errno.EINTR),
    "stat": OF_NAMES,
    "lstat": OF_NAMES,
    "fstat": OF_ALL,
    "rename": OF_CHANGES,
    "unlink": OF_CHANGES,
    "mkdir": OF_CHANGES,
    "rmdir": OF_CHANGES,
    "fchmod": (errno.EIO, errno.EPERM, errno.EROFS),
    "chmod": (errno.EIO, errno.EPERM, errno.EROFS),
    "mmap": (errno.ENOMEM,),
    "pthread_create": (errno.EAGAIN,),
    "getcwd": (errno.ENOENT, errno.ENOMEM),
    "select": (errno.EINTR, errno.ENOMEM),
    "getrandom": (errno.EINTR,),
}


class Call(NamedTuple):
    """A call that a process has made.

    number: from 1, in order; of those that want memory from -1, down.
    name: of the function of libc. file: what it was about, if known.
    """

    number: int
    name: str
    file: str

    @property
    def errors(self) -> Sequence[int]:
        """With what it may fail, each an errno or CUT_SHORT."""
        return ERRORS.get(self.name.removesuffix("64"), (errno.EIO,))

    @property
    def is_of_python(self) -> bool:
        """Whether Python makes it for itself: it looks for code, or reads it, or wants memory."""
        return self.file.startswith(places_of_code()) or self.wants_memory

    @property
    def wants_memory(self) -> bool:
        return self.name.startswith("mmap") and not self.file


class Ended(NamedTuple):
    """A process that has ended, and the calls that it reported: all of them, or what failed."""

    code: int
    stdout: str
    stderr: str
    calls: list[Call]


def places_of_code() -> tuple[str, ...]:
    return tuple({*filter(None, sys.path), sys.prefix, sys.base_prefix, str(ROOT)})


def build(folder: Path) -> Path | None:
    """The library that makes calls fail, compiled into `folder`; None where that cannot be."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if sys.platform != "linux" or compiler is None:
        return None
    library = folder / "inject.so"
    options = ["-shared", "-fPIC", "-O1", "-w", "-o", str(library)]
    built = subprocess.run([compiler, *options, str(SOURCE), "-ldl"])
    return library if built.returncode == 0 else None


def command(words: Sequence[str]) -> list[str]:
    """The command `barwise` with these words."""
    return [sys.executable, str(LAUNCH), *words]


def plain_environment() -> dict[str, str]:
    """In which a process makes the same calls each time."""
    return {
        **KERNELS,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "LC_ALL": "C.UTF-8",
    }


class Injector:
    """Runs `barwise`, and makes one of its calls fail.

    library: as `build` gives it. idle: the servers that no run needs now.
    """

    def __init__(self, library: Path) -> None:
        self.library = library
        self.idle: list[Server] = []

    def close(self) -> None:
        for server in self.idle:
            server.close()

    def run(
        self, words: Sequence[str], folder: Path, number: int, error: int, afresh: bool = False
    ) -> Ended:
        """Runs it with these words in `folder`; its call of that number fails; 0: none.

        afresh: it loads its own code, which takes ten times as long.
        """
        report = folder.parent / f"{folder.name}.calls"
        environment = {
            "FAULT_AT": str(number), "FAULT_ERROR": str(error), "FAULT_REPORT": str(report)
        }  # fmt: skip
        start = self._afresh if afresh else self._forked
        try:
            code, stdout, stderr = start(words, folder, environment)
        except (subprocess.TimeoutExpired, TimeoutError) as hung:
            code, stdout, stderr = HUNG, "", str(hung)
        calls = list(_reported(report))
        report.unlink(missing_ok=True)
        return Ended(code, stdout, stderr, calls)

    def killed_after(self, words: Sequence[str], folder: Path, seconds: float) -> bool:
        """Runs it, and kills it after so long; gives whether it was killed."""
        code, _, _ = self._forked(words, folder, {"FAULT_REPORT": os.devnull}, seconds)
        return code == -signal.SIGKILL

    def _forked(
        self,
        words: Sequence[str],
        folder: Path,
        environment: dict[str, str],
        kill_after: float | None = None,
    ) -> tuple[int, str, str]:
        try:
            server = self.idle.pop()
        except IndexError:
            server = Server(self.preloaded())
        ended = server.run(words, folder, environment, HANG, kill_after)
        self.idle.append(server)
        return ended

    def _afresh(
        self, words: Sequence[str], folder: Path, environment: dict[str, str]
    ) -> tuple[int, str, str]:
        done = subprocess.run(
            command(words), cwd=folder, env={**self.preloaded(), **environment},
            capture_output=True, timeout=HANG,
        )  # fmt: skip
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def preloaded(self) -> dict[str, str]:
        return {**plain_environment(), "LD_PRELOAD": str(self.library)}


def _reported(report: Path) -> Iterator[Call]:
    if report.exists():
        for line in report.read_text(errors="replace").splitlines():
            number, name, file = line.split("\t", 2)
            yield Call(int(number), name, file)
