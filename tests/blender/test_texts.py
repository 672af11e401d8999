"""Texts become objects: one, variations of one, or a block of them; again in place; and what the panel says of it."""

import json
from types import SimpleNamespace

import bpy
import numpy as np
import pytest
from conftest import pump
from test_generate import colours_of
from test_panels import draw, draw_menu  # noqa: F401  # a fixture

FLORB = "The word “florb” is not known, so it counted for nothing."


def generate(prompt, **options):
    return bpy.ops.maquette.generate_from_text(prompt=prompt, engine="signpost", **options)


def block(*lines, name="Wishes"):
    text = bpy.data.texts.new(name)
    text.write("\n".join(lines))
    return text


def seed_of(addon, thing):
    return addon.recall.recall(thing).request.seed


def submit(addon, prompt, replaces=0, **more):
    """Queues a text as the button does in a window, where nothing blocks."""
    request = addon.link.Request(**{"engine": "signpost", "name": prompt, "prompt": prompt, **more})
    target = addon.scene.Target.here(bpy.context)
    return addon.runtime.submit(addon.delivery.Ticket(request, addon.sources.NoSource(), target, replaces=replaces))


def test_a_text_stands_at_the_cursor_under_its_name_and_keeps_its_request(addon, signpost):
    bpy.context.scene.cursor.location = (3, 2, 1)
    text = "  a   small signpost with a red nose, a green arm and a blue hat "
    assert generate(text, seed=7, negative_prompt=" rust ", height=2, target_faces=40) == {"FINISHED"}
    thing = bpy.context.object
    assert thing.name == thing.data.name == "a small signpost with a red nose, a"
    assert tuple(thing.location) == (3, 2, 1) and thing.dimensions.z == pytest.approx(2)
    request = addon.recall.recall(thing).request
    assert request.prompt == text.strip() and request.negative_prompt == "rust" and request.seed == 7
    assert (7, 100, 100, 255) in map(tuple, colours_of(thing.data).tolist())
    assert not thing.users_collection[0].get("maquette"), "a single one needs no collection of its own"


def test_the_engine_for_texts_is_another_than_that_for_pictures(addon):
    of_text = bpy.ops.maquette.generate_from_text.get_rna_type().properties
    of_image = bpy.ops.maquette.generate_from_image.get_rna_type().properties
    assert (of_text["engine"].default, of_image["engine"].default) == ("pocket_text", "pocket")
    settings = bpy.context.scene.maquette
    assert (settings.text_engine, settings.engine) == ("pocket_text", "pocket")
    assert bpy.ops.maquette.choose_engine(engine="a") == bpy.ops.maquette.choose_engine(engine="b", for_texts=True)
    assert (settings.engine, settings.text_engine) == ("a", "b")


def test_the_shipped_engine_makes_a_thing_of_a_text_and_names_what_it_does_not_know(addon, signpost, capfd):
    assert bpy.ops.maquette.generate_from_text(prompt="a red florb chair", seed=3, preset="fast") == {"FINISHED"}
    thing = bpy.context.object
    assert thing.name == "a red florb chair" and max(thing.dimensions) == pytest.approx(1, abs=1e-3)
    assert len(thing.data.polygons) > 500 and not thing.data.validate()
    assert "“florb”" in capfd.readouterr().out
    memory = addon.recall.recall(thing)
    assert memory.request.engine == "pocket_text" and "“florb”" in memory.warnings[0] and memory.licence


@pytest.mark.parametrize("prompt", ["", "  \n "])
def test_no_text_is_one_sentence(addon, signpost, prompt):
    with pytest.raises(RuntimeError, match=r"no text to make an object from\. Describe"):
        generate(prompt)
    assert not signpost.jobs


