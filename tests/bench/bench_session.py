"""What the link and the session cost Blender's main thread.

``rows()`` measures each against a peer in the same run. The result is a mesh of 200,000 vertices and 400,000 faces,
8 MB; the backend is a real child whose only work is to make that mesh.
"""

from __future__ import annotations

import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

import conftest  # noqa: E402, F401  makes the checkout importable as the package maquette
import numpy as np  # noqa: E402
from maquette.backend.protocol import Decoder, Report, Request, Result, encode  # noqa: E402
from maquette.blender_addon.session import Launch, Session  # noqa: E402

VERTICES = 200_000
RESULTS = 12
REPEATS = 7


def rows() -> list[dict[str, Any]]:
    return [*_messages(), *_ticks()]


def _row(stage: str, ours: float, peer: str, theirs: float, note: str = "") -> dict[str, Any]:
    return {"stage": stage, "ours_seconds": ours, "peer": peer, "peer_seconds": theirs, "note": note}


def _best(work: Any) -> float:
    times = []
    for _ in range(REPEATS):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def _result() -> Result:
    random = np.random.default_rng(0)
    arrays = {
        "vertices": random.random((VERTICES, 3), np.float32),
        "faces": random.integers(0, VERTICES, (2 * VERTICES, 3), np.int32),
        "colours": random.integers(0, 256, (VERTICES, 4), np.uint8),
    }
    return Result("job", "mesh", arrays, Report("pocket", "fine", 0, 1.0, VERTICES, 2 * VERTICES, 1, True))


def _messages() -> list[dict[str, Any]]:
    result = _result()
    wire = b"".join(encode(result))
    pickled = pickle.dumps(result, 5)
    pieces = [memoryview(wire)[at : at + (1 << 18)] for at in range(0, len(wire), 1 << 18)]

    def decode() -> None:
        decoder = Decoder()
        (message,) = (message for piece in pieces for message in decoder.feed(piece))
        np.asarray(message.arrays["faces"])

    size = f"{len(wire) / 1e6:.1f} MB"
    return [
        _row(
            "encode a result", _best(lambda: encode(result)), "pickle 5", _best(lambda: pickle.dumps(result, 5)), size
        ),
        _row(
            "decode a result, 256 KB at a time", _best(decode), "pickle 5", _best(lambda: pickle.loads(pickled)), size
        ),
    ]


def _ticks() -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        command = (sys.executable, "-X", "utf8", str(ROOT / "tests/addon/toy_backend.py"), str(ROOT))
        session = Session(Launch(sys.executable, ROOT, Path(folder), command=command))
        try:
            begun = time.perf_counter()
            session.start()
            while session.state != "ready":
                session.tick()
                time.sleep(0.001)
            start = time.perf_counter() - begun
            bare = _best(lambda: subprocess.run([sys.executable, "-c", "import numpy"], check=True))
            idle, _ = _timed_ticks(session, lambda times: len(times) >= 500)
            ids = [session.submit(Request(prompt="x", options={"vertices": VERTICES})) for _ in range(RESULTS)]
            busy, cpu = _timed_ticks(session, lambda _: all(session.job(id).ended for id in ids))
            assert all(session.job(id).state == "done" for id in ids)
        finally:
            session.close()
    at_once = _whole_read()
    note = f"target 0.010; {len(busy)} ticks, median {statistics.median(busy):.2g}, worst {busy[-1]:.2g}"
    note += f"; processor time alone {_p99(cpu):.2g}"
    return [
        _row("start to ready", start, "python -c 'import numpy'", bare),
        _row("tick at rest, p99", _p99(idle), "", 0.0, "500 ticks"),
        _row(f"tick while {RESULTS} results arrive, p99", _p99(busy), "reading one whole, blocking", at_once, note),
    ]


def _timed_ticks(session: Session, done: Any) -> tuple[list[float], list[float]]:
    """Ticks as a timer would, 5 ms apart; the sorted seconds of each, by the clock and of the processor."""
    clock: list[float] = []
    processor: list[float] = []
    while not done(clock):
        begun, used = time.perf_counter(), time.thread_time()
        session.tick()
        clock.append(time.perf_counter() - begun)
        processor.append(time.thread_time() - used)
        time.sleep(0.005)
    return sorted(clock), sorted(processor)


def _p99(ordered: list[float]) -> float:
    return ordered[int(0.99 * len(ordered))]


def _whole_read() -> float:
    """A process that pickles the same result down a pipe, and a reader that waits for all of it."""
    code = (
        "import pickle, sys, numpy as np; n = 200_000; a = [np.zeros((n, 3), 'f4'), np.zeros((2 * n, 3), 'i4'),"
        " np.zeros((n, 4), 'u1')]; sys.stdin.read(1); pickle.dump(a, sys.stdout.buffer, 5)"
    )
    child = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    time.sleep(1.0)
    child.stdin.write(b"!")
    begun = time.perf_counter()
    child.stdin.close()
    pickle.load(child.stdout)
    seconds = time.perf_counter() - begun
    child.wait()
    child.stdout.close()
    return seconds


if __name__ == "__main__":
    for row in rows():
        print(row)
