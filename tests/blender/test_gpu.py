"""GPU engines and weights from Blender's side: what is asked of the command line, shown, and done afterwards."""

import json
import os
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import bpy
import pytest
from conftest import ROOT, pump
from test_panels import Page, draw_preferences

COMMAND = ROOT / "tests/blender/backends/errands.py"


@pytest.fixture
def desk(addon, tmp_path, monkeypatch):
    """The errands' desk over the stand-in, with a data folder of its own; ``said`` is what the sidebar shows."""
    folder = tmp_path / "data"
    folder.mkdir()
    launch = addon.session.Launch(
        sys.executable, addon.launching.ROOT, folder, command=(sys.executable, str(COMMAND), str(folder))
    )
    monkeypatch.setattr(addon.gpu, "_launch", lambda: launch)
    monkeypatch.setattr(addon.launching, "data_dir", lambda: folder)
    monkeypatch.setattr(addon.gpu, "require_network", lambda: None)
    monkeypatch.setattr(addon.gpu, "carried", lambda: tmp_path)
    addon.gpu.close()

    def page():
        page = Page()
        panel = addon.panels.MAQUETTE_PT_gpu
        panel.draw(SimpleNamespace(layout=page), SimpleNamespace(region=None, preferences=bpy.context.preferences))
        return page

    def turn(until, seconds=30):
        end = time.monotonic() + seconds
        while not until():
            assert time.monotonic() < end, vars(addon.gpu.state)
            addon.gpu.pump()
            time.sleep(0.01)

    def asked():
        file = folder / "asked.txt"
        return file.read_text().splitlines() if file.exists() else []

    yield SimpleNamespace(page=page, turn=turn, folder=folder, state=addon.gpu.state, asked=asked, gpu=addon.gpu)
    addon.gpu.close()


def steps(desk, *titles):
    return [desk.gpu.Step(title, ("runtime", title)) for title in titles]


def test_the_sizes_are_said_before_anything_is_done(addon, desk):
    assert "Looking at this computer …" in desk.page().said
    desk.turn(lambda: desk.state.facts and desk.state.shelf)
    page = desk.page()
    assert "226 MB to download." in page.text and "No NVIDIA GPU was found." in page.text
    assert [text for name, text, _ in page.buttons if name.startswith("maquette.install")] == ["Install GPU Engines…"]
    assert not desk.asked(), "looking installs nothing"


def test_install_verify_repair_remove(addon, desk):
    assert bpy.ops.maquette.install_gpu_engines(accelerator="cpu") == {"FINISHED"}
    (words,) = desk.asked()
    assert words.startswith("runtime install --accelerator cpu --yes --wheels")
    assert f"--data-dir {desk.folder}" in words and "--follow --report" in words
    assert ("--no-index" in words) == (not bpy.app.online_access)
    desk.turn(lambda: not desk.state.questions)
    page = desk.page()
    assert "Installed: CPU: OK (692 MB on the disk)." in page.text and "CPU: OK" in page.said
    assert {"maquette.verify_gpu_engines", "maquette.repair_gpu_engines", "maquette.remove_gpu_engines"} <= set(
        page.operators
    )
    assert bpy.ops.maquette.verify_gpu_engines() == {"FINISHED"}
    assert bpy.ops.maquette.repair_gpu_engines() == {"FINISHED"}
    assert bpy.ops.maquette.remove_gpu_engines() == {"FINISHED"}
    assert [" ".join(line.split()[:2]) for line in desk.asked()[1:]] == [
        "runtime verify",
        "runtime install",
        "runtime remove",
    ]
    assert desk.asked()[2].startswith("runtime install --repair --accelerator cpu --yes --wheels"), "one step"
    desk.turn(lambda: not desk.state.questions)
    assert "Not installed." in desk.page().text


def dialog(addon, operator, **given):
    """What the operator's dialog shows, drawn as the class would draw it."""
    cls, page = getattr(bpy.types, f"MAQUETTE_OT_{operator}"), Page()
    drawn = SimpleNamespace(**{"layout": page, "accept_unverified": False, "accelerator": "auto", **given})
    drawn.ask = lambda *words: cls.ask(drawn, *words)
    cls.draw(drawn, SimpleNamespace(region=None, preferences=bpy.context.preferences))
    return page


