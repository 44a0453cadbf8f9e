"""The command `barwise` as a process whose calls are counted from here on.

With --serve and the number of a socket it makes many such processes. They are forked with all code
loaded, so that one takes 30 ms and not 250, and the calls that are left are of barwise itself.
"""

from __future__ import annotations

import json
import os
import pkgutil
import signal
import socket
import sys
from importlib import import_module
from typing import Any, NoReturn

LARGEST_REQUEST = 1 << 16
USED_LATE: tuple[str, ...] = (
    "numpy.random",
    "pyarrow.parquet",
    "pyarrow.csv",
    "pyarrow.ipc",
    "tqdm",
    "traceback",
)
USED_LATE += ("pandas",)  # which pyarrow imports where it is, with 5,000 calls


def run() -> NoReturn:
    from barwise.commands.main import main

    os.access("/begin-to-count-calls", os.F_OK)  # inject.c looks for it
    sys.exit(main())


def serve(connection: socket.socket) -> None:
    """Runs a command for each request; answers with its process, then with its exit code, below 0
    a signal.
    """
    import barwise

    for module in pkgutil.walk_packages(barwise.__path__, "barwise."):
        if not module.name.endswith("__main__"):
            import_module(module.name)
    for name in USED_LATE:
        import_module(name)
    while True:
        request, streams, _, _ = socket.recv_fds(connection, LARGEST_REQUEST, 2)
        if not request:
            return
        if (child := os.fork()) == 0:
            connection.close()
            become(json.loads(request), streams)
        connection.send(str(child).encode())
        for stream in streams:
            os.close(stream)
        _, status = os.waitpid(child, 0)
        connection.send(str(os.waitstatus_to_exitcode(status)).encode())


def become(request: dict[str, Any], streams: list[int]) -> NoReturn:
    """Goes on as the command of a request, with its own stdout and stderr."""
    for number, stream in enumerate(streams, 1):
        os.dup2(stream, number)
        os.close(stream)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.chdir(request["folder"])
    os.environ.update(request["environment"])
    sys.argv[1:] = request["words"]
    run()


if __name__ == "__main__":
    if sys.argv[1] == "--serve":
        serve(socket.socket(fileno=int(sys.argv[2])))
    else:
        run()
