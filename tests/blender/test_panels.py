"""What the sidebar says, read from a layout that writes down what is drawn on it."""

from types import SimpleNamespace

import bpy
import pytest
from conftest import pump


class Page:
    """Stands in for a UILayout: ``said`` texts, ``buttons`` (operator, properties), ``bars`` (fraction, text)."""

    def __init__(self, parent=None):
        self.said, self.buttons, self.bars, self.props = (
            (parent.said, parent.buttons, parent.bars, parent.props) if parent else ([], [], [], [])
        )

    def part(self, **_):
        return Page(self)

    row = column = box = split = part

    def label(self, text="", **_):
        self.said.append(text)

    def prop(self, owner, key, **_):
        assert hasattr(owner, key), key
        self.props.append(key)

    def operator(self, idname, text=None, **_):
        group, verb = idname.split(".")
        known = getattr(getattr(bpy.ops, group), verb).get_rna_type()
        given = SimpleNamespace()
        self.buttons.append((idname, text or known.name, given))
        return given

    def progress(self, factor, text, **_):
        self.bars.append((factor, text))

    def menu(self, idname, **_):
        assert hasattr(bpy.types, idname)

    def template_icon(self, icon_value, **_):
        assert icon_value > 0

    def template_ID(self, owner, key, **_):
        self.prop(owner, key)

    @property
    def operators(self):
        return [idname for idname, _, _ in self.buttons]

    @property
    def text(self):
        return " ".join(self.said)


@pytest.fixture
def draw(addon):
    def draw(name, **context):
        panel = getattr(addon.panels, name)
        seen = {
            "scene": bpy.context.scene,
            "object": bpy.context.object,
            "preferences": bpy.context.preferences,
            "region": None,
            "space_data": None,
            **context,
        }
        if hasattr(panel, "poll") and not panel.poll(SimpleNamespace(**seen)):
            return None
        page = Page()
        panel.draw(SimpleNamespace(layout=page), SimpleNamespace(**seen))
        return page

    return draw


def draw_preferences(addon):
    kept, page = addon.wishes.preferences(), Page()

    class Drawn:
        layout = page

        def __getattr__(self, key):
            return getattr(kept, key)

    addon.preferences.MAQUETTE_AP_preferences.draw(Drawn(), bpy.context)
    return page


def draw_menu(addon, name):
    page = Page()
    menu = getattr(addon.panels, f"MAQUETTE_MT_{name}")
    drawn = SimpleNamespace(layout=page, for_texts=menu.for_texts, default=menu.default)
    drawn._offer = lambda *given: menu._offer(drawn, *given)
    menu.draw(drawn, bpy.context)
    return page


def submit(addon, path, name, engine="signpost", **options):
    request = addon.link.Request(engine=engine, name=name, source=str(path), **options)
    ticket = addon.delivery.Ticket(request, addon.sources.FileSource(str(path)), addon.scene.Target.here(bpy.context))
    return addon.runtime.submit(ticket)


def test_at_rest_there_is_one_button_and_no_list(addon, draw):
    page = draw("MAQUETTE_PT_image")
    assert page.operators == ["maquette.generate_from_image", "maquette.generate_from_folder"]
    assert page.props == ["source", "filepath", "cutout"], "nothing of texts, and no seed: Pocket is not asked yet"
    page = draw("MAQUETTE_PT_generate")
    assert page.props == ["preset"] and not page.operators
    assert draw("MAQUETTE_PT_queue") is None and draw("MAQUETTE_PT_object") is None


def test_an_open_image_can_be_chosen(addon, draw):
    settings = bpy.context.scene.maquette
    settings.source = "IMAGE"
    settings.image = bpy.data.images.new("i", 4, 4)
    page = draw("MAQUETTE_PT_image")
    assert "image" in page.props and "filepath" not in page.props and "maquette.pick_image" in page.operators