def test_the_dialog_says_the_sizes_of_what_is_chosen(addon, desk):

    def choose(accelerator):
        return dialog(addon, "install_gpu_engines", accelerator=accelerator)

    assert "The sizes are not known yet." in choose("cpu").text
    (desk.folder / "unverified").touch()
    desk.gpu.look()
    desk.turn(lambda: desk.state.processor)
    auto, processor = choose("auto"), choose("cpu")
    assert "CUDA 12.8: 2.9 GB to download, 6.1 GB on the disk." in auto.said
    assert "accept_unverified" in auto.props and "not confirmed by us: torch.whl." in auto.text
    assert "Processor only: 226 MB to download, 692 MB on the disk." in processor.said
    assert "accept_unverified" not in processor.props, "nothing to agree to"
    desk.state.facts = {"build": "cpu", "title": "Processor only", "download": 5e6}
    assert desk.gpu.facts_for("cpu") is desk.state.facts, "the same plan: not asked twice"


def test_a_repair_keeps_the_build_and_implies_no_consent(addon, desk):
    (desk.folder / "unverified").touch()
    for consent in (False, True):
        bpy.ops.maquette.install_gpu_engines(accelerator="cpu")
        desk.turn(lambda: not desk.state.questions)
        assert "accept_unverified" in dialog(addon, "repair_gpu_engines").props
        bpy.ops.maquette.repair_gpu_engines(accept_unverified=consent)
        words = desk.asked()[-1]
        assert "--repair --accelerator cpu" in words and ("--accept-unverified" in words) == consent
    assert not any("runtime remove" in words for words in desk.asked())


def test_a_repair_that_does_not_know_the_build_leaves_it_to_the_backend(addon, desk, monkeypatch):
    monkeypatch.setattr(desk.gpu, "known", lambda: {"installed": True})
    bpy.ops.maquette.repair_gpu_engines()
    assert "--accelerator" not in desk.asked()[-1] and "--accept-unverified" not in desk.asked()[-1]


def test_without_a_network_a_repair_touches_nothing(addon, desk, monkeypatch):
    bpy.ops.maquette.install_gpu_engines(accelerator="cpu")
    monkeypatch.undo()
    monkeypatch.setattr(addon.gpu, "known", lambda: {"installed": True, "installed_build": "cpu"})
    monkeypatch.setattr(addon.gpu, "carried", lambda: None)
    assert not bpy.app.online_access
    with pytest.raises(RuntimeError, match="Network → Allow Online Access"):
        bpy.ops.maquette.repair_gpu_engines()
    assert len(desk.asked()) == 1 and (desk.folder / "gpu" / "installed.json").exists()


def test_a_repair_waits_until_the_backend_has_left_the_environment(addon, desk, signpost, monkeypatch):
    free = []
    monkeypatch.setattr(addon.runtime, "let_go_of_gpu", lambda: free.append("asked"))
    monkeypatch.setattr(addon.runtime, "gpu_is_free", lambda: len(free) > 3 or free.append("not yet"))
    monkeypatch.setattr(addon.runtime, "take_up_gpu", lambda: free.append("back"))
    monkeypatch.setattr(addon.gpu, "known", lambda: {"installed": True, "installed_build": "cpu"})
    bpy.ops.maquette.repair_gpu_engines()
    assert free == ["asked", "not yet", "not yet", "not yet", "back"]


def test_the_wheels_are_looked_for_seldom(addon, desk, monkeypatch):
    looked = []
    monkeypatch.setattr(addon.gpu, "carried", lambda: looked.append(1))
    desk.gpu.look()
    desk.turn(lambda: desk.state.facts and not desk.state.questions)
    for _ in range(5):
        desk.page()
    assert len(looked) == (not bpy.app.online_access)
    desk.gpu.look_again()
    desk.turn(lambda: not desk.state.questions)
    desk.page()
    assert len(looked) == 2 * (not bpy.app.online_access)


