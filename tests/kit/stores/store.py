"""A bucket of a server, as a test sees it: through obstore, not through barwise."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

BUCKET = "lake"


@dataclass(frozen=True)
class Store:
    """A bucket.

    name: of the server, as "seaweedfs".
    scheme: as "s3"; also of `url`.
    port: where the server, or a proxy before it, listens.
    templates: the variables by which clients find the server, "{port}" in them.
    files: the port where SeaweedFS shows its files; 0 of other servers.
    bucket: its name.
    """

    name: str
    scheme: str
    port: int
    templates: Mapping[str, str]
    files: int = 0
    bucket: str = BUCKET

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which clients find the server, and may use it."""
        return {
            key: value.replace("{port}", str(self.port)) for key, value in self.templates.items()
        }

    def url(self, *keys: str) -> str:
        """Of the bucket, or of what is in it."""
        return "/".join((f"{self.scheme}://{self.bucket}", *keys))

    def at(self, port: int) -> Store:
        """The same bucket through a proxy."""
        return replace(self, port=port)

    def of(self, bucket: str) -> Store:
        """Another bucket of the server, which need not exist."""
        return replace(self, bucket=bucket)

    def without(self, *names: str, **others: str) -> dict[str, str]:
        """The environment without some variables, and with others."""
        kept = {key: value for key, value in self.environment.items() if key not in names}
        return {**kept, **others}

    @cached_property
    def client(self) -> Any:
        """Of obstore."""
        from obstore.store import from_url

        before = {name: os.environ.get(name) for name in self.environment}
        os.environ.update(self.environment)
        try:
            return from_url(self.url(), client_options={"allow_http": True})
        finally:
            for name, value in before.items():
                os.environ.pop(name)
                if value is not None:
                    os.environ[name] = value

    def put(self, key: str, data: bytes) -> None:
        import obstore

        if self.scheme != "gs":
            obstore.put(self.client, key, data)
            return
        # fake-gcs-server takes uploads by its JSON API alone.
        place = f"http://127.0.0.1:{self.port}/upload/storage/v1/b/{self.bucket}/o"
        url = f"{place}?uploadType=media&name={quote(key, safe='')}"
        urllib.request.urlopen(urllib.request.Request(url, data, method="POST"), timeout=60).close()

    def get(self, key: str) -> bytes:
        import obstore

        return bytes(obstore.get(self.client, key).bytes())

    def keys(self, prefix: str = "") -> list[str]:
        """Of all objects, or of those in a folder."""
        import obstore

        listed = obstore.list(self.client, prefix=prefix or None)
        return sorted(entry["path"] for batch in listed for entry in batch)

    def put_folder(self, folder: Path, prefix: str) -> None:
        """Puts all files below a local folder below a prefix."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                self.put(f"{prefix}/{path.relative_to(folder).as_posix()}", path.read_bytes())

    def remove(self, prefix: str) -> None:
        """Removes all objects of a folder."""
        import obstore

        if keys := self.keys(prefix):
            obstore.delete(self.client, keys)

    def forget_uploads(self) -> None:
        """Deletes what uploads in parts have left. Of SeaweedFS alone."""
        place = f"http://127.0.0.1:{self.files}/buckets/{self.bucket}/.uploads?recursive=true"
        urllib.request.urlopen(urllib.request.Request(place, method="DELETE"), timeout=60).close()

    def uploads(self) -> list[str]:
        """Uploads in parts that have not ended, neither whole nor aborted. Of SeaweedFS alone."""
        if not self.files:
            raise NotImplementedError(self.name)
        place = f"http://127.0.0.1:{self.files}/buckets/{self.bucket}/.uploads/?limit=10000"
        asked = urllib.request.Request(place, headers={"Accept": "application/json"})
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                entries = json.load(answer)["Entries"] or []
        except urllib.error.HTTPError as error:
            if error.code != 404:  # there never was an upload
                raise
            return []
        return [entry["FullPath"].rpartition("/")[2] for entry in entries]
