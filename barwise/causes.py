"""Which errors of Python and the system have a cause that a person can remove, and what to do."""

from __future__ import annotations

import errno
import os

from barwise.errors import NO_THREAD, WAYS_OUT, BarwiseError, clip, listed, named, reason

PACKAGES = {  # by the module that is imported
    "numpy": "numpy", "yaml": "pyyaml", "pyarrow": "pyarrow", "msgspec": "msgspec", "tqdm": "tqdm"
}  # fmt: skip
INSTALL = (
    "in a checkout run make run and use .venv/bin/python; else install barwise with what it needs, "
    "as pip install . does"
)


def of_system(error: BaseException) -> BarwiseError | None:
    """The error to report where the system refused memory, a thread, a file or code that Python
    loads, or a package is missing; None for any other, which is a bug.

    What was refused may be behind the error: NumPy has an essay for whatever keeps it from loading.

    >>> of_system(FileNotFoundError(2, "No such file or directory", "data.csv"))
    BarwiseError('cannot use data.csv: No such file or directory; check it, and run again')
    """
    behind: BaseException | None = error
    while behind is not None:
        if told := _of_limit(behind):
            return told
        behind = behind.__cause__ or behind.__context__
    if isinstance(error, ImportError):
        return _of_import(error)
    return _of_file(error) if isinstance(error, OSError) else None


def _of_limit(error: BaseException) -> BarwiseError | None:
    """What is told where a process has run out of something."""
    if isinstance(error, MemoryError):
        return BarwiseError(
            "out of memory: give the job more, or make the window smaller", code="out_of_memory"
        )
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return BarwiseError(f"no thread could be started: {NO_THREAD}", code="limit_reached")
    for number, then in WAYS_OUT.items():
        is_it = getattr(error, "errno", None) == number
        if is_it or (isinstance(error, ImportError) and _of_loader(number) in str(error)):
            file = getattr(error, "filename", None)
            what = f"cannot use {named(file)}: " if file else ""
            return BarwiseError(f"{what}{os.strerror(number)}: {then}", code="limit_reached")
    return None


def _of_loader(number: int) -> str:
    """What the loader of libraries says of a cause."""
    return "failed to map segment" if number == errno.ENOMEM else os.strerror(number)


def _of_import(error: ImportError) -> BarwiseError | None:
    """What is told of packages that are missing or broken; None where a module of ours is missing.

    One of ours that is there now could not be read before.
    """
    from importlib import invalidate_caches
    from importlib.util import find_spec  # 2 ms that only this needs

    invalidate_caches()
    missing = [package for module, package in PACKAGES.items() if find_spec(module) is None]
    if missing:
        what = f"{listed(missing)} {'is' if len(missing) == 1 else 'are'} missing"
        return BarwiseError(f"{what}: {INSTALL}", code="not_installed")
    name, why = error.name or "", clip(str(error).strip().partition("\n")[0], 160)
    if name.startswith("barwise") and find_spec(name) is None:
        return None
    if name:
        what = f"the module {name} cannot be loaded ({why})"
        return BarwiseError(f"{what}: run again, or install again", code="not_installed")
    if why:
        what = f"a package cannot be imported: {why}"
        return BarwiseError(f"{what}: {INSTALL}", code="not_installed")
    return None


def _of_file(error: OSError) -> BarwiseError:
    what = "a file" if error.filename is None else named(error.filename)
    if error.filename is None and isinstance(error, FileNotFoundError):
        what = "the current folder"  # as `os.getcwd` where it was deleted
    return BarwiseError(f"cannot use {what}: {reason(error)}; check it, and run again")
