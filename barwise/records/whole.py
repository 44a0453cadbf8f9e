"""Reads a small file whole, and refuses a larger one before memory is taken for it."""

from __future__ import annotations

import os

from barwise.errors import BarwiseError, named, reason, way_out
from barwise.files.opening import open_regular


def read(path: str, role: str, largest: int, error: type[BarwiseError]) -> bytes:
    """The bytes of the file at `path`, at most `largest` of them; a sparse file has all its bytes.

    A refusal names its `role`, as "record", and is raised as `error`.
    """
    with open_regular(path, role, error) as file:
        try:
            size = file.seek(0, os.SEEK_END)
            file.seek(0)
            if size <= largest:
                return file.read(size)
        except OSError as refusal:
            then = way_out(refusal, "check it")
            raise error(f"cannot read {named(path)}: {reason(refusal)}; {then}") from None
    raise error(
        f"{named(path)} is larger than {largest} bytes: that is not a {role}; name another file"
    )
