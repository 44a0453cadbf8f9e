"""A proxy before a store's server: it counts requests, and may delay, refuse or cut them."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import urlsplit

CUT = -1  # in place of a status: the connection ends without an answer
PIECE = 1 << 16
# Of one connection, and so not passed on.
HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "proxy-connection"}


class Request(NamedTuple):
    """What a client asked.

    method: as "GET".
    path: with its query.
    headers: by name in lower case.
    sent: bytes of its body.
    """

    method: str
    path: str
    headers: dict[str, str]
    sent: int

    @property
    def key(self) -> str:
        """The path without its query."""
        return urlsplit(self.path).path

    @property
    def range(self) -> str:
        return self.headers.get("range", "")


class Proxy:
    """Listens on `port` for one server.

    requests: all that came, in their order.
    received: bytes of the server's answers that were passed on.
    respond: is called with each request, and may wait; gives None to pass it on, a status to
        answer in place of the server, or CUT. It may be set at any time.
    """

    def __init__(self, server: int) -> None:
        self.server = server
        self.requests: list[Request] = []
        self.received = 0
        self.respond: Callable[[Request], int | None] = _pass_on
        self.listening = _Listening(("127.0.0.1", 0), _handler_of(self))
        self.port: int = self.listening.server_address[1]
        self.thread = threading.Thread(target=self.listening.serve_forever, args=(0.05,))

    def counts(self) -> Counter[str]:
        """How many requests of each method came."""
        return Counter(request.method for request in list(self.requests))

    def of(self, method: str, part: str = "") -> list[Request]:
        """The requests of a method whose path holds `part`."""
        return [one for one in list(self.requests) if one.method == method and part in one.path]

    def delay(self, seconds: float) -> None:
        """From now on each request waits."""

        def wait(request: Request) -> None:
            time.sleep(seconds)

        self.respond = wait

    def forget(self) -> None:
        """Counts from 0 again, and passes everything on."""
        self.requests.clear()
        self.received = 0
        self.respond = _pass_on

    def die(self) -> None:
        """Nobody listens any more, and open connections end."""
        self.respond = lambda request: CUT
        self.listening.shutdown()
        self.listening.server_close()


def _pass_on(request: Request) -> int | None:
    return None


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, address: Any) -> None:
        """A client that was killed is no news."""


@contextmanager
def proxy(server: int) -> Iterator[Proxy]:
    running = Proxy(server)
    running.thread.start()
    try:
        yield running
    finally:
        with suppress(OSError):
            running.die()
        running.thread.join()


def _handler_of(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = PIECE
        there: http.client.HTTPConnection | None = None

        def log_message(self, format: str, *args: Any) -> None:
            pass

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(PIECE)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            body = self._body()
            headers = {name.lower(): value for name, value in self.headers.items()}
            request = Request(self.command, self.path, headers, len(body))
            proxy.requests.append(request)
            answer = proxy.respond(request)
            if answer == CUT:
                self.close_connection = True
            elif answer is not None:
                self._refuse(answer)
            else:
                self._pass_on(body)

        def _body(self) -> bytes:
            if "chunked" not in self.headers.get("Transfer-Encoding", ""):
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = bytearray()
            while size := int(self.rfile.readline().split(b";")[0], 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return bytes(body)

        def _refuse(self, status: int) -> None:
            self.send_response_only(status)
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.wfile.flush()

        def _pass_on(self, body: bytes) -> None:
            self.there = self.there or http.client.HTTPConnection("127.0.0.1", proxy.server)
            self.there.putrequest(
                self.command, self.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.headers.items():  # Host too: it is signed
                if name.lower() not in HOP:
                    self.there.putheader(name, value)
            if body or self.command in ("PUT", "POST"):
                self.there.putheader("Content-Length", str(len(body)))
            self.there.endheaders(body)
            with self.there.getresponse() as answer:
                self._answer(answer)

        def _answer(self, answer: http.client.HTTPResponse) -> None:
            has_body = self.command != "HEAD" and answer.status not in (204, 304)
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in HOP:
                    self.send_header(name, value)
            length = answer.getheader("Content-Length")
            if length is not None:
                self.send_header("Content-Length", length)
            elif has_body:
                self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            while has_body and (piece := answer.read1(PIECE)):
                proxy.received += len(piece)
                chunk = b"%x\r\n%b\r\n" % (len(piece), piece) if length is None else piece
                self.wfile.write(chunk)
            if has_body and length is None:
                self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()

        def finish(self) -> None:
            with suppress(OSError):
                super().finish()
            if self.there:
                self.there.close()

    return Handler
