"""One answer of a server, read by a thread of its own, so that silence can be measured and the user can stop it."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator

from .access import Access, Answer
from .troubles import Hitch, host_of, of_exception, silent

PIECE = 256 << 10
POLL = 0.1  # seconds between two looks at whether to stop
WAITING = 32  # pieces that may wait for the disk


class Pull:
    """``with Pull(...) as pull``: ``pull.head()``, then ``pull.pieces()``. ``step()`` may raise to stop.

    Raises what ``access.open`` raises, and a Hitch where the server falls silent or the connection breaks.
    """

    def __init__(
        self, access: Access, url: str, headers: dict[str, str], step: Callable[[], None], method: str = "GET"
    ):
        self._access, self._url, self._step = access, url, step
        self._come: queue.Queue[Answer | bytes | BaseException] = queue.Queue(WAITING)
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(headers, method), name="download", daemon=True)

    def __enter__(self) -> Pull:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._left.set()  # the thread ends at its next piece, or when its socket has been silent for long enough

    def head(self) -> Answer:
        """Waits for the answer to begin."""
        # A host with several addresses is tried at each of them in turn, so one silence is not yet the end.
        found = self._next(time.monotonic() + 3 * self._access.stall)
        assert isinstance(found, Answer)
        return found

    def pieces(self) -> Iterator[bytes]:
        """What comes, until the server or the announced length ends it."""
        stall, least = self._access.stall, self._access.stall * self._access.slowest
        begun, came = time.monotonic(), 0.0
        while True:
            piece = self._next(time.monotonic() + stall)
            if not piece:
                return
            assert isinstance(piece, bytes)
            came += len(piece)
            yield piece
            now = time.monotonic()
            if now - begun >= stall:
                if came < least:  # a drop now and then is no download
                    raise Hitch(silent(host_of(self._url)))
                begun, came = now, 0.0

    def _next(self, until: float) -> Answer | bytes:
        while True:
            self._step()
            try:
                found = self._come.get(timeout=POLL)
            except queue.Empty:
                if time.monotonic() >= until:
                    raise Hitch(silent(host_of(self._url))) from None
                continue
            if isinstance(found, BaseException):
                raise found
            return found

    # ------------------------------------------------------------------------------------- the thread

    def _read(self, headers: dict[str, str], method: str) -> None:
        try:
            answer = self._access.open(self._url, headers, method)
        except BaseException as error:
            self._put(error)
            return
        try:
            self._put(answer)
            while not self._left.is_set() and (piece := answer.read(PIECE)):
                self._put(piece)
            self._put(b"")
        except BaseException as error:
            self._put(of_exception(error, self._url))
        finally:
            answer.close()

    def _put(self, item: Answer | bytes | BaseException) -> None:
        while not self._left.is_set():
            try:
                return self._come.put(item, timeout=POLL)
            except queue.Full:
                continue