def test_once_installed_every_engine_that_waits_for_weights_is_named(addon, desk, monkeypatch):
    bpy.ops.maquette.install_gpu_engines(accelerator="cpu")
    desk.turn(lambda: not desk.state.questions)
    about = addon.link.EngineInfo("birefnet", "BiRefNet", "", ("image",), "gpu", "", "", available=False)

    def page(**given):
        engines = (replace(about, **given),) if given else ()
        session = SimpleNamespace(engines=engines, fell_back="", device="", device_memory=0, look_again=lambda: None)
        monkeypatch.setattr(addon.runtime, "current", lambda: session)
        return desk.page()

    def offered(page):
        return [given.engine for name, _, given in page.buttons if name == "maquette.fetch_weights"]

    monkeypatch.setattr(addon.runtime, "current", lambda: None)
    for seen in (desk.page(), page()):
        assert offered(seen) == ["birefnet"] and "BiRefNet: its weights are not here yet (444 MB)." in seen.text
    seen = page(status="Its weights are missing: m (444 MB).")
    assert offered(seen) == ["birefnet"] and seen.text.count("BiRefNet: Its weights are missing: m (444 MB).") == 1
    bpy.ops.maquette.fetch_weights(engine="birefnet")
    desk.turn(lambda: not desk.state.questions)
    seen = page(status="Its program cannot be loaded.")
    assert offered(seen) == [] and "BiRefNet: Its program cannot be loaded." in seen.text
    assert "BiRefNet" not in page(available=True).text


@pytest.mark.parametrize(("mood", "words"), [("fails", "The disk is full. Free 3 GB."), ("dies", "working on runtime")])
def test_a_failure_is_a_sentence_with_its_log(addon, desk, mood, words):
    (desk.folder / "mood").write_text(mood)
    with pytest.raises(RuntimeError, match=words.split()[0]):
        bpy.ops.maquette.install_gpu_engines()
    page = desk.page()
    assert words in page.text and {"maquette.show_errand_log", "maquette.copy_report"} <= set(page.operators)
    text = desk.gpu.show_log().as_string()
    assert "working on runtime install" in text
    report = addon.troubleshooting.report()
    assert "Installing GPU Engines: failed" in report and "working on runtime install" in report


def test_a_report_tells_no_secrets(addon, desk, tmp_path, monkeypatch):
    home = Path.home()
    log = tmp_path / "errand.log"
    log.write_text(
        f"by way of http://jo:s3cret@proxy:8080 to {home}/x\nAuthorization: Bearer abc.def\napi_key=k-123 done\n"
    )
    desk.state.log, desk.state.outcome = log, addon.gpu.Outcome("Installing", "failed", "No http://a:pw9@host today.")
    (tmp_path / "data" / "logs").mkdir()
    (tmp_path / "data" / "logs" / f"backend-{os.getpid()}-1.log").write_text(f"token: t0k3n in {home}\n")
    report = addon.troubleshooting.report()
    for secret in ("jo:", "s3cret", "abc.def", "k-123", "pw9", "t0k3n", str(home)):
        assert secret not in report, secret
    for left in ("http://…@proxy:8080 to ~/x", "http://…@host today", "api_key=… done", "token: … in ~"):
        assert left in report, left


def test_it_goes_on_beside_blender_and_can_be_cancelled(addon, desk, signpost):
    (desk.folder / "mood").write_text("slow")
    desk.gpu.start(steps(desk, "install"))
    desk.turn(lambda: desk.state.errand and desk.state.errand.fraction > 0)
    page = desk.page()
    assert page.bars == [(0.25, "Downloading · 3 min 20 s left")] and "56 MB of 226 MB" in page.text
    assert "maquette.cancel_errand" in page.operators
    assert not bpy.ops.maquette.install_gpu_engines.poll()
    with pytest.raises(addon.gpu.Busy):
        desk.gpu.start(steps(desk, "install"))
    text = desk.gpu.show_log()
    assert "working on" in text.as_string()
    bpy.ops.maquette.generate_from_text(engine="signpost", prompt="meanwhile")
    assert "meanwhile" in bpy.data.objects, "generating goes on"
    assert bpy.ops.maquette.cancel_errand() == {"FINISHED"}
    desk.turn(lambda: not desk.state.busy)
    assert (desk.state.outcome.state, desk.state.outcome.sentence) == ("cancelled", "Cancelled.")


