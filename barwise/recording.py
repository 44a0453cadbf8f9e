"""The record of a job under way: what it reads is hashed beside it, and what it wrote after it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from barwise import outputs
from barwise.errors import OutputError
from barwise.record import making
from barwise.witness import Hashed, Witness, hash_file

if TYPE_CHECKING:
    from barwise.pipeline import Result


class Recording:
    """From the start of a job to its record, which is to be at `path`.

    `inputs` are the paths of its files. Raises OutputError where no record can be written.
    """

    def __init__(self, path: str, config: str, inputs: Iterable[str], workers: int) -> None:
        self.target = outputs.target(path, "record")
        self.folder = os.path.realpath(os.path.dirname(path))
        self.config, self.workers = config, workers
        self.started = datetime.now(UTC)
        self.outputs: list[making.File] = []
        files = [(config, "config"), *((name, "input") for name in inputs)]
        self.witness = Witness(files, workers)

    def close(self) -> None:
        self.witness.close()

    def wrote(self, path: str, kind: str, data: bytes | None = None, place: str = "") -> None:
        """Takes what will be the output at `path`: its bytes, or the `place` where it is now."""
        if data is not None:
            hashed = Hashed(sha256(data).hexdigest(), len(data))
        else:
            hashed = hash_file(place, kind, OutputError)
        real = os.path.join(os.path.realpath(os.path.dirname(path)), os.path.basename(path))
        self.outputs.append(making.File(os.path.relpath(real, self.folder), kind, hashed))

    def record(self, result: Result) -> bytes:
        """The record's file. Raises InputError or ConfigError where a file has changed."""
        read = making.read_files(self.witness.hashed(), result.rows, self.config)
        return making.made(result, self.outputs, read, self.started, self.workers).to_json()
