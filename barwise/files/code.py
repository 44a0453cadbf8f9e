"""Which code of barwise this is: its version, and the digest of its own files."""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from pathlib import Path

from barwise import version


def code() -> str:
    """The digest of barwise's own files: in-toto's `dirHash` of the folder barwise/.

    It is the SHA-256 of what `sha256sum` prints of its .py, .c and .h files, sorted by name.
    https://github.com/in-toto/attestation/blob/main/spec/v1/digest_set.md
    """
    root = Path(version.__file__).parent
    paths = [path for kind in ("py", "c", "h") for path in root.rglob(f"*.{kind}")]
    files = {f"barwise/{path.relative_to(root).as_posix()}": path for path in paths}
    lines = (
        f"{sha256(path.read_bytes()).hexdigest()}  {name}\n" for name, path in sorted(files.items())
    )
    return sha256("".join(lines).encode()).hexdigest()


@cache
def identity() -> str:
    """The version with the first digits of that digest; computed once, as it takes 9 ms."""
    return f"{version.__version__}+{code()[:12]}"