def test_a_second_step_is_not_begun_after_a_failure(addon, desk):
    (desk.folder / "mood").write_text("fails")
    desk.gpu.start(steps(desk, "remove", "install"))
    desk.turn(lambda: not desk.state.busy)
    assert len(desk.asked()) == 1 and desk.state.outcome.title == "remove"


def test_without_permission_nothing_is_downloaded(addon, desk, monkeypatch):
    monkeypatch.undo()
    assert not bpy.app.online_access
    addon.gpu.close()
    monkeypatch.setattr(addon.gpu, "carried", lambda: None)
    for call in (bpy.ops.maquette.install_gpu_engines, bpy.ops.maquette.fetch_weights):
        with pytest.raises(RuntimeError, match="Network → Allow Online Access"):
            call()
    assert not addon.gpu.state.busy


def test_weights_are_listed_with_licences_fetched_and_deleted(addon, desk):
    desk.gpu.look()
    desk.turn(lambda: desk.state.shelf is not None)
    page = draw_preferences(addon)
    assert "Licence: code GPL; weights MIT." in page.text and "model.safetensors: not here (444 MB)" in page.text
    assert {"maquette.fetch_weights", "maquette.import_weights"} <= set(page.operators)
    assert {"mirror", "proxy", "wheels_dir"} <= set(page.props)
    assert bpy.ops.maquette.fetch_weights(engine="birefnet") == {"FINISHED"}
    desk.turn(lambda: not desk.state.questions)
    assert "every byte verified" in draw_preferences(addon).text
    assert bpy.ops.maquette.verify_weights(engine="birefnet") == {"FINISHED"}
    assert bpy.ops.maquette.delete_weights(engine="birefnet") == {"FINISHED"}
    assert bpy.ops.maquette.import_weights(engine="birefnet", filepath=str(COMMAND)) == {"FINISHED"}
    assert bpy.ops.maquette.move_weights(directory=str(desk.folder)) == {"FINISHED"}
    asked = [line.split(" --data-dir")[0] for line in desk.asked()]
    assert asked == [
        "weights fetch birefnet",
        "weights verify birefnet",
        "weights delete birefnet",
        f"weights import birefnet {COMMAND}",
        f"weights move {desk.folder}",
    ]
    with pytest.raises(RuntimeError, match="No file is chosen"):
        bpy.ops.maquette.import_weights(engine="birefnet", filepath="/not/there")


def test_mirror_and_proxy_are_passed_on(addon, desk, monkeypatch):
    kept = SimpleNamespace(threads=0, solid_colours=True, mirror="https://m", proxy="http://p:1", wheels_dir="")
    for module in ("weights", "gpu_engines"):
        operators = sys.modules[addon.runtime.__name__.replace("runtime", f"operators.{module}")]
        monkeypatch.setattr(operators, "preferences", lambda: kept)
    bpy.ops.maquette.fetch_weights(engine="x")
    bpy.ops.maquette.install_gpu_engines()
    fetched, installed = desk.asked()
    assert "--mirror https://m --proxy http://p:1" in fetched and "--proxy http://p:1" in installed


@pytest.fixture
def private(addon, tmp_path, monkeypatch):
    """An environment of the GPU engines: ``private(python)`` makes it of that interpreter."""
    monkeypatch.setattr(addon.launching, "data_dir", lambda: tmp_path)

    def make(lines):
        folder = tmp_path / "gpu" / "env" / "bin"
        folder.mkdir(parents=True)
        (folder / "python").write_text(lines)
        (folder / "python").chmod(0o755)
        marker = {"key": "x", "build": "cpu", "self_test": "CPU: OK"}
        (tmp_path / "gpu" / "installed.json").write_text(json.dumps(marker))

    return make


