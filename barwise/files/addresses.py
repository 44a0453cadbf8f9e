"""Addresses of objects: which words are addresses, and how messages show them.

Local paths are what most jobs have, so this imports nothing; what an address names is in
`stores.py`.
"""

from __future__ import annotations

import os

STORES = ("s3", "gs", "az", "abfs", "abfss")  # of many objects, which can be listed
WEB = ("https", "http")
UNFINISHED = ".barwise-unfinished"  # the object in a folder that says that it is not whole yet


def is_address(word: str) -> bool:
    """Whether a word is the address of an object, or of a folder of them.

    >>> is_address("s3://bucket/btc.parquet"), is_address("data/btc.parquet")
    (True, False)
    """
    scheme, mark, _ = word.partition("://")
    return bool(mark) and scheme in (*STORES, *WEB)


def is_of_web(word: str) -> bool:
    """Whether an address is that of one file of the web, which no listing names."""
    return word.partition("://")[0] in WEB


def shown(word: str) -> str:
    """A word of the command line without what may be a secret: the user and the query of a URL.

    >>> shown("https://me:secret@host/btc.csv?X-Amz-Signature=secret")
    'https://host/btc.csv'
    >>> shown("s3://key:secret@bucket/btc.csv")
    's3://bucket/btc.csv'
    """
    if not is_address(word):
        return word
    if not is_of_web(word):
        bucket = bucket_of(word)
        is_user = "@" in bucket and not word.startswith("abfs")  # there it is the container
        return f"{word.partition('://')[0]}://{word.rpartition('@')[2]}" if is_user else word
    from urllib.parse import urlsplit  # 4 ms that no path needs

    url = urlsplit(word)
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"


def bucket_of(address: str) -> str:
    """An address without the key.

    >>> bucket_of("s3://bucket/runs/1")
    's3://bucket'
    """
    return "/".join(address.split("/", 3)[:3])


def joined(folder: str, name: str) -> str:
    """Where a name leads from a folder, which may be at an address; `..` leads up there too.

    >>> joined("s3://bucket/runs/1", "../metrics.json"), joined("out", "s3://bucket/metrics.json")
    ('s3://bucket/runs/metrics.json', 's3://bucket/metrics.json')
    """
    if is_address(name) or not is_address(folder) or os.path.isabs(name):
        return name if is_address(name) else os.path.join(folder, name)
    bucket = bucket_of(folder)
    return bucket + os.path.normpath(f"/{folder.removeprefix(bucket)}/{name}").replace("//", "/")


def relative(path: str, folder: str) -> str:
    """The name by which `joined` leads from a folder to a path: none leads from bucket to bucket.

    >>> relative("s3://bucket/metrics.json", "s3://bucket/runs")
    '../metrics.json'
    """
    if not is_address(path) and not is_address(folder):
        return os.path.relpath(path, folder)
    bucket = bucket_of(folder) if is_address(folder) else ""
    if not is_address(path) or not bucket or bucket_of(path) != bucket:
        return absolute(path)
    return os.path.relpath(path.removeprefix(bucket), folder.removeprefix(bucket) or "/")


def absolute(path: str) -> str:
    """A path from the root, whatever folder a process is in; an address as it is."""
    return path if is_address(path) else os.path.abspath(path)
