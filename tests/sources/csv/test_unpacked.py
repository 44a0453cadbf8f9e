from __future__ import annotations

import gzip
import pickle
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
import zstandard

import barwise
from barwise.errors import InputError
from barwise.sources.csv import archives, unpacked

CSV = b"timestamp,close\n" + b"".join(b"%d,%d.5\n" % (i, i % 7) for i in range(3_000))
CONFIG = barwise.Config(1, 5, "v1")


def zipped(data: bytes) -> bytes:
    with zipfile.ZipFile("x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bars.csv", data)
    return Path("x.zip").read_bytes()


CHECKED = zstandard.ZstdCompressor(write_checksum=True)  # as the command zstd writes
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "csv.gz": gzip.compress,
    "csv.zst": CHECKED.compress,
    "csv in zip": zipped,
}


@pytest.mark.parametrize("kind", PACKED)
def test_a_packed_csv_is_the_csv(kind: str) -> None:
    Path("plain.csv").write_bytes(CSV)
    Path("packed").write_bytes(PACKED[kind](CSV))
    assert barwise.plan("packed", CONFIG).parts[0].kind == kind
    assert barwise.run("packed", CONFIG).tally == barwise.run("plain.csv", CONFIG).tally


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress])
def test_members_put_one_after_the_other_are_one_file(pack: Callable[[bytes], bytes]) -> None:
    Path("packed").write_bytes(pack(CSV[:9_000]) + pack(CSV[9_000:]))
    assert barwise.run("packed", CONFIG).rows_processed == 3_000


@pytest.mark.parametrize("kind", PACKED)
@pytest.mark.parametrize("kept", [0.2, 0.6, 0.98])
def test_a_truncated_file_is_refused(kind: str, kept: float) -> None:
    data = PACKED[kind](CSV)
    Path("packed").write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(InputError, match=r"packed is damaged or incomplete \(.+\): get a new copy"):
        barwise.run("packed", CONFIG)


@pytest.mark.parametrize("kind", PACKED)
def test_a_changed_byte_is_refused(kind: str) -> None:
    data = bytearray(PACKED[kind](CSV))
    data[len(data) // 2] ^= 0x55
    Path("packed").write_bytes(data)
    with pytest.raises(InputError):
        barwise.run("packed", CONFIG)


@pytest.mark.parametrize("kind", PACKED)
def test_a_fault_is_named_by_its_line_in_what_is_packed(kind: str) -> None:
    Path("packed").write_bytes(PACKED[kind](CSV + b"3000,x\n"))
    with pytest.raises(
        barwise.PriceError, match=r"close is 'x' on line 3002 of (bars\.csv in )?pa"
    ):
        barwise.run("packed", CONFIG)


def test_the_files_of_an_archive_follow_in_natural_order() -> None:
    rows = [(2, 6.0), (10, 7.0), (1, 5.0)]
    with zipfile.ZipFile("x.zip", "w") as archive:
        archive.writestr("__MACOSX/._bars.csv", b"\0")
        archive.mkdir("bars")
        for number, close in rows:
            archive.writestr(f"bars/{number}.csv", f"close\n{close}\n")
    assert [part.member for part in barwise.plan("x.zip", CONFIG).parts] == [
        *("bars/1.csv", "bars/2.csv", "bars/10.csv")
    ]
    assert barwise.run("x.zip", barwise.Config(1, 2, "v1")).tally.ones == 2


def test_zstd_may_begin_with_a_frame_of_no_data() -> None:
    skippable = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"none"
    Path("packed").write_bytes(skippable + zstandard.compress(CSV))
    assert barwise.run("packed", CONFIG).rows_processed == 3_000


def test_an_empty_zstd_file_is_damaged() -> None:
    part = barwise.Part("empty", "csv.zst", 0)
    Path("empty").write_bytes(b"")
    with (
        unpacked.opened(part) as stream,
        pytest.raises(InputError, match="empty is damaged or incomplete"),
    ):
        stream.read(10)


@pytest.mark.parametrize("name", ["ORCL", "BZhang", "PAR1", "PARE", "FEA1"])
def test_a_column_of_any_name_may_begin_a_csv(name: str) -> None:
    Path("bars").write_text(f"{name},close\n1,2\n")
    assert barwise.run("bars", CONFIG).rows_processed == 1


def test_what_is_packed_but_no_csv_is_named() -> None:
    Path("a.gz").write_bytes(gzip.compress(b"PAR1\x15\x04"))
    with pytest.raises(InputError, match=r"a\.gz is itself a file of kind parquet: unpack it"):
        barwise.run("a.gz", CONFIG)
    Path("b.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(InputError, match=r"b\.gz is empty"):
        barwise.run("b.gz", CONFIG)


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "is a zip archive without files"),
        (["_hidden"], "holds no files"),
        (["a.csv", "a.csv"], r"holds a\.csv twice"),
        (["[Content_Types].xml"], "is an Office file"),
    ],
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_an_archive_without_bars_is_refused(names: list[str], message: str) -> None:
    with zipfile.ZipFile("x.zip", "w") as archive:
        for name in names:
            archive.writestr(name, "close\n1\n")
    with pytest.raises(InputError, match=message):
        barwise.run("x.zip", CONFIG)


def test_an_encrypted_file_of_an_archive_is_refused() -> None:
    data = bytearray(zipped(CSV))
    data[data.index(b"PK\x01\x02") + 8] |= 1  # the flag in the directory of the archive
    Path("x.zip").write_bytes(data)
    with pytest.raises(InputError, match=r"bars\.csv in x\.zip is encrypted"):
        barwise.run("x.zip", CONFIG)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_what_python_would_unpack_whole_is_refused(method: int) -> None:
    with zipfile.ZipFile("x.zip", "w", method) as archive:
        archive.writestr("a.csv", CSV)
    with pytest.raises(InputError, match=r"a\.csv in x\.zip is compressed in another way than"):
        barwise.run("x.zip", CONFIG)


