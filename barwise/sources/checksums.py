"""The checksum that an exchange publishes beside a file, `NAME.CHECKSUM`, as of sha256sum."""

from __future__ import annotations

import os
import re

from barwise.errors import InputError, named, quoted
from barwise.files.opening import open_regular
from barwise.sources.find import CHECKSUM


def verify(path: str) -> None:
    """Raises InputError where the file at `path` is not the one its checksum file speaks of."""
    beside = path + CHECKSUM
    if not os.path.lexists(beside):
        return
    from barwise.files.hashes import hash_file  # 0.3 ms that few files need

    with open_regular(beside, "checksum", InputError) as file:
        said = file.read(4096).decode(errors="replace")
    found = re.fullmatch(r"([0-9a-fA-F]{64}) [ *](.+?)\s*", said)
    if not found or os.path.basename(found[2]) != os.path.basename(path):
        raise InputError(
            f"{named(beside)} is not a checksum of {named(os.path.basename(path))}, it says "
            f"{quoted(said)}: get a new copy, or remove it"
        )
    if found[1].lower() != (sha256 := hash_file(path, "input", InputError).sha256):
        raise InputError(
            f"{named(path)} is not what {named(beside)} says: its SHA-256 is {sha256[:12]}..., not "
            f"{found[1][:12].lower()}...; download both again"
        )
