"""The header of a CSV file: where a column is, and the likely way out where it is not."""

from __future__ import annotations

import json
from collections.abc import Callable

from barwise.errors import InputError, listed, nearest, quoted
from barwise.sources import prices

OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def find(column: str, header: list[str], file: str, line: Callable[[], int]) -> int:
    """Position of `column` in `header`; `line` finds the header's line for a message.

    Raises InputError where the column is not there, or there twice.
    """
    found = header.count(column)
    if found == 1:
        return header.index(column)
    if found > 1:
        first, second = [i + 1 for i, name in enumerate(header) if name == column][:2]
        raise InputError(
            f"{file} has the column {quoted(column)} {found} times, in positions {first} and "
            f"{second}: keep one, or rename the other"
        )
    raise InputError(
        f"{file} has no column {quoted(column)}; its columns are {listed(header)}: "
        + _way_out(column, header, line())
    )


def is_repeated(row: list[str], header: list[str]) -> bool:
    """Whether a row is the header again, perhaps with a BOM or blanks that the first had not."""
    return [name.strip("\ufeff \t") for name in row] == [name.strip(" \t") for name in header]


def _way_out(column: str, header: list[str], line: int) -> str:
    for delimiter, what in OTHER_DELIMITERS.items():
        if any(delimiter in name.strip() for name in header):
            return f"its fields are separated by {what}; separate them by commas"
    if len(header) == 1 and "," in header[0]:
        return "the whole line is in quotes; if each line is, remove the quotes around the lines"
    if len(header) == 1 and len(header[0].split()) > 1:
        return f"separate its fields by commas, or remove line {line} if it stands above the header"
    if any(name.startswith("\ufeff") for name in header):
        return f"remove the second byte order mark (BOM) from line {line}"
    if near := nearest(column, header):
        # JSON's strings are YAML's double-quoted ones, escapes included.
        name = json.dumps(near, ensure_ascii=False)
        return f"did you mean {quoted(near)}? then set columns: {{close: {name}}}"
    if all(name[:1].isdigit() or prices.is_number(name) for name in header):
        return f"line {line} looks like a bar; put a line with the names of the columns above it"
    return (
        "name the column of closes in the config, as in columns: {close: NAME}, or remove what "
        "stands above the header"
    )