def test_a_zip_with_any_byte_changed_gives_bars_or_one_line() -> None:
    whole = zipped(CSV[:200])
    for at in range(len(whole)):
        for change in (0xFF, 0x01):
            data = bytearray(whole)
            data[at] ^= change
            Path("x.zip").write_bytes(data)
            with suppress(InputError):  # and nothing else
                barwise.run("x.zip", CONFIG)


def test_a_file_that_unpacks_to_gigabytes_takes_little_memory() -> None:
    import tracemalloc

    block = gzip.compress(b"0" * 1_000_000)
    Path("bomb.gz").write_bytes(gzip.compress(b"close\n") + block * 2_000)
    tracemalloc.start()
    with pytest.raises(InputError, match=r"line 2 of bomb\.gz is longer than"):
        barwise.run("bomb.gz", CONFIG)
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


def test_a_signal_while_unpacking_is_no_damage() -> None:
    class Stopped:
        def read(self, size: int) -> bytes:
            raise barwise.StoppedError("stopped")

    with open("data.csv", "rb") as file, pytest.raises(barwise.StoppedError):
        unpacked.Unpacked(Stopped(), file, "data.csv", (Exception,)).read(1)


def test_members_are_listed_with_their_size() -> None:
    zipped(CSV)
    [(name, member)] = archives.members("x.zip")
    assert name == "bars.csv"
    assert 0 < member.packed_size < member.size == len(CSV)


class Frame:
    """What is pickled by its name, as the frames of pandas are."""


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_pickle_is_called_one(protocol: int, pack: Callable[[bytes], bytes]) -> None:
    Path("bars").write_bytes(pack(pickle.dumps(Frame(), protocol)))
    with pytest.raises(InputError, match="bars is a Python pickle: give CSV"):
        barwise.run("bars", CONFIG)


def many(count: int, name: str = "x.zip") -> None:
    """An archive whose directory is large beside its files."""
    with zipfile.ZipFile(name, "w") as archive:
        for number in range(count):
            archive.writestr(f"{'long' * 50}-{number}.csv", "close\n1\n2\n")


def bytes_read() -> int:
    return int(Path("/proc/self/io").read_text().split()[1])  # behind "rchar:"


@pytest.mark.skipif(not Path("/proc/self/io").exists(), reason="counts as Linux does")
def test_what_is_read_of_an_archive_is_linear_in_its_files() -> None:
    many(10)
    barwise.run("x.zip", CONFIG)  # what is imported is read too
    read = {}
    for count in (100, 400):
        many(count)
        before = bytes_read()
        assert barwise.run("x.zip", CONFIG).rows_processed == 2 * count
        read[count] = bytes_read() - before
    assert read[400] < 4.5 * read[100]


def test_an_archive_of_more_files_than_a_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MOST_MEMBERS", 20)
    many(20)
    assert barwise.run("x.zip", CONFIG).rows_processed == 40
    many(21)
    with pytest.raises(InputError, match=r"x\.zip holds 21 files, and at most 20 are read of an"):
        barwise.run("x.zip", CONFIG)
    lying = Path("x.zip").read_bytes()
    end = lying.rindex(b"PK\x05\x06")
    Path("x.zip").write_bytes(lying[: end + 8] + b"\1\0\1\0" + lying[end + 12 :])
    with pytest.raises(InputError, match=r"x\.zip holds 21 files"):
        barwise.run("x.zip", CONFIG)


@pytest.mark.parametrize("is_64", [False, True])
def test_a_directory_that_claims_gigabytes_takes_no_memory(is_64: bool) -> None:
    import struct
    import tracemalloc

    claimed = 3 << 30
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, claimed, 0, 0)
    if is_64:
        end = b"".join(
            (
                struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, claimed, 0),
                struct.pack("<4sLQL", b"PK\x06\x07", 0, claimed, 1),
                struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, 1, 1, 0xFFFFFFFF, 0xFFFFFFFF, 0),
            )
        )
    with open("x.zip", "wb") as file:  # as large as it says, with nothing in it
        file.write(b"PK\x03\x04")
        file.seek(claimed)
        file.write(end)
    tracemalloc.start()
    with pytest.raises(InputError, match=rf"x\.zip has a directory of {claimed} bytes, and one of"):
        barwise.run("x.zip", CONFIG)
    assert tracemalloc.get_traced_memory()[1] < 30_000_000
    tracemalloc.stop()


@pytest.mark.parametrize("junk", [b"", b"#!/bin/sh\n" * 50])
def test_files_are_found_behind_what_stands_before_an_archive(junk: bytes) -> None:
    """As in an archive that unpacks itself; Python's zipfile reads them too."""
    zipped(CSV)
    whole = Path("x.zip").read_bytes()
    Path("x.zip").write_bytes(b"PK\x03\x04" + junk + whole if junk else whole)
    assert barwise.run("x.zip", CONFIG).rows_processed == 3_000


def test_a_part_that_does_not_say_where_it_is_stored_is_found() -> None:
    zipped(CSV)
    with unpacked.opened(barwise.Part("x.zip", "csv in zip", member="bars.csv")) as stream:
        assert stream.read(len(CSV)) == CSV


def test_an_archive_that_becomes_another_is_not_mixed_with_it() -> None:
    zipped(CSV)
    [part] = barwise.plan("x.zip", CONFIG).parts
    many(3)
    with pytest.raises(InputError, match=r"x\.zip is damaged or inc"), unpacked.opened(part):
        pass
