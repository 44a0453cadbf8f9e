"""Which files a record may name. A record is input from strangers: it must not make `verify` read,
or tell of, what the one who started it has elsewhere.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from barwise.errors import RecordError, named, reason
from barwise.files.addresses import bucket_of, is_address, joined
from barwise.sources.listing import CHECKSUM

if TYPE_CHECKING:
    from barwise.records.statement import Statement

MOST_LINKS = 40  # that Linux follows in a path
WAYS_OUT = {
    "input": "say with --input where the inputs are",
    "config": "say with --config where the config is",
    "output": "start in a folder that holds both",
}


def folder_of(record: str) -> str:
    """The folder from which a record names its outputs, also where `record` is a link to it.

    Or the address of that folder.
    """
    return os.path.dirname(os.path.realpath(record) if os.path.islink(record) else record)


def refuse_others(recorded: Statement, path: str, *, inputs: bool, config: bool) -> None:
    """Raises RecordError for a name that leads out of the folder of the record at `path`, or of
    the bucket that it is in, and of the present folder. `inputs` and `config`: whether those that
    the record names are to be read.
    """
    try:
        folder = folder_of(path)
        of_record = bucket_of(folder) if is_address(folder) else os.path.realpath(folder)
        roots = [os.getcwd(), of_record]
    except OSError as error:
        raise RecordError(
            f"cannot tell the present folder: {reason(error)}; change to another one"
        ) from None
    for what, name, place in _to_read(recorded, path, inputs=inputs, config=config):
        if leads_out(place, roots):
            raise RecordError(
                f"{named(path)} names the {what} {named(name)}, which is neither in its folder nor "
                f"in the present one: {WAYS_OUT[what]}"
            )


def _to_read(
    recorded: Statement, path: str, *, inputs: bool, config: bool
) -> Iterator[tuple[str, str, str]]:
    """Of each file that is opened: what it is, its name in the record, and its path."""
    if config:
        yield "config", recorded.config_file.name, recorded.config_file.name
    for file in recorded.subject:
        yield "output", file.name, joined(folder_of(path), file.name)
    for name in recorded.inputs if inputs else ():
        yield "input", name, name
        yield "input", name, name + CHECKSUM  # which is opened where it is there


def leads_out(path: str, roots: Iterable[str]) -> bool:
    """Whether opening `path` would leave the folders `roots`, which are real paths.

    Each step of the way is looked at before it is taken, so that nothing outside is touched: not
    even whether it exists can be told. The way may lead through folders above a root.
    """
    roots, here, links = tuple(roots), os.sep, 0
    if is_address(path):
        return not any(is_address(root) and path.startswith(f"{root}/") for root in roots)
    steps = os.path.join(os.getcwd(), path).split(os.sep)[::-1]
    while steps:
        step = steps.pop()
        if step in ("", "."):
            continue
        there = os.path.dirname(here) if step == ".." else os.path.join(here, step)
        if not any(_holds(root, there) or _holds(there, root) for root in roots):
            return True
        try:
            target = os.readlink(there)
        except FileNotFoundError:  # nor is anything below it
            return False
        except (OSError, ValueError):  # it is not a link
            here = there
            continue
        links += 1
        if links > MOST_LINKS:
            return True
        here = os.sep if target.startswith(os.sep) else here
        steps += target.split(os.sep)[::-1]
    return not any(_holds(root, here) for root in roots)


def _holds(folder: str, place: str) -> bool:
    return place == folder or place.startswith(os.path.join(folder, ""))
