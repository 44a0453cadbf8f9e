"""Runs of `barwise` that are forked from a process with all its code loaded; see launch.py."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from pathlib import Path

LAUNCH = Path(__file__).parent / "launch.py"


class Server:
    """A process from which runs are forked, one at a time.

    Its stdout and stderr are pipes, as those of its runs, since Python looks at them at its start.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        self.connection, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with closing(theirs):
            self.process = subprocess.Popen(
                [sys.executable, str(LAUNCH), "--serve", str(theirs.fileno())],
                env=environment, pass_fds=[theirs.fileno()], start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )  # fmt: skip

    def run(
        self,
        words: Sequence[str],
        folder: Path,
        environment: dict[str, str],
        seconds: float,
        kill_after: float | None = None,
    ) -> tuple[int, str, str]:
        """Runs a command in a folder; gives its exit code, stdout and stderr.

        kill_after: seconds from its start. Raises TimeoutError after `seconds`, when the server too
        is at its end.
        """
        request = {"words": list(words), "folder": str(folder), "environment": environment}
        (out, to_out), (err, to_err) = os.pipe(), os.pipe()
        self.connection.settimeout(seconds)
        try:
            with closing(Descriptors([to_out, to_err])):
                socket.send_fds(self.connection, [json.dumps(request).encode()], [to_out, to_err])
            process = int(self.connection.recv(100))
            if kill_after is not None:
                self.kill(process, kill_after)
            code = int(self.connection.recv(100))
            return code, all_of(out), all_of(err)
        except BaseException:
            self.close()
            raise
        finally:
            os.close(out)
            os.close(err)

    def kill(self, process: int, seconds: float) -> None:
        """Kills a run after so long, unless it has ended: then its number could be another's."""
        ended, _, _ = select.select([self.connection], [], [], seconds)
        if not ended:
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)

    def close(self) -> None:
        """Ends the server, and the run that it has begun if that hangs."""
        self.connection.close()
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()


class Descriptors(list[int]):
    """Numbers of open files."""

    def close(self) -> None:
        for number in self:
            os.close(number)


def all_of(pipe: int) -> str:
    """What has been written to a pipe whose writers have ended: less than it can hold."""
    with open(pipe, "rb", closefd=False) as file:
        return file.read().decode()