def test_a_chosen_file_has_a_thumbnail(addon, draw, picture):
    path = str(picture())
    bpy.context.scene.maquette.filepath = path
    assert addon.thumbnails._key(path) in addon.thumbnails._collection
    draw("MAQUETTE_PT_image")
    bpy.context.scene.maquette.filepath = "/not/there.png"
    assert addon.thumbnails.icon_of_file("/not/there.png") == 0
    draw("MAQUETTE_PT_image")


def test_opening_a_file_calls_no_other_computer(addon, picture, tmp_path, monkeypatch):
    looked = []
    monkeypatch.setattr(addon.thumbnails, "refresh", looked.append)
    monkeypatch.setattr(addon.thumbnails, "refresh_image", looked.append)
    settings = bpy.context.scene.maquette
    settings.filepath = r"\\host\share\a.png"
    bpy.data.scenes.new("unseen").maquette.filepath = str(picture())
    bpy.ops.wm.save_as_mainfile(filepath=str(tmp_path / "a.blend"))
    for path, reached in ((r"\\host\share\a.png", False), (r"/\host\a.png", False), ("//disc.png", True)):
        settings.filepath = path
        looked.clear()
        addon.properties._refresh_thumbnails()
        assert looked == ([path] if reached else []), path
    settings.filepath = r"\\host\share\a.png"
    bpy.ops.wm.save_mainfile()
    looked.clear()
    bpy.ops.wm.open_mainfile(filepath=str(tmp_path / "a.blend"))
    assert looked == []
    settings = bpy.context.scene.maquette
    settings.source = "IMAGE"
    settings.image = bpy.data.images.new("i", 4, 4)
    settings.image.source, settings.image.filepath = "FILE", r"\\host\share\a.png"
    looked.clear()
    addon.properties._refresh_thumbnails()
    assert looked == []


def test_a_zero_says_what_it_means(addon, draw):
    settings = bpy.context.scene.maquette
    said = draw("MAQUETTE_PT_size").said
    assert "0: every face" in said and "0: longest side 1 m" in said
    settings.target_faces, settings.height = 5000, 1.8
    page = draw("MAQUETTE_PT_size")
    assert page.props == ["target_faces", "height"]
    said = page.said
    assert not any(text.startswith("0:") for text in said)


def test_a_cancelled_job_can_be_tried_again(addon, draw, signpost, picture):
    id = submit(addon, picture(), "post")
    bpy.ops.maquette.cancel(job=id)
    pump(addon, lambda: not addon.runtime.busy())
    page = draw("MAQUETTE_PT_queue")
    assert "post: cancelled" in page.said
    (again,) = [given for idname, _, given in page.buttons if idname == "maquette.retry"]
    assert bpy.ops.maquette.retry(job=again.job) == {"FINISHED"}
    pump(addon, lambda: not addon.runtime.busy())
    assert "post" in bpy.data.objects


