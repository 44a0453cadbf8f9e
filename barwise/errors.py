"""Every error that barwise raises, and how people are shown values, files and tables.

Nothing here knows where an error comes from; only `commands/main.py` turns one into an exit code.

    BarwiseError
    ├── UsageError      a command line, or an argument of the library, cannot be used
    ├── ConfigError     the config cannot be read, or asks for what cannot be done
    ├── InputError      the input cannot be opened, or is not a table of bars
    │   ├── PriceError  a close that is not a price
    │   └── CheckError  bars break a rule, and the config is strict
    ├── RecordError     a record cannot be read, or is not one of a run
    ├── ExecutorError   processes or a cluster cannot compute, or cannot be reached
    ├── OutputError     a result cannot be written, or must not be written there
    └── StoppedError    SIGTERM, SIGHUP or Ctrl-C ended the job
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Sequence

CODES = {  # what went wrong, for programs; a code stays what it is, whatever its messages say
    "usage": "the command line, or an argument of the library, cannot be used",
    "config_invalid": "the config cannot be read, or asks for what cannot be done",
    "input_not_found": "no file is where the input names one, or none is in its folder or pattern",
    "input_unreadable": "a file of the input cannot be opened or read, is damaged or cut off",
    "input_changed": "a file changed while it was read; run it again",
    "input_invalid": "a file of the input can be read, and is not a table of bars",
    "no_rows": "a file of the input holds no bar",
    "price_invalid": "a close is not a price, or all closes are missing",
    "check_failed": "bars are in doubt, and the config says `checks: strict`",
    "record_invalid": "a record cannot be read, or is not one of a run",
    "executor_failed": "processes or a cluster cannot compute, or cannot be reached",
    "output_refused": "an output must not be written there; nothing was touched",
    "output_failed": "an output could not be written, as on a full disk",
    "stopped": "SIGTERM, SIGHUP or Ctrl-C ended the job; run it again",
    "out_of_memory": "there was not enough memory",
    "limit_reached": "the system refused a thread, an open file or address space",
    "not_installed": "a package that the job needs cannot be imported",
    "internal": "a fault of barwise; please report it",
}
PACKAGES = {  # by the module that is imported
    "numpy": "numpy", "yaml": "pyyaml", "pyarrow": "pyarrow", "msgspec": "msgspec", "tqdm": "tqdm"
}  # fmt: skip
INSTALL = (
    "in a checkout run make run and use .venv/bin/python; else install barwise with what it needs, "
    "as pip install . does"
)
MESSAGE_LIMIT = 499
VALUE_LIMIT = 60
NAME_LIMIT = 120


class BarwiseError(Exception):
    r"""Base of all; its message is one printable line of at most 499 characters.

    `version` is that of the error metrics: the config's own where it could be read. `code` is a
    key of `CODES`: that of the class, or of the place that raises it.

    >>> str(BarwiseError("two\nlines"))
    'two\\nlines'
    """

    version: str = "v1"
    code: str = "internal"

    def __init__(self, message: str, *, code: str | None = None) -> None:
        super().__init__(in_one_line(message))
        if code is not None:
            self.code = code


class UsageError(BarwiseError, ValueError):
    """A command line, or an argument of the library, cannot be used."""

    code = "usage"


class ConfigError(BarwiseError, ValueError):
    """The config cannot be read, or asks for what cannot be done."""

    code = "config_invalid"


class InputError(BarwiseError):
    """The input cannot be opened, or is not a table of bars."""

    code = "input_invalid"


class PriceError(InputError, ValueError):
    """A close that is not a price."""

    code = "price_invalid"


class CheckError(InputError):
    """Bars break a rule, and the config says `checks: strict`."""

    code = "check_failed"


class RecordError(BarwiseError, ValueError):
    """A record cannot be read, or is not one of a run."""

    code = "record_invalid"


class ExecutorError(BarwiseError):
    """Processes or a cluster cannot compute, or cannot be reached."""

    code = "executor_failed"


class OutputError(BarwiseError):
    """A result cannot be written, or must not be written there."""

    code = "output_refused"


class StoppedError(BarwiseError):
    """A signal ended the job before it was done."""

    code = "stopped"


def one_line(text: str) -> str:
    """`text` with everything that cannot be printed on one line written as an escape."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def in_one_line(text: str) -> str:
    """A message as it is shown: on one line, printable and short, whatever it is about."""
    return clip(one_line(text), MESSAGE_LIMIT)


