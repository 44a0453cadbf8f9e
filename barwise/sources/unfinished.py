"""Downloads that are under way, or were broken off, as browsers and programs name them."""

from __future__ import annotations

import os

# What ends the names of downloads that are under way, or were broken off; Safari's is a folder.
UNFINISHED = (".part", ".crdownload", ".tmp", ".partial", ".download")
UNFINISHED_FOLDER = ".download"


def is_unfinished(path: str) -> bool:
    """Whether a name is that of a download which is under way, or was broken off.

    A folder that is not a download may have such a name too, as `symbol=A.TMP/`.

    >>> is_unfinished("BTCUSDT-1m-2024-01.zip.crdownload"), is_unfinished("part.csv")
    (True, False)
    """
    name = os.path.basename(path).lower()
    return name.endswith(UNFINISHED) and (
        not os.path.isdir(path) or (name.endswith(UNFINISHED_FOLDER) and "=" not in name)
    )


def is_of_unfinished(path: str, pattern_names: list[str]) -> bool:
    """Whether a match is an unfinished download, or in one that the pattern does not ask for."""
    names = path.split(os.sep)
    return is_unfinished(path) or any(
        name.lower().endswith(UNFINISHED_FOLDER)
        and name not in pattern_names
        and is_unfinished(os.sep.join(names[:number]))
        for number, name in enumerate(names[:-1], 1)
    )
