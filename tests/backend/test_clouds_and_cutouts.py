"""Jobs that begin with a cloud or depths, and jobs that end in a cloud or a cut-out."""

import dataclasses

import numpy as np
import pytest
from cloud_jobs import Keeper, block, depth_arrays, gaussians, sphere_arrays
from maquette.backend import glimpse, jobs, pipeline, thrift
from maquette.backend.errors import (
    BadRequest,
    BadRuntime,
    Cancelled,
    InputNotTaken,
    OutOfMemory,
    UnknownEngine,
    UnsupportedShape,
)
from maquette.backend.imaging.cutout import CutOut
from maquette.backend.placing import bounds
from maquette.backend.progress import CUT_OUT, ENGINE, FINISH, READ, SURFACE, Meter
from maquette.backend.protocol import EngineInfo, Picture, Placement, Request, Result, encode
from maquette.backend.runtime.device import Device
from maquette.backend.shapes import GaussianCloud, PointCloud
from maquette.backend.shapes.files.cloud import write_cloud
from maquette.tests import clouds
from shelf import Shelf
from test_pipeline import Block, picture

CLOUD = Request(engine="keeper", output="cloud")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "scene.ply"
    write_cloud(path, gaussians(), up="+Z")
    return str(path)


def run(request, *made, stopped=lambda: False):
    reports = []
    meter = Meter(lambda *report: reports.append(report), stopped)
    return pipeline.run(request, meter, Shelf(*made)), reports


def stages(reports):
    return list(dict.fromkeys(stage for stage, *_ in reports))


def test_a_file_of_gaussians_comes_back_on_the_ground(file):
    request = dataclasses.replace(CLOUD, file=file, placement=Placement(height=2.0))
    finished, reports = run(request, Keeper())
    made = finished.made
    assert isinstance(made, GaussianCloud) and len(made.means) == 200
    np.testing.assert_allclose([made.means.min(0), made.means.max(0)], [[-2, -4, 0], [2, 4, 2]], atol=0.3)
    np.testing.assert_allclose(bounds(made)[0][2], 0, atol=1e-3)
    np.testing.assert_allclose(bounds(made)[1][2], 2, atol=1e-3)
    assert (finished.report.vertices, finished.report.faces, finished.report.watertight) == (200, 0, False)
    assert stages(reports) == [READ, ENGINE, FINISH] == list(finished.report.stages)


def test_it_may_stay_as_it_is_in_the_file(file):
    request = dataclasses.replace(CLOUD, file=file, options={"keep_scale": True}, placement=Placement(height=9.0))
    np.testing.assert_allclose(run(request, Keeper())[0].made.means, gaussians().means, atol=1e-5)


@pytest.mark.parametrize(
    ("up", "sides"), [("auto", (2, 4, 1)), ("+Z", (2, 4, 1)), ("+Y", (2, 1, 4)), ("-Y", (2, 1, 4)), ("-Z", (2, 4, 1))]
)
def test_the_file_stands_up_as_it_is_told(file, up, sides):
    request = dataclasses.replace(CLOUD, file=file, options={"up": up, "keep_scale": True})
    np.testing.assert_allclose(np.ptp(run(request, Keeper())[0].made.means, axis=0), sides, atol=1e-5)


def test_what_the_file_leaves_open_is_told(tmp_path):
    path = tmp_path / "scene.ply"
    write_cloud(path, gaussians(), up="+Z", full=True)
    path.write_bytes(path.read_bytes().replace(b"comment Vertical Axis: z\n", b""))
    report = run(dataclasses.replace(CLOUD, file=str(path)), Keeper())[0].report
    assert any("which way is up" in warning for warning in report.warnings)


def test_points_of_an_object_come_back_as_points():
    finished, _ = run(dataclasses.replace(CLOUD, arrays=sphere_arrays(300)), Keeper())
    assert isinstance(finished.made, PointCloud) and finished.report.vertices == 300
    assert np.ptp(finished.made.points, axis=0).max() == pytest.approx(1)
    assert (finished.made.colours == (20, 40, 200, 255)).all()