def test_a_thumbnail_is_turned_as_the_picture_is(addon, tmp_path):
    import numpy as np
    from conftest import exif_chunk, write_png

    wide = np.zeros((20, 40, 4), np.uint8)
    wide[..., 3] = 255
    wide[:, :20, 0] = 255
    path = str(write_png(tmp_path / "t.png", wide, exif_chunk(6)))
    addon.thumbnails.refresh(path)
    preview = addon.thumbnails._collection[addon.thumbnails._key(path)]
    width, height = preview.image_size
    assert height == 2 * width
    pixels = np.array(preview.image_pixels_float).reshape(height, width, 4)
    assert pixels[-2, width // 2, 0] > 0.9 > 0.1 > pixels[1, width // 2, 0], "the left half is now the upper one"


def test_a_running_job_shows_stage_fraction_and_cancel(addon, draw, signpost, picture):
    running = submit(addon, picture(), "slow")
    waiting = submit(addon, picture(), "next")
    session = addon.runtime.session()
    pump(addon, lambda: session.job(running).fraction > 0)
    page = draw("MAQUETTE_PT_queue")
    ((fraction, text),) = page.bars
    assert 0 < fraction < 1 and text.startswith("Cutting out")
    assert "slow" in page.said and "next" in page.said
    cancels = [given.job for idname, _, given in page.buttons if idname == "maquette.cancel"]
    assert cancels == [running, waiting, ""]
    session.job(running).eta = 200.0
    assert "3 min 20 s left" in draw("MAQUETTE_PT_queue").bars[0][1]


@pytest.mark.parametrize(
    ("code", "button", "given"),
    [
        ("empty_mask", "Try with Cut-out Off", {"cutout": "none"}),
        ("out_of_memory", "Try with Fast", {"preset": "fast"}),
        ("unreadable_image", "Try Again", {}),
        ("internal", "Try Again", {}),
    ],
)
def test_a_failure_shows_sentence_fix_and_what_mends_it(addon, draw, signpost, picture, code, button, given):
    id = submit(addon, picture(), "fail")
    session = addon.runtime.session()
    pump(addon, lambda: session.job(id).ended)
    session.job(id).failure = addon.link.Failure(id, code, "It went wrong in a way that takes many words.", "Do this.")
    page = draw("MAQUETTE_PT_queue")
    assert "It went wrong in a way that takes many words. Do this." in page.text
    (found,) = [props for _, text, props in page.buttons if text == button]
    assert vars(found) == {"job": id, **given}
    assert ("maquette.copy_report" in page.operators) == (code == "internal")


def test_done_jobs_name_their_object_and_their_warnings(addon, draw, signpost):
    request = addon.link.Request(engine="signpost", name="post", prompt="doubt")
    target = addon.scene.Target.here(bpy.context)
    addon.runtime.submit(addon.delivery.Ticket(request, addon.sources.NoSource(), target))
    pump(addon, lambda: not addon.runtime.busy())
    page = draw("MAQUETTE_PT_queue")
    assert "post" in page.said and "This is doubtful." in page.text and "maquette.clear_finished" in page.operators
    (select,) = [given for idname, _, given in page.buttons if idname == "maquette.select_result"]
    bpy.context.view_layer.objects.active = None
    assert bpy.ops.maquette.select_result(object=select.object) == {"FINISHED"}
    assert bpy.context.object.name == "post"
    page = draw("MAQUETTE_PT_object")
    assert "From: doubt" in page.said and "Licence: CC0-1.0" in page.said
    assert "maquette.generate_again" in page.operators


def test_a_lost_backend_offers_to_start_again(addon, draw, start_with, picture):
    session = start_with("hostile.py", "dies at once", restarts=0, back_off=(0.01,))
    submit(addon, picture(), "x")
    pump(addon, lambda: session.state == "failed")
    page = draw("MAQUETTE_PT_queue")
    assert "no such luck" in page.text and {"maquette.start_backend", "maquette.show_log"} <= set(page.operators)
    assert bpy.ops.maquette.start_backend() == {"FINISHED"}  # now with the real one
    pump(addon, lambda: session.state == "ready")
    assert not session.note and "signpost" not in {engine.id for engine in session.engines}


def test_left_over_jobs_are_offered(addon, draw):
    addon.runtime.left_over = 2
    try:
        page = draw("MAQUETTE_PT_queue")
        assert "2 jobs were not finished when Blender ended." in page.text
        assert {"maquette.resume_queue", "maquette.discard_queue"} <= set(page.operators)
        bpy.ops.maquette.discard_queue()
        assert draw("MAQUETTE_PT_queue") is None
    finally:
        addon.runtime.left_over = 0


def test_the_hint_to_show_colours_comes_only_where_it_helps(addon, draw, signpost, picture):
    submit(addon, picture(), "post")
    pump(addon, lambda: not addon.runtime.busy())
    for shading, hinted in ((("SOLID", "MATERIAL"), True), (("SOLID", "VERTEX"), False), (("RENDERED", "X"), False)):
        space = SimpleNamespace(shading=SimpleNamespace(type=shading[0], color_type=shading[1]))
        assert ("maquette.show_colours" in draw("MAQUETTE_PT_generate", space_data=space).operators) == hinted


def test_preferences_and_report_say_what_computes(addon, signpost, picture):
    submit(addon, picture(), "post")
    session = addon.runtime.session()
    pump(addon, lambda: session.compute and not addon.runtime.busy())
    page = draw_preferences(addon)
    assert session.compute in page.text
    report = addon.troubleshooting.report()
    assert bpy.app.version_string in report and session.compute in report and "Job: done, signpost" in report
    assert "Maquette 0." in report


PANELS = ("generate", "image", "text", "size", "splats", "gpu", "queue", "object")
STATES = ("no session", "no engines", "running", "failed", "weights missing", "nonsense")


@pytest.mark.parametrize("state", STATES)
def test_no_panel_raises_whatever_the_state(addon, draw, monkeypatch, state):
    addon.gpu.close()
    kept = addon.gpu.state
    fields = {
        "running": {"step": addon.gpu.Step("Installing", ()), "asked": True, "facts": {}, "shelf": []},
        "failed": {"outcome": addon.gpu.Outcome("Installing", "failed", "No.", "Do.", "x"), "asked": True, "facts": {}},
        "weights missing": {
            "asked": True,
            "facts": {"installed": True, "supported": True, "current": True, "sentence": "Installed."},
            "shelf": [{"engine": "e", "title": "E", "files": [{"file": "f", "state": "absent", "size": 5}]}],
        },
        "nonsense": {
            "asked": True,
            "facts": {"installed": True, "unverified": None, "sentence": None, "free": "much"},
            "shelf": [{}, {"engine": 3, "files": "none"}, {"files": [7, {"state": "damaged", "size": "x"}]}],
        },
    }.get(state, {"asked": True})
    for name, value in fields.items():
        monkeypatch.setattr(kept, name, value)
    if state != "no session":
        session = addon.session.Session(addon.launching.plain_launch())
        assert session.engines == () and session.state != "ready"
        monkeypatch.setattr(addon.runtime, "_session", session)
    for engine in ("", "pocket", "birefnet", "gone"):
        bpy.context.scene.maquette.engine = bpy.context.scene.maquette.text_engine = engine
        pages = {name: draw(f"MAQUETTE_PT_{name}") for name in PANELS}
        assert all(pages[name] is not None for name in PANELS[:6])
        draw_menu(addon, "engines")
        draw_menu(addon, "text_engines")
        page = draw_preferences(addon)
        if state == "weights missing":
            assert "maquette.fetch_weights" in pages["gpu"].operators and "maquette.fetch_weights" in page.operators
        if state == "running":
            assert "maquette.cancel_errand" in pages["gpu"].operators
        if state == "failed":
            assert "No. Do." in pages["gpu"].text


def test_one_line_on_top_says_how_it_stands(addon, draw, signpost, picture):
    def line():
        page = draw("MAQUETTE_PT_generate")
        assert len(page.said) + len(page.bars) == 1, "it is always one line, or all below would move"
        return (*page.said, *(text for _, text in page.bars))[0]

    assert line() == "Ready"
    running = submit(addon, picture(), "slow")
    assert line() == "Starting"
    pump(addon, lambda: addon.runtime.session().job(running).fraction > 0)
    assert line().startswith("Cutting out")
    (cancel,) = [given for idname, _, given in draw("MAQUETTE_PT_generate").buttons if idname == "maquette.cancel"]
    assert cancel.job == running
    bpy.ops.maquette.cancel(job=running)
    pump(addon, lambda: not addon.runtime.busy())
    assert line() == "Cancelled"
    for name, prompt, told in (
        ("post", "x", "Done in"),
        ("post", "doubt", "Done, with a warning"),
        ("fail", "x", "Failed"),
    ):
        request = addon.link.Request(engine="signpost", name=name, prompt=prompt)
        target = addon.scene.Target.here(bpy.context)
        addon.runtime.submit(addon.delivery.Ticket(request, addon.sources.NoSource(), target))
        pump(addon, lambda: not addon.runtime.busy())
        assert line().startswith(told)
