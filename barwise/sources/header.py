"""The names of a file's columns: where a column is, and the likely way out where it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from barwise.bars.columns import DELIMITERS
from barwise.errors import InputError, in_yaml, listed, nearest, quoted
from barwise.sources.columns import TIME_OF_DAY
from barwise.sources.csv import first_lines
from barwise.sources.csv.rows import rows_of
from barwise.sources.names import ADJUSTED, LIKE_CLOSES, SYMBOLS, called, first_called, norm
from barwise.sources.values import prices

if TYPE_CHECKING:
    from barwise.sources.parts import Part

BAR = ("time", "open", "high", "low", "close", "volume")


def find(role: str, column: str, header: list[str], part: Part, line: Callable[[], int]) -> int:
    """Position of `column` in a CSV `header`; `line` gives the header's line for a message.

    `role` is the column's key in the config. Raises InputError where the column is not there, or is
    there twice.
    """
    count = header.count(column)
    if count == 1:
        return header.index(column)
    if count > 1:
        first, second = [i + 1 for i, name in enumerate(header) if name == column][:2]
        raise InputError(
            f"{part.name} has the column {quoted(column)} {count} times, in positions {first} and "
            f"{second}: keep one, or rename the other"
        )
    way_out = _other_way_out(role, column, header, part, line())
    way_out = way_out or _name_it(role, column, header, part)
    raise _absent(column, header, part.name, way_out)


def absent(role: str, column: str, header: list[str], part: Part) -> InputError:
    """The error for a file of typed columns that has no column of that name."""
    return _absent(column, header, part.name, _name_it(role, column, header, part))


def _absent(column: str, header: list[str], file: str, way_out: str) -> InputError:
    return InputError(
        f"{file} has no column {quoted(column)}; its columns are {listed(header)}: {way_out}"
    )


def is_repeated(row: list[str], header: list[str]) -> bool:
    """Whether a row is the header again, perhaps with a BOM or other blanks."""
    return [name.strip("\ufeff \t") for name in row] == [name.strip(" \t") for name in header]


def _name_it(role: str, column: str, header: list[str], part: Part) -> str:
    same = called(norm(column), header)
    if len(same) > 1:
        both = f"{quoted(same[0])} and {quoted(same[1])}"
        return f"it has both {both}; name one, as in {_naming(role, in_yaml(same[0]), part)}"
    if near := _near(role, column, header):
        adjusted = ", which is adjusted for dividends and splits" if norm(near) in ADJUSTED else ""
        naming = _naming(role, in_yaml(near), part)
        return f"did you mean {quoted(near)}{adjusted}? then set {naming}"
    return f"name the column in the config, as in {_naming(role, 'NAME', part)}"


def _naming(role: str, name: str, part: Part) -> str:
    """The config's line that names the column of a role; `name` is as YAML writes it."""
    if role in ("timestamp", TIME_OF_DAY) and len(part.roles.timestamp) == 2:
        date, hour = map(in_yaml, part.roles.timestamp)
        pair = f"{date}, {name}" if role == TIME_OF_DAY else f"{name}, {hour}"
        return f"columns: {{timestamp: [{pair}]}}"
    return f"columns: {{{role}: {name}}}"


def _near(role: str, column: str, header: list[str]) -> str | None:
    """The name that was most likely meant, for a message; it is never read instead."""
    if role == "symbol":  # with a column of times each bar would have a symbol of its own
        return first_called(SYMBOLS, header)
    like = first_called(LIKE_CLOSES, header) if role == "close" else None
    return nearest(column, header) or like


def _other_way_out(role: str, column: str, header: list[str], part: Part, line: int) -> str | None:
    """The way out where a CSV's header shows that the file is wrong rather than a name; or None."""
    if above := first_lines.lines_above_header(part, column):
        return f"the names of the columns are on line {above + 1}; set csv: {{skip: {above}}}"
    if not _near(role, column, header) and (below := _bar_below(header, part)):
        return below
    for delimiter, what in DELIMITERS.items():
        if delimiter != part.text.delimiter and any(delimiter in name.strip() for name in header):
            names = _split(header, part, delimiter)
            config = _delimited(role, delimiter, names, part)
            return f"its fields are separated by {what}; set {config}"
    if len(header) == 1 and "," in header[0]:
        return "the whole line is in quotes; if each line is, remove the quotes around the lines"
    if len(header) == 1 and len(header[0].split()) > 1:
        return f"separate its fields by commas, or remove line {line} if it stands above the header"
    if any(name.startswith("\ufeff") for name in header):
        return f"remove the second byte order mark (BOM) from line {line}"
    if _is_bar(header):
        return (
            f"line {line} looks like a bar; name its {len(header)} columns in their order, as in "
            f"csv: {{names: {_names(header)}}}"
        )
    return None


def _split(header: list[str], part: Part, delimiter: str) -> list[str]:
    """The names as another delimiter splits them."""
    return next(rows_of([part.text.delimiter.join(header)], delimiter, strict=False), [])


def _bar_below(header: list[str], part: Part) -> str | None:
    """The way out where a line of one field stands above bars."""
    if (below := first_lines.first_row_below(part)) is None:
        return None
    number, delimiter, row = below
    if len([*filter(str.strip, _split(header, part, delimiter))]) > 1 or not _is_bar(row):
        return None
    if delimiter == "," and len(row) == 2 and len(row[0]) < len("20240131"):  # 42,5 is one number
        return None
    keys = f"skip: {number - 1}, names: {_names(row)}"
    if delimiter != ",":
        keys += f", delimiter: {in_yaml(first_lines.as_key(delimiter))}"
    return f"line {number} looks like a bar; name its columns in their order: csv: {{{keys}}}"


def _delimited(role: str, delimiter: str, names: list[str], part: Part) -> str:
    """The config for a file of another delimiter, whose header has no close."""
    written = in_yaml(first_lines.as_key(delimiter))
    if _is_bar(names):
        return (
            f"csv: {{delimiter: {written}, names: {_names(names)}}}, its {len(names)} columns in "
            "their order"
        )
    near = _near(role, role, names)
    naming = _naming(role, in_yaml(near) if near else "NAME", part)
    which = "" if near else f" with one of {listed(names)}"
    return f"csv: {{delimiter: {written}}} and {naming}{which}"


def _is_bar(header: list[str]) -> bool:
    """Whether a row is a bar rather than names: of times and numbers, perhaps with a symbol."""
    numbers = sum(map(prices.is_number, header))
    return 2 * numbers > len(header) or all(
        name[:1].isdigit() or prices.is_number(name) for name in header
    )


def _names(row: list[str]) -> str:
    """Suggested names for the columns of a bar; one is the close."""
    words = [at for at, cell in enumerate(row) if cell.strip() and not _is_bar([cell])]
    cells = [cell for at, cell in enumerate(row) if at not in words]
    times = ["date", "time"] if len(cells) > 2 and ":" in cells[1] else ["time"]
    count = len(cells) - len(times)
    values = {2: ["close", "volume"], 3: ["high", "low", "close"]}.get(count, [*BAR[1:]])
    names = [*times, *values][: len(cells)] if count > 1 else [*times, "close"][-len(cells) :]
    for at in words:
        names.insert(at, "symbol" if at == words[0] else f"c{at + 1}")
    names += [f"c{i}" for i in range(len(names) + 1, len(row) + 1)]
    return f"[{', '.join(names)}]"