def test_depths_reach_the_engine_as_views():
    keeper = Keeper()
    run(dataclasses.replace(CLOUD, arrays=depth_arrays(views=3)), keeper)
    (given,) = keeper.given
    assert len(given.depths) == 3 and given.cloud is None and given.images == ()
    assert np.isinf(given.depths[0].depth[0]).all() and given.depths[1].extent == 3


def test_a_cloud_becomes_a_mesh_by_every_stage():
    request = Request(engine="keeper", arrays=sphere_arrays(), placement=Placement(height=3.0), options={"a": 1})
    keeper = Keeper(as_mesh=True)
    finished, reports = run(request, keeper)
    assert stages(reports) == [READ, ENGINE, SURFACE, FINISH]
    assert keeper.given[0].options == {"a": 1}
    assert finished.made.vertices[:, 2].max() == pytest.approx(3) and finished.report.watertight


def test_a_mesh_may_stay_where_its_cloud_is():
    request = Request("keeper", arrays=sphere_arrays(), options={"keep_scale": True}, placement=Placement(height=9.0))
    finished, _ = run(request, Keeper(as_mesh=True))
    vertices = finished.made.vertices
    np.testing.assert_allclose([vertices.min(0), vertices.max(0)], [[-1, -1, -1], [1, 1, 1]])
    assert not finished.report.warnings or "high" not in finished.report.warnings[0]


@pytest.mark.parametrize("stay", [False, True])
def test_a_large_cloud_is_seen_early_where_the_mesh_will_stand(stay):
    seen, reports = [], []
    meter = Meter(lambda *report: reports.append(report), preview=lambda mesh: seen.append((mesh, reports[-1])))
    cloud = clouds.surfels(clouds.BALL, 20_000)
    engine = Keeper()
    engine.generate = lambda conditioning, watch: cloud
    request = Request("keeper", arrays=sphere_arrays(9), options={"keep_scale": stay}, placement=Placement(height=3.0))
    made = pipeline.run(request, meter, Shelf(engine)).made.vertices
    ((early, (stage, *_)),) = seen
    assert stage == SURFACE and 100 < len(early.vertices) < 20_000 and early.colours is not None
    np.testing.assert_allclose(early.vertices.min(0), made.min(0), atol=0.1)
    np.testing.assert_allclose(early.vertices.max(0), made.max(0), atol=0.1)


@pytest.mark.parametrize(("error", "ends"), [(ValueError("shapes"), False), (MemoryError(), True), (Cancelled(), True)])
def test_an_early_look_that_fails_costs_nothing(monkeypatch, error, ends):
    def failing(*_):
        raise error

    monkeypatch.setattr(glimpse, "extract", failing)
    engine = Keeper()
    engine.generate = lambda conditioning, watch: clouds.points(clouds.BALL, 20_000)
    monkeypatch.setattr(pipeline, "extract", lambda *_: block())
    request = Request("keeper", arrays=sphere_arrays(9))
    if ends:
        with pytest.raises((MemoryError, OutOfMemory, Cancelled)):
            run(request, engine)
    else:
        assert run(request, engine)[0].report.faces == 12


def test_a_small_cloud_is_not_shown_twice():
    seen = []
    engine = Keeper()
    engine.generate = lambda conditioning, watch: clouds.surfels(clouds.BALL, 2000)
    pipeline.run(Request("keeper", arrays=sphere_arrays(9)), Meter(lambda *r: None, preview=seen.append), Shelf(engine))
    assert seen == []


def test_an_engine_that_makes_no_cloud_after_all_is_told_apart():
    with pytest.raises(UnsupportedShape, match="TriangleMesh is no cloud"):
        run(dataclasses.replace(CLOUD, arrays=sphere_arrays()), Keeper(as_mesh=True))


