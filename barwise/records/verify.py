"""Verifies a record: compares its files with it, runs its config again and compares the result."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from barwise.engine import run
from barwise.engine.events import Silent
from barwise.engine.executors.named import chosen
from barwise.errors import InputError
from barwise.files.addresses import is_address
from barwise.files.hashes import FileHashes, Role
from barwise.files.opening import open_regular
from barwise.records import differences, files_now, load, make, reach
from barwise.records.diff import Comparison, counts_of, digest_of
from barwise.records.differences import Difference, difference
from barwise.records.files_now import NOW
from barwise.sources.find import FileList, find
from barwise.sources.words import Words
from barwise.stages.digests import BlockDigests
from barwise.workers import checked_workers, cores

if TYPE_CHECKING:
    from barwise.config import Config
    from barwise.engine.events import Events
    from barwise.engine.execute import Executor
    from barwise.records.statement import Statement

NO_BARS = "the inputs cannot be read as bars; name them with --input to see why"


def verify(
    record: str | os.PathLike[str],
    input: Words | None = None,
    *,
    config: str | os.PathLike[str] | None = None,
    workers: int | None = None,
    executor: Executor | str | None = None,
    events: Events | None = None,
    bar_by_bar: bool = False,
) -> Comparison:
    """Compares inputs, config and outputs with what the record at `record` says of them, runs the
    recorded config again, and compares the result.

    Inputs and config are where the record says, or at `input` and `config`; outputs are where the
    record says, seen from its folder. Other versions, of barwise too, are notes. `workers`,
    `executor` and `events` are those of `run`. With `bar_by_bar` two blocks of each series are also
    computed one bar at a time, here, so that no signal in them can have seen a later close. Raises
    RecordError, also where the record names a file that is neither in its folder nor in the present
    one; InputError where `input` means no files.
    """
    path = os.fspath(record)
    executor = chosen(executor, workers)
    recorded = load.load(path)
    recorded_config = load.config_of(recorded, path)
    reach.refuse_others(recorded, path, inputs=not input, config=not config)
    changes = [
        *files_now.of_config(recorded, recorded_config, config),
        *files_now.of_outputs(recorded, reach.folder_of(path)),
    ]
    files = find(input) if input else _recorded_files(recorded)
    if files.error and input:
        raise files.error
    again: Statement | None = None
    if files.error:
        not_run = difference("run", "", f"not run again: {files.error}")
        changes += [*files_now.of_inputs(recorded), not_run]
    else:
        again, more = _again(recorded, recorded_config, files, executor, events, bool(input))
        changes += more
    blocks = None
    if bar_by_bar and again:
        from barwise.records.bar_by_bar import replayed  # which few ask for

        listener = events or Silent()
        threads = checked_workers(workers)
        blocks, more = replayed(recorded.result.series, recorded_config, files, threads, listener)
        changes += more
    notes = differences.notes(recorded, again, NOW) if again else []
    counts, digest = counts_of(recorded), digest_of(recorded, again)
    return Comparison({"record": path}, counts, digest, tuple(changes), tuple(notes), blocks)


def _recorded_files(recorded: Statement) -> FileList:
    """The inputs that the record names, each a file; a folder or a pattern is none."""
    local = [name for name in recorded.inputs if not is_address(name)]
    for name in local:
        try:
            open_regular(name, "input", InputError).close()
        except InputError as error:
            return FileList((), (), error)
    files = find(local) if local else FileList((), ())
    addresses = [name for name in recorded.inputs if is_address(name)]
    return _with_objects(files, addresses) if addresses else files


def _with_objects(files: FileList, addresses: list[str]) -> FileList:
    """The files, and the objects at some addresses."""
    from barwise.files.peek import objects_at  # 17 ms, with what reads stores

    try:
        objects = objects_at(addresses)
    except InputError as error:
        return files._replace(error=files.error or error)
    named_too = tuple((address, True) for address in addresses)
    return files._replace(files=(*files.files, *named_too), objects=objects)


def _again(
    recorded: Statement,
    config: Config,
    files: FileList,
    executor: Executor,
    events: Events | None,
    is_named: bool,
) -> tuple[Statement | None, list[Difference]]:
    """The record of another run, and how it differs from the first one; None where it failed.

    Where it failed, what the files hold is told only if `is_named`: not by the record alone.
    """
    started = datetime.now(UTC)
    are_hashed = any(file.is_object and file.sha256 for file in recorded.inputs.values())
    paths = [path for path, _ in files.files if are_hashed or path not in files.objects]
    to_hash: dict[str, Role] = dict.fromkeys(paths, "input")
    with closing(FileHashes(to_hash, cores(), objects=files.objects)) as hashes:
        try:
            result = run.run(
                files, config, executor=executor, events=events, measures=[BlockDigests()]
            )
            failed = []
        except InputError as error:  # a difference, since the recorded run did not fail
            result = None
            failed = [difference("run", "", f"run again: {error if is_named else NO_BARS}")]
        try:
            hashed = hashes.hashed()
        except InputError:
            if result is None:  # for the same reason
                return None, failed
            raise
    read = make.inputs(hashed, result, files.objects)
    inputs = {file.name: file for file in read}
    if result is None and not is_named:
        inputs = {
            name: files_now.hidden(file, recorded.inputs[name]) for name, file in inputs.items()
        }
    changes = [*differences.of_inputs(recorded.inputs, inputs, NOW), *failed]
    if result is None:
        return None, changes
    again = make.made(result, (), read, started)
    return again, [*changes, *differences.of_results(recorded.result, again.result, NOW)]
