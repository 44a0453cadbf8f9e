"""A web server with files, which gives some of the bytes or only all of them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple
from urllib.parse import urlsplit


class Web(NamedTuple):
    """A server. url: of its root. asked: each method, path with its query, and range."""

    url: str
    asked: list[tuple[str, str, str]]


@contextmanager
def web(
    files: Mapping[str, bytes],
    *,
    ranges: bool = True,
    etags: bool = True,
    heads: bool = False,
    key: str = "",
) -> Iterator[Web]:
    """Serves files by their paths.

    ranges, etags, heads: whether it knows these; what is signed for GET allows no HEAD.
    key: a query without which all is forbidden.
    """
    asked: list[tuple[str, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_HEAD(self) -> None:
            self.answer(is_head=True)

        def do_GET(self) -> None:
            self.answer(is_head=False)

        def answer(self, is_head: bool) -> None:
            url, wanted = urlsplit(self.path), self.headers.get("Range", "")
            asked.append((self.command, self.path, wanted))
            data = files.get(url.path)
            if url.query != key or (is_head and not heads):
                self.send(403, b"")
            elif data is None:
                self.send(404, b"")
            elif self.headers.get("If-Match", etag(data)) != etag(data):
                self.send(412, b"")
            elif wanted and ranges:
                first, _, last = wanted.removeprefix("bytes=").partition("-")
                piece = data[int(first) : int(last) + 1]
                where = f"bytes {first}-{int(first) + len(piece) - 1}/{len(data)}"
                self.send(206, piece, data, {"Content-Range": where})
            else:
                self.send(200, data, data)

        def send(
            self, status: int, body: bytes, data: bytes = b"", more: Mapping[str, str] = {}
        ) -> None:
            self.send_response_only(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT")
            if data and etags:
                self.send_header("ETag", etag(data))
            for name, value in more.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, address: object) -> None:
            """A client that reads no further is no news."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield Web(f"http://127.0.0.1:{server.server_address[1]}", asked)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def etag(data: bytes) -> str:
    return f'"{md5(data).hexdigest()}"'
