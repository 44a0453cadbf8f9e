"""What code ran: the distributions that this process has imported, and barwise itself."""

from __future__ import annotations

import os
import sys
from hashlib import sha256
from importlib.metadata import Distribution, distributions
from pathlib import Path
from urllib.parse import quote

from barwise import version


def imported() -> dict[str, str]:
    """The versions of the distributions of which a file was imported, by name; barwise is apart.

    It is their RECORD that tells; those without one, as Debian's own packages, are told by their
    top-level modules. Of two versions of one, as a broken upgrade leaves them, it is the first.
    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    found: dict[str, str] = {}
    for each in distributions():
        if _is_imported(each, files):
            found.setdefault(each.name, each.version)
    found.pop("barwise", None)
    return found


def _is_imported(its: Distribution, files: set[str | None]) -> bool:
    record = its.read_text("RECORD")
    if record is None:
        return any(name in sys.modules for name in (its.read_text("top_level.txt") or "").split())
    root = str(its.locate_file(""))
    return any(os.path.join(root, line.partition(",")[0]) in files for line in record.splitlines())


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
    root = Path(version.__file__).parent
    files = {f"barwise/{path.relative_to(root).as_posix()}": path for path in root.rglob("*.py")}
    lines = (
        f"{sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in sorted(files.items())
    )
    return sha256("".join(lines).encode()).hexdigest()
