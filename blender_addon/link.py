"""Frames over a loopback socket, never waiting: each call does what is possible at once and returns.

The only door from the add-on to ``backend.protocol``; the add-on imports the messages from here. No bpy.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import time
from collections import deque
from collections.abc import Iterator
from typing import Any

from ..backend.protocol import (
    PRODUCT,
    PROTOCOL,
    AskEngines,
    AskStatus,
    Bye,
    Cancel,
    Decoder,
    EngineInfo,
    EngineList,
    Failure,
    Free,
    Hello,
    Picture,
    Placement,
    Preview,
    Progress,
    ProtocolError,
    Report,
    Request,
    Result,
    Shutdown,
    Status,
    Submit,
    Welcome,
    encode,
    from_json,
    to_json,
)

__all__ = [
    "PRODUCT",
    "PROTOCOL",
    "AskEngines",
    "AskStatus",
    "Bye",
    "Cancel",
    "EngineInfo",
    "EngineList",
    "Failure",
    "Free",
    "Hello",
    "Link",
    "LinkLost",
    "Picture",
    "Placement",
    "Preview",
    "Progress",
    "ProtocolError",
    "Report",
    "Request",
    "Result",
    "Shutdown",
    "Status",
    "Submit",
    "Welcome",
    "from_json",
    "to_json",
]

TICK = 0.005  # seconds a turn of ``pump`` may take
READ = 1 << 18  # bytes a read: about 0.1 ms
MOST = 64 << 20  # bytes a turn, however fast the machine
UNDERWAY = (0, errno.EINPROGRESS, errno.EWOULDBLOCK, getattr(errno, "WSAEWOULDBLOCK", errno.EWOULDBLOCK))


class LinkLost(Exception):
    """The other side has closed, or never answered; ``str(error)`` says which."""


class Link:
    """Connects to 127.0.0.1:``port`` without blocking.

    ``send`` queues a message, ``pump`` moves bytes both ways and yields the messages that arrived.
    """

    def __init__(self, port: int):
        self.connected = False
        self._out: deque[memoryview] = deque()
        self._decoder = Decoder()
        self._buffer = memoryview(bytearray(READ))
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.setblocking(False)
        code = self._socket.connect_ex(("127.0.0.1", port))
        if code not in UNDERWAY:
            self.close()
            raise LinkLost("nothing listens on its port")

    @property
    def idle(self) -> bool:
        """Whether everything that was queued has left."""
        return self.connected and not self._out

    def send(self, message: Any) -> None:
        self._out.extend(memoryview(part) for part in encode(message))

    def pump(self, budget: float = TICK) -> Iterator[Any]:
        """Sends and receives for at most ``budget`` seconds. Raises ProtocolError where the other side breaks
        the protocol, LinkLost where it has gone, each after what arrived before.
        """
        end = time.perf_counter() + budget
        if self.connected or self._connect():
            try:
                yield from self._read(end)  # first: a goodbye is still there when writing fails
                self._write(end)
            except OSError as error:
                raise LinkLost(f"the connection broke: {error.strerror or error}") from None

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()
        self._out.clear()

    def _connect(self) -> bool:
        # Not select(): it refuses handles above 1023, and Blender may have that many open.
        if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            raise LinkLost("nothing listens on its port")
        with contextlib.suppress(OSError):
            self._socket.getpeername()
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.connected = True
        return self.connected

    def _write(self, end: float) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._out:
                part = self._out[0]
                sent = self._socket.send(part[:READ])
                if sent == len(part):
                    self._out.popleft()
                else:
                    self._out[0] = part[sent:]
                if time.perf_counter() >= end:
                    return

    def _read(self, end: float) -> Iterator[Any]:
        got = 0
        while got < MOST and time.perf_counter() < end:
            try:
                count = self._socket.recv_into(self._buffer)
            except BlockingIOError:
                return
            if not count:
                raise LinkLost("it closed the connection")
            got += count
            yield from self._decoder.feed(self._buffer[:count])
