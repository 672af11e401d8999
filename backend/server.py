"""The backend as a process: one loop for the clients, one worker for the jobs, one rope to the parent.

The main thread never computes and never blocks: a status is answered at once, whatever the worker is doing.
"""

from __future__ import annotations

import contextlib
import faulthandler
import json
import logging
import os
import queue
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from . import __version__, pipeline
from .jobs import Jobs, failure
from .lifeline import BadSettings, Parent, Settings, announce, cap_console, hold
from .peer import Peer
from .progress import Meter, Timings
from .protocol import (
    PRODUCT,
    PROTOCOL,
    AskEngines,
    AskStatus,
    Cancel,
    EngineList,
    Failure,
    Free,
    ProtocolError,
    Request,
    Shutdown,
    Status,
    Submit,
    Welcome,
)
from .runtime import blas, device, store, threads
from .runtime.memory import current_memory

log = logging.getLogger(__name__)

MAX_PEERS = 16
WATCH_EVERY = 1.0  # seconds between two looks at the parent
SMALL = "pocket"  # the engine that is small enough to stay loaded while nothing is asked for

Work = Callable[[Request, Meter], pipeline.Finished]


class Server:
    """Listens on a free port of 127.0.0.1; ``port`` says which. ``run`` returns after a Shutdown or ``stop``."""

    def __init__(self, settings: Settings, catalogue: pipeline.Catalogue, work: Work | None = None):
        self._settings, self._catalogue = settings, catalogue
        self._peers: dict[int, Peer] = {}
        self._named = 0
        self._outbox: queue.SimpleQueue[tuple[int, Any]] = queue.SimpleQueue()
        self._stopping = False
        self._listener = _listen()
        self.port: int = self._listener.getsockname()[1]
        self._bell, self._ear = socket.socketpair()
        self._bell.setblocking(False)
        self._ear.setblocking(False)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._ear, selectors.EVENT_READ, self._hear)
        timings = Timings(Path(settings.data_dir) / "timings.json" if settings.data_dir else None)
        do = work or (lambda request, meter: pipeline.run(request, meter, catalogue))
        store.configure(settings.weights_dir, settings.data_dir)
        self._jobs = Jobs(
            do,
            self._emit,
            timings,
            self._prepare,
            settings.log,
            release=catalogue.unload,
            rest=lambda: catalogue.unload(keep=SMALL),
            rest_after=settings.idle_minutes * 60.0,
        )

    def run(self, parent_alive: Callable[[], bool] = lambda: True) -> None:
        self._jobs.start()
        watch_at = time.monotonic() + WATCH_EVERY
        try:
            while not self._stopping:
                for key, events in self._selector.select(self._pause(watch_at)):
                    key.data(events)
                now = time.monotonic()
                if now >= watch_at:
                    watch_at = now + WATCH_EVERY
                    cap_console()
                    if not parent_alive():
                        return
                for peer in list(self._peers.values()):
                    if peer.deadline is not None and now >= peer.deadline:
                        self._drop(peer) if peer.closing else self._part(peer, "No greeting came in time.")
        finally:
            self._close()

    def stop(self) -> None:
        """From any thread."""
        self._stopping = True
        self._ring()

    # ---------------------------------------------------------------------------------------- the loop

    def _pause(self, watch_at: float) -> float:
        deadlines = [peer.deadline for peer in self._peers.values() if peer.deadline is not None]
        return max(0.0, min([watch_at, *deadlines]) - time.monotonic())

    def _accept(self, _events: int) -> None:
        try:
            sock, _ = self._listener.accept()
        except OSError:  # it left again, or we have no handle to give
            return
        if len(self._peers) >= MAX_PEERS:
            strangers = [peer for peer in self._peers.values() if not peer.known]
            if not strangers:
                sock.close()
                return
            self._drop(strangers[0])  # nobody is kept out by those who never greet
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._named += 1
        peer = self._peers[self._named] = Peer(sock, self._named)
        self._selector.register(sock, selectors.EVENT_READ, lambda events: self._attend(peer, events))

    def _attend(self, peer: Peer, events: int) -> None:
        try:
            if events & selectors.EVENT_READ:
                for message in peer.receive():
                    if not peer.closing:
                        self._answer(peer, message)
            self._flush(peer)
        except ProtocolError as breach:
            log.warning("client %d: %s", peer.name, breach)
            self._part(peer, f"The protocol was broken: {breach}.")
        except (EOFError, OSError):
            self._drop(peer)
        except Exception:  # our own mistake must not take the other clients along
            log.exception("client %d", peer.name)
            self._part(peer, "Something unforeseen went wrong in the backend.")

    def _flush(self, peer: Peer) -> None:
        """Sends, then listens for what matters next: room to send, and words unless there are too many unread."""
        peer.flush()
        if peer.name in self._peers:
            wanted = selectors.EVENT_WRITE if peer.unsent else 0
            wanted |= 0 if peer.deaf else selectors.EVENT_READ
            if self._selector.get_key(peer.socket).events != wanted:
                self._selector.modify(peer.socket, wanted, self._selector.get_key(peer.socket).data)

    def _part(self, peer: Peer, reason: str) -> None:
        self._jobs.forget(peer.name)
        peer.part(reason)
        try:
            self._flush(peer)
        except OSError:
            self._drop(peer)

    def _drop(self, peer: Peer) -> None:
        if self._peers.pop(peer.name, None) is not None:
            self._selector.unregister(peer.socket)
            peer.socket.close()
            self._jobs.forget(peer.name)

    # --------------------------------------------------------------------------------------- the verbs

    def _answer(self, peer: Peer, message: Any) -> None:
        if not peer.known:
            refusal = peer.greet(message, self._settings.token)
            if refusal:
                self._part(peer, refusal)
            else:
                peer.send(Welcome(PRODUCT, PROTOCOL, __version__, os.getpid()))
        elif isinstance(message, Submit):
            if not 0 < len(message.job) <= 64 or self._jobs.has(peer.name, message.job):
                raise ProtocolError("a job needs a name of its own, of 1 to 64 characters")
            self._jobs.submit(peer.name, message.job, message.request)
        elif isinstance(message, Cancel):
            self._jobs.cancel(peer.name, message.job)
        elif isinstance(message, AskStatus):
            peer.send(self._status())
        elif isinstance(message, Free):
            self._jobs.free()
            peer.send(self._status())
        elif isinstance(message, AskEngines):
            peer.send(self._list_engines())
        elif isinstance(message, Shutdown):
            self._stopping = True
        else:
            raise ProtocolError(f"{type(message).__name__} is not for a backend")

    def _list_engines(self) -> EngineList | Failure:
        try:
            return EngineList(tuple(self._catalogue.engines()))
        except Exception as error:
            return failure("", error, self._settings.log)

    # -------------------------------------------------------------------------------------- the worker

    def _prepare(self) -> str:
        return prepare_compute(self._settings)

    def _emit(self, owner: int, message: Any) -> None:
        """From the worker's thread: hands a message to the loop."""
        self._outbox.put((owner, message))
        self._ring()

    def _ring(self) -> None:
        with contextlib.suppress(OSError):  # full: the bell rings already
            self._bell.send(b"!")

    def _hear(self, _events: int) -> None:
        with contextlib.suppress(BlockingIOError):
            self._ear.recv(4096)
        while True:
            try:
                owner, message = self._outbox.get_nowait()
            except queue.Empty:
                return
            peer = self._peers.get(owner)
            if peer is None:
                continue
            try:
                peer.send(message)
                self._flush(peer)
            except ProtocolError as breach:
                self._part(peer, f"The protocol was broken: {breach}.")
            except OSError:
                self._drop(peer)

    def _status(self) -> Status:
        running, waiting = self._jobs.state()
        # Never loads torch: until an engine did, there is no device to tell of.
        title, held = device.current().title, device.held_memory()
        return Status(running, waiting, self._jobs.compute, current_memory(), title, held)

    def _close(self) -> None:
        self._jobs.close()
        for peer in list(self._peers.values()):
            with contextlib.suppress(OSError):
                peer.part("The backend is closing.")
                peer.flush()
            self._drop(peer)
        for sock in (self._listener, self._bell, self._ear):
            sock.close()
        self._selector.close()


