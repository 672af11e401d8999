"""Whatever a backend does, the session ends it in one sentence with a fix, starts another, and keeps the queue."""

import time
from dataclasses import replace

import pytest
from maquette.blender_addon.link import Failure, Request, Result

from .conftest import CALM, tick_until
from .hostile_backend import MODES

AT_START = [
    "never_ready",
    "dies_at_start",
    "raises_at_start",
    "ready_is_garbage",
    "ready_is_a_list",
    "ready_has_no_port",
    "nobody_listens",
    "closes_at_once",
    "never_greets",
    "other_version_file",
    "other_product_file",
    "other_version",
    "wrong_token_reply",
    "garbage",
    "garbage_first",
    "endless_garbage_frame",
    "huge_frame",
    "foreign_verb",
]
AT_WORK = [
    "garbage_mid_job",
    "says_goodbye",
    "dies_mid_job",
    "hangs_mid_job",
    "slow_drip",
    "mesh_out_of_range",
    "mesh_negative_index",
    "mesh_not_finite",
    "mesh_without_faces",
]
WORDS = {
    "never_ready": "not ready",
    "dies_at_start": "exit code 4",
    "raises_at_start": "No module named 'numpy'",
    "nobody_listens": "nothing listens",
    "other_version_file": "another version",
    "other_version": "another version",
    "wrong_token_reply": "The token is wrong.",
    "garbage_mid_job": "makes no sense",
    "says_goodbye": "It is late.",
    "hangs_mid_job": "does not answer",
    "slow_drip": "does not answer",
    "mesh_out_of_range": "do not make a mesh",
    "mesh_without_faces": "lacks one of its arrays",
}


# What each mode makes us wait for, and how long we do.
SHORT = {
    "never_ready": {"ready": 2.5},
    "never_greets": {"greeting": 1.5},
    "hangs_mid_job": {"silence": 1.5},
    "slow_drip": {"silence": 1.5},
    "no_heartbeat": {"silence": 1.5},
    "ignores_cancel": {"cancel": 0.5},
}


@pytest.fixture
def hostile(session, tmp_path):
    def make(mode):
        patience = replace(CALM, **SHORT.get(mode.removesuffix("-once"), {}))
        return session("hostile_backend.py", mode, tmp_path / "starts", patience=patience)

    return make


def starts(tmp_path):
    return (tmp_path / "starts").stat().st_size


def one_sentence(text):
    return text and "\n" not in text and text.endswith((".", "]")) and len(text) < 400


def test_every_mode_is_tested():
    others = {"good", "no_heartbeat", "ignores_cancel", "exits_on_second_job", "other_jobs_result", "flood"}
    assert {*AT_START, *AT_WORK, *others} == set(MODES)


@pytest.mark.parametrize("mode", AT_START)
def test_a_backend_that_never_comes_up_is_given_up_after_some_tries(hostile, tmp_path, mode):
    session = hostile(mode)
    session.submit(Request(prompt="x"))
    tick_until(session, lambda: session.state == "failed")
    assert starts(tmp_path) == 1 + CALM.restarts
    assert one_sentence(session.note) and WORDS.get(mode, "") in session.note and session.fix
    assert [job.state for job in session.jobs] == ["waiting"]  # the queue survives
    for _ in range(20):
        assert session.tick() == []  # and nothing more is tried until the user does
    assert starts(tmp_path) == 1 + CALM.restarts


@pytest.mark.parametrize("mode", AT_START)
def test_a_backend_that_comes_up_the_second_time_does_the_job(hostile, tmp_path, mode):
    session = hostile(f"{mode}-once")
    id = session.submit(Request(prompt="x"))
    events = tick_until(session, lambda: session.job(id).ended)
    assert session.job(id).state == "done" and isinstance(events[-1], Result)
    assert starts(tmp_path) == 2 and session.note == ""


@pytest.mark.parametrize("mode", AT_WORK)
def test_a_job_that_loses_its_backend_twice_fails_and_the_next_one_has_its_turn(hostile, tmp_path, mode):
    session = hostile(mode)
    first, second = session.submit(Request(prompt="x")), session.submit(Request(prompt="y"))
    events = tick_until(session, lambda: session.job(first).ended)
    failure = session.job(first).failure
    assert session.job(first).state == "failed" and failure.code == "backend_lost"
    assert one_sentence(failure.sentence) and WORDS.get(mode, "") in failure.sentence and failure.fix
    assert [event.job for event in events if isinstance(event, Failure)] == [first]
    assert session.job(second).state == "waiting" and starts(tmp_path) == CALM.tries