def test_a_cloud_that_is_read_can_be_cancelled(file):
    with pytest.raises(Cancelled):
        run(dataclasses.replace(CLOUD, file=file), Keeper(), stopped=lambda: True)


@pytest.mark.parametrize("made", [gaussians(), PointCloud(np.eye(3, dtype=np.float32)), CutOut(np.ones((2, 3, 4)))])
def test_whatever_is_made_can_travel(made):
    kind, arrays = jobs.as_sent(made)
    report = run(dataclasses.replace(CLOUD, arrays=sphere_arrays()), Keeper())[0].report
    assert kind == ("cutout" if isinstance(made, CutOut) else "cloud")
    assert encode(Result("a", kind, arrays, report))


# --------------------------------------------------------------------------------------------- cut-outs


def on_white(size=60):
    pixels = np.full((size, size, 4), 255, np.uint8)
    pixels[15:-15, 20:-20, :3] = (200, 30, 30)
    return Picture(pixels)


def test_a_cutout_needs_no_engine():
    finished, reports = run(Request(engine="none at all", images=(on_white(),), output="cutout"))
    alpha = finished.made.rgba[..., 3]
    assert alpha.shape == (60, 60) and alpha[30, 30] == 1 and alpha[2, 2] == 0
    assert stages(reports) == [CUT_OUT] == list(finished.report.stages)
    assert finished.report.faces == 0


def test_a_cutout_keeps_the_mode_asked_for():
    finished, _ = run(Request(images=(on_white(),), output="cutout", cutout="none"), Block())
    assert (finished.made.rgba[..., 3] == 1).all()


class Matting:
    """A remover that keeps the left half of every picture, or fails; remembers the presets it was asked at."""

    def __init__(self, error=None, **more):
        self.info = EngineInfo(
            "matting", "Matting", "", ("image",), more.pop("tier", "embedded"), "", "MIT", makes=("cutout",), **more
        )  # fmt: skip
        self.asked, self._error = [], error

    def matte(self, pixels, watch, preset="standard"):
        self.asked.append(preset)
        watch.step(0.5, "seeing")
        if self._error:
            raise self._error
        alpha = np.zeros(pixels.shape[:2], np.float32)
        alpha[10:-10, 10 : pixels.shape[1] // 2] = 1
        return alpha

    def unload(self):
        pass


def test_a_learned_remover_is_used_where_one_is_ready():
    matting, block = Matting(), Block()
    request = Request("block", images=(on_white(),), preset="fast")
    report = run(request, block, matting)[0].report
    assert (report.cutout, matting.asked, report.engine) == ("learned", ["fast"], "block")
    assert block.given[0].cutout == "learned"
    made, _ = run(dataclasses.replace(request, output="cutout"), block, matting)
    assert (made.report.cutout, made.report.engine, made.report.licence) == ("learned", "matting", "MIT")
    assert made.made.rgba[30, 15, 3] == 1 and made.made.rgba[30, 45, 3] == 0


@pytest.mark.parametrize("mode", ["background", "none", "alpha"])
def test_who_asks_for_another_way_gets_it(mode):
    matting = Matting()
    finished, _ = run(Request("block", images=(on_white(),), output="cutout", cutout=mode), Block(), matting)
    assert finished.report.cutout == mode and finished.report.engine == "" and matting.asked == []


def test_a_remover_is_not_asked_about_a_picture_that_is_cut_out():
    matting = Matting()
    report = run(Request("matting", images=(picture(),), output="cutout"), matting)[0].report
    assert (report.cutout, report.engine, matting.asked) == ("alpha", "", [])


def test_one_that_is_not_ready_is_not_loaded():
    report = run(Request("block", images=(on_white(),)), Block(), Matting(available=False, status="Install."))[0].report
    assert report.cutout == "background"


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("driver"), BadRequest("It is ill.", "Mend it.")])
def test_a_remover_that_fails_is_replaced_with_a_word(error):
    report = run(Request("block", images=(on_white(),)), Block(), Matting(error))[0].report
    assert report.cutout == "background" and "built-in one was used" in report.warnings[0]