def _listen() -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if hasattr(socket, "SO_EXCLUSIVEADDRUSE"):  # on Windows another program could otherwise take the port over
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    listener.bind(("127.0.0.1", 0))
    listener.listen(64)
    listener.setblocking(False)
    return listener


def prepare_compute(settings: Settings) -> str:
    """Lowers our priority, caps the threads and picks what multiplies matrices. Returns the sentence for it.

    On the worker's thread: Linux keeps a priority for each thread and hands it to those it starts, so that
    whatever computes gives way and the loop still answers at once.
    """
    threads.lower_priority()
    count = settings.threads or threads.thread_cap(settings.interactive)
    return blas.choose(settings.blas_path, count).describe()


def main(
    catalogue: pipeline.Catalogue,
    work: Work | None = None,
    standalone: bool = False,
    detached: bool = False,
) -> int:
    """Runs the backend until its parent goes or a client shuts it down. Returns the exit code."""
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    stream = sys.stdin.buffer
    try:
        settings = Settings.standalone() if standalone else Settings.read(stream)
    except EOFError:
        return 0
    except BadSettings as error:
        log.error("%s", error)
        return 2
    faulthandler.enable()
    if not standalone:
        # Ctrl-C in the terminal of our parent is for our parent; the lifeline tells us what became of it.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    server = Server(settings, catalogue, work)
    facts = {"port": server.port, "pid": os.getpid(), "protocol": PROTOCOL, "version": __version__, "product": PRODUCT}
    ready = announce(Path(settings.run_dir), facts) if settings.run_dir else None
    if standalone:
        print(json.dumps({**facts, "token": settings.token}), flush=True)

    def end(code: int = 0) -> None:
        # The worker may be deep inside NumPy: nobody waits for it.
        try:
            if ready is not None:
                ready.unlink(missing_ok=True)
                ready.parent.rmdir()  # the parent may be past doing it
        finally:
            os._exit(code)

    if not detached:
        hold(stream.fileno(), end)
    parent = Parent(settings.parent_pid)
    try:
        server.run(parent.alive if not detached else lambda: True)
    except KeyboardInterrupt:
        end()
    except BaseException:
        log.exception("the backend ends")
        end(1)
    end()
    return 0
