"""A job from its request to its mesh, with engines small enough to know the answer."""

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest
from maquette.backend import conditioning, pipeline
from maquette.backend.engines.engine import Conditioning, Watch
from maquette.backend.errors import BadRequest, Cancelled, EmptyMask, InputNotTaken, UnknownEngine
from maquette.backend.progress import CUT_OUT, ENGINE, FINISH, SURFACE, Meter
from maquette.backend.protocol import EngineInfo, Picture, Placement, Report, Request
from maquette.backend.shapes import TriangleMesh
from maquette.tests.addon.text_backend import Words
from shelf import Shelf


def picture(colour=(200, 40, 40), size=64, view="front"):
    """A coloured square on a transparent ground."""
    pixels = np.zeros((size, size, 4), np.uint8)
    pixels[size // 4 : -size // 4, size // 4 : -size // 4] = (*colour, 255)
    return Picture(pixels, view)


class Block:
    """An image engine: a block in the picture's mean colour; remembers what it was given."""

    def __init__(self, *inputs, **more):
        self.info = EngineInfo("block", "Block", "", inputs or ("image",), "embedded", "", "CC0", **more)
        self.given: list[Conditioning] = []

    def generate(self, conditioning, watch: Watch):
        self.given.append(conditioning)
        watch.step(0.5)
        watch.warn("It is a block.")
        rgba = conditioning.images[0].rgba
        colour = rgba[rgba[..., 3] > 0.999].mean(0)
        corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)
        faces = [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1]]
        faces += [[2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
        colours = np.tile(np.rint(colour * 255).astype(np.uint8), (8, 1))
        return TriangleMesh(corners, np.array(faces, np.int32), colours)

    def resolution(self, preset):
        return 8

    def unload(self):
        pass


def run(request, *made, stopped=lambda: False):
    reports = []
    meter = Meter(lambda *report: reports.append(report), stopped)
    return pipeline.run(request, meter, Shelf(*made)), reports


def test_a_picture_becomes_a_coloured_mesh_on_the_ground():
    request = Request(engine="block", images=(picture(),), placement=Placement(height=3.0), preset="fast", seed=5)
    finished, reports = run(request, Block())
    vertices = finished.made.vertices
    assert vertices.dtype == np.float32 and finished.made.faces.dtype == np.int32
    np.testing.assert_allclose([vertices.min(0), vertices.max(0)], [[-1.5, -1.5, 0], [1.5, 1.5, 3]], atol=1e-5)
    assert np.abs(finished.made.colours.astype(int) - (200, 40, 40, 255)).max() <= 1
    assert list(dict.fromkeys(stage for stage, *_ in reports)) == [CUT_OUT, ENGINE, SURFACE, FINISH]


def test_the_report_tells_what_there_is_to_know(monkeypatch):
    monkeypatch.setattr(pipeline.blas, "current", lambda: SimpleNamespace(slow=False))
    request = Request(engine="block", images=(picture(),), preset="fast", seed=5)
    report = run(request, Block())[0].report
    expected = Report(
        engine="block", preset="fast", seed=5, seconds=report.seconds, vertices=8, faces=12, parts=1, watertight=True,
        warnings=("It is a block.",), stages=report.stages, peak_memory=report.peak_memory, licence="CC0",
        cutout="alpha",
    )  # fmt: skip
    assert report == expected
    assert set(report.stages) == {CUT_OUT, ENGINE, SURFACE, FINISH}
    assert report.seconds >= sum(report.stages.values()) and report.peak_memory >= 0


@pytest.mark.parametrize("slow", [True, False])
def test_a_slow_machine_says_why_it_took_longer(monkeypatch, slow):
    monkeypatch.setattr(pipeline.blas, "current", lambda: SimpleNamespace(slow=slow))
    report = run(Request(engine="block", images=(picture(),)), Block())[0].report
    assert report.warnings == (("It is a block.", pipeline.SLOW) if slow else ("It is a block.",))


def test_the_engine_gets_everything_that_was_asked_for():
    engine = Block("views")
    views = tuple(picture(view=view) for view in ("front", "right"))
    run(Request(engine="block", images=views, seed=9, preset="fine", options={"k": 0.5, "mirror": True}), engine)
    (given,) = engine.given
    assert [framed.view for framed in given.images] == ["front", "right"]
    assert (given.seed, given.preset, given.options) == (9, "fine", {"k": 0.5, "mirror": True})
    rgba = given.images[0].rgba
    assert rgba.shape == (256, 256, 4) and rgba.dtype == np.float32
    assert (rgba[..., 3] > 0.5).any(axis=1).sum() == pytest.approx(0.86 * 256, abs=1.5)  # framed


@pytest.mark.parametrize(("width", "lost"), [(2, True), (10, False)])
def test_thin_parts_that_are_lost_are_told(width, lost):
    net = np.zeros((1500, 1500, 4), np.uint8)
    for line in range(100, 1400, 150):
        net[line : line + width, 100:1400, 3] = net[100:1400, line : line + width, 3] = 255
    net[700:760, 700:760, 3] = 255  # a knot, which stays
    report = run(Request(engine="block", images=(Picture(net),)), Block())[0].report
    assert (conditioning.LOST in report.warnings) == lost


def test_a_text_becomes_a_mesh_in_the_colour_it_names():
    request = Request(engine="words", prompt="  a flat blue ball ", negative_prompt="legs", preset="fast")
    finished, _ = run(request, Words())
    size = np.ptp(finished.made.vertices, axis=0)
    assert size[2] / size[0] == pytest.approx(0.5, abs=0.05)
    assert (finished.made.colours == (0, 0, 255, 255)).all()
    assert finished.report.watertight and "Without legs." in finished.report.warnings


def test_an_engine_without_text_says_so_and_names_one_that_has():
    request = Request(engine="block", prompt="a ball")
    with pytest.raises(InputNotTaken, match="Choose Words"):
        run(request, Block(), Words())
    with pytest.raises(InputNotTaken, match="Choose a picture instead"):
        run(request, Block())


def bad(**changes):
    return dataclasses.replace(Request(engine="block", images=(picture(),)), **changes)


@pytest.mark.parametrize(
    ("request_", "error", "words"),
    [
        (bad(engine="nerf"), UnknownEngine, "no engine called 'nerf'"),
        (bad(preset="huge"), BadRequest, "no preset 'huge'"),
        (bad(cutout="magic"), BadRequest, "no cut-out 'magic'"),
        (bad(target_faces=-1), BadRequest, "number of faces"),
        (bad(target_faces=10**30), BadRequest, "number of faces"),
        (bad(placement=Placement(height=-1.0)), BadRequest, "height"),
        (bad(placement=Placement(height=1e300)), BadRequest, "height"),
        (bad(placement=Placement(height=9e-5)), BadRequest, "height"),
        (bad(placement=Placement(height=float("nan"))), BadRequest, "height"),
        (bad(images=(Picture(np.full((1, 3_000_000, 4), 255, np.uint8)),)), BadRequest, "3,000,000 × 1 pixels is too"),
        (bad(images=(Picture(np.full((1010, 10, 4), 255, np.uint8)),)), BadRequest, "10 × 1,010 pixels is too"),
        (bad(images=(picture(), picture(view="back"))), InputNotTaken, "one picture"),
        (bad(images=()), BadRequest, "nothing to make a mesh from"),
        (bad(images=(), prompt="   "), BadRequest, "nothing to make a mesh from"),
        (bad(engine="words", prompt="x" * 5000, images=()), BadRequest, "too long"),
        (bad(engine="words", prompt="ball"), InputNotTaken, "takes no picture"),
        (bad(images=(picture(view="below"),)), BadRequest, "no view 'below'"),
        (bad(images=(Picture(np.zeros((4, 4, 3), np.uint8)),)), BadRequest, "RGBA"),
        (bad(images=(Picture(np.zeros((4, 4, 4), np.float32)),)), BadRequest, "RGBA"),
        (bad(images=(Picture(np.zeros((9, 9, 4), np.uint8)),)), EmptyMask, "picture"),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence_with_a_fix(request_, error, words):
    engine = Block()
    with pytest.raises(error, match=words) as caught:
        run(request_, engine, Words())
    assert caught.value.sentence and caught.value.fix and "\n" not in str(caught.value)
    assert engine.given == []  # before anything was computed


@pytest.mark.parametrize("height", [0.0, 1e-4, 1e4])
def test_heights_at_the_limits_are_taken(height):
    vertices = run(bad(placement=Placement(height=height)), Block())[0].made.vertices
    assert np.ptp(vertices[:, 2]) == pytest.approx(height or 1.0, rel=1e-5)


@pytest.mark.parametrize("shape", [(10, 1000), (1, 100), (100, 1)])
def test_a_long_picture_is_taken_up_to_the_limit(shape):
    pixels = np.full((*shape, 4), 255, np.uint8)
    assert pipeline.check(bad(images=(Picture(pixels),)), Shelf(Block())).id == "block"


def test_an_early_mesh_of_the_engine_stands_where_the_finished_one_will():
    class Eager(Block):
        def generate(self, conditioning, watch):
            mesh = super().generate(conditioning, watch)
            watch.preview(mesh)
            return mesh

    seen = []
    meter = Meter(lambda *report: None, lambda: False, preview=seen.append)
    request = Request(engine="block", images=(picture(),), placement=Placement(height=3.0))
    finished = pipeline.run(request, meter, Shelf(Eager()))
    np.testing.assert_allclose(seen[0].vertices, finished.made.vertices, atol=1e-5)


def test_an_engine_that_is_not_installed_is_not_started():
    with pytest.raises(UnknownEngine, match="needs a GPU"):
        run(bad(), Block(available=False, status="It needs a GPU."))


def test_a_stopped_job_stops():
    with pytest.raises(Cancelled):
        run(bad(), Block(), stopped=lambda: True)
