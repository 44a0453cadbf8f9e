"""The kind of a file: by its first bytes, and by its name only where those are text."""

from __future__ import annotations

from io import BufferedReader
from typing import TYPE_CHECKING

from barwise.errors import InputError, clip, named, one_line, reason
from barwise.files.opening import open_input

if TYPE_CHECKING:
    from barwise.files.stores import StoredFile

READABLE = {  # where one begins with another, the longer one is first
    b"PAR1": "parquet",
    b"ARROW1\0\0": "arrow",
    b"\xff\xff\xff\xff": "arrow stream",
    b"\x1f\x8b": "csv.gz",
    b"\x28\xb5\x2f\xfd": "csv.zst",
    b"PK\x03\x04": "zip",
}
OTHER_FORMATS = {
    b"PARE": "an encrypted Parquet file",
    b"FEA1": "a Feather file of version 1",
    b"PK\x05\x06": "a zip archive without files",
    b"\xfd7zXZ": "an xz file",
    b"BZh": "a bzip2 file",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x04\x22\x4d\x18": "an lz4 file",
    b"ORC": "an ORC file",
    b"\x89HDF": "an HDF5 file",
    b"SQLite format 3": "an SQLite file",
    b"\xd0\xcf\x11\xe0": "an Excel file",
    b"\xff\xfe\x00\x00": "UTF-32 text",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"<!": "HTML",
    b"<html": "HTML",
    b"<?xml": "XML",
    b'{"': "JSON",
    b"[{": "JSON",
    b"[[": "JSON",
    b"version https://git-lfs": "a Git LFS pointer",
    b"\x93NUMPY": "a NumPy array",
    b"Obj\x01": "an Avro file",
    **dict.fromkeys((b"ccopy_reg\n", b"cpandas.", b"cnumpy."), "a Python pickle"),
    **{bytes((0x80, protocol)): "a Python pickle" for protocol in range(2, 6)},
}
FIRST_BYTES = bytes({magic[0] for magic in (*READABLE, *OTHER_FORMATS)})
SKIPPABLE = b"\x2a\x4d\x18"  # after 0x50 to 0x5f: a zstd frame of no data, as pzstd writes first
HEAD = 32  # bytes that are looked at
TEXT = bytes(range(32, 127)) + b"\t\r\n"
KNOWN = "CSV (also as .gz, .zst or .zip), Parquet, Arrow or Feather"


def kind_of(path: str, by_name: bool, in_store: StoredFile | None = None) -> str:
    """The kind of the file at `path`: a value of `READABLE`, or "csv".

    `by_name`: the user named the file; one that is only in a folder must be called .csv to count
    as CSV. `in_store`: the object, where it is in a store. Raises InputError where the file is not
    of a known kind.
    """
    if in_store:
        from barwise.files import peek

        if peek.is_parquet(in_store):
            return "parquet"
    with open_input(path, in_store, HEAD) as file:
        kind = _kind_by_head(_read(file, path), named(path))
    if in_store and kind == "parquet":
        peek.hold_end(in_store)
    if kind == "csv" and not by_name and not path.lower().endswith(".csv"):
        raise InputError(
            f"{named(path)} is of no known kind ({KNOWN}) and not called .csv: remove it, or name "
            "the files themselves or a pattern"
        )
    return kind


def _read(file: BufferedReader, path: str) -> bytes:
    try:
        head = file.read(HEAD)
    except OSError as error:
        raise InputError(
            f"cannot read {named(path)}: {reason(error)}; check the file", code="input_unreadable"
        ) from None
    if head is None:
        raise would_wait(named(path))
    return head


def would_wait(name: str) -> InputError:
    """The error for a file that calls itself regular, and has no bytes yet."""
    return InputError(
        f"cannot read {name}: it has no data yet, and a job does not wait; name a regular file",
        code="input_unreadable",
    )


def _kind_by_head(head: bytes, name: str) -> str:
    if head[1:4] == SKIPPABLE and head[0] >> 4 == 5:
        return "csv.zst"
    for magic, kind in READABLE.items():
        if _begins(head, magic):
            return kind
    refuse_other_formats(head, name)
    return "csv"


def refuse_other_formats(head: bytes, name: str) -> None:
    """Raises InputError where the first bytes of what should be CSV say that it is not."""
    if not head:
        raise InputError(f"{name} is empty: it needs a header and at least one bar", code="no_rows")
    if head[0] not in FIRST_BYTES:  # nearly all CSV; to compare all of them takes 5 us
        return
    for magic, kind in READABLE.items():
        if _begins(head, magic):
            raise InputError(f"{name} is itself a file of kind {kind}: unpack it first")
    for magic, what in OTHER_FORMATS.items():
        if _begins(head, magic):
            raise InputError(f"{name} is {what}: give {KNOWN}")


def _begins(head: bytes, magic: bytes) -> bool:
    """Whether a file begins with `magic` and is not text; text may begin with ORC, as in ORCL."""
    return head.startswith(magic) and not (
        magic.isalnum() and not head[:HEAD].translate(None, TEXT)
    )


def damaged(name: str, error: Exception) -> InputError:
    why = clip(one_line(str(error)), 120)
    return InputError(
        f"{name} is damaged or incomplete ({why}): get a new copy", code="input_unreadable"
    )
