"""A folder of objects in a store that appears when it is whole, as far as a store allows.

A store renames nothing. Objects are made beside the folder, under a hidden name that inputs skip,
and copied to their places at the end, within the store. While that lasts an object of the folder
says so, by which inputs refuse it; other programs see an object after another appear.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import BinaryIO, cast

from barwise.errors import BarwiseError, OutputError
from barwise.files import new_objects, stores
from barwise.files.addresses import UNFINISHED
from barwise.files.new_objects import NewObject, ObjectTarget
from barwise.files.store_errors import raising
from barwise.files.writing import temporary_in

AT_ONCE = 16  # copies


class _Staged(NewObject):
    """An object that is whole once it is closed."""

    def close(self) -> None:
        if not self.closed and not self.is_in_place:
            self.finish()
        super().close()

    def drop(self) -> None:
        """Ends it without an object."""
        self.is_in_place = True  # so that nothing is finished any more
        self.close()


class StoredFolder:
    """A folder that is being filled; see `folders.Folder`.

    target: the folder. hidden: where its objects are until it is whole. names: of its objects.
    copied: whether some may be in their places. files: those that are open.
    """

    def __init__(self, target: ObjectTarget) -> None:
        self.target = target
        self.hidden = temporary_in(target.path.rpartition("/")[0])
        self.names: list[str] = []
        self.copied = False
        self.files: list[_Staged] = []

    def new_file(self, *names: str) -> BinaryIO:
        name = "/".join(names)
        file = _Staged(self.target._replace(path=f"{self.hidden}/{name}"))
        self.names.append(name)
        self.files = [*(file for file in self.files if not file.closed), file]
        return cast(BinaryIO, file)

    def refuse_taken(self) -> None:
        """Raises OutputError where the folder has an object."""
        with _as_output():
            if next(stores.listed(self.target.path), None) is not None:
                raise OutputError(f"{self.target.name} is not empty: name a new or empty folder")

    def appear(self) -> None:
        """Copies all objects to their places. Raises OutputError."""
        self.refuse_taken()
        mark = f"{self.target.path}/{UNFINISHED}"
        doing = f"write the {self.target.role}"
        try:
            stores.put(mark, b"", create=True, doing=doing, error=OutputError)
        except FileExistsError:
            raise OutputError(
                f"{self.target.name} is being written by another convert: name another"
            ) from None
        self.copied = True
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(self._copy, self.names):
                pass
        with raising(mark, f"finish the {self.target.role}", OutputError):
            stores.delete([mark], error=OutputError)
        self.copied = False

    def _copy(self, name: str) -> None:
        import obstore

        bucket, hidden = stores.place_of(f"{self.hidden}/{name}", patient=True)
        _, place = stores.place_of(f"{self.target.path}/{name}")
        with self.target.refusals():
            obstore.copy(bucket.client, hidden, place)

    def remove(self) -> None:
        """Removes what is hidden, and what is in its place of a folder that is not whole."""
        for file in self.files:
            file.drop()
        rest = [f"{self.hidden}/{name}" for name in self.names]
        if self.copied:
            rest += [f"{self.target.path}/{name}" for name in (*self.names, UNFINISHED)]
        with suppress(BarwiseError), _as_output():
            _delete(rest)


def _delete(addresses: list[str]) -> None:
    """Deletes objects of one bucket, in few requests; one that is not there is no error."""
    if not addresses:
        return
    import obstore

    bucket, _ = stores.place_of(addresses[0])
    with raising(addresses[0], "delete", OutputError), suppress(FileNotFoundError):
        obstore.delete(bucket.client, [stores.place_of(address)[1] for address in addresses])


@contextmanager
def _as_output() -> Iterator[None]:
    """Within it what a store refuses to read is an OutputError."""
    try:
        yield
    except OutputError:
        raise
    except BarwiseError as error:
        raise OutputError(str(error), code="output_failed") from None


@contextmanager
def new_folder(address: str, role: str, appearing: Callable[[], None]) -> Iterator[StoredFolder]:
    """See `folders.new_folder`. A kill leaves hidden objects beside the folder, or while it appears
    a folder that inputs refuse.
    """
    folder = StoredFolder(new_objects.target(address.rstrip("/"), role))
    folder.refuse_taken()
    try:
        folder.target._replace(path=f"{folder.hidden}/{UNFINISHED}").prove()
        yield folder
        appearing()
        folder.appear()
    finally:
        folder.remove()
