"""A server of files on this computer that misbehaves as told."""

import contextlib
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Manners:
    """How one request is answered; the server takes them in turn and keeps to the last."""

    status: int = 200
    headers: dict = field(default_factory=dict)
    content: bytes | None = None  # instead of the file's own
    etag: str = '"v1"'
    ranges: bool = True  # whether Range is understood
    cut: int = -1  # hang up after so many bytes of this answer
    stall: float = 0.0  # be silent for so long after ``cut`` bytes, instead of hanging up
    drip: float = 0.0  # seconds between two single bytes
    length: int | None = None  # what Content-Length lies
    reset: bool = False  # end with a reset instead of a proper end
    chunked: bool = False  # tell no length at all
    mute: float = 0.0  # be silent for so long before the first word
    heeds_tag: bool = True  # whether If-Range is understood
    range_from: int | None = None  # where the rest is said to begin


class Server:
    """``with Server(content) as server``: ``server.url``; ``server.asked`` has every request's path and headers."""

    def __init__(self, content=b"", *manners, files=None, tls=None):
        self.files = files or {}
        self.content = content
        self.manners = list(manners) or [Manners()]
        self.asked = []
        self._over = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                outer.answer(self)

            def do_HEAD(self):
                outer.answer(self)

            def log_message(self, *_):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        if tls is not None:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self.url = f"http{'s' if tls else ''}://127.0.0.1:{self.port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def ranges(self):
        return [headers.get("Range") for _, _, headers in self.asked]

    def answer(self, request):
        request.close_connection = True
        method, path = request.command, request.path
        self.asked.append((method, path, dict(request.headers)))
        manners = self.manners[0]
        if method == "GET" and len(self.manners) > 1:
            self.manners.pop(0)
        with contextlib.suppress(OSError):
            self._send(request, manners, self.files.get(path, self.content))

    def _send(self, request, manners, content):
        self._over.wait(manners.mute)
        if manners.status not in (200, 206):
            body = manners.content or b""
            request.send_response(manners.status)
            for name, value in manners.headers.items():
                request.send_header(name, value)
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)
            return
        content = content if manners.content is None else manners.content
        first, status = 0, 200
        wanted = re.fullmatch(r"bytes=(\d+)-", request.headers.get("Range", ""))
        same = request.headers.get("If-Range") in (None, manners.etag) or not manners.heeds_tag
        if wanted and manners.ranges and same:
            first, status = int(wanted[1]), 206
            if first >= len(content):
                request.send_response(416)
                request.send_header("Content-Range", f"bytes */{len(content)}")
                request.send_header("Content-Length", "0")
                request.end_headers()
                return
        body = content[first:]
        request.send_response(status)
        if manners.etag:
            request.send_header("ETag", manners.etag)
        if status == 206:
            said = first if manners.range_from is None else manners.range_from
            request.send_header("Content-Range", f"bytes {said}-{len(content) - 1}/{len(content)}")
        if not manners.chunked:
            request.send_header("Content-Length", str(len(body) if manners.length is None else manners.length))
        for name, value in manners.headers.items():
            request.send_header(name, value)
        request.end_headers()
        if request.command == "HEAD":
            return
        if manners.drip:
            for i in range(len(body)):
                request.wfile.write(body[i : i + 1])
                request.wfile.flush()
                if self._over.wait(manners.drip):
                    return
            return
        if manners.cut >= 0:
            request.wfile.write(body[: manners.cut])
            request.wfile.flush()
            self._over.wait(manners.stall)
            if manners.reset:
                _reset(request)
            return
        request.wfile.write(body)


def _reset(request):
    """Ends the connection so that the other side sees an error, not an end."""
    time.sleep(0.02)  # what was written shall arrive first
    request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    request.connection.close()
