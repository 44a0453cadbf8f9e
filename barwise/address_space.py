"""Whether there is address space for a library that would end the process where it finds none.

Only a limit (`ulimit -v`) makes address space scarce. OpenBLAS then leaves by exit(1), and
jemalloc and the loader of libraries by a signal: no error could be written.
"""

from __future__ import annotations

import sys

from barwise.errors import BarwiseError

# Bytes that a library needs to be imported and to compute with two threads, with a margin: NumPy
# ends the process where it has 76 MB or less, and pyarrow where it has 190 or less.
NEEDED = {"numpy": 110 << 20, "pyarrow": 256 << 20}


def refuse_little(library: str) -> None:
    """Raises BarwiseError where a limit leaves too little for a library not imported yet."""
    if library in sys.modules:
        return
    import resource  # 0.2 ms

    needed = NEEDED[library]
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return
    left = limit - _used(resource.getpagesize())
    if left < needed:
        raise BarwiseError(
            f"{library} needs {needed >> 20} MB of address space, and a limit leaves "
            f"{max(0, left) >> 20} MB: raise the limit of {limit >> 20} MB (ulimit -v)"
        )


def _used(page: int) -> int:
    """The address space of this process, in bytes; 0 where the system does not say it."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * page
    except (OSError, ValueError, IndexError):
        return 0