def clip(text: str, limit: int) -> str:
    """`text`, its middle left out where it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    tail = (limit - 3) // 3
    return text[: limit - 3 - tail] + "..." + text[-tail:]


def quoted(value: object) -> str:
    r"""A value as a message shows it: in quotes if it is text, escaped and short.

    >>> quoted("a\tb"), quoted(5.0)
    ("'a\\tb'", '5.0')
    """
    if type(value) is str:  # the repr of a megabyte takes time
        value = clip(value, 2 * VALUE_LIMIT)
    if isinstance(value, int) and value.bit_length() > 1_000:  # Python prints up to 4,300 digits
        return f"a whole number of {value.bit_length()} bits"
    return clip(one_line(repr(value)), VALUE_LIMIT)


def named(path: str | os.PathLike[str]) -> str:
    """A file's name as a message shows it: as the user wrote it, escaped and short."""
    return clip(one_line(os.fsdecode(path)), NAME_LIMIT) or "''"


def is_utf8(name: str) -> bool:
    """Whether JSON can hold a name: that of a folder may have bytes that are not text."""
    return name == name.encode(errors="replace").decode()


def listed(names: Iterable[str], most: int = 12) -> str:
    """Names as a message lists them, the first `most` of them."""
    names = list(names)
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(clip(one_line(name), 24) or "''" for name in names[:most]) + more


def in_yaml(name: str) -> str:
    """A name as it is written in a config: in double quotes, where YAML reads what JSON writes."""
    import json  # 1 ms that only a message needs

    return json.dumps(name, ensure_ascii=False)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that `name` was most likely meant to be, or None."""
    # difflib takes 3 ms to import and serves only messages.
    from difflib import get_close_matches

    by_folded = {k.strip().casefold(): k for k in reversed(list(known))}
    matches = get_close_matches(name.strip().casefold(), by_folded, n=1)
    return by_folded[matches[0]] if matches else None


# What a process can run out of, whatever it is doing.
WAYS_OUT = {
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "close files that other programs have open, or raise the limit of the system",
    errno.ENOMEM: "give the job more memory",
}


NO_THREAD = "raise the limit of processes (ulimit -u), or that of address space (ulimit -v)"


def way_out(error: BaseException, usual: str) -> str:
    """What to do about an error of the system: its own way out, or else the usual one."""
    return WAYS_OUT.get(getattr(error, "errno", None) or 0, usual)


def reason(error: OSError | ValueError) -> str:
    """Why the system refused, in its own words."""
    return getattr(error, "strerror", None) or str(error)


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Lines of cells, each column as wide as its widest cell.

    >>> aligned([("rule", "bars"), ("no gaps", "3")])
    ['rule     bars', 'no gaps  3']
    """
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return ["  ".join(map(str.ljust, line, widths)).rstrip() for line in lines]


def told(error: BaseException) -> BarwiseError | None:
    """The error to tell people: itself if it is ours; what the system refused, be it memory, a
    thread, a file or code that Python loads; a missing package. None for any other, which is a bug.

    What was refused may be behind the error: NumPy has an essay for whatever keeps it from loading.

    >>> told(FileNotFoundError(2, "No such file or directory", "data.csv"))
    BarwiseError('cannot use data.csv: No such file or directory; check it, and run again')
    """
    if isinstance(error, BarwiseError):
        return error
    if told := of_limit(error):
        return told
    if isinstance(error, ImportError):
        return _of_import(error)
    return _of_file(error) if isinstance(error, OSError) else None


def of_limit(error: BaseException) -> BarwiseError | None:
    """What is told where a process has run out of something, which may be behind the error."""
    behind: BaseException | None = error
    while behind is not None:
        if told := _of_limit(behind):
            return told
        behind = behind.__cause__ or behind.__context__
    return None


def _of_limit(error: BaseException) -> BarwiseError | None:
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
