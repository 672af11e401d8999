"""One life of the backend, from its start to its loss: process, port, greeting, heartbeat. No bpy, no waiting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .child import Child, Launch
from .link import (
    PRODUCT,
    PROTOCOL,
    AskEngines,
    AskStatus,
    Bye,
    Hello,
    Link,
    LinkLost,
    ProtocolError,
    Welcome,
)

_REINSTALL = "Restart Blender; if that does not help, install Maquette again."
_LOOPBACK = "Allow connections from this computer to itself (127.0.0.1) in your firewall."


@dataclass(frozen=True)
class Patience:
    """Seconds we wait, and how often we try."""

    ready: float = 60.0  # from the start to the port: a cold disk and a virus scanner take their time
    greeting: float = 5.0
    heartbeat: float = 2.0  # between two questions how it is
    silence: float = 20.0  # without any whole message it hangs
    cancel: float = 2.0
    infancy: float = 10.0  # after the greeting; one that dies so young, without a job, cannot work here
    restarts: int = 3  # in a row, before we give up
    back_off: tuple[float, ...] = (0.2, 1.0, 3.0)  # before the first, second, … of them
    tries: int = 2  # of one job that loses its backend


class Lost(Exception):
    """The backend is of no use any more; ``sentence`` says why and ``fix`` what to do."""

    def __init__(self, sentence: str, fix: str):
        super().__init__(sentence)
        self.sentence, self.fix = sentence, fix


class Contact:
    """Starts a backend. ``ready`` once it has greeted. Raises Lost from every method that can find it out."""

    def __init__(self, launch: Launch, patience: Patience, now: float):
        self.ready = False
        self._patience = patience
        self._link: Link | None = None
        self._deadline = now + patience.ready  # of what the backend owes us next
        self._ask_at = now
        try:
            self._child = Child(launch)
        except OSError as error:
            why = error.strerror or str(error)
            raise Lost(f"Maquette's backend could not be started ({why}).", _REINSTALL) from None

    def turn(self, now: float) -> Iterator[Any]:
        """Does what can be done at once; yields what the backend says, greeting and goodbye apart."""
        if self._link is None:
            self._link = self._look_for_port(now)
        if self._link is None:
            return
        if self.ready and now >= self._ask_at:
            self._ask_at = now + self._patience.heartbeat
            self.send(AskStatus())
        try:
            for message in self._link.pump():
                self._deadline = now + self._patience.silence
                if isinstance(message, Bye):
                    what = "closed the connection" if self.ready else "refused us"
                    raise Lost(f"Maquette's backend {what}: {message.reason}", self._advice(not self.ready))
                if self.ready:
                    yield message
                else:
                    self._welcome(message)
        except ProtocolError as breach:
            raise self.garbage(breach) from None
        except LinkLost as error:
            code = self._child.exit_code()
            how = str(error) if code is None else _death(code)
            raise Lost(f"Maquette's backend stopped unexpectedly ({how}).", self._advice()) from None
        if now > self._deadline:
            raise Lost("Maquette's backend does not answer any more.", self._advice())

    def send(self, message: Any) -> None:
        """Queues a message. Raises ProtocolError where it cannot travel."""
        assert self._link is not None
        self._link.send(message)

    def garbage(self, breach: ProtocolError) -> Lost:
        return Lost(f"Maquette's backend sent something that makes no sense ({breach}).", self._advice())

    def forgive(self, seconds: float) -> None:
        """Time in which nobody looked is not held against it."""
        self._deadline += seconds

    def kill(self) -> None:
        """Ends it at once; ``gone`` collects it later."""
        self._hang_up()
        self._child.kill()

    def gone(self) -> bool:
        return self._child.gone()

    def close(self) -> None:
        """Lets it end by itself, for a moment."""
        self._hang_up()
        self._child.close()

    def _hang_up(self) -> None:
        if self._link is not None:
            self._link.close()
        self.ready = False

    def _look_for_port(self, now: float) -> Link | None:
        code = self._child.exit_code()
        if code is not None:
            how = self._child.last_words() or _death(code)
            raise Lost(f"Maquette's backend stopped while starting ({how}).", self._advice())
        try:
            facts = self._child.ready()
        except ValueError:
            raise Lost("Maquette's backend announced itself in a way that makes no sense.", _REINSTALL) from None
        if facts is None:
            if now > self._deadline:
                raise Lost(f"Maquette's backend was not ready after {self._patience.ready:g} s.", self._advice())
            return None
        if facts.get("product") != PRODUCT or facts.get("protocol") != PROTOCOL:
            raise Lost("The backend that started belongs to another version of Maquette.", _REINSTALL)
        try:
            link = Link(facts["port"])
        except (LinkLost, OSError) as error:
            raise Lost(f"Maquette's backend cannot be reached ({error}).", _LOOPBACK) from None
        link.send(Hello(self._child.token))
        self._deadline = now + self._patience.greeting
        return link

    def _welcome(self, message: Any) -> None:
        if not isinstance(message, Welcome):
            raise ProtocolError("it does not greet")
        if message.product != PRODUCT or message.protocol != PROTOCOL:
            raise Lost("The backend that answered belongs to another version of Maquette.", _REINSTALL)
        self.ready = True
        self.send(AskEngines())

    def _advice(self, reinstall: bool = False) -> str:
        return _REINSTALL if reinstall else f"Try again; if it happens twice, send us its log: {self._child.log}"


def _death(code: int) -> str:
    if code in (-9, 137):
        return "the system ended it, perhaps for want of memory"
    return f"signal {-code}" if code < 0 else f"exit code {code}"
