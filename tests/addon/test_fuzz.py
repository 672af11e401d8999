"""Whatever bytes a backend sends, a tick neither raises nor waits, and the session ends in a state that has a name."""

import socket
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st
from maquette.backend.protocol import EngineList, Report, Status, Welcome, encode
from maquette.blender_addon import contact
from maquette.blender_addon.link import PRODUCT, PROTOCOL, Bye, Failure, Preview, Progress, Request, Result
from maquette.blender_addon.session import Launch, Session

from .conftest import CALM

REPORT = Report("pocket", "fast", 0, 0.1, 3, 1, 1, False)


class Puppet:
    """In the place of a child process: its port is the test's own socket."""

    port = 0
    token = "t" * 64
    log = Path("log")

    def __init__(self, launch):
        pass

    def ready(self):
        return {"port": self.port, "product": PRODUCT, "protocol": PROTOCOL}

    def exit_code(self):
        return None

    def last_words(self):
        return ""

    def kill(self):
        pass

    def gone(self):
        return True

    def close(self):
        pass


@pytest.fixture
def listener(monkeypatch):
    monkeypatch.setattr(contact, "Child", Puppet)
    with socket.create_server(("127.0.0.1", 0)) as sock:
        sock.setblocking(False)
        monkeypatch.setattr(Puppet, "port", sock.getsockname()[1])
        yield sock


def wire(message):
    return b"".join(bytes(part) for part in encode(message))


def mesh(corners=3, index=0):
    return {
        "vertices": np.zeros((corners, 3), np.float32),
        "faces": np.full((2, 3), index, np.int32),
        "colours": np.zeros((3, 4), np.uint8),
    }


def messages(job):
    """One of each kind that a backend may send, right and nearly right."""
    yield Progress(job, "Meshing", 0.5, 3.0, "")
    yield Progress(job, "", -5e300, -1e300, "x")
    yield Progress("another", "Meshing", 0.5)
    yield Preview(job, mesh())
    yield Preview(job, {})
    yield Result(job, "mesh", mesh(), REPORT)
    yield Result(job, "mesh", mesh(index=3), REPORT)
    yield Result(job, "mesh", mesh(corners=4), REPORT)
    yield Result(job, "splat", {"means": np.zeros((1, 1, 1), np.float32)}, REPORT)
    yield Result(job, "cloud", {"points": np.zeros((1, 1, 1), np.float32)}, REPORT)
    yield Result(job, "cutout", {"pixels": np.zeros((1, 1, 4), np.uint8)}, REPORT)
    yield Failure(job, "", "", "")
    yield Failure("", "internal", "The engines cannot be listed.", "Install again.")
    yield Failure(job, "cancelled", "Cancelled.", "")
    yield Status(job, (), "NumPy", 2**80)
    yield EngineList(())
    yield Welcome(PRODUCT, PROTOCOL, "", 0)
    yield Bye("")


@st.composite
def streams(draw):
    """What to do to a stream of messages: which of them, and which bytes to flip, to cut out, to put in."""
    picks = draw(st.lists(st.integers(0, 17), max_size=6))
    edits = draw(
        st.lists(st.tuples(st.floats(0, 1), st.sampled_from(["flip", "cut", "add"]), st.binary(max_size=8)), max_size=3)
    )
    return picks, edits


def build(job, stream):
    picks, edits = stream
    all_messages = list(messages(job))
    data = bytearray(b"".join(wire(all_messages[pick % len(all_messages)]) for pick in picks))
    for where, how, extra in edits:
        at = int(where * len(data))
        if how == "flip" and data:
            data[min(at, len(data) - 1)] ^= (extra or b"\xff")[0] or 1
        elif how == "cut":
            del data[at : at + len(extra)]
        else:
            data[at:at] = extra
    return bytes(data)


@given(stream=streams(), cut=st.floats(0, 1), greet=st.booleans())
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_stream_makes_a_tick_raise(listener, tmp_path, stream, cut, greet):
    session = Session(Launch("", tmp_path, tmp_path), replace(CALM, restarts=0, back_off=()))
    id = session.submit(Request(prompt="x"))
    session.tick()
    session.tick()
    peer, _ = listener.accept()
    try:
        if greet:
            peer.sendall(wire(Welcome(PRODUCT, PROTOCOL, "", 1)))
            for _ in range(200):
                session.tick()
                if session.job(id).state == "running":
                    break
        data = build(id, stream)
        at = int(cut * len(data))
        for part in (data[:at], data[at:]):
            peer.sendall(part)
            begun = time.thread_time()
            for _ in range(3):
                session.tick()
            assert time.thread_time() - begun < 1
        peer.close()
        for _ in range(200):
            if session.state == "failed" or session.job(id).ended:
                break
            session.tick()
        assert session.state in ("failed", "ready", "stopped", "starting")
        assert session.job(id).state in ("waiting", "done", "failed", "cancelled"), session.state
        event(f"session {session.state}, job {session.job(id).state}")
        assert session.state != "failed" or (session.note and session.fix)
    finally:
        peer.close()
        session.close()
