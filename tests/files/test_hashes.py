"""What a run reads is hashed as it is, and a change while it is read is not missed."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from barwise.errors import ConfigError, InputError
from barwise.files import hashes
from barwise.files.hashes import FileHashes, Role

BOTH_WAYS = pytest.mark.parametrize("workers", [1, 2])


@contextmanager
def watching(workers: int, *paths: str, role: Role = "input") -> Iterator[FileHashes]:
    """Two workers hash in a thread, however small the files."""
    with closing(FileHashes(dict.fromkeys(paths, role), workers, many_bytes=0)) as file_hashes:
        yield file_hashes


@BOTH_WAYS
@pytest.mark.parametrize("size", [0, 1, hashes.PIECE, 3 * hashes.PIECE + 1])
def test_files_have_the_digests_of_sha256sum(workers: int, size: int) -> None:
    Path("a").write_bytes(os.urandom(size))
    Path("b").write_bytes(b"b")
    with watching(workers, "a", "b") as file_hashes:
        hashed = file_hashes.hashed()
    printed = subprocess.run(["sha256sum", "a", "b"], capture_output=True, text=True).stdout
    assert [f"{file.sha256}  {name}" for name, file in hashed.items()] == printed.splitlines()
    assert [file.bytes for file in hashed.values()] == [size, 1]


def grow() -> None:
    with open("a", "ab") as file:
        file.write(b"more")


def edit() -> None:
    with open("a", "r+b") as file:
        file.write(b"A")


def replace() -> None:
    before = os.stat("a")
    Path("new").write_bytes(Path("a").read_bytes())
    os.utime("new", ns=(before.st_atime_ns, before.st_mtime_ns))
    os.replace("new", "a")


def remove() -> None:
    os.remove("a")


@BOTH_WAYS
@pytest.mark.parametrize("change", [grow, edit, replace, remove])
@pytest.mark.parametrize(("role", "error"), [("input", InputError), ("config", ConfigError)])
def test_a_change_is_an_error(
    workers: int, change: Callable[[], None], role: Role, error: type[Exception]
) -> None:
    Path("a").write_bytes(b"abc" * 1_000_000)
    with watching(workers, "a", role=role) as file_hashes:
        change()
        with pytest.raises(error, match=f"the {role} a changed while it was read"):
            file_hashes.hashed()


@BOTH_WAYS
def test_another_link_or_another_mode_is_no_change(workers: int) -> None:
    Path("a").write_bytes(b"abc")
    with watching(workers, "a") as file_hashes:
        os.link("a", "backup")
        os.chmod("a", 0o600)
        assert file_hashes.hashed()["a"].bytes == 3


def test_what_is_closed_hashes_no_more() -> None:
    with open("large", "wb") as file:
        file.truncate(1 << 36)  # holes, which take a minute to hash
    file_hashes = FileHashes({"large": "input"}, 2, many_bytes=0)
    file_hashes.close()
    assert not file_hashes.thread.is_alive()
    assert file_hashes.by_path["large"].bytes < 1 << 36
