"""A folder of pictures: a grid in one collection, bad files by name, cancel keeps what is done."""

import os
import sys

import bpy
import numpy as np
import pytest
from conftest import pump


@pytest.fixture
def folder(picture, tmp_path):
    """Five pictures, two files that only claim to be, and things that are none."""
    folder = tmp_path / "Meine Möbel"
    for name in ("2.png", "10.png", "1.png", "b.png", "a.png"):
        picture(name, folder)
    (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and then nothing")
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "notes.txt").write_text("not a picture")
    (folder / ".hidden.png").write_bytes(b"x")
    (folder / "sub.png").mkdir()
    return folder


def generate(folder, **options):
    return bpy.ops.maquette.generate_from_folder(directory=str(folder), engine="signpost", **options)


def boxes(things):
    """Lowest and highest corner of each, (N, 2, 2), seen from above."""
    bpy.context.view_layer.update()
    corners = np.array([[thing.matrix_world @ vertex.co for vertex in thing.data.vertices] for thing in things])
    return np.stack([corners[..., :2].min(axis=1), corners[..., :2].max(axis=1)], axis=1)


@pytest.mark.parametrize("height", [0.0, 3.0])
def test_every_readable_picture_becomes_an_object_in_a_grid(addon, signpost, folder, height):
    bpy.context.scene.cursor.location = (10, 20, 1)
    assert generate(folder, height=height) == {"FINISHED"}
    (collection,) = bpy.context.scene.collection.children
    assert collection.name == "Meine Möbel"
    things = [bpy.data.objects[name] for name in ("1", "2", "10", "a", "b")]
    assert set(collection.objects) == set(things) == set(bpy.data.objects)
    assert all(thing.location.z == 1 for thing in things)
    assert tuple(things[0].location) == pytest.approx((10, 20, 1)), "the first stands at the cursor"
    area = boxes(things)
    for i, one in enumerate(area):
        for other in area[i + 1 :]:
            assert (one[1] < other[0]).any() or (other[1] < one[0]).any(), "two objects overlap"
    rows = [round(thing.location.y, 3) for thing in things]
    assert rows == sorted(rows) and len(set(rows)) == 2  # three a row: seven files were tried
    assert things[0].location.x < things[1].location.x < things[2].location.x
    assert things[3].location.x == pytest.approx(things[0].location.x)


def test_bad_files_are_named_and_skipped(addon, signpost, folder, capfd):
    generate(folder)
    told = capfd.readouterr().out
    assert "broken.png" in told and "empty.jpg" in told and "notes.txt" not in told and "hidden" not in told
    (summary,) = addon.runtime.delivery.notes
    assert summary.startswith("5 of 7 pictures in “Meine Möbel”") and "broken.png, empty.jpg" in summary


@pytest.mark.skipif(sys.platform != "linux", reason="other systems' file names are Unicode")
def test_file_names_that_are_not_utf8_are_made_as_well(addon, signpost, picture, tmp_path):
    folder = tmp_path / os.fsdecode(b"f\xff")
    for name in (b"bad\xff.png", b"broken\xfe.png", b"good.png"):
        picture(os.fsdecode(name), folder)
    (folder / os.fsdecode(b"broken\xfe.png")).write_bytes(b"")
    assert generate(folder) == {"FINISHED"}
    assert sorted(bpy.data.objects.keys()) == ["bad?", "good"]
    assert addon.runtime.delivery.notes[-1] == "2 of 3 pictures in “f?” became objects; skipped broken?.png."
    again = addon.recall.recall(bpy.data.objects["bad?"]).request
    assert os.path.isfile(again.source), "the path lost its odd byte"
    assert len(bpy.data.collections) == 1
    addon.troubleshooting.report().encode()
    bpy.context.view_layer.objects.active = bpy.data.objects["bad?"]
    assert bpy.ops.maquette.generate_again() == {"FINISHED"}
    assert len(bpy.data.objects) == 3


def test_nothing_but_bad_files_is_an_error(addon, signpost, tmp_path):
    (tmp_path / "x.png").write_bytes(b"")
    with pytest.raises(RuntimeError, match=r"0 of 1 .*skipped x\.png"):
        generate(tmp_path)
    assert not bpy.data.objects


@pytest.mark.parametrize("missing", ["", "/no/such folder", __file__])
def test_a_folder_that_cannot_be_read_is_one_sentence(addon, signpost, missing):
    with pytest.raises(RuntimeError, match=r"folder|cannot be opened") as caught:
        generate(missing)
    assert "Traceback" not in str(caught.value)


def test_a_folder_without_pictures_says_so(addon, signpost, tmp_path):
    with pytest.raises(RuntimeError, match="no pictures"):
        generate(tmp_path)


def test_objects_of_a_batch_are_asked_for_with_few_faces(addon, signpost, picture, tmp_path):
    picture("a.png", tmp_path / "f")
    generate(tmp_path / "f")
    assert addon.recall.recall(bpy.data.objects["a"]).request.target_faces == 20_000


