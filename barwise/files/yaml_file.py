"""Reads a small YAML file of keys and plain values, strictly, with the line of each.

Only syntax is judged here, never what a key means. Nothing is constructed: the nodes that
PyYAML composes are read as they stand, so no tag can run code, and an alias or a nest of
brackets is refused where it begins.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import yaml

from barwise.errors import ConfigError, listed, named, nearest, quoted
from barwise.files.limits import LARGEST_CONFIG
from barwise.files.opening import open_regular

DEPTH_LIMIT = 4
WHOLE_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]{0,39})")  # YAML 1.1 would read 010 as 8, 1:30 as 90

TRUTHS = ("true", "True", "TRUE", "false", "False", "FALSE")


class Unquoted(str):
    """A plain value that YAML 1.1 takes for neither text nor a plain whole number, as written."""

    def __repr__(self) -> str:
        return str(self) or "empty"


class Null(Unquoted):
    """A value that says that there is none: null, ~ or nothing."""

    is_null = True  # for rooms that must not import this one


class Truth(Unquoted):
    """A plain true or false, of those that YAML 1.2 knows too; not yes, on or off."""

    def __bool__(self) -> bool:
        return self.lower() == "true"


class Items(list[Any]):
    """The plain values of a list."""

    def __repr__(self) -> str:
        return f"[{', '.join(map(repr, self))}]"


class Entry(NamedTuple):
    """What a mapping holds for a key.

    value: the first one: a str, an int, an Unquoted, Items or Entries.
    line: where the key stands, from 1.
    again: the line where the key stands a second time; None if it does not.
    """

    value: Any
    line: int
    again: int | None = None


class Entries(dict[str, Entry]):
    """The keys of a mapping."""

    def __repr__(self) -> str:
        return "a mapping"


class _Refused(yaml.MarkedYAMLError):
    """YAML that is valid and has no place in a config."""


class _Loader(yaml.SafeLoader):
    """PyYAML's composer with bounds: no aliases, no tags, no deep nests."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        mark = event.start_mark
        if isinstance(event, yaml.AliasEvent):
            raise _Refused(
                problem="an alias is not read here; write the value out", problem_mark=mark
            )
        if event.tag is not None:
            raise _Refused(
                problem="a tag is not read here; write the plain value", problem_mark=mark
            )
        if self.depth == DEPTH_LIMIT:
            raise _Refused(problem="nested too deeply; write plain values", problem_mark=mark)
        self.depth += 1
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def read(path: str | os.PathLike[str]) -> Entries:
    """The keys of the YAML mapping in the file at `path`.

    Raises ConfigError for a file that is not regular, is over 64 KiB, is not UTF-8 or YAML 1.1, or
    is more than a mapping of plain values, lists and mappings.
    """
    file = named(path)
    text = _text(path, file)
    loader = None
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise ConfigError(
            f"the character {quoted(chr(int(error.character)))} on line {line} of {file} "
            "is not allowed in YAML: remove it"
        ) from None
    except yaml.MarkedYAMLError as error:
        raise ConfigError(_syntax(error, file)) from None
    except (ValueError, OverflowError) as error:  # from an escape or a directive beyond all bounds
        line = loader.line + 1 if loader else 1
        raise ConfigError(f"{file} is not valid YAML on line {line}: {error}") from None
    if root is None or root.value == "":
        raise ConfigError(f"{file} is empty: write seed, window and version in it")
    if not isinstance(root, yaml.MappingNode):
        raise ConfigError(f"{file} does not hold keys and values: write lines like window: 5")
    return _entries(root)


