"""What a run leaves in a file, for people and programs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, BinaryIO

from barwise.errors import OutputError
from barwise.files import writing
from barwise.files.addresses import is_address

if TYPE_CHECKING:
    from barwise.bars.batch import Bars
    from barwise.config import Config
    from barwise.engine.result import Result
    from barwise.files.hashes import Hashed
    from barwise.files.stores import StoredFile
    from barwise.stages.stage import Measure


class Output:
    """A file that a run leaves: whole, or not at all.

    It is claimed before anything is read, and written after the pass. A subclass says what is in
    it, and does what differs.

    kind: what it is, in a word, as in "metrics": messages call it the metrics file.
    is_recorded: whether a record says what was written to it.
    path: where it goes.
    target: the file that is replaced, once it is claimed.
    refused: what a store said, which is not asked again.
    made: says whether the file that this run has made is in place; None: it has made none.
    temporary: the path of a local file until it is in place.
    """

    kind = ""
    is_recorded = True

    def __init__(self, path: str) -> None:
        self.path = path
        self.target: writing.Target | None = None
        self.made: Callable[[], bool] | None = None
        self.refused: OutputError | None = None
        self.is_proven = False
        self.temporary: str | None = None

    @property
    def role(self) -> str:
        """What messages call it."""
        return f"{self.kind} file"

    def measures(self, config: Config) -> Sequence[Measure]:
        """What must be measured of the bars for it, in a run of that config."""
        return ()

    def claim(self, inputs: Mapping[str, StoredFile | None]) -> None:
        """Says where it goes, before anything is read; the inputs that are objects are with their
        addresses. Raises OutputError if that cannot be.
        """
        self.target = writing.target(self.path, self.kind)

    def prove(self) -> None:
        """Tries whether it can be written, where only that shows it. Raises OutputError."""
        if is_address(self.path) and not self.is_proven:
            try:
                writing.target(self.path, self.kind).prove()
            except OutputError as error:
                self.refused = error
                raise
            self.is_proven = True

    def refuse(self, config: Config) -> None:
        """Raises ConfigError where a run of that config has nothing for it."""

    def sink(self, appearing: ExitStack) -> Callable[[Bars], None] | None:
        """What is called with all bars and their signals, if anything."""
        return None

    def explain(self) -> None:
        """Raises the better error, if it knows one, where an input cannot be read."""

    def ended(self, result: Result) -> str:
        """Hears that the pass has ended; gives a `Message` for the log, or ""."""
        return ""

    def write(self, result: Result, others: Sequence[Output], appearing: ExitStack) -> None:
        """Writes all of it; the file appears when `appearing` is closed. It may look at `others`,
        which are written before.
        """

    def facts(self) -> Sequence[tuple[str, str]]:
        """What a page for people says of it, once it is written: names and texts."""
        return ()

    def hashed(self) -> Hashed:
        """The hash of what is written."""
        raise NotImplementedError

    def close(self) -> None:
        """Lets go of what it holds, whether the run succeeded or not."""

    def put(self, data: bytes, appearing: ExitStack) -> None:
        """Writes a new file, as a whole. Raises OutputError that names it."""
        file = self.open(appearing)
        file.write(data)
        file.flush()  # so that others appear only if this one fits on its disk too

    def open(self, appearing: ExitStack) -> BinaryIO:
        """A new file, which takes its place when `appearing` is closed."""
        if self.target is None:
            raise ValueError(f"the {self.role} is not claimed")
        file = appearing.enter_context(self._replacing(self.target))
        self.made = self.target.made(file)
        if not is_address(self.path):
            self.temporary = file.name
        return file

    def drop(self) -> None:
        """Removes what is written of it and not in place, where the run does not do it itself."""
        if self.temporary is not None:
            with suppress(OSError):
                os.unlink(self.temporary)

    @contextmanager
    def _replacing(self, target: writing.Target) -> Iterator[BinaryIO]:
        is_written = False
        try:
            with writing.replacing(target) as file:
                yield file
                is_written = True
        except OutputError as error:
            if is_written and is_address(self.path):  # it is not another output's
                self.refused = error
            raise

    def is_in_place(self) -> bool:
        """Whether what is in its place is from this run. Raises OSError where there is nothing."""
        if not is_address(self.path):
            os.stat(self.path)
        return self.made is not None and self.made()