def test_variations_stand_beside_each_other_each_from_its_seed(addon, signpost):
    bpy.context.scene.cursor.location = (1, 1, 0)
    bpy.ops.ed.undo_push(message="before")
    assert generate("a post", seed=5, variations=3) == {"FINISHED"}
    (collection,) = bpy.context.scene.collection.children
    assert collection.name == "a post"
    things = sorted(collection.objects, key=lambda thing: thing.location.x)
    assert [thing.name for thing in things] == ["a post", "a post.001", "a post.002"]
    assert [seed_of(addon, thing) for thing in things] == [5, 6, 7]
    assert tuple(things[0].location) == (1, 1, 0) and {thing.location.y for thing in things} == {1}
    assert things[1].location.x - things[0].location.x > things[0].dimensions.x
    assert addon.runtime.delivery.notes[-1] == "3 of 3 variations of “a post” became objects."
    bpy.ops.ed.undo()
    assert len(bpy.data.objects) == 2, "each is one step of undo"


def test_variations_of_what_no_seed_changes_are_refused(addon, signpost, picture):
    generate("a post")  # now it is known what the engines are
    jobs = len(signpost.jobs)
    with pytest.raises(RuntimeError, match="Pocket makes the same of every seed"):
        bpy.ops.maquette.generate_from_image(filepath=str(picture()), engine="pocket", variations=2)
    assert len(signpost.jobs) == jobs


def test_a_picture_has_variations_too_where_the_engine_has_a_choice(addon, signpost):
    image = bpy.data.images.new("painted.png", 8, 8, alpha=True)
    image.pixels.foreach_set(np.float32([[0.2, 0.4, 0.6, 2 < i % 8 < 6] for i in range(64)]).ravel())
    assert bpy.ops.maquette.generate_from_image(image="painted.png", engine="signpost", variations=2) == {"FINISHED"}
    assert sorted(bpy.data.objects.keys()) == ["painted", "painted.001"]
    assert [seed_of(addon, bpy.data.objects[name]) for name in ("painted", "painted.001")] == [0, 1]


def test_every_line_of_a_text_block_becomes_an_object_in_a_grid(addon, signpost):
    block("# my wishes", "a red post", "", "  a blue   post", "a red post")
    bpy.context.scene.cursor.location = (10, 20, 1)
    answer = bpy.ops.maquette.generate_from_text_block(text="Wishes", engine="signpost", seed=3, negative_prompt="rust")
    assert answer == {"FINISHED"}
    (collection,) = bpy.context.scene.collection.children
    assert collection.name == "Wishes" and set(collection.objects) == set(bpy.data.objects)
    assert sorted(bpy.data.objects.keys()) == ["a blue post", "a red post", "a red post.001"]
    assert [seed_of(addon, bpy.data.objects[n]) for n in ("a red post", "a blue post", "a red post.001")] == [3, 4, 5]
    assert tuple(bpy.data.objects["a red post"].location) == (10, 20, 1)
    places = {tuple(round(value, 3) for value in thing.location) for thing in bpy.data.objects}
    assert len(places) == 3 and len({y for _, y, _ in places}) == 2, "two a row"
    assert addon.runtime.delivery.notes[-1] == "3 of 3 texts in “Wishes” became objects."
    assert {addon.recall.recall(thing).request.negative_prompt for thing in bpy.data.objects} == {"rust"}


def test_each_line_of_a_block_has_its_row_of_variations(addon, signpost):
    block("a", "b")
    bpy.ops.maquette.generate_from_text_block(text="Wishes", engine="signpost", variations=3)
    rows = {}
    for thing in bpy.data.objects:
        rows.setdefault(round(thing.location.y, 3), []).append(addon.recall.recall(thing).request)
    assert [[request.prompt for request in rows[y]] for y in sorted(rows)] == [["a"] * 3, ["b"] * 3]
    assert sorted(request.seed for row in rows.values() for request in row) == list(range(6))


@pytest.mark.parametrize(
    ("text", "sentence"), [("", "No text block is chosen"), ("gone", "no text block “gone”"), ("Empty", "has no line")]
)
def test_a_block_that_is_none_is_one_sentence(addon, signpost, text, sentence):
    block("", "# nothing", name="Empty")
    with pytest.raises(RuntimeError, match=sentence):
        bpy.ops.maquette.generate_from_text_block(text=text, engine="signpost")
    assert not signpost.jobs


