"""The record of a job under way: what it reads is hashed beside it, and what it wrote after it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from barwise import outputs
from barwise.errors import OutputError, is_utf8, named
from barwise.witness import Hashed, Witness, hash_file

if TYPE_CHECKING:
    from barwise.pipeline import Result
    from barwise.record.statement import Kind


class Recording:
    """From the start of a job to its record, which is to be at `path`.

    `inputs` are the paths of its files. Raises OutputError where no record can be written.
    """

    def __init__(self, path: str, config: str, inputs: Sequence[str], workers: int) -> None:
        self.target = outputs.target(path, "record")
        self.folder = os.path.normpath(os.path.dirname(path) or os.curdir)
        self.config, self.workers = config, workers
        self.started = datetime.now(UTC)
        self.outputs: list[tuple[str, Kind, Hashed]] = []
        for name in (path, config, *inputs):
            _refuse_bytes(name)
        files = [(config, "config"), *((name, "input") for name in inputs)]
        self.witness = Witness(files, workers)

    def close(self) -> None:
        self.witness.close()

    def wrote(self, path: str, kind: Kind, data: bytes | None = None, place: str = "") -> None:
        """Takes what will be the output at `path`: its bytes, or the `place` where it is now."""
        if data is not None:
            hashed = Hashed(sha256(data).hexdigest(), len(data))
        else:
            hashed = hash_file(place, kind, OutputError)
        self.outputs.append((self.named(path), kind, hashed))

    def named(self, path: str) -> str:
        """An output as seen from the record's folder, so that both can be moved; but as it was
        given where that would tell of folders that the user did not write.
        """
        _refuse_bytes(path)
        above = os.path.isabs(path) != os.path.isabs(self.folder) or self.folder.startswith("..")
        return path if above else os.path.relpath(path, self.folder)

    def record(self, result: Result) -> bytes:
        """The record's file. Raises InputError or ConfigError where a file has changed."""
        from barwise.record import making  # 20 ms that a wrong config need not wait for

        read = making.read_files(self.witness.hashed(), result.rows, self.config)
        written = [making.File(*each) for each in self.outputs]
        return making.made(result, written, read, self.started, self.workers).to_json()


def _refuse_bytes(path: str) -> None:
    if not is_utf8(path):
        raise OutputError(f"the path {named(path)} is not UTF-8, which a record wants: rename it")
