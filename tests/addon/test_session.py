"""The session over a well-behaved backend: queue, progress, cancel, preparing, environment."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from maquette.blender_addon import job as job_module
from maquette.blender_addon.child import Child, Launch
from maquette.blender_addon.link import Failure, Picture, Preview, Progress, Report, Request, Result
from maquette.blender_addon.session import Session

from .conftest import CALM, ROOT, tick_until


def toy_request(**options):
    return Request(prompt="x", options=options)


def test_nothing_is_started_before_it_is_wanted(toy):
    assert toy.state == "stopped" and toy.tick() == [] and toy.state == "stopped"
    toy.start()
    assert toy.state == "starting"
    tick_until(toy, lambda: toy.engines and toy.compute)
    assert toy.state == "ready" and toy.note == "" and toy.engines[0].id == "pocket"


def test_a_job_is_done(toy):
    id = toy.submit(toy_request(vertices=2000, seconds=0.3, preview=True))
    events = tick_until(toy, lambda: toy.job(id).ended)
    job = toy.job(id)
    assert (job.state, job.fraction, job.failure) == ("done", 1.0, None)
    result = events[-1]
    assert isinstance(result, Result) and result.job == id and job.report == result.report
    assert np.asarray(result.arrays["vertices"]).shape == (job.report.vertices, 3)
    progress = [event for event in events if isinstance(event, Progress)]
    assert len({event.stage for event in progress}) == 4
    assert [event.fraction for event in progress] == sorted(event.fraction for event in progress)
    assert sum(isinstance(event, Preview) for event in events) == 1
    assert {event.job for event in events} == {id}


def test_one_job_is_under_way_and_the_rest_wait_here(toy):
    ids = [toy.submit(toy_request(seconds=0.1)) for _ in range(4)]
    most, done = 0, []
    while len(done) < 4:
        done += [event.job for event in toy.tick() if isinstance(event, Result)]
        most = max(most, sum(job.state == "running" for job in toy.jobs))
        time.sleep(0.002)
    assert most == 1 and done == ids


def test_a_failure_of_one_job_is_its_own(toy):
    bad, good = toy.submit(toy_request(error="There is nothing to see.")), toy.submit(toy_request())
    events = tick_until(toy, lambda: toy.job(good).ended)
    failure = toy.job(bad).failure
    assert (toy.job(bad).state, toy.job(good).state) == ("failed", "done")
    assert (failure.sentence, failure.fix) == ("There is nothing to see.", "Ask for something else.")
    assert [event for event in events if isinstance(event, Failure)] == [failure] and toy.note == ""


def test_cancelling(toy):
    running, waiting, last = (toy.submit(toy_request(seconds=s)) for s in (60, 60, 0))
    tick_until(toy, lambda: toy.job(running).fraction > 0)
    toy.cancel(waiting)
    assert toy.job(waiting).state == "cancelled"
    toy.cancel(running)
    assert toy.job(running).cancelling
    events = tick_until(toy, lambda: toy.job(last).ended)
    assert toy.job(running).state == "cancelled" and toy.job(last).state == "done"
    assert [event.job for event in events if isinstance(event, Failure)] == [waiting, running]
    toy.cancel(last)  # one that has ended stays as it is
    assert toy.job(last).state == "done"
    with pytest.raises(KeyError):
        toy.cancel("unknown")


@pytest.mark.parametrize("preview", [False, True])
def test_a_result_that_crosses_the_cancel_on_its_way_is_dropped(toy, preview):
    id = toy.submit(toy_request(seconds=60))
    tick_until(toy, lambda: toy.job(id).fraction > 0)
    ball = {"vertices": np.eye(3, dtype=np.float32), "faces": np.int32([[0, 1, 2]])}
    ball["colours"] = np.zeros((3, 4), np.uint8)
    report = Report("pocket", "fast", 0, 1.0, 3, 1, 1, False, (), {}, 0, "")
    toy.cancel(id)
    toy.note, toy.fix, toy._losses = "It was lost.", "Wait.", 1
    if preview:
        toy._hear(Preview(id, ball))
        assert toy.job(id).cancelling and not any(isinstance(event, Preview) for event in toy.tick())
    else:
        toy._hear(Result(id, "mesh", ball, report))
        job = toy.job(id)
        assert (job.state, job.failure.code, job.cancelling, job.report) == ("cancelled", "cancelled", False, None)
        assert [event.code for event in toy.tick() if not isinstance(event, Progress)] == ["cancelled"]
        assert (toy.note, toy.fix, toy._losses) == ("", "", 0)
    last = toy.submit(toy_request())
    tick_until(toy, lambda: toy.job(last).ended)
    assert (toy.job(id).state, toy.job(last).state) == ("cancelled", "done")


def test_cancelling_all_keeps_what_is_done(toy):
    ids = [toy.submit(toy_request(seconds=s)) for s in (0, 60, 60, 60)]
    tick_until(toy, lambda: toy.job(ids[1]).fraction > 0)
    toy.cancel_all()
    tick_until(toy, lambda: all(toy.job(id).ended for id in ids))
    assert [toy.job(id).state for id in ids] == ["done", "cancelled", "cancelled", "cancelled"]


def test_cancelling_before_the_backend_is_up(toy):
    id = toy.submit(toy_request())
    toy.cancel(id)
    (event,) = toy.tick()
    assert isinstance(event, Failure) and event.code == "cancelled" and toy.state == "stopped"


def test_trying_again(toy):
    first = toy.submit(toy_request(error="No."))
    tick_until(toy, lambda: toy.job(first).ended)
    second = toy.retry(first)
    assert second != first and toy.job(second).request == toy.job(first).request
    tick_until(toy, lambda: toy.job(second).ended)


def test_a_request_is_prepared_when_its_turn_comes(toy):
    calls = []

    def prepare(name):
        def ready():
            calls.append((name, [job.state for job in toy.jobs]))
            return toy_request()

        return ready

    first, second = (toy.submit(toy_request(seconds=0.1), prepare(name)) for name in "ab")
    assert calls == []
    tick_until(toy, lambda: toy.job(second).ended)
    assert calls == [("a", ["waiting", "waiting"]), ("b", ["done", "waiting"])]
    assert toy.job(first).state == "done"


class Unreadable(Exception):
    code, sentence, fix = "unreadable_image", "The picture is damaged.", "Choose another."


def explode(error):
    def prepare():
        raise error

    return prepare


@pytest.mark.parametrize(
    ("prepare", "code", "words"),
    [
        (explode(Unreadable()), "unreadable_image", "The picture is damaged."),
        (explode(ValueError("no such image")), "bad_request", "no such image"),
        (explode(MemoryError()), "bad_request", "could not be prepared"),
        (lambda: None, "bad_request", "could not be prepared"),
        (lambda: Request(images=(Picture(np.zeros((2, 2, 4)), "front"),)), "bad_request", "float32"),
        (lambda: Request(options={"k": float("nan")}), "bad_request", "NaN"),
    ],
)
def test_what_cannot_be_prepared_fails_alone(toy, prepare, code, words):
    bad, good = toy.submit(toy_request(), prepare), toy.submit(toy_request())
    tick_until(toy, lambda: toy.job(good).ended)
    failure = toy.job(bad).failure
    assert (toy.job(bad).state, toy.job(good).state) == ("failed", "done")
    assert failure.code == code and words in failure.sentence and failure.fix


def test_a_text_travels_to_an_engine_that_lives_outside_the_product(session):
    there = session("text_backend.py", ROOT)
    id = there.submit(Request(engine="words", prompt="a flat blue ball", negative_prompt="legs", preset="fast", seed=4))
    events = tick_until(there, lambda: there.job(id).ended, 60)
    assert there.job(id).state == "done", there.job(id).failure
    colours = np.asarray(events[-1].arrays["colours"])
    assert (colours == (0, 0, 255, 255)).all()
    assert there.job(id).report.warnings == ("Without legs.",) and there.job(id).report.seed == 4
    assert {info.id for info in there.engines} >= {"pocket", "words"}


def test_a_text_for_an_engine_that_takes_none_is_a_clear_failure(session):
    there = session("text_backend.py", ROOT)
    job = there.wait(there.submit(Request(engine="pocket", prompt="a ball")), 60)
    assert job.failure.code == "input_not_taken"
    assert "text" in job.failure.sentence and "Words" in job.failure.fix


def test_waiting_blocks_until_the_end_and_tells_everything(toy):
    seen = []
    job = toy.wait(toy.submit(toy_request(seconds=0.1)), 60, seen.append)
    assert job.state == "done" and isinstance(seen[-1], Result) and len(seen) > 4


def test_waiting_tells_of_a_job_that_never_left(toy):
    seen = []
    job = toy.wait(toy.submit(toy_request(), explode(Unreadable())), 60, seen.append)
    assert job.state == "failed" and seen == [job.failure]


def test_waiting_has_an_end(toy):
    with pytest.raises(TimeoutError):
        toy.wait(toy.submit(toy_request(seconds=60)), 1.0)


def test_two_sessions_do_not_meet(session, tmp_path):
    data = tmp_path / "shared data"
    one, two = session("toy_backend.py", ROOT, data_dir=data), session("toy_backend.py", ROOT, data_dir=data)
    ids = [there.submit(toy_request(seconds=0.1, vertices=100 * n)) for n, there in ((1, one), (5, two))]
    tick_until(one, lambda: (two.tick(), one.job(ids[0]).ended and two.job(ids[1]).ended)[1])
    assert one.job(ids[0]).report.vertices < two.job(ids[1]).report.vertices
    assert len(one.jobs) == len(two.jobs) == 1
    one.close()
    assert two.wait(two.submit(toy_request()), 30).state == "done"


def test_closing_ends_the_backend_and_removes_its_folder(toy, tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    toy.submit(toy_request(seconds=60))
    tick_until(toy, lambda: toy.jobs[0].fraction > 0)
    child = toy._contact._child
    begun = time.monotonic()
    toy.close()
    assert time.monotonic() - begun < 2 and child.process.returncode is not None
    assert not child.run_dir.exists()
    toy.close()  # twice does no harm


def test_ended_records_do_not_pile_up(toy, monkeypatch):
    monkeypatch.setattr(job_module, "KEPT_RECORDS", 5)
    monkeypatch.setattr(job_module, "KEPT_PIXELS", 2)
    request = Request(images=(Picture(np.zeros((4, 4, 4), np.uint8)),))
    ids = [toy.submit(request) for _ in range(12)]
    tick_until(toy, lambda: toy.jobs[-1].ended)
    assert [job.id for job in toy.jobs] == ids[-5:]
    assert [len(job.request.images) for job in toy.jobs] == [0, 0, 0, 1, 1]


# --------------------------------------------------------------------------------------- how it starts


def test_the_child_sees_a_clean_environment_and_nothing_on_its_command_line(tmp_path, monkeypatch):
    for name in ("PYTHONHOME", "PYTHONSTARTUP", "PYTHONPATH", "PythonInspect"):
        monkeypatch.setenv(name, "/nowhere")
    monkeypatch.setenv("MAQUETTE_TEST", "kept")
    code = "import os, sys, json; print(json.dumps([dict(os.environ), os.getcwd(), sys.stdin.readline()]))"
    launch = Launch(sys.executable, ROOT, tmp_path, threads=2, command=(sys.executable, "-c", code))
    child = Child(launch)
    child.process.wait(30)
    environment, folder, line = json.loads(child.log.read_text())
    settings = json.loads(line)
    python = {name: value for name, value in environment.items() if name.upper().startswith("PYTHON")}
    assert python == {"PYTHONPATH": str(ROOT), "PYTHONNOUSERSITE": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    assert environment["MAQUETTE_TEST"] == "kept" and Path(folder) == ROOT
    assert settings == {
        "token": child.token,
        "parent_pid": os.getpid(),
        "run_dir": str(child.run_dir),
        "data_dir": str(tmp_path),
        "blas_path": "",
        "weights_dir": "",
        "threads": 2,
        "interactive": True,
        "log": str(child.log),
    }
    assert child.token not in json.dumps(environment)
    if os.name == "posix":
        assert child.run_dir.stat().st_mode & 0o777 == 0o700
    child.close()
    assert not child.run_dir.exists()


def test_the_product_starts_itself():
    launch = Launch("/usr/bin/python3", ROOT, Path("/data"))
    assert launch.arguments() == ["/usr/bin/python3", "-X", "utf8", "-m", "backend", "serve"]


def test_an_interpreter_that_is_not_there_is_one_sentence(tmp_path):
    there = Session(Launch(str(tmp_path / "no python"), ROOT, tmp_path), CALM)
    job = there.wait(there.submit(toy_request()), 30)
    assert job.failure.code == "backend_lost" and "could not be started" in job.failure.sentence
    there.close()


def test_a_data_folder_that_cannot_be_written_stops_nothing(session, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    there = session("toy_backend.py", ROOT, data_dir=tmp_path / "file")
    assert there.wait(there.submit(toy_request()), 30).state == "done"


@pytest.mark.parametrize("name", ["with space", "Jörg 张", 'quote\'s "and" $HOME'])
def test_folders_with_any_name_work(session, tmp_path, name):
    there = session("toy_backend.py", ROOT, data_dir=tmp_path / name)
    assert there.wait(there.submit(toy_request()), 30).state == "done"
    assert len(list((tmp_path / name / "logs").iterdir())) == 1


def test_old_logs_are_removed(tmp_path):
    for i in range(12):
        child = Child(Launch(sys.executable, ROOT, tmp_path, command=(sys.executable, "-c", "")))
        os.utime(child.log, (i, i)) if i < 11 else None
        child.close()
    assert len(list((tmp_path / "logs").iterdir())) == 8 and child.log.exists()


@pytest.mark.skipif(os.name != "posix", reason="handles are listed by /proc or /dev/fd")
def test_another_child_inherits_nothing_of_ours(toy):
    code = "import os; print(sorted(int(fd) for fd in os.listdir('/dev/fd')))"
    command = [sys.executable, "-c", code]
    before = subprocess.run(command, capture_output=True, close_fds=False, check=True).stdout
    toy.start()
    tick_until(toy, lambda: toy.state == "ready")
    assert subprocess.run(command, capture_output=True, close_fds=False, check=True).stdout == before


def test_the_products_own_backend_makes_a_mesh_of_a_picture(session):
    y, x = np.mgrid[:128, :128]
    pixels = np.zeros((128, 128, 4), np.uint8)
    pixels[(x - 64) ** 2 + (y - 64) ** 2 < 40**2] = (220, 60, 30, 255)
    there = session()
    request = Request(images=(Picture(pixels),), preset="fast", target_faces=1500)
    events = []
    job = there.wait(there.submit(request), 300, events.append)
    assert job.state == "done", job.failure
    result = events[-1]
    vertices, colours = (np.asarray(result.arrays[name]) for name in ("vertices", "colours"))
    assert job.report.watertight and 0 < job.report.faces <= 1500 and job.report.engine == "pocket"
    assert abs(vertices[:, 2].min()) < 1e-4 and np.ptp(vertices, axis=0).max() == pytest.approx(1, abs=1e-3)
    assert colours[:, 0].mean() > colours[:, 1].mean() + 40  # it is red
    assert "GFLOP/s" in there.compute
    assert {"pocket", "splat"} <= {info.id for info in there.engines}
    log = there._contact._child.log.read_text()
    assert "matrix products by" in log and "Traceback" not in log and there._contact._child.token not in log