def test_unknown_words_are_told_by_the_operator_the_panel_and_the_object(addon, signpost, draw, capfd):  # noqa: F811
    generate("a florb post")
    assert f"Warning: {FLORB}" in capfd.readouterr().out
    assert FLORB in draw("MAQUETTE_PT_queue").text and FLORB in draw("MAQUETTE_PT_object").text


def test_unknown_words_of_a_block_are_told_line_by_line_and_counted(addon, signpost, capfd):
    block("a florb", "a post")
    bpy.ops.maquette.generate_from_text_block(text="Wishes", engine="signpost", seed=3)
    assert f"Warning: a florb (seed 3): {FLORB}" in capfd.readouterr().out
    assert addon.runtime.delivery.notes[-1].endswith("became objects; 1 with a warning, kept on the object.")


def test_again_in_place_keeps_name_place_materials_and_modifiers(addon, signpost):
    generate("a post", seed=5)
    thing = bpy.context.object
    thing.name, thing.data.name = "Gatekeeper", "Gatekeeper's mesh"
    thing.location, thing.rotation_euler, thing.scale = (1, 2, 3), (0, 0, 1), (2, 2, 2)
    thing.data.materials.append(bpy.data.materials.new("Moss"))
    thing.modifiers.new("Bevel", "BEVEL")
    bpy.ops.ed.undo_push(message="before")
    names = [slot.material.name for slot in thing.material_slots]
    assert bpy.ops.maquette.generate_again(in_place=True, new_seed=True) == {"FINISHED"}
    assert list(bpy.data.objects) == [thing] and [mesh.name for mesh in bpy.data.meshes] == ["Gatekeeper's mesh"]
    assert (tuple(thing.location), tuple(thing.scale), thing.rotation_euler.z) == ((1, 2, 3), (2, 2, 2), 1)
    assert [slot.material.name for slot in thing.material_slots] == names and "Bevel" in thing.modifiers
    seed = seed_of(addon, thing)
    assert (seed % 256, 100, 100, 255) in map(tuple, colours_of(thing.data).tolist())
    assert json.loads(thing["maquette"])["seed"] == seed != 5
    bpy.ops.ed.undo()
    thing = bpy.data.objects["Gatekeeper"]
    assert seed_of(addon, thing) == 5 and (5, 100, 100, 255) in map(tuple, colours_of(thing.data).tolist())
    bpy.context.view_layer.objects.active = thing
    assert bpy.ops.maquette.generate_again(in_place=True) == {"FINISHED"}
    assert seed_of(addon, bpy.data.objects["Gatekeeper"]) == 5


def test_again_in_place_leaves_objects_alone_that_share_the_mesh(addon, signpost):
    generate("a post", seed=5)
    thing = bpy.context.object
    twin = bpy.data.objects.new("twin", thing.data)
    bpy.context.scene.collection.objects.link(twin)
    shared = thing.data
    bpy.ops.maquette.generate_again(in_place=True)
    assert twin.data == shared != thing.data


def test_an_object_that_went_meanwhile_costs_a_note_not_the_result(addon, signpost):
    generate("a post")
    thing = bpy.context.object
    submit(addon, "a post", replaces=thing.session_uid)
    bpy.data.objects.remove(thing)
    pump(addon, lambda: not addon.runtime.busy())
    assert list(bpy.data.objects.keys()) == ["a post"]
    assert addon.runtime.delivery.notes[-1].endswith("is gone, or is being edited; the result is “a post”.")


def test_what_is_being_edited_is_not_replaced(addon, signpost):
    generate("a post")
    thing = bpy.context.object
    bpy.ops.object.mode_set(mode="EDIT")
    with pytest.raises(RuntimeError, match="cannot be given another mesh now"):
        bpy.ops.maquette.generate_again(in_place=True)
    submit(addon, "a post", replaces=thing.session_uid)
    pump(addon, lambda: not addon.runtime.busy())
    assert thing.mode == "EDIT" and len(bpy.data.objects) == 2