PETABYTE = 1 << 50


def cut(matting, **more):
    return run(Request("block", images=(on_white(),), output="cutout", **more), Block(), matting)[0].report


def test_a_remover_too_large_for_the_memory_there_is_runs_at_a_smaller_preset():
    matting = Matting(memory={"fast": 1000, "standard": PETABYTE, "fine": PETABYTE})
    report = cut(matting, preset="fine")
    assert (matting.asked, report.cutout) == (["fast"], "learned")
    assert "needs 1125899.9 GB; the background was found with “fast”" in report.warnings[0]


@pytest.mark.parametrize("mode", ["auto", "learned"])
def test_a_remover_that_cannot_fit_at_all_is_not_even_loaded(mode, monkeypatch):
    matting = Matting(memory=dict.fromkeys(("fast", "standard", "fine"), PETABYTE))
    monkeypatch.setattr(Shelf, "load", lambda self, id: pytest.fail(f"{id} was loaded"))
    report = cut(matting, cutout=mode)
    assert (matting.asked, report.cutout) == ([], "background")
    assert "too little free memory for it), so the built-in one was used." in report.warnings[0]


def test_where_nobody_tells_what_is_free_the_remover_is_tried(monkeypatch):
    monkeypatch.setattr(thrift.memory, "free_memory", lambda: 0)
    matting = Matting(memory=dict.fromkeys(("fast", "standard", "fine"), PETABYTE))
    assert (cut(matting).cutout, matting.asked) == ("learned", ["standard"])


@pytest.mark.parametrize(
    ("device", "preset", "asked"),
    [
        (Device(), "standard", "fast"),
        (Device(), "fast", "fast"),
        (Device(), "fine", "fine"),
        (Device("cuda", "RTX 4070, CUDA 12.8", "bfloat16"), "standard", "standard"),
    ],
)
def test_without_a_card_the_background_is_found_the_quick_way_unless_the_finest_is_wanted(
    monkeypatch, device, preset, asked
):
    monkeypatch.setattr(pipeline.device, "choose", lambda: device)
    monkeypatch.setattr(pipeline.device, "current", lambda: device)
    matting = Matting(tier="gpu")
    report = cut(matting, preset=preset)
    assert (report.cutout, matting.asked) == ("learned", [asked])
    assert [("Without a graphics card" in sentence) for sentence in report.warnings] == [True] * (preset != asked)


def test_a_card_that_the_remover_cannot_use_is_told(monkeypatch):
    monkeypatch.setattr(pipeline.device, "choose", lambda: Device(note="The graphics card was passed over: too old."))
    monkeypatch.setattr(pipeline.device, "current", Device)
    assert cut(Matting(tier="gpu"), preset="fast").warnings == ("The graphics card was passed over: too old.",)


def test_without_torch_the_embedded_remover_steps_in(monkeypatch):
    def missing():
        raise BadRuntime("PyTorch is not installed here.", "Install the GPU engines first.")

    monkeypatch.setattr(pipeline.device, "choose", missing)
    report = cut(Matting(tier="gpu"))
    assert report.cutout == "background" and "PyTorch is not installed here" in report.warnings[0]


def test_a_remover_can_be_cancelled():
    with pytest.raises(Cancelled):
        run(Request("block", images=(on_white(),)), Block(), Matting(Cancelled()))


def test_a_learned_cutout_needs_a_remover():
    with pytest.raises(UnknownEngine, match="no learned background remover"):
        run(Request("block", images=(on_white(),), cutout="learned"), Block())


# ------------------------------------------------------------------------------------------- refusals


def taking(*inputs, makes=("mesh",), id="block", **more):
    return Keeper(id=id, inputs=inputs, makes=makes, **more)


