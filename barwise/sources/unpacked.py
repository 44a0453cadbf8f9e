"""The bytes of a CSV part: of the file itself, or what its gzip, zstd or zip holds.

Unpacked piece by piece as they are read, so that a file of any size takes little memory.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from barwise.errors import InputError, clip, named, one_line, reason
from barwise.files import open_regular

if TYPE_CHECKING:
    from zipfile import ZipFile

    from barwise.parts import Part


class Unpacked(NamedTuple):
    """An open part: `read` gives its bytes, `file` is what they come out of."""

    stream: Any
    file: BinaryIO
    name: str
    faults: tuple[type[Exception], ...]

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, none at the end. Raises InputError where the file is damaged."""
        try:
            data: bytes = self.stream.read(size)
        except OSError as error:
            if type(error) in self.faults:  # gzip's own error is an OSError
                raise self._damaged(error) from None
            raise InputError(f"cannot read {self.name}: {reason(error)}; check the file") from None
        except self.faults as error:
            raise self._damaged(error) from None
        return data or b""

    def position(self) -> int:
        """How many bytes of the file are behind it."""
        return self.file.tell()

    def _damaged(self, error: Exception) -> InputError:
        return damaged(self.name, error)


def damaged(name: str, error: Exception) -> InputError:
    why = clip(one_line(str(error)), 120)
    return InputError(f"{name} is damaged or incomplete ({why}): get a new copy")


@contextmanager
def opened(part: Part) -> Iterator[Unpacked]:
    """The bytes of a part. Raises InputError where it cannot be opened."""
    with open_regular(part.path, "input", InputError) as file:
        if part.kind == "csv":
            yield Unpacked(file, file, part.name, ())
        elif part.kind == "csv.gz":
            import gzip  # 2 ms
            import zlib

            faults = (EOFError, gzip.BadGzipFile, zlib.error)
            with gzip.GzipFile(fileobj=file) as stream:
                yield Unpacked(stream, file, part.name, faults)
        elif part.kind == "csv.zst":
            zstd = _zstd()
            with zstd.ZstdFile(file) as stream:
                yield Unpacked(stream, file, part.name, (EOFError, zstd.ZstdError))
        else:
            with _archive(file, part.path) as archive, _member(archive, part) as stream:
                yield Unpacked(stream, file, part.name, _zip_faults())


def members(path: str) -> list[tuple[str, int]]:
    """The files in the zip archive at `path`, hidden ones left out, and their sizes in it."""
    with open_regular(path, "input", InputError) as file, _archive(file, path) as archive:
        found = [
            (info.filename, info.compress_size)
            for info in archive.infolist()
            if not info.is_dir()
            and not any(p.startswith((".", "_")) for p in info.filename.split("/"))
        ]
    names = [name for name, _ in found]
    if "[Content_Types].xml" in names:
        raise InputError(f"{named(path)} is an Office file such as Excel's: save it as CSV")
    if not found:
        raise InputError(f"the zip archive {named(path)} holds no files: it needs a CSV")
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise InputError(f"the zip archive {named(path)} holds {named(twice)} twice: keep one")
    return found


def _archive(file: BinaryIO, path: str) -> ZipFile:
    from zipfile import ZipFile  # 8 ms

    try:
        return ZipFile(file)
    except _zip_faults() as error:
        raise damaged(named(path), error) from None


def _member(archive: ZipFile, part: Part) -> Any:
    info = archive.getinfo(part.member)
    if info.flag_bits & 1:
        raise InputError(f"{part.name} is encrypted: unpack the archive first")
    try:
        return archive.open(info)
    except NotImplementedError as error:
        raise InputError(f"cannot unpack {part.name}: {error}; unpack it first") from None
    except _zip_faults() as error:
        raise damaged(part.name, error) from None


def _zip_faults() -> tuple[type[Exception], ...]:
    import lzma

    # Python's zipfile raises what its parts raise: struct.error and ValueError on odd headers.
    import struct
    import zlib
    from zipfile import BadZipFile

    return (BadZipFile, EOFError, zlib.error, lzma.LZMAError, struct.error, ValueError)


def _zstd() -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd
    else:
        from backports import zstd
    return zstd
