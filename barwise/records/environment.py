"""What code ran beside barwise: the distributions that this process has imported."""

from __future__ import annotations

import os
import sys
from importlib.metadata import Distribution, distributions
from urllib.parse import quote


def imported() -> dict[str, str]:
    """By name, the versions of the distributions of which a file was imported, without barwise.

    The RECORD of a distribution lists its files. Without one, as in the packages of Debian, its
    top-level modules count. Of two versions, as a broken upgrade leaves them, the first counts.
    https://packaging.python.org/en/latest/specifications/recording-installed-packages/
    """
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    versions: dict[str, str] = {}
    for distribution in distributions():
        if _is_imported(distribution, files):
            versions.setdefault(distribution.name, distribution.version)
    versions.pop("barwise", None)
    return versions


def _is_imported(distribution: Distribution, files: set[str | None]) -> bool:
    record = distribution.read_text("RECORD")
    if record is None:
        modules = (distribution.read_text("top_level.txt") or "").split()
        return any(name in sys.modules for name in modules)
    root = str(distribution.locate_file(""))
    return any(os.path.join(root, line.partition(",")[0]) in files for line in record.splitlines())


def purl(name: str, version: str) -> str:
    """A distribution's package URL; https://github.com/package-url/purl-spec, type pypi.

    >>> purl("Foo_bar", "1.0+local")
    'pkg:pypi/foo-bar@1.0%2Blocal'
    """
    return f"pkg:pypi/{quote(name.lower().replace('_', '-'))}@{quote(version)}"
