"""Backends that die, hang or lie, and a user who does other things meanwhile: Blender goes on, and says why."""

import time

import bpy
import pytest
from conftest import pump

QUICK = {"ready": 3.0, "greeting": 1.0, "heartbeat": 0.1, "silence": 0.5, "cancel": 0.3, "restarts": 1}
QUICK["back_off"] = (0.02,)


@pytest.mark.parametrize(
    "kind",
    ["dies at once", "never ready", "dies at work", "hangs", "garbage", "huge header", "wild indices"],
)
def test_a_hostile_backend_ends_in_one_sentence(addon, start_with, picture, kind):
    start_with("hostile.py", kind, **{**QUICK, "ready": 0.3 if kind == "never ready" else 10.0})
    with pytest.raises(RuntimeError) as caught:
        bpy.ops.maquette.generate_from_image(filepath=str(picture()))
    told = str(caught.value).removeprefix("Error: ").strip()
    assert told.startswith("Maquette") and "\n" not in told and "Traceback" not in told
    assert not bpy.data.objects and not bpy.data.meshes


def test_a_result_that_is_no_mesh_fails_its_job(addon, start_with, picture):
    start_with("hostile.py", "twisted", **{**QUICK, "ready": 10.0, "greeting": 10.0, "silence": 10.0})
    with pytest.raises(RuntimeError, match="makes no mesh"):
        bpy.ops.maquette.generate_from_image(filepath=str(picture()))
    assert not bpy.data.objects and not bpy.data.meshes


def test_a_result_that_cannot_be_placed_fails_its_job(addon, signpost, picture, monkeypatch):
    batch = addon.batch.new_batch("some", 1, (0.0, 0.0, 0.0), 0.0)
    id = submit(addon, picture(), batch=batch)
    monkeypatch.setattr(addon.scene, "remember", lambda *_: 1 / 0)
    pump(addon, lambda: not addon.runtime.busy())
    job = addon.runtime.session().job(id)
    assert (job.state, job.failure.code) == ("failed", "internal") and "division by zero" in job.failure.sentence
    assert job.failure.fix and not bpy.data.objects and not bpy.data.meshes
    assert addon.runtime.delivery.notes[-1] == "0 of 1 pictures in “some” became objects; skipped disc.png."
    monkeypatch.undo()
    assert bpy.ops.maquette.retry(job=id) == {"FINISHED"}
    pump(addon, lambda: not addon.runtime.busy())
    assert list(bpy.data.objects.keys()) == ["post"]
    assert addon.runtime.delivery.notes[-1] == "1 of 1 pictures in “some” became objects."


def test_no_tick_holds_blender_up(addon, start_with, picture):
    """Starting, hanging and killing all happen in ticks of a few milliseconds."""
    start_with("hostile.py", "hangs", **{**QUICK, "ready": 10.0})
    submit(addon, picture())
    ticks = []

    def over():
        return addon.runtime.session().jobs[0].ended

    end = time.monotonic() + 60
    while not over() and time.monotonic() < end:
        began = time.perf_counter()
        addon.runtime.pump()
        ticks.append(time.perf_counter() - began)
        time.sleep(0.005)
    assert over() and addon.runtime.session().jobs[0].failure.code == "backend_lost"
    ticks.sort()
    assert ticks[len(ticks) // 2] < 0.005 and len(ticks) > 50


def submit(addon, path, name="post", engine="signpost", batch=None):
    request = addon.link.Request(engine=engine, name=name, source=str(path))
    source, target = addon.sources.FileSource(str(path)), addon.scene.Target.here(bpy.context)
    return addon.runtime.submit(addon.delivery.Ticket(request, source, target, batch))


def test_opening_another_file_cancels_and_says_so(addon, signpost, picture):
    submit(addon, picture(), "slow")
    submit(addon, picture(), "next")
    session = addon.runtime.session()
    pump(addon, lambda: session.jobs[0].state == "running")
    bpy.ops.wm.read_homefile(use_empty=True)
    pump(addon, lambda: not addon.runtime.busy())
    assert [job.state for job in session.jobs] == ["cancelled", "cancelled"] and not bpy.data.objects
    assert any("Another file" in note for note in addon.runtime.delivery.notes)
    submit(addon, picture(), "after")
    pump(addon, lambda: not addon.runtime.busy())
    assert "after" in bpy.data.objects


def test_a_file_that_cannot_be_opened_costs_no_job(addon, signpost, picture, tmp_path, monkeypatch):
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "whole.blend"), compress=False)
    whole = (tmp_path / "whole.blend").read_bytes()
    (tmp_path / "damaged.blend").write_bytes(whole[: len(whole) // 2])
    submit(addon, picture(), "post")
    monkeypatch.setattr(addon.runtime, "occupied", lambda: True)
    pump(addon, lambda: addon.runtime.delivery.waiting)
    submit(addon, picture(), "next")
    with pytest.raises(RuntimeError):
        bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "damaged.blend"))
    monkeypatch.undo()
    pump(addon, lambda: not addon.runtime.busy())
    assert sorted(bpy.data.objects.keys()) == ["next", "post"] and not addon.runtime.delivery.notes


