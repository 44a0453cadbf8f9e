"""The record of a job: its inputs are hashed while it runs, its outputs when they are written."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO

from barwise.errors import OutputError, is_utf8, named
from barwise.files import writing
from barwise.files.hashes import FileHashes, Hashed, hash_file

if TYPE_CHECKING:
    from barwise.engine.result import Result
    from barwise.records.statement import Kind


class Recording:
    """What a job has read and written so far, for the record that will be at `path`.

    `inputs` are the paths of its files. Raises OutputError where no record can be written.
    """

    def __init__(self, path: str, config: str, inputs: Sequence[str], workers: int) -> None:
        self.target = writing.target(path, "record")
        self.config, self.workers = config, workers
        self.started = datetime.now(UTC)
        self.outputs: list[tuple[str, Kind, Hashed]] = []
        for name in (path, config, *inputs):
            _refuse_bytes(name)
        self.hashes = FileHashes({**dict.fromkeys(inputs, "input"), config: "config"}, workers)

    def close(self) -> None:
        self.hashes.close()

    def wrote_metrics(self, path: str, text: bytes) -> None:
        """Notes the metrics that will be at `path`."""
        self._wrote(path, "metrics", Hashed(sha256(text).hexdigest(), len(text)))

    def wrote_signals(self, path: str, file: BinaryIO) -> None:
        """Notes the open file of signals, which will be at `path`."""
        file.flush()
        self._wrote(path, "signals", hash_file(file.name, "signals", OutputError))

    def _wrote(self, path: str, kind: Kind, hashed: Hashed) -> None:
        """Notes an output by its path from the folder of the record, so that both can be moved."""
        _refuse_bytes(path)
        folder, name = os.path.split(path)
        real = os.path.join(os.path.realpath(folder), name)
        relative = os.path.relpath(real, os.path.dirname(self.target.path))
        self.outputs.append((relative, kind, hashed))

    def record(self, result: Result) -> bytes:
        """The text of the record. Raises InputError or ConfigError if a file has changed."""
        from barwise.records import make  # which the job has imported by now

        hashed = dict(self.hashes.hashed())
        config = make.resource(self.config, "config", hashed.pop(self.config))
        written = [make.resource(*output) for output in self.outputs]
        read = [config, *make.inputs(hashed, result)]
        return make.made(result, written, read, self.started, self.workers).to_json()


def _refuse_bytes(path: str) -> None:
    if not is_utf8(path):
        raise OutputError(f"the path {named(path)} is not UTF-8, which a record wants: rename it")
