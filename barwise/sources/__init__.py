"""Where bars come from: one file a kind of source, each giving batches of the columns asked for."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from barwise.batch import Batch
from barwise.sources import strict_csv


def read(path: str | os.PathLike[str], columns: Mapping[str, str]) -> Iterator[Batch]:
    """The bars of the file at `path`, in order, as batches.

    `columns` gives the file's name of each column that the run needs, as in `{"close": "Close"}`.
    Raises InputError, or PriceError for a close that is no price, where the reader meets it.
    """
    return strict_csv.read(path, columns)