def test_the_backend_runs_in_the_environment_once_it_is_there(addon, private):
    assert addon.launching.private_python() == "" and addon.launching.best_launch(False).instead is None
    private(f'#!/bin/sh\nexport FROM_HERE=1\nexec "{sys.executable}" "$@"\n')
    bpy.ops.maquette.start_backend()
    session = addon.runtime.session()
    assert session.launch.interpreter == addon.launching.private_python() and session.launch.instead is not None
    pump(addon, lambda: session.state == "ready" and session.engines)
    with open(f"/proc/{session._contact._child.process.pid}/environ", "rb") as file:
        assert b"FROM_HERE=1" in file.read()
    addon.runtime.let_go_of_gpu()
    assert not addon.runtime.gpu_is_free()
    pump(addon, addon.runtime.gpu_is_free)
    pump(addon, lambda: session.state == "ready")
    with open(f"/proc/{session._contact._child.process.pid}/environ", "rb") as file:
        assert b"FROM_HERE=1" not in file.read()
    addon.runtime.take_up_gpu()
    assert session.launch.interpreter == addon.launching.private_python()


@pytest.mark.parametrize("lines", ["#!/bin/sh\nexit 3\n", "#!/bin/sh\necho no torch >&2\nkill -9 $$\n", "no program"])
def test_an_environment_that_does_not_start_costs_a_sentence_and_nothing_else(addon, private, tmp_path, lines):
    private(lines)
    bpy.ops.maquette.start_backend()
    session = addon.runtime.session()
    pump(addon, lambda: session.state == "ready" and session.engines)
    assert session.launch.interpreter != addon.launching.private_python()
    assert session.fell_back.startswith("The GPU engines did not start, so Maquette works without them;")
    page = Page()
    panel = addon.panels.MAQUETTE_PT_gpu
    panel.draw(SimpleNamespace(layout=page), SimpleNamespace(region=None, preferences=bpy.context.preferences))
    assert "works without them" in page.text
    addon.gpu.close()
    shutil.rmtree(tmp_path / "gpu")
    addon.runtime.take_up_gpu()
    assert not session.fell_back, "what was removed is not complained of"


@pytest.mark.parametrize("marker", ["", "{}", "[]", "{", '{"key": 1, "build": "cpu", "self_test": ""}'])
def test_an_environment_whose_marker_is_not_whole_is_not_started(addon, private, tmp_path, marker):
    private("#!/bin/sh\nexit 3\n")
    assert addon.launching.private_python()
    (tmp_path / "gpu" / "installed.json").write_text(marker)
    assert addon.launching.private_python() == ""


def test_memory_can_be_freed_and_the_device_is_named(addon, signpost, desk):
    bpy.ops.maquette.generate_from_text(engine="signpost", prompt="x")
    assert "maquette.free_memory" not in desk.page().operators
    signpost.device, signpost.device_memory = "RTX 4070, CUDA 12.8", 3_200_000_000
    page = desk.page()
    assert "RTX 4070, CUDA 12.8, holds 3.2 GB" in page.text and "maquette.free_memory" in page.operators
    assert bpy.ops.maquette.free_memory() == {"FINISHED"}
    pump(addon, lambda: signpost.device == "")


def test_nothing_is_left_running_when_the_add_on_goes(addon, desk):
    (desk.folder / "mood").write_text("slow")
    desk.gpu.start(steps(desk, "install"))
    desk.turn(lambda: desk.state.errand and desk.state.errand.fraction > 0)
    process = desk.state.errand._process
    desk.gpu.close()
    assert process.poll() is not None and not desk.state.busy and os.path.exists(desk.folder)


def test_a_final_render_gets_the_card_s_memory(addon, signpost, monkeypatch):
    bpy.ops.maquette.generate_from_text(engine="signpost", prompt="x")
    freed = []
    monkeypatch.setattr(signpost, "free", lambda: freed.append(1) or True)
    scene = bpy.context.scene
    scene.render.engine, scene.render.resolution_x, scene.render.resolution_y = "CYCLES", 4, 4
    scene.cycles.samples = 1
    camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(camera)
    scene.camera = camera
    signpost.device = ""
    bpy.ops.render.render()
    assert not freed, "nothing to free where there is no card"
    signpost.device = "RTX 4070, CUDA 12.8"
    bpy.ops.render.render()
    assert freed == [1]
    pump(addon, lambda: not addon.runtime.busy())
