"""Another way to start the backend: taken up when there is no job, and given up where it does not come up."""

import sys
from dataclasses import replace

import pytest
from maquette.blender_addon.link import Request
from maquette.blender_addon.session import Launch

from .conftest import ROOT, script, tick_until


@pytest.fixture
def launch(tmp_path):
    """``launch(script, *arguments)``: as the session fixture makes them."""
    return lambda name, *more: Launch(sys.executable, ROOT, tmp_path / "data", command=script(name, *more))


def toy(seconds=0.0):
    return Request(prompt="x", options={"seconds": seconds})


@pytest.fixture
def pair(session, launch, tmp_path):
    """``pair(mode)``: a session whose backend misbehaves so, with the toy instead of it."""

    def make(mode):
        ours = session("hostile_backend.py", mode, tmp_path / "once")
        spare = launch("toy_backend.py", ROOT)
        ours.launch = replace(ours.launch, instead=spare, why="The GPU engines do not start.")
        return ours

    return make


@pytest.mark.parametrize("mode", ["dies_at_start", "raises_at_start", "closes_at_once", "ready_is_garbage", "garbage"])
def test_what_does_not_come_up_is_replaced_at_once(pair, mode):
    ours = pair(mode)
    id = ours.submit(toy())
    tick_until(ours, lambda: ours.job(id).ended)
    assert ours.job(id).state == "done" and ours.job(id).tries <= 2
    assert ours.fell_back.startswith("The GPU engines do not start. (Maquette's backend")
    assert ours.launch.instead is None and ours._losses == 0


def test_what_worked_is_not_replaced_for_a_job_it_lost(pair):
    ours = pair("dies_mid_job")
    id = ours.submit(toy())
    tick_until(ours, lambda: ours.job(id).ended)
    assert ours.job(id).failure.code == "backend_lost" and not ours.fell_back


def test_another_launch_is_taken_up_between_two_jobs(session, launch, tmp_path):
    ours = session("toy_backend.py", ROOT)
    first, second = ours.submit(toy(0.3)), ours.submit(toy())
    tick_until(ours, lambda: ours.job(first).fraction > 0)
    before = ours._contact._child.process
    ours.use(launch("hostile_backend.py", "good", tmp_path / "once"))
    assert not ours.retired and ours.job(first).state == "running"
    tick_until(ours, lambda: ours.job(second).ended)
    assert (ours.job(first).state, ours.job(second).state) == ("done", "done"), ours.job(second).failure.sentence
    assert ours._contact._child.process is not before
    tick_until(ours, lambda: ours.retired)
    assert before.poll() is not None


def test_one_that_idles_is_replaced_and_comes_back(session, launch):
    ours = session("toy_backend.py", ROOT)
    ours.start()
    tick_until(ours, lambda: ours.state == "ready")
    before = ours._contact
    ours.use(launch("toy_backend.py", ROOT))
    tick_until(ours, lambda: ours.state == "ready" and ours._contact is not before)
    assert ours.retired


def test_questions_go_to_a_backend_that_is_there(session):
    ours = session("toy_backend.py", ROOT)
    assert not ours.free() and not ours.look_again()
    ours.start()
    tick_until(ours, lambda: ours.state == "ready" and ours.engines)
    ours.engines = ()
    assert ours.free() and ours.look_again()
    tick_until(ours, lambda: ours.engines)
