"""One client of the server: its frames, its rights, and what it has not read yet."""

from __future__ import annotations

import contextlib
import hmac
import socket
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from .protocol import (
    PRODUCT,
    PROTOCOL,
    UNAUTHENTICATED_FRAME,
    Bye,
    Decoder,
    Hello,
    Preview,
    Progress,
    ProtocolError,
    encode,
)

GREETING_TIME = 5.0  # seconds a stranger has to say who it is
PARTING_TIME = 1.0  # seconds a closing peer has to read our reason
CLIENT_FRAME = 256 << 20  # four pictures of 4096 × 4096
READ = 1 << 18  # bytes a turn: no client keeps the loop from the others
PASSING = 1 << 20  # unsent bytes above which progress and previews are dropped: newer ones will come
DEAF = 8 << 20  # unsent bytes above which we stop listening until the client has read
ABANDONED = 1 << 30  # unsent bytes above which the client is given up


class Peer:
    """``socket`` is non-blocking. ``name`` is unique for the life of the server."""

    def __init__(self, sock: socket.socket, name: int):
        self.socket, self.name = sock, name
        self.known = False
        self.closing = False
        self.deadline: float | None = time.monotonic() + GREETING_TIME
        self.unsent = 0
        self._out: deque[memoryview] = deque()
        self._decoder = Decoder(UNAUTHENTICATED_FRAME)
        self._buffer = memoryview(bytearray(READ))

    @property
    def deaf(self) -> bool:
        return self.unsent > DEAF

    def greet(self, hello: Any, token: str) -> str:
        """Lets the client in, or returns the sentence that says why not."""
        if not isinstance(hello, Hello):
            return "The first message must be a greeting."
        if hello.product != PRODUCT:
            return f"This is {PRODUCT}, not {hello.product[:40]}."
        if hello.protocol != PROTOCOL:
            return f"This backend speaks protocol {PROTOCOL}, not {hello.protocol}; restart Blender."
        if not hmac.compare_digest(hello.token.encode("utf-8", "replace"), token.encode()):
            return "The token is wrong."
        self.known, self.deadline = True, None
        self._decoder.limit = CLIENT_FRAME
        return ""

    def receive(self) -> Iterator[Any]:
        """The messages that one read completes. Raises ProtocolError, EOFError, OSError."""
        try:
            count = self.socket.recv_into(self._buffer)
        except BlockingIOError:
            return
        if not count:
            raise EOFError
        if not self.closing:  # a closing peer is read only so that our reason is not lost to a reset
            yield from self._decoder.feed(self._buffer[:count])

    def send(self, message: Any) -> None:
        """Queues a message; ``flush`` sends it. Raises ProtocolError where it cannot travel."""
        if self.closing or (isinstance(message, (Progress, Preview)) and self.unsent > PASSING):
            return
        for part in encode(message):
            self._out.append(memoryview(part))
            self.unsent += len(part)
        if self.unsent > ABANDONED:
            raise ProtocolError("the client does not read its results")

    def flush(self) -> None:
        """Sends what the socket takes. Raises OSError where the client has gone."""
        with contextlib.suppress(BlockingIOError):
            while self._out:
                sent = self.socket.send(self._out[0])
                self.unsent -= sent
                if sent == len(self._out[0]):
                    self._out.popleft()
                else:
                    self._out[0] = self._out[0][sent:]
        if self.closing and not self._out:
            with contextlib.suppress(OSError):
                self.socket.shutdown(socket.SHUT_WR)

    def part(self, reason: str) -> None:
        """Says goodbye; the server closes the socket once the client has, or after a second."""
        if not self.closing:
            with contextlib.suppress(ProtocolError):
                self.send(Bye(reason))
            self.closing, self.deadline = True, time.monotonic() + PARTING_TIME