def test_a_result_that_waits_is_cancelled_with_its_file_and_counted(addon, signpost, picture, monkeypatch):
    batch = addon.batch.new_batch("some", 1, (0.0, 0.0, 0.0), 0.0)
    monkeypatch.setattr(addon.runtime, "occupied", lambda: True)
    id = submit(addon, picture(), batch=batch)
    pump(addon, lambda: addon.runtime.delivery.waiting)
    released = []
    monkeypatch.setattr(addon.sources.FileSource, "release", lambda _self: released.append(1))
    bpy.ops.wm.read_homefile(use_empty=True)
    monkeypatch.undo()
    assert addon.runtime.session().job(id).state == "cancelled" and released and not addon.runtime.busy()
    assert addon.runtime.delivery.notes[0] == "0 of 1 pictures in “some” became objects; 1 cancelled."
    assert bpy.ops.maquette.retry(job=id) == {"FINISHED"}
    pump(addon, lambda: not addon.runtime.busy())
    assert list(bpy.data.objects.keys()) == ["post"] and batch.made == 1


def test_opening_another_file_with_nothing_under_way_says_nothing(addon, signpost):
    bpy.ops.wm.read_homefile(use_empty=True)
    assert not addon.runtime.delivery.notes


def test_undo_while_a_job_runs_loses_neither_job_nor_state(addon, signpost, picture):
    bpy.ops.ed.undo_push(message="one")
    bpy.context.scene.cursor.location = (1, 1, 1)
    bpy.ops.ed.undo_push(message="two")
    id = submit(addon, picture(), "post")
    bpy.ops.ed.undo()
    assert addon.runtime.busy()
    pump(addon, lambda: not addon.runtime.busy())
    assert addon.runtime.delivery.tickets[id].placed.name in bpy.data.objects


def test_a_result_waits_while_the_user_is_in_the_middle_of_something(addon, signpost, picture, monkeypatch):
    monkeypatch.setattr(addon.runtime, "occupied", lambda: True)
    id = submit(addon, picture())
    session = addon.runtime.session()
    pump(addon, lambda: session.job(id).ended)
    for _ in range(5):
        addon.runtime.pump()
    assert not bpy.data.objects and addon.runtime.busy()
    monkeypatch.setattr(addon.runtime, "occupied", lambda: False)
    pump(addon, lambda: not addon.runtime.busy())
    assert "post" in bpy.data.objects


def test_nobody_is_in_the_middle_of_anything_at_rest(addon):
    assert not addon.scene.occupied()


def test_an_exception_in_a_tick_does_not_stop_the_timer(addon, signpost, picture, monkeypatch):
    submit(addon, picture())
    monkeypatch.setattr(addon.runtime.delivery, "forget_ended", lambda session: 1 / 0)
    assert addon.runtime.pump() > 0
    monkeypatch.undo()
    pump(addon, lambda: "post" in bpy.data.objects)


