"""The names of a file's columns: where a column is, and the likely way out where it is not."""

from __future__ import annotations

import json
from collections.abc import Callable

from barwise.errors import InputError, listed, nearest, quoted
from barwise.sources import prices

OTHER_DELIMITERS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def find(role: str, column: str, header: list[str], file: str, line: Callable[[], int]) -> int:
    """Position of `column` in a CSV `header`; `line` finds the header's line for a message.

    `role` is the column's key in the config. Raises InputError where the column is not there, or
    there twice.
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
    above = ", or remove what stands above the header"
    way_out = _other_way_out(header, line()) or _name_it(role, column, header, above)
    raise _absent(column, header, file, way_out)


def absent(role: str, column: str, header: list[str], file: str) -> InputError:
    """The error for a file of typed columns that has none of that name."""
    return _absent(column, header, file, _name_it(role, column, header))


def _absent(column: str, header: list[str], file: str, way_out: str) -> InputError:
    return InputError(
        f"{file} has no column {quoted(column)}; its columns are {listed(header)}: {way_out}"
    )


def is_repeated(row: list[str], header: list[str]) -> bool:
    """Whether a row is the header again, perhaps with a BOM or blanks that the first had not."""
    return [name.strip("\ufeff \t") for name in row] == [name.strip(" \t") for name in header]


def _name_it(role: str, column: str, header: list[str], otherwise: str = "") -> str:
    if near := nearest(column, header):
        # JSON's strings are YAML's double-quoted ones, escapes included.
        name = json.dumps(near, ensure_ascii=False)
        return f"did you mean {quoted(near)}? then set columns: {{{role}: {name}}}"
    return f"name the column in the config, as in columns: {{{role}: NAME}}{otherwise}"


def _other_way_out(header: list[str], line: int) -> str | None:
    """What a CSV's header shows to be wrong with the file rather than with a name."""
    for delimiter, what in OTHER_DELIMITERS.items():
        if any(delimiter in name.strip() for name in header):
            return f"its fields are separated by {what}; separate them by commas"
    if len(header) == 1 and "," in header[0]:
        return "the whole line is in quotes; if each line is, remove the quotes around the lines"
    if len(header) == 1 and len(header[0].split()) > 1:
        return f"separate its fields by commas, or remove line {line} if it stands above the header"
    if any(name.startswith("\ufeff") for name in header):
        return f"remove the second byte order mark (BOM) from line {line}"
    if all(name[:1].isdigit() or prices.is_number(name) for name in header):
        return f"line {line} looks like a bar; put a line with the names of the columns above it"
    return None
