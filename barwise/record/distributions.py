"""What code ran: the distributions that this process has imported, and barwise itself."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from hashlib import sha256
from importlib.metadata import distributions
from pathlib import Path
from urllib.parse import quote

import barwise


def imported() -> Iterator[tuple[str, str]]:
    """Name and version of each distribution of which a file was imported, by its RECORD.

    Those without one, as Debian's own packages, are told by their top-level modules.
    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    for each in distributions():
        record = each.read_text("RECORD")
        if record is None:
            is_imported = any(
                name in sys.modules for name in (each.read_text("top_level.txt") or "").split()
            )
        else:
            root = str(each.locate_file(""))
            is_imported = any(
                os.path.join(root, line.partition(",")[0]) in files for line in record.splitlines()
            )
        if is_imported:
            yield each.name, each.version


def purl(name: str, version: str) -> str:
    """A distribution's package URL; https://github.com/package-url/purl-spec, type pypi.

    >>> purl("Foo_bar", "1.0+local")
    'pkg:pypi/foo-bar@1.0%2Blocal'
    """
    return f"pkg:pypi/{quote(name.lower().replace('_', '-'))}@{quote(version)}"


def code() -> str:
    """The digest of barwise's own files, in-toto's `dirHash` of the folder barwise/.

    It is the SHA-256 of what `sha256sum` prints of its .py files, sorted by name.
    https://github.com/in-toto/attestation/blob/main/spec/v1/digest_set.md
    """
    root = Path(barwise.__file__).parent
    files = {f"barwise/{path.relative_to(root).as_posix()}": path for path in root.rglob("*.py")}
    lines = (
        f"{sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in sorted(files.items())
    )
    return sha256("".join(lines).encode()).hexdigest()