def test_cancel_keeps_what_is_done(addon, signpost, picture, tmp_path):
    folder = tmp_path / "some"
    for name in ("1.png", "2.png", "slow.png", "z1.png", "z2.png"):
        picture(name, folder)
    start(addon, folder)
    session = addon.runtime.session()
    pump(addon, lambda: any(job.state == "running" and "slow" in job.request.name for job in session.jobs))
    pump(addon, lambda: any(job.fraction > 0 and "slow" in job.request.name for job in session.jobs))
    bpy.ops.maquette.cancel()
    pump(addon, lambda: not addon.runtime.busy())
    assert sorted(bpy.data.objects.keys()) == ["1", "2"]
    assert [job.state for job in session.jobs] == ["done", "done", "cancelled", "cancelled", "cancelled"]
    assert addon.runtime.delivery.notes[-1] == "2 of 5 pictures in “some” became objects; 3 cancelled."


def test_a_skipped_picture_that_was_mended_joins_the_grid(addon, signpost, picture, tmp_path):
    folder = tmp_path / "some"
    for name in ("1.png", "2.png", "3.png"):
        picture(name, folder)
    good = (folder / "2.png").read_bytes()
    (folder / "2.png").write_bytes(b"")
    start(addon, folder)
    pump(addon, lambda: not addon.runtime.busy())
    (failed,) = [job for job in addon.runtime.session().jobs if job.state == "failed"]
    (folder / "2.png").write_bytes(good)
    assert bpy.ops.maquette.retry(job=failed.id) == {"FINISHED"}
    assert bpy.ops.maquette.retry(job=failed.id) == {"CANCELLED"}, "it is under way already"
    pump(addon, lambda: not addon.runtime.busy())
    assert addon.runtime.delivery.notes[-1] == "3 of 3 pictures in “some” became objects."
    places = {tuple(thing.location) for thing in addon.scene.find_group(target_here(addon), "some").objects}
    assert len(places) == 3


def target_here(addon):
    return addon.scene.Target.here(bpy.context)


def test_each_object_of_a_batch_is_one_undo_step(addon, signpost, picture, tmp_path):
    folder = tmp_path / "some"
    for name in ("1.png", "2.png"):
        picture(name, folder)
    bpy.ops.ed.undo_push(message="before")
    generate(folder)
    assert sorted(bpy.data.objects.keys()) == ["1", "2"]
    bpy.ops.ed.undo()
    assert sorted(bpy.data.objects.keys()) == ["1"]
    bpy.ops.ed.undo()
    assert not bpy.data.objects and not bpy.data.meshes and not bpy.data.collections


def test_a_job_that_kills_the_backend_costs_only_itself(addon, start_with, picture, tmp_path):
    start_with("signpost.py", back_off=(0.05,))
    folder = tmp_path / "some"
    for name in ("1.png", "die.png", "z.png"):
        picture(name, folder)
    generate(folder)
    assert sorted(bpy.data.objects.keys()) == ["1", "z"]
    assert "skipped die.png" in addon.runtime.delivery.notes[-1]


def test_what_an_ended_blender_left_is_resumed_in_the_same_grid(addon, start_with, picture, tmp_path):
    start_with("signpost.py")
    folder = tmp_path / "some"
    for name in ("1.png", "slow.png", "z.png"):
        picture(name, folder)
    start(addon, folder)
    session = addon.runtime.session()
    pump(addon, lambda: any(job.state == "running" and "slow" in job.request.name for job in session.jobs))
    addon.runtime.close()  # what waits stays saved, as after a crash
    (folder / "slow.png").unlink()
    start_with("signpost.py")
    assert bpy.ops.maquette.resume_queue() == {"FINISHED"}
    assert sorted(bpy.data.objects.keys()) == ["1", "z"]
    assert {thing.users_collection[0].name for thing in bpy.data.objects} == {"some"}
    low, high = boxes([bpy.data.objects["1"], bpy.data.objects["z"]])
    assert (low[1] < high[0]).any(), "the resumed object stands in the first one"
    assert not addon.runtime.session().restore()


def start(addon, folder):
    """Queues a folder as the button does in a window, where nothing blocks."""
    suffixes = addon.pictures.suffixes()
    paths = addon.batch.pictures_in(folder, suffixes)
    batch = addon.batch.new_batch(folder.name, len(paths), (0.0, 0.0, 0.0), 0.0)
    target = addon.scene.Target.here(bpy.context)
    for path in paths:
        request = addon.link.Request(
            engine="signpost",
            name=path.stem,
            source=str(path),
            placement=addon.link.Placement(collection=batch.name),
        )
        ticket = addon.delivery.Ticket(request, addon.sources.FileSource(str(path)), target, batch)
        addon.runtime.submit(ticket)