def test_the_settings_of_an_object_come_back_into_the_panel(addon, signpost, picture):
    generate("a post", seed=5, negative_prompt="rust", preset="fine", height=2)
    settings = bpy.context.scene.maquette
    assert bpy.ops.maquette.take_up() == {"FINISHED"}
    assert (settings.prompt, settings.negative_prompt, settings.text_engine) == ("a post", "rust", "signpost")
    assert (settings.seed, settings.new_seed, settings.preset, settings.height) == (5, False, "fine", 2)
    assert settings.engine == "pocket", "the engine for pictures is not touched"
    path = str(picture())
    bpy.ops.maquette.generate_from_image(filepath=path, engine="signpost", cutout="none")
    bpy.ops.maquette.take_up()
    assert (settings.source, settings.filepath, settings.engine, settings.cutout) == ("FILE", path, "signpost", "none")
    thing = bpy.context.object
    kept = json.loads(thing["maquette"])
    kept["request"] |= {"preset": "none such", "seed": 1 << 40, "cutout": "?"}
    thing["maquette"] = json.dumps(kept)
    assert bpy.ops.maquette.take_up() == {"FINISHED"}
    assert (settings.preset, settings.cutout) == ("standard", "none")


def test_texts_of_an_ended_blender_are_resumed(addon, start_with):
    start_with("signpost.py")
    names = ("slow post", "a post", "a post")
    for i, name in enumerate(names):
        place = addon.link.Placement(collection="" if i == 0 else "a post")
        submit(addon, name, seed=i, negative_prompt="rust", placement=place)
    session = addon.runtime.session()
    pump(addon, lambda: any(job.state == "running" for job in session.jobs))
    addon.runtime.close()
    start_with("signpost.py")
    left = addon.runtime.session().restore()
    assert [(one.prompt, one.seed, one.negative_prompt) for one in left] == [
        (n, i, "rust") for i, n in enumerate(names)
    ]
    addon.runtime.session().submit(left[1])  # the slow one aside
    (target,) = {ticket.target for ticket in addon.resume.tickets_of(left, bpy.context)}
    tickets = list(addon.resume.tickets_of(left[1:], bpy.context))
    assert tickets[0].batch is tickets[1].batch and tickets[0].batch.what == "texts in" and target
    addon.runtime.finish([addon.runtime.submit(ticket) for ticket in tickets])
    assert sorted(bpy.data.objects.keys()) == ["a post", "a post.001"]


def test_a_file_of_an_older_version_still_generates(addon, signpost, tmp_path):
    """Its objects know no more than this, and its scenes have one engine, for pictures."""
    request = {
        "engine": "signpost", "images": [], "prompt": "an old post", "negative_prompt": "", "seed": 3,
        "preset": "standard", "target_faces": 0, "cutout": "auto",
        "placement": {"location": [0.0, 0.0, 0.0], "height": 0.0, "collection": ""}, "output": "mesh", "file": "",
        "arrays": {}, "name": "an old post", "source": "", "options": {},
    }  # fmt: skip
    thing = bpy.data.objects.new("old", bpy.data.meshes.new("old"))
    bpy.context.scene.collection.objects.link(thing)
    thing["maquette"] = json.dumps(
        {"version": 1, "engine": "signpost", "preset": "standard", "seed": 3, "source": "", "licence": "CC0-1.0",
         "seconds": 1.0, "warnings": [], "request": request}
    )  # fmt: skip
    bpy.context.scene.maquette.engine = "signpost"
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "old.blend"))
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "old.blend"))
    settings = bpy.context.scene.maquette
    assert (settings.engine, settings.text_engine, settings.variations) == ("signpost", "pocket_text", 1)
    bpy.context.view_layer.objects.active = bpy.data.objects["old"]
    assert bpy.ops.maquette.generate_again() == {"FINISHED"} and bpy.context.object.name == "an old post"


# ------------------------------------------------------------------------------------------- the panel