POINTS = {"arrays": sphere_arrays(9)}


@pytest.mark.parametrize(
    ("request_", "engines", "error", "words"),
    [
        (Request(output="sculpture", images=(picture(),)), [Block()], BadRequest, "no output 'sculpture'"),
        (
            Request("block", **POINTS),
            [Block(), Keeper()],
            InputNotTaken,
            "takes no Gaussians and no points. Choose Keeper",
        ),
        (Request("block", **POINTS), [Block()], InputNotTaken, "Give a picture instead"),
        (Request("block", arrays=depth_arrays()), [Block(), Keeper()], InputNotTaken, "no depths. Choose Keeper"),
        (Request("keeper", images=(picture(),)), [Keeper(), Block()], InputNotTaken, "no picture. Choose Block"),
        (Request("keeper", images=(picture(),)), [Keeper()], InputNotTaken, "Give a .ply of Gaussians or points inst"),
        (Request("keeper", prompt="a ball"), [Keeper()], InputNotTaken, "no meshes from text"),
        (Request("keeper"), [Keeper()], BadRequest, r"nothing to make a mesh from. Choose a \.ply"),
        (Request("keeper", file="x.ply", **POINTS), [Keeper()], BadRequest, "more than one thing"),
        (Request("keeper", file="x.ply", images=(picture(),)), [Keeper()], BadRequest, "more than one thing"),
        (Request("keeper", prompt="a", **POINTS), [Keeper()], BadRequest, "more than one thing"),
        (Request("keeper", file="x.ply"), [Keeper()], BadRequest, "not a whole one"),
        (Request("keeper", arrays={"points": np.ones(3, np.float32)}), [Keeper()], BadRequest, "array “points”"),
        (
            Request("block", images=(picture(),), output="cloud"),
            [Block()],
            InputNotTaken,
            "makes meshes, no clouds. Ask for meshes",
        ),
        (
            Request("block", images=(picture(),), output="cloud"),
            [Block(), taking("image", makes=("cloud",), id="lgm")],
            InputNotTaken,
            "no clouds. Choose Lgm",
        ),
        (
            Request("matting", images=(picture(),)),
            [taking("image", makes=("cutout",), id="matting"), Block()],
            InputNotTaken,
            "Matting makes cut-outs, no meshes. Choose Block",
        ),
        (Request(output="cutout", **POINTS), [Block()], InputNotTaken, "Only a picture can be cut out"),
        (Request(output="cutout", file="/x.ply"), [Block()], InputNotTaken, "Only a picture can be cut out"),
        (Request(output="cutout"), [Block()], BadRequest, "one picture"),
        (Request(output="cutout", images=(picture(), picture())), [Block()], BadRequest, "one picture"),
        (Request(output="cutout", images=(picture(view="top"),)), [Block()], BadRequest, "no view 'top'"),
        (
            Request("matting", output="cutout", images=(picture(),)),
            [taking("image", makes=("cutout",), id="matting", available=False, status="Install it.")],
            UnknownEngine,
            "not ready: Install it",
        ),
        (Request("keeper", options={"keep_scale": 1}, **POINTS), [Keeper()], BadRequest, "keep_scale"),
        (
            Request("nerf", **POINTS),
            [Block(), Keeper()],
            UnknownEngine,
            r"block \(from image\), keeper \(from cloud or",
        ),
    ],
)
def test_what_cannot_work_is_refused_with_advice(request_, engines, error, words):
    with pytest.raises(error, match=words) as caught:
        run(request_, *engines)
    assert caught.value.sentence and caught.value.fix and "\n" not in str(caught.value)
    assert not any(engine.given for engine in engines)


def test_a_direction_that_is_none_is_refused(file):
    with pytest.raises(BadRequest, match="no direction to be up"):
        run(dataclasses.replace(CLOUD, file=file, options={"up": "north"}), Keeper())