@pytest.mark.parametrize("mode", AT_WORK)
def test_a_job_that_loses_its_backend_once_is_done_by_the_next(hostile, tmp_path, mode):
    session = hostile(f"{mode}-once")
    id = session.submit(Request(prompt="x"))
    events = tick_until(session, lambda: session.job(id).ended)
    assert session.job(id).state == "done" and session.job(id).tries == 2
    assert not any(isinstance(event, Failure) for event in events) and starts(tmp_path) == 2


def test_the_user_can_try_again_after_it_was_given_up(hostile, tmp_path):
    session = hostile("dies_at_start")
    waiting = session.submit(Request(prompt="x"))
    tick_until(session, lambda: session.state == "failed")
    session.launch = hostile("good").launch
    session.start()
    assert session.state == "starting" and session.note == ""
    tick_until(session, lambda: session.job(waiting).ended)
    assert session.job(waiting).state == "done"


def test_waiting_for_a_backend_that_is_given_up_ends(hostile):
    session = hostile("dies_at_start")
    job = session.wait(session.submit(Request(prompt="x")), 30)
    assert job.state == "failed" and job.failure.code == "backend_lost" and "exit code 4" in job.failure.sentence


def test_a_cancel_that_is_not_answered_kills_and_the_next_job_is_done(hostile, tmp_path):
    session = hostile("ignores_cancel-once")
    first, second = session.submit(Request(prompt="x")), session.submit(Request(prompt="y"))
    tick_until(session, lambda: session.job(first).fraction > 0)
    session.cancel(first)
    begun = time.monotonic()
    tick_until(session, lambda: session.job(first).ended)
    assert time.monotonic() - begun >= SHORT["ignores_cancel"]["cancel"]
    assert session.job(first).state == "cancelled" and session.job(first).failure.code == "cancelled"
    tick_until(session, lambda: session.job(second).ended)
    assert session.job(second).state == "done" and starts(tmp_path) == 2


def test_cancels_that_are_not_answered_do_not_count_as_losses(hostile, tmp_path):
    session = hostile("ignores_cancel")
    for _ in range(CALM.restarts + 2):
        id = session.submit(Request(prompt="x"))
        tick_until(session, lambda id=id: session.job(id).fraction > 0)
        session.cancel(id)
        tick_until(session, lambda id=id: session.job(id).ended)
    assert session.state != "failed"


def test_an_idle_backend_that_stops_answering_is_ended_and_not_started_for_nothing(hostile, tmp_path):
    session = hostile("no_heartbeat")
    session.start()
    tick_until(session, lambda: session.state == "ready")
    tick_until(session, lambda: session.state == "stopped")
    assert "does not answer" in session.note
    for _ in range(50):
        session.tick()
    assert starts(tmp_path) == 1


def test_a_backend_that_exits_between_jobs_is_replaced(hostile, tmp_path):
    session = hostile("exits_on_second_job")
    ids = [session.submit(Request(prompt="x")) for _ in range(4)]
    tick_until(session, lambda: all(session.job(id).ended for id in ids))
    assert [session.job(id).state for id in ids] == ["done"] * 4
    assert starts(tmp_path) == 4


def test_what_belongs_to_another_job_is_not_taken(hostile):
    session = hostile("other_jobs_result")
    id = session.submit(Request(prompt="x"))
    events = tick_until(session, lambda: session.job(id).ended)
    assert [event.job for event in events] == [id]


def test_a_flood_is_taken_in_sips(hostile):
    session = hostile("flood")
    id = session.submit(Request(prompt="x"))
    ticks, counts = 0, []
    while not session.job(id).ended and ticks < 5000:
        counts.append(len(session.tick()))
        ticks += 1
        time.sleep(0.001)
    assert session.job(id).state == "done", session.job(id).failure
    assert sum(counts) == 20_001 and max(counts) < 10_000


def test_a_pause_of_blender_is_not_held_against_the_backend(hostile):
    session = hostile("good")
    session.start()
    tick_until(session, lambda: session.state == "ready")
    now = time.monotonic()
    for hour in range(1, 4):
        session.tick(now + 3600 * hour)
        assert session.state == "ready"


def test_nothing_is_left_behind(hostile, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    session = hostile("dies_mid_job")
    ids = [session.submit(Request(prompt="x")) for _ in range(2)]
    tick_until(session, lambda: session.job(ids[0]).ended)
    session.close()
    assert list((tmp_path / "temporary").iterdir()) == []
