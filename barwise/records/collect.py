"""The record of a run as an output: its inputs are hashed while it runs."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

from barwise.engine.events import Message
from barwise.engine.output import Output
from barwise.errors import OutputError, is_utf8, named
from barwise.files.hashes import FileHashes, Role
from barwise.files.limits import LARGEST_RECORD

if TYPE_CHECKING:
    from barwise.config import Config
    from barwise.engine.result import Result
    from barwise.records.statement import Kind
    from barwise.stages.stage import Measure

MOST_SHOWN = 20  # files on a page


class RecordFile(Output):
    """See `Output`: the record of a run, whose inputs are hashed while it runs.

    config: path of the config file. workers: threads of the run. started: when it was claimed.
    hashes: of the inputs and the config, once it is claimed.
    """

    kind = "record"

    def __init__(self, path: str, config: str, workers: int) -> None:
        super().__init__(path)
        self.config, self.workers = config, workers
        self.started = datetime.now(UTC)
        self.hashes: FileHashes | None = None

    def measures(self, config: Config) -> Sequence[Measure]:
        from barwise.records import make  # noqa: F401  20 ms, better before the run than after it
        from barwise.stages.digests import BlockDigests  # NumPy

        return [BlockDigests()]

    def claim(self, inputs: Sequence[str]) -> None:
        super().claim(inputs)
        for name in (self.path, self.config, *inputs):
            _refuse_bytes(name)
        files: dict[str, Role] = {**dict.fromkeys(inputs, "input"), self.config: "config"}
        self.hashes = FileHashes(files, self.workers)

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
            if other.is_recorded and other is not self
        ]
        hashed = dict(self.hashes.hashed())
        config = make.resource(self.config, "config", hashed.pop(self.config))
        written = [
            make.resource(path, cast("Kind", kind), of_file) for path, kind, of_file in outputs
        ]
        read = [config, *make.inputs(hashed, result)]
        text = make.made(result, written, read, self.started, self.workers).to_json()
        if len(text) > LARGEST_RECORD:
            raise OutputError(
                f"the record {named(self.path)} would have {len(text)} bytes, but verify reads at "
                f"most {LARGEST_RECORD}: leave out --record, or run fewer bars at a time"
            )
        self.put(text, appearing)

    def shown(self) -> Sequence[tuple[str, str]]:
        import shlex  # 1 ms that a record alone does not need

        files = self.hashes.hashed() if self.hashes else {}
        names = [self.config, *(path for path in files if path != self.config)]
        lines = [(f"SHA-256 of {path}", files[path].sha256) for path in names[: MOST_SHOWN + 1]]
        if more := len(names) - len(lines):
            lines.append(("more files", f"{more}, whose hashes are in the record"))
        return [*lines, ("to verify", f"barwise verify {shlex.quote(self.path)}")]

    def close(self) -> None:
        if self.hashes:
            self.hashes.close()

    def _relative(self, path: str) -> str:
        """The path of another output from the folder of the record, so that both can be moved."""
        _refuse_bytes(path)
        folder, name = os.path.split(path)
        real = os.path.join(os.path.realpath(folder), name)
        here = self.target.path if self.target else self.path
        return os.path.relpath(real, os.path.dirname(here))


def _refuse_bytes(path: str) -> None:
    if not is_utf8(path):
        raise OutputError(f"the path {named(path)} is not UTF-8, which a record wants: rename it")
