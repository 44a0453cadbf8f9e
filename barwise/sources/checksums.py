"""The checksum that an exchange publishes for a file, in `NAME.CHECKSUM`, as sha256sum does."""

from __future__ import annotations

import os
import re

from barwise.errors import InputError, named, quoted, reason
from barwise.files.limits import LARGEST_CHECKSUM
from barwise.files.opening import open_regular
from barwise.sources.listing import CHECKSUM


def verify(path: str) -> None:
    """Raises InputError where the file at `path` does not have the checksum published with it."""
    checksum_file = path + CHECKSUM
    if not os.path.lexists(checksum_file):
        return
    from barwise.files.hashes import hash_file  # 0.3 ms that few files need

    with open_regular(checksum_file, "checksum", InputError) as file:
        try:
            text = (file.read(LARGEST_CHECKSUM) or b"").decode(errors="replace")
        except OSError as error:
            raise InputError(
                f"cannot read {named(checksum_file)}: {reason(error)}; check the file",
                code="input_unreadable",
            ) from None
    line = re.fullmatch(r"([0-9a-fA-F]{64}) [ *](.+?)\s*", text)
    if not line or os.path.basename(line[2]) != os.path.basename(path):
        raise InputError(
            f"{named(checksum_file)} is not a checksum of {named(os.path.basename(path))}, it says "
            f"{quoted(text)}: get a new copy, or remove it"
        )
    published = line[1].lower()
    if published != (sha256 := hash_file(path, "input", InputError).sha256):
        raise InputError(
            f"{named(path)} is not what {named(checksum_file)} says: its SHA-256 is "
            f"{sha256[:12]}..., not {published[:12]}...; download both again",
            code="input_unreadable",
        )
