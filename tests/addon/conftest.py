"""Sessions over real child processes, with little patience, that leave nothing running."""

import sys
import time
from pathlib import Path

import pytest
from maquette.blender_addon.session import Launch, Patience, Session

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

# What these tests do not mean to run into is long, so that a busy machine does not run into it either.
CALM = Patience(ready=60, greeting=30, heartbeat=0.1, silence=60, cancel=30, restarts=2, back_off=(0.01, 0.02), tries=2)


def script(name, *arguments):
    return (sys.executable, "-X", "utf8", str(HERE / name), *map(str, arguments))


@pytest.fixture
def session(tmp_path):
    """``session(script, *arguments)`` starts a session with that backend; ``None`` is the product's own."""
    made = []

    def make(name=None, *arguments, patience=CALM, data_dir=None, **more):
        command = script(name, *arguments) if name else None
        launch = Launch(sys.executable, ROOT, data_dir or tmp_path / "data", command=command, **more)
        made.append(Session(launch, patience))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def toy(session):
    return session("toy_backend.py", ROOT)


def tick_until(session, done, seconds=30.0):
    """Ticks until ``done()``; returns every event on the way."""
    events, end = [], time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, (session.state, session.note, [job.state for job in session.jobs])
        events += session.tick()
        time.sleep(0.002)
    return events
