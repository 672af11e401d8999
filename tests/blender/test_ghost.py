"""The early look at what is being made: where the result will stand, and gone with the job. (tests/window sees it.)"""

import bpy
import numpy as np
import pytest
from conftest import pump


def ask(addon, batch=None, replaces=0, at=(4.0, 5.0, 6.0)):
    request = addon.link.Request(
        engine="signpost", name="post", prompt="glimpse", seed=9, placement=addon.link.Placement(at)
    )
    target = addon.scene.Target.here(bpy.context)
    ticket = addon.delivery.Ticket(request, addon.sources.NoSource(), target, batch, replaces)
    return addon.runtime.submit(ticket)


def test_it_stands_where_the_result_will_and_goes_with_the_job(addon, signpost):
    id = ask(addon)
    pump(addon, lambda: addon.ghost.shown is not None)
    ghost = addon.ghost.shown
    assert ghost.job == id and ghost.scene == bpy.context.scene.session_uid
    low, high = ghost.points.min(axis=0), ghost.points.max(axis=0)
    assert (high - low).max() == pytest.approx(1, abs=1e-3) and low[2] == pytest.approx(6, abs=1e-3)
    assert (low[:2] < (4, 5)).all() and (high[:2] > (4, 5)).all()
    assert ghost.points.dtype == np.float32 and not bpy.data.objects and not bpy.data.meshes
    bpy.ops.maquette.cancel(job=id)
    pump(addon, lambda: not addon.runtime.busy())
    addon.runtime.pump()
    assert addon.ghost.shown is None


def test_in_a_batch_it_stands_in_the_next_place_and_takes_none(addon, signpost):
    batch = addon.batch.new_batch("posts", 3, (1.0, 0.0, 0.0), 0.0, columns=3)
    batch.shelf.next(1, 1)
    ask(addon, batch)
    pump(addon, lambda: addon.ghost.shown is not None)
    points = addon.ghost.shown.points
    assert points[:, 0].min() < 2.25 < points[:, 0].max() and points[:, 0].min() > 1.75
    assert batch.shelf.next(1, 1) == (2.25, 0.0, 0.0)
    addon.runtime.close()
    assert addon.ghost.shown is None


def test_none_is_shown_inside_the_mesh_that_will_be_replaced(addon, signpost):
    id = ask(addon, replaces=1)
    pump(addon, lambda: addon.runtime.session().job(id).detail == "after the glimpse")
    assert addon.ghost.shown is None


def test_colours_are_darker_where_the_surface_turns_away(addon):
    y, x = np.mgrid[:2, :2]
    points = np.float32(np.stack([x, y, 0 * x], -1).reshape(-1, 3))
    faces = np.int32([[0, 1, 3], [0, 3, 2]])
    colours = np.full((4, 4), 200, np.uint8)
    up, down = addon.ghost.shaded(points, faces, colours), addon.ghost.shaded(points, faces[:, ::-1], colours)
    assert up.dtype == np.float32 and up.shape == (4, 4) and (up[:, 3] == 1).all()
    assert up[:, :3] == pytest.approx(200 / 255 * (0.45 + 0.55 * 0.72), abs=1e-3)
    assert down[:, :3] == pytest.approx(200 / 255 * 0.45, abs=1e-3)
    assert np.isfinite(addon.ghost.shaded(points * 0, faces, colours)).all()