def test_the_text_panel_before_anything_was_started(addon, draw):  # noqa: F811
    page = draw("MAQUETTE_PT_text")
    assert {"prompt", "negative_prompt", "seed", "new_seed", "variations", "prompts"} <= set(page.props)
    assert ("maquette.generate_from_text", "Generate from Text") in [(name, text) for name, text, _ in page.buttons]
    assert draw_menu(addon, "text_engines").buttons[0][2].engine == "pocket_text"
    bpy.context.scene.maquette.variations = 4
    assert "Generate 4 Variations" in [text for _, text, _ in draw("MAQUETTE_PT_text").buttons]
    assert "Generate 4 Variations" not in [text for _, text, _ in draw("MAQUETTE_PT_image").buttons]


def test_each_menu_has_the_engines_for_its_input_and_seeds_only_where_they_count(addon, draw, signpost):  # noqa: F811
    generate("a post")
    pictures, texts = draw_menu(addon, "engines"), draw_menu(addon, "text_engines")
    assert [text for _, text, _ in pictures.buttons] == ["Pocket", "Signpost", "Outline"]
    assert [text for _, text, _ in texts.buttons][-1] == "Signpost" and "Pocket" not in texts.said
    assert all(given.for_texts for _, _, given in texts.buttons)
    assert not any(given.for_texts for _, _, given in pictures.buttons)
    settings = bpy.context.scene.maquette
    assert "seed" not in draw("MAQUETTE_PT_image").props, "Pocket makes the same of every seed"
    settings.engine = "signpost"
    assert "seed" in draw("MAQUETTE_PT_image").props, "this engine has a choice"
    settings.text_engine = "gone"
    page = draw("MAQUETTE_PT_text")
    assert "seed" not in page.props and "This engine is not here." in page.text


def test_the_object_panel_offers_again_and_in_place_with_the_same_seed_or_a_new_one(addon, draw, signpost):  # noqa: F811
    generate("a post", seed=5, negative_prompt="rust")
    page = draw("MAQUETTE_PT_object")
    assert "From: a post" in page.said and "Without: rust" in page.said and "seed 5" in page.text
    ways = [(given.in_place, given.new_seed) for name, _, given in page.buttons if name == "maquette.generate_again"]
    assert ways == [(False, False), (False, True), (True, False), (True, True)]
    assert "maquette.take_up" in page.operators


def pressed(addon, settings, **given):
    """What the panel's button makes of the settings: there is no window here whose button could be pressed."""
    mixin = addon.operators.generate_from_text.FromText
    operator = mixin()
    operator.__dict__.update({"engine": "", "seed": 0, "new_seed": False, "variations": 1, "negative_prompt": ""})
    operator.__dict__.update({"preset": "standard", "target_faces": 0, "height": 0.0, "prompt": "", **given})
    operator.properties = SimpleNamespace(is_property_set=given.__contains__)
    operator.adopt(settings, "prompt")
    return operator


def test_a_new_seed_is_drawn_shown_and_kept(addon):
    settings = bpy.context.scene.maquette
    settings.prompt, settings.negative_prompt, settings.variations, settings.height = "a post", "rust", 3, 2.0
    operator = pressed(addon, settings)
    assert (operator.engine, operator.prompt, operator.negative_prompt) == ("pocket_text", "a post", "rust")
    assert (operator.variations, operator.height) == (3, 2.0)
    seeds = {pressed(addon, settings).seed for _ in range(5)}
    assert len(seeds) > 1 and settings.seed in seeds, "the last one is in the field"
    settings.new_seed = False
    assert pressed(addon, settings).draw_seed() == settings.seed in seeds, "it is kept"
    settings.new_seed = True
    kept = settings.seed
    assert pressed(addon, settings, seed=9).draw_seed() == 9 and settings.seed == kept, "the caller's own counts"
    assert {pressed(addon, settings, engine="signpost", prompt="x").variations} == {1}, (
        "unknown, so hidden in the panel"
    )
    bpy.ops.maquette.draw_seed()
    assert settings.seed != kept
