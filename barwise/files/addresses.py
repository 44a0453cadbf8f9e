"""Addresses of objects: which words are addresses, and how messages show them.

Local paths are what most jobs have, so this imports nothing; what an address names is in
`stores.py`.
"""

from __future__ import annotations

import os

STORES = ("s3", "gs", "az", "abfs", "abfss")  # of many objects, which can be listed
WEB = ("https", "http")


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
    """
    if not is_of_web(word) or not is_address(word):
        return word
    from urllib.parse import urlsplit  # 4 ms that no path needs

    url = urlsplit(word)
    return f"{url.scheme}://{url.netloc.rpartition('@')[2]}{url.path}"


def absolute(path: str) -> str:
    """A path from the root, whatever folder a process is in; an address as it is."""
    return path if is_address(path) else os.path.abspath(path)
