"""The record of a run as an output: its inputs are hashed while it runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from barwise.engine.events import Message
from barwise.engine.output import Output
from barwise.errors import ConfigError, OutputError, is_utf8, named
from barwise.files.addresses import is_address, relative
from barwise.files.hashes import FileHashes, Hashed, Role, hash_file
from barwise.files.limits import LARGEST_RECORD

if TYPE_CHECKING:
    from barwise.engine.result import Result
    from barwise.files.stores import StoredFile
    from barwise.records.statement import Kind
    from barwise.stages.stage import Measure


class RecordFile(Output):
    """See `Output`: the record of a run, whose inputs are hashed while it runs.

    config: path of the config file. workers: with more than one, a thread hashes.
    started: when it was claimed.
    hash_objects: whether inputs in stores are hashed too. objects: these, once it is claimed.
    hashes: of the inputs and a local config, once it is claimed.
    stored_config: the hash of a config in a store, once it is claimed.
    """

    kind = "record"

    def __init__(self, path: str, config: str, workers: int, hash_objects: bool = False) -> None:
        super().__init__(path)
        self.config, self.workers, self.hash_objects = config, workers, hash_objects
        self.objects: dict[str, StoredFile] = {}
        self.started = datetime.now(UTC)
        self.hashes: FileHashes | None = None
        self.stored_config: Hashed | None = None

    @property
    def measures(self) -> Sequence[Measure]:
        from barwise.records import make  # noqa: F401  20 ms, better before the run than after it
        from barwise.stages.digests import BlockDigests  # NumPy

        return [BlockDigests()]

    def claim(self, inputs: Mapping[str, StoredFile | None]) -> None:
        super().claim(inputs)
        self.objects = {path: file for path, file in inputs.items() if file}
        for name in (self.path, self.config, *inputs):
            _refuse_bytes(name)
        to_hash = [path for path, file in inputs.items() if file is None or self.hash_objects]
        files: dict[str, Role] = dict.fromkeys(to_hash, "input")
        if is_address(self.config):
            self.stored_config = hash_file(self.config, "config", ConfigError)
        else:
            files[self.config] = "config"
        self.hashes = FileHashes(files, self.workers, objects=self.objects)

    def explain(self) -> None:
        if self.hashes:
            self.hashes.refuse_changed()

    def ended(self, result: Result) -> str:
        digest = result.digest
        return Message("run_digest", f"Digest of the run: {digest}", digest=digest)

    def write(self, result: Result, others: Sequence[Output], appearing: ExitStack) -> None:
        """Raises InputError or ConfigError too, if a file has changed."""
        from barwise.records import make  # which the job has imported by now

        if self.hashes is None:
            raise ValueError("the record file is not claimed")
        outputs = [
            (self._relative(other.path), other.kind, other.hashed())
            for other in others
            if other is not self
        ]
        hashed = dict(self.hashes.hashed())
        of_config = self._still_stored() if self.stored_config else hashed.pop(self.config)
        config = make.resource(self.config, "config", of_config)
        written = [
            make.resource(path, cast("Kind", kind), of_file) for path, kind, of_file in outputs
        ]
        read = [config, *make.inputs(hashed, result, self.objects)]
        text = make.made(result, written, read, self.started).to_json()
        if len(text) > LARGEST_RECORD:
            raise OutputError(
                f"the record {named(self.path)} would have {len(text)} bytes, but verify reads at "
                f"most {LARGEST_RECORD}: leave out --record, or run fewer bars at a time"
            )
        self.put(text, appearing)

    def close(self) -> None:
        if self.hashes:
            self.hashes.close()

    def _still_stored(self) -> Hashed:
        """The hash of a config in a store. Raises ConfigError where it is another one by now."""
        now = hash_file(self.config, "config", ConfigError)
        if now != self.stored_config:
            raise ConfigError(
                f"the config {named(self.config)} changed while it was read, so that nobody can "
                "say what was read: run again when nothing writes to it"
            )
        return now

    def _relative(self, path: str) -> str:
        """The path of another output from the folder of the record, so that both can be moved."""
        _refuse_bytes(path)
        folder, name = os.path.split(path)
        real = path if is_address(path) else os.path.join(os.path.realpath(folder), name)
        here = self.target.path if self.target else self.path
        return relative(real, os.path.dirname(here))


def _refuse_bytes(path: str) -> None:
    if not is_utf8(path):
        raise OutputError(f"the path {named(path)} is not UTF-8, which a record wants: rename it")
