"""Colours show in Solid shading without a click, and never against the user's choice."""

from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from conftest import pump


@pytest.fixture
def views(addon, signpost):
    """The 3D views of Blender's own start-up screens, by (screen, number); module and background have them too."""
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    found = list(addon.shading.all_views())
    assert len(found) > 5 and {view.shading.color_type for view in found} == {"MATERIAL", "TEXTURE"}
    return found


def generate(addon, name):
    request = addon.link.Request(engine="signpost", name=name, prompt="x")
    ticket = addon.delivery.Ticket(request, addon.sources.NoSource(), addon.scene.Target.here(bpy.context))
    addon.runtime.submit(ticket)
    pump(addon, lambda: not addon.runtime.busy())
    assert ticket.placed
    return ticket


def test_a_result_switches_the_views_that_are_as_blender_made_them(addon, views):
    before = [view.shading.color_type for view in views]
    first = generate(addon, "a")
    for view, was in zip(views, before, strict=True):
        assert view.shading.color_type == ("VERTEX" if was == "MATERIAL" else was)
    assert first.told.startswith("Solid view now shows colours")
    assert generate(addon, "b").told == "", "said once"


def test_what_the_user_set_is_left_alone_also_when_set_back(addon, views):
    views[0].shading.color_type = "RANDOM"
    generate(addon, "a")
    assert views[0].shading.color_type == "RANDOM"
    views[1].shading.color_type = "MATERIAL"
    assert generate(addon, "b").told == ""
    assert views[1].shading.color_type == "MATERIAL"


def test_another_file_has_views_of_its_own(addon, views):
    generate(addon, "a")
    bpy.ops.wm.read_homefile(use_factory_startup=True, use_empty=True)
    fresh = list(addon.shading.all_views())
    assert all(view.shading.color_type != "VERTEX" for view in fresh)
    assert generate(addon, "b").told
    assert [view.shading.color_type for view in fresh].count("MATERIAL") == 0


def test_the_preference_turns_it_off(addon, views, monkeypatch):
    monkeypatch.setattr(addon.runtime, "preferences", lambda: SimpleNamespace(threads=0, solid_colours=False))
    assert generate(addon, "a").told == ""
    assert all(view.shading.color_type != "VERTEX" for view in views)


def test_a_view_behind_another_editor_is_switched_too(addon):
    def view(kind, colour):
        shading = SimpleNamespace(color_type=colour)
        return SimpleNamespace(type=kind, shading=shading, as_pointer=lambda: id(shading))

    solid, single, texture = view("VIEW_3D", "MATERIAL"), view("VIEW_3D", "SINGLE"), view("VIEW_3D", "TEXTURE")
    memory = addon.shading.Views()
    assert memory.show_colours([solid, single, texture]) == 1
    assert [v.shading.color_type for v in (solid, single, texture)] == ["VERTEX", "SINGLE", "TEXTURE"]
    solid.shading.color_type = "MATERIAL"
    assert memory.show_colours([solid]) == 0
    memory.forget()
    assert memory.show_colours([solid]) == 1


def test_colour_by_object_shows_the_middle_of_the_colours(addon, signpost):
    thing = bpy.data.objects[generate(addon, "a").placed.name]
    values = np.empty(len(thing.data.vertices) * 4, np.float32)
    thing.data.color_attributes.active_color.data.foreach_get("color_srgb", values)
    middle = values.reshape(-1, 4)[:, :3].mean(axis=0)
    linear = np.where(middle <= 0.04045, middle / 12.92, ((middle + 0.055) / 1.055) ** 2.4)
    assert np.allclose(thing.color[:3], linear, atol=0.01) and thing.color[3] == 1
    assert tuple(thing.color[:3]) != (1, 1, 1)