def _text(path: str | os.PathLike[str], file: str) -> str:
    with open_regular(path, "config", ConfigError) as opened:
        try:
            data = opened.read(LARGEST_CONFIG + 1)
        except OSError as error:
            raise ConfigError(f"cannot read {file}: {error.strerror}; check the file") from None
    if data is None:
        raise ConfigError(
            f"cannot read {file}: it has no data yet, and a job does not wait; name a regular file"
        )
    if len(data) > LARGEST_CONFIG:
        raise ConfigError(
            f"{file} is larger than {LARGEST_CONFIG} bytes: that is not a config; name another file"
        )
    try:
        text = data.removeprefix(codecs.BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            f"byte {data[error.start]:#04x} on line {line} of {file} is not UTF-8: "
            "save the file as UTF-8"
        ) from None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _syntax(error: yaml.MarkedYAMLError, file: str) -> str:
    """A syntax error in one line. One met while scanning is placed where the scanning began."""
    scanned = (error.context or "").startswith("while scanning")
    mark = (error.context_mark if scanned else None) or error.problem_mark
    where = f" on line {mark.line + 1}, column {mark.column + 1}" if mark else ""
    problem = str(error.problem)
    if error.context and (scanned or problem.startswith("but ")):
        problem = f"{error.context}, {problem}"
    if isinstance(error, _Refused):
        return f"{file} is not a config{where}: {problem}"
    return f"{file} is not valid YAML{where}: {problem}; check colons, quotes and indentation there"


def _entries(node: yaml.MappingNode) -> Entries:
    entries = Entries()
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "[...]"
        if key in entries:  # PyYAML would let the last one win
            entries[key] = entries[key]._replace(again=line)
        else:
            entries[key] = Entry(_value(value_node), line)
    return entries


def plain(value: Any) -> Any:
    """The plain value: text, a whole number, a truth, False for a null, or a tuple of these."""
    if isinstance(value, Null):
        return False
    if isinstance(value, Truth):
        return bool(value)
    if isinstance(value, Items):
        return tuple(map(plain, value))
    return str(value) if isinstance(value, Unquoted) else value


def _value(node: yaml.Node) -> str | int | Entries | Items:
    if isinstance(node, yaml.MappingNode):
        return _entries(node)
    if isinstance(node, yaml.SequenceNode):
        return Items(map(_value, node.value))
    if not isinstance(node, yaml.ScalarNode):
        return Unquoted("a node")
    if node.tag == "tag:yaml.org,2002:str":
        return str(node.value)
    if node.tag == "tag:yaml.org,2002:int" and WHOLE_NUMBER.fullmatch(node.value):
        return int(node.value)
    if node.tag == "tag:yaml.org,2002:null":
        return Null(node.value)
    if node.tag == "tag:yaml.org,2002:bool" and node.value in TRUTHS:
        return Truth(node.value)
    return Unquoted(node.value)


def values(
    entries: Entries,
    rules: Mapping[str, Callable[[object], str | None]],
    file: str,
    prefix: str = "",
) -> dict[str, Any]:
    """The plain values of entries, each of which keeps its rule: that gives what is wrong, or None.

    Raises ConfigError for an unknown key, one that is there twice, or a broken rule.
    """
    done = {}
    for key, entry in entries.items():
        if key not in rules:
            raise ConfigError(
                f"unknown key {quoted(prefix + key)} on line {entry.line} of {file}: "
                f"{meant_by(key, rules, prefix)}"
            )
        if entry.again:
            raise ConfigError(
                f"key {quoted(prefix + key)} is on line {entry.line} of {file} and again on "
                f"line {entry.again}: keep one"
            )
        if wrong := rules[key](entry.value):
            raise ConfigError(
                f"{prefix}{key} is {quoted(entry.value)} on line {entry.line} of {file}: {wrong}"
            )
        done[key] = plain(entry.value)
    return done


def meant_by(key: str, known: Iterable[str], prefix: str = "", others: Iterable[str] = ()) -> str:
    """What an unknown key may have been meant to be, in words."""
    known = tuple(known)
    near = nearest(key, (*known, *others))
    names = listed(prefix + name for name in known)
    return f"did you mean {prefix}{near}?" if near else f"known keys: {names}"
