"""The bytes of a CSV part: of the file itself, or what its gzip, zstd or zip holds.

Unpacked piece by piece as they are read, so that a file of any size takes little memory.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from barwise.errors import BarwiseError, InputError, clip, named, one_line, reason
from barwise.files.opening import open_regular
from barwise.sources.find import SKIPPED

if TYPE_CHECKING:
    from zipfile import ZipFile

    from barwise.sources.parts import Part


# Stored, or deflated. Python's zipfile unpacks the others whole: 4 GB from a file of 2 kB once.
STREAMED = (0, 8)


class Unpacked(NamedTuple):
    """An open part.

    stream: gives its bytes, unpacked.
    file: what the stream reads.
    name: the part as a message names it.
    faults: what the stream raises where the file is damaged.
    """

    stream: Any
    file: BinaryIO
    name: str
    faults: tuple[type[Exception], ...]

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, none at the end. Raises InputError where the file is damaged."""
        try:
            data: bytes = self.stream.read(size)
        except (BarwiseError, MemoryError):  # as a signal handler may raise
            raise
        except self.faults as error:
            raise damaged(self.name, error) from None
        except OSError as error:
            raise InputError(
                f"cannot read {self.name}: {reason(error)}; check the file", code="input_unreadable"
            ) from None
        return data or b""

    def position(self) -> int:
        """How many bytes of the file are read."""
        return self.file.tell()


def damaged(name: str, error: Exception) -> InputError:
    why = clip(one_line(str(error)), 120)
    return InputError(
        f"{name} is damaged or incomplete ({why}): get a new copy", code="input_unreadable"
    )


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
            yield Unpacked(_unzstd(file, part), file, part.name, (EOFError,))
        else:
            with _unzipping(part.name):
                stream = _member(_archive(file), part)
            yield Unpacked(stream, file, part.name, (Exception,))


def members(path: str) -> list[tuple[str, int]]:
    """The files in the zip archive at `path`, hidden ones left out, and their sizes in it."""
    with open_regular(path, "input", InputError) as file, _unzipping(named(path)):
        files = [
            (info.filename, info.compress_size)
            for info in _archive(file).infolist()
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
    if len(set(names)) < len(names):
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise InputError(f"the zip archive {named(path)} holds {named(twice)} twice: keep one")
    return files


def _archive(file: BinaryIO) -> ZipFile:
    from zipfile import ZipFile  # 8 ms

    return ZipFile(file)


@contextmanager
def _unzipping(name: str) -> Iterator[None]:
    """Within it what Python's zipfile raises becomes an InputError.

    A damaged archive can raise nearly anything: besides BadZipFile, the OSError of a negative seek,
    IndexError, NotImplementedError, struct.error and ValueError were seen.
    """
    try:
        yield
    except (BarwiseError, MemoryError):
        raise
    except Exception as error:
        raise damaged(name, error) from None


def _member(archive: ZipFile, part: Part) -> Any:
    info = archive.getinfo(part.member)
    if info.flag_bits & 1:
        raise InputError(f"{part.name} is encrypted: unpack the archive first")
    if info.compress_type not in STREAMED:
        raise InputError(
            f"{part.name} is compressed in another way than deflate: unpack the archive first"
        )
    return archive.open(info)


class Unzstd:
    """zstd unpacked by the standard library of Python 3.14, or by pyarrow before.

    stream: gives the bytes.
    file: what the stream reads.
    fault: what the stream raises for damage, which is an EOFError here.
    """

    def __init__(self, stream: Any, file: BinaryIO, fault: type[Exception]) -> None:
        self.stream, self.file, self.fault = stream, file, fault

    def read(self, size: int) -> bytes:
        try:
            data: bytes = self.stream.read(size)
        except self.fault as error:
            if getattr(error, "errno", None) is not None:  # of the file itself
                raise
            raise EOFError(str(error)) from None
        if not data and self.file.tell() == 0:  # pyarrow takes an empty file for no bytes
            raise EOFError("it is empty")
        return data


def _unzstd(file: BinaryIO, part: Part) -> Unzstd:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd

            return Unzstd(zstd.ZstdFile(file), file, zstd.ZstdError)
        import pyarrow as pa  # 60 ms

        stream = pa.CompressedInputStream(pa.PythonFile(file, mode="r"), "zstd")
        return Unzstd(stream, file, OSError)
    except ModuleNotFoundError as error:
        raise not_installed(part, error) from None


def not_installed(part: Part, error: ModuleNotFoundError) -> InputError:
    """The error for a part whose kind needs a package that is not installed."""
    return InputError(
        f"{part.name} is of kind {part.kind}, and {error.name} that reads it is not installed: "
        "install requirements.txt",
        code="not_installed",
    )
