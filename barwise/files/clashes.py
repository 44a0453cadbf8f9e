"""Which paths are one file: no output may be an input, or another output."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress

from barwise.errors import OutputError, named, reason
from barwise.files.addresses import is_address, shown


def refuse_clashes(
    outputs: Mapping[str, str], inputs: Iterable[tuple[str, str]], folders: Iterable[str] = ()
) -> None:
    """Raises OutputError if an output is an input or another output, also through links.

    Both give a role ("metrics file", "input file", "lake folder") and a path. Nor may an output be
    in one of the input's `folders`, where the next run would read it. Touches nothing.
    """
    owners = {_identity(path): (role, path) for role, path in inputs}
    for role, path in outputs.items():
        other_role, other = owners.setdefault(_identity(path), (role, path))
        if other_role != role:
            raise OutputError(
                f"the {role} {named(shown(path))} is also the {other_role} {named(shown(other))}: "
                "name another"
                f"{' file' if role.endswith('file') else ''}"
            )
        for folder in folders:
            if _is_within(path, folder):
                raise OutputError(
                    f"the {role} {named(shown(path))} is in the input folder "
                    f"{named(shown(folder))}: name one outside of it"
                )


def _is_within(path: str, folder: str) -> bool:
    if is_address(path) or is_address(folder):
        return path.startswith(f"{folder.rstrip('/')}/")
    return os.path.commonpath((resolved(path), resolved(folder))) == resolved(folder)


def _identity(path: str) -> tuple[int | str, ...]:
    """What two paths of one file have in common: its inode, or the folder and name it will have."""
    if is_address(path):
        return (path,)
    with suppress(OSError, ValueError):
        return _inode(path)
    real = resolved(path)
    with suppress(OSError, ValueError):  # the slash of `data.csv/` is gone
        return _inode(real)
    with suppress(OSError, ValueError):
        return *_inode(os.path.dirname(real)), os.path.basename(real)
    return (real,)


def _inode(path: str) -> tuple[int, int]:
    status = os.stat(path)
    return status.st_dev, status.st_ino


def resolved(path: str) -> str:
    """The path with links followed; like `os.path.realpath`, it need not exist."""
    try:
        return os.path.realpath(path)
    except (OSError, ValueError) as error:  # as where the current folder was deleted
        raise OutputError(f"cannot find the folder of {named(path)}: {reason(error)}") from None