def test_retry_with_the_setting_that_mends(addon, signpost, picture):
    id = submit(addon, picture(), "fail")
    session = addon.runtime.session()
    pump(addon, lambda: session.job(id).ended)
    assert session.job(id).failure.code == "empty_mask"
    bpy.ops.maquette.retry(job=id, cutout="none")
    (again,) = session.jobs
    assert again.id != id and again.request.cutout == "none"
    bpy.ops.maquette.cancel(job=again.id)
    pump(addon, lambda: not addon.runtime.busy())
    bpy.ops.maquette.clear_finished()
    assert not session.jobs


def test_a_painted_image_can_be_tried_again(addon, signpost):
    image = bpy.data.images.new("p", 8, 8, alpha=True, float_buffer=False)
    image.generated_color = (1, 0, 0, 1)
    request = addon.link.Request(engine="signpost", name="fail", source="p", cutout="none")
    ticket = addon.delivery.Ticket(request, addon.sources.ImageSource(image), addon.scene.Target.here(bpy.context))
    id = addon.runtime.submit(ticket)
    session = addon.runtime.session()
    pump(addon, lambda: session.job(id).ended)
    assert ticket.source._pixels is None, "the pixels outlived the job"
    bpy.ops.maquette.retry(job=id)
    pump(addon, lambda: not addon.runtime.busy())
    assert session.jobs[-1].failure.code == "empty_mask"  # it got as far as the engine once more


def test_no_python_is_one_sentence(addon, monkeypatch, picture):
    monkeypatch.setattr(addon.launching, "find_interpreter", refuse_interpreter(addon))
    with pytest.raises(RuntimeError, match="No Python that comes with NumPy was found"):
        bpy.ops.maquette.generate_from_image(filepath=str(picture()))


def refuse_interpreter(addon):
    def find(_resources, _try_out):
        raise addon.launching.NoInterpreter(["/usr/bin/false"])

    return find


def test_many_jobs_leave_nothing_behind(addon, signpost, picture):
    """Handles, images, tickets: many jobs are as light as three."""
    import os

    path = picture()
    for _ in range(3):
        submit(addon, path)
    pump(addon, lambda: not addon.runtime.busy())
    handles = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    for _ in range(20):
        submit(addon, path)
    pump(addon, lambda: not addon.runtime.busy(), 120)
    assert all(job.state == "done" for job in addon.runtime.session().jobs)
    assert len(bpy.data.objects) == 23 and len(bpy.data.materials) == 1 and not bpy.data.images
    if handles:
        assert len(os.listdir("/proc/self/fd")) <= handles + 2
    bpy.ops.maquette.clear_finished()
    addon.runtime.pump()
    assert not addon.runtime.delivery.tickets


def test_closing_ends_the_process(addon, signpost, picture):
    submit(addon, picture())
    pump(addon, lambda: not addon.runtime.busy())
    pid = addon.runtime.session()._contact._child.process.pid
    addon.runtime.close()
    import importlib

    child = importlib.import_module(addon.runtime.__package__ + ".child")
    assert not child.process_alive(pid)


def test_a_data_folder_for_lack_of_a_better_one_goes_with_us(addon, monkeypatch, tmp_path):
    import tempfile

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for folder in ("_extension_folder", "_user_folder"):
        monkeypatch.setattr(addon.launching, folder, lambda: "/proc/nothing can be written here")
    addon.launching.data_dir.cache_clear()
    try:
        ours = addon.launching.data_dir()
        assert ours.is_dir() and ours.parent == tmp_path
        addon.runtime.close()
        assert not ours.exists()
        again = addon.launching.data_dir()
        assert again.is_dir() and again != ours
        addon.runtime.close()
    finally:
        monkeypatch.undo()
        addon.launching.data_dir.cache_clear()
    theirs = addon.launching.data_dir()
    addon.runtime.close()
    assert theirs.is_dir(), "a folder that was not made for want of another stays"
