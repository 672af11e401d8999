"""Nothing grows over many jobs, and nothing outlives a parent that is killed."""

import gc
import os
import subprocess
import sys
import time
import tracemalloc

import psutil
import pytest
from maquette.blender_addon.link import Request, Result

from .conftest import HERE, ROOT, tick_until

MIB = 1 << 20


def handles(process):
    return process.num_fds() if os.name == "posix" else process.num_handles()


def run(session, jobs):
    """Submits and finishes jobs whose results are about 0.5 MB each."""
    ids = [session.submit(Request(prompt="x", options={"vertices": 12_000})) for _ in range(jobs)]
    results = 0
    while not all(session.job(id).ended for id in ids):
        results += sum(isinstance(event, Result) for event in session.tick())
        time.sleep(0.001)
    return results


def test_two_hundred_jobs_leave_nothing_behind(toy):
    run(toy, 40)  # what is made once is made now
    backend = psutil.Process(toy._contact._child.process.pid)
    here = psutil.Process()
    gc.collect()
    tracemalloc.start()
    before = (handles(here), handles(backend), backend.memory_info().rss, tracemalloc.get_traced_memory()[0])
    assert run(toy, 200) == 200
    gc.collect()
    after = (handles(here), handles(backend), backend.memory_info().rss, tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    assert after[0] <= before[0] and after[1] <= before[1]
    assert after[2] - before[2] < 16 * MIB  # 200 results would be 100 MB
    assert after[3] - before[3] < MIB
    assert {backend.pid} == {child.pid for child in here.children()}


def test_backends_that_were_killed_leave_no_handles(session):
    here = psutil.Process()
    there = session("toy_backend.py", ROOT)
    there.wait(there.submit(Request(prompt="x")), 60)
    before = handles(here)
    for _ in range(5):
        there._contact._child.process.kill()
        assert there.wait(there.submit(Request(prompt="x")), 60).state == "done"
    tick_until(there, lambda: not there._dying)
    assert handles(here) <= before
    assert len(here.children()) == 1  # no zombie either


PARENT = """
import sys, time, pathlib; sys.path.insert(0, {tests!r})
import conftest
from maquette.blender_addon.session import Launch, Session
from maquette.blender_addon.link import Request
root = pathlib.Path({root!r})
command = (sys.executable, {toy!r}, {root!r})
there = Session(Launch(sys.executable, root, pathlib.Path({data!r}), command=command))
there.submit(Request(prompt="x", options={{"seconds": 600}}))
while there.jobs[0].fraction == 0:
    there.tick(); time.sleep(0.01)
print(there._contact._child.process.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9")
@pytest.mark.parametrize("signal", [9, 15])
def test_the_backend_ends_with_a_parent_that_is_killed(tmp_path, signal):
    tests, toy = str(ROOT / "tests"), str(HERE / "toy_backend.py")
    code = PARENT.format(tests=tests, root=str(ROOT), toy=toy, data=str(tmp_path))
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    env = {**os.environ, "TMPDIR": str(temporary)}
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=env)
    try:
        backend = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal)
        parent.wait(10)
        _, alive = psutil.wait_procs([backend], 10)
        assert not alive
        assert list(temporary.iterdir()) == []  # the backend clears away what its parent no longer can
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
