"""Zip archives: which files they hold, and the bytes of each, unpacked as they are read.

The directory of an archive is read once, for the plan; with what it says of a file, that file is
opened. Format: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from os import SEEK_END
from typing import TYPE_CHECKING, Any, BinaryIO

from barwise.errors import WAYS_OUT, BarwiseError, InputError, named, reason, way_out
from barwise.files.limits import LARGEST_FOOTER, MOST_MEMBERS
from barwise.files.opening import open_input
from barwise.sources.kinds import damaged
from barwise.sources.listing import SKIPPED
from barwise.sources.parts import Member

if TYPE_CHECKING:
    from barwise.files.stores import StoredFile
    from barwise.sources.parts import Part

# Stored, or deflated. Python's zipfile unpacks the others whole: 4 GB from a file of 2 kB once.
STREAMED = (0, 8)
# How parts of an archive begin: a file, its entry in the directory, the ends of that.
FILE, ENTRY = b"PK\x03\x04", b"PK\x01\x02"
END, END_64, PLACE_OF_END_64 = b"PK\x05\x06", b"PK\x06\x06", b"PK\x06\x07"
LARGEST_END = 22 + 0xFFFF + 20 + 56  # bytes: the end with its comment, and both of zip64
LARGEST_HEADER = 1 << 10  # bytes that nearly all headers of files have less than
ENCRYPTED, IS_UTF_8 = 1, 1 << 11  # flags


def members(path: str, in_store: StoredFile | None = None) -> list[tuple[str, Member]]:
    """The files in the zip archive at `path`, hidden ones left out, and where each is."""
    with open_input(path, in_store) as file, unzipping(named(path)):
        _refuse_many(file, named(path))
        from zipfile import ZipFile  # 8 ms

        files = [
            (info.filename, _member(info))
            for info in ZipFile(file).infolist()
            if not info.is_dir()
            and not any(p.startswith(SKIPPED) for p in info.filename.split("/") if p != "..")
        ]
    names = [name for name, _ in files]
    if "[Content_Types].xml" in names:
        raise InputError(f"{named(path)} is an Office file such as Excel's: save it as CSV")
    if not files:
        raise InputError(
            f"the zip archive {named(path)} holds no files: it needs a CSV", code="no_rows"
        )
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise InputError(f"the zip archive {named(path)} holds {named(name)} twice: keep one")
        seen.add(name)
    return files


def _member(info: Any) -> Member:
    return Member(
        info.header_offset,
        info.compress_size,
        info.file_size,
        info.CRC,
        info.compress_type,
        info.flag_bits,
    )


def _refuse_many(file: BinaryIO, name: str) -> None:
    """Raises InputError for more files than there may be, before Python makes objects of them.

    What the archive says of their number is not believed: they are counted.
    """
    size = file.seek(0, SEEK_END)
    start = max(0, size - LARGEST_END)
    file.seek(start)
    tail = file.read(LARGEST_END)
    at = tail.rfind(END)
    if at < 0:
        return  # Python says what is wrong
    [length] = struct.unpack_from("<L", tail, at + 12)
    if tail[max(0, at - 20) : at].startswith(PLACE_OF_END_64) and tail[at - 76 :][:4] == END_64:
        at -= 76
        [length] = struct.unpack_from("<Q", tail, at + 40)
    if length > LARGEST_FOOTER:
        raise InputError(
            f"{name} has a directory of {length} bytes, and one of at most {LARGEST_FOOTER} is "
            "read: unpack the archive first, or it is damaged"
        )
    file.seek(max(0, start + at - length))
    count = file.read(length).count(ENTRY)
    if count > MOST_MEMBERS:
        raise InputError(
            f"{name} holds {count} files, and at most {MOST_MEMBERS} are read of an archive: "
            "unpack it, and name the folder"
        )


def stream(file: BinaryIO, part: Part) -> Any:
    """The bytes of a part of an archive; `file` is the archive, open."""
    from zipfile import BadZipFile, ZipExtFile, ZipInfo

    member = part.stored
    if member is None:
        member = dict(members(part.path, part.in_store))[part.member]
    if member.flags & ENCRYPTED:
        raise InputError(f"{part.name} is encrypted: unpack the archive first")
    if member.method not in STREAMED:
        raise InputError(
            f"{part.name} is compressed in another way than deflate: unpack the archive first"
        )
    file.seek(member.offset)
    head = file.read(30)
    name_length, extra_length = struct.unpack_from("<HH", head, 26)
    name = file.read(name_length).decode("utf-8" if member.flags & IS_UTF_8 else "cp437")
    if head[:4] != FILE or name.partition("\0")[0] != part.member:
        raise BadZipFile("its directory names another file")
    file.seek(extra_length, 1)
    info = ZipInfo(part.member)
    info.compress_type, info.CRC = member.method, member.crc
    info.compress_size, info.file_size = member.packed_size, member.size
    return ZipExtFile(file, "r", info)


def end_of(part: Part) -> int | None:
    """About where the bytes of a part end in its archive; None where that is not known."""
    member = part.stored
    return member and member.offset + member.packed_size + LARGEST_HEADER


@contextmanager
def unzipping(name: str) -> Iterator[None]:
    """Within it what Python's zipfile raises becomes an InputError.

    A damaged archive can raise nearly anything: besides BadZipFile, the OSError of a negative seek,
    IndexError, NotImplementedError, struct.error and ValueError were seen.
    """
    try:
        yield
    except (BarwiseError, MemoryError):
        raise
    except Exception as error:
        if getattr(error, "errno", None) in WAYS_OUT:
            why = reason(error)  # type: ignore[arg-type]
            raise InputError(f"cannot read {name}: {why}; {way_out(error, '')}") from None
        raise damaged(name, error) from None
