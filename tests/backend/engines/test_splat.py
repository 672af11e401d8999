"""The engine Splats & Points, from the request to the mesh that stands on the ground."""

from __future__ import annotations

import numpy as np
import pytest
from clouds import BALL, SIGNPOST, columns_of, isotropic, ply, points
from maquette.backend import engines, pipeline
from maquette.backend.engines.engine import Conditioning
from maquette.backend.engines.splat.engine import METHODS, SplatEngine
from maquette.backend.errors import BadRequest, EmptySurface
from maquette.backend.progress import Meter
from maquette.backend.protocol import Request
from maquette.backend.render.cameras import around
from maquette.backend.render.rasterise import rasterise, view
from maquette.backend.shapes import GaussianCloud, PointCloud, TriangleMesh
from maquette.backend.surface.measure import measure
from maquette.backend.watch import Watch


def run(**request):
    request = {"engine": "splat", "preset": "fast", **request}
    return pipeline.run(Request(**request), Meter(lambda *progress: None), engines)


def check_signpost(mesh: TriangleMesh) -> None:
    """The blue nose points to −Y, the green arm to +X, the red head up; nothing is mirrored or turned."""
    lower, upper = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    assert abs(lower[2]) < 1e-6 and np.isclose((upper - lower).max(), 1.0, atol=1e-5)
    blue, green, red = (mesh.vertices[mesh.colours[:, channel] > 180] for channel in (2, 1, 0))
    assert blue[:, 1].min() == lower[1] and np.ptp(blue[:, 1]) > np.ptp(blue[:, 0])
    assert green[:, 0].max() == upper[0] and np.ptp(green[:, 0]) > np.ptp(green[:, 1])
    assert red[:, 2].max() == upper[2]


def test_an_asymmetric_object_stands_as_it_did():
    cloud = points(SIGNPOST, 6000)
    finished = run(arrays={"points": cloud.points, "colours": cloud.colours})
    assert finished.report.engine == "splat" and finished.report.watertight and finished.report.parts == 1
    check_signpost(finished.made)


def test_a_file_of_gaussians_stands_as_it_did(tmp_path):
    file = tmp_path / "signpost.ply"
    file.write_bytes(ply(columns_of(isotropic(SIGNPOST, 6000)), comments=("Vertical Axis: z",)))
    finished = run(file=str(file))
    assert finished.report.watertight and finished.report.parts == 1
    check_signpost(finished.made)


def test_depth_views_stand_as_they_were():
    cloud = isotropic(SIGNPOST, 3000)
    views = [view(rasterise(cloud, camera, "numpy"), camera) for camera in around(8, 3.0, 72)]
    arrays = {
        "rgba": np.stack([np.clip(np.rint(one.rgba * 255), 0, 255).astype(np.uint8) for one in views]),
        "depths": np.stack([np.where(np.isfinite(one.depth), one.depth, 0).astype(np.float32) for one in views]),
        "poses": np.stack([one.to_world for one in views]),
        "views": np.array([[one.fov, one.extent] for one in views], np.float32),
    }
    finished = run(arrays=arrays)
    assert finished.report.watertight and finished.report.parts == 1
    lower, upper = finished.made.vertices.min(axis=0), finished.made.vertices.max(axis=0)
    assert (upper - lower)[1] > (upper - lower)[0]  # the nose is longer than the arm


@pytest.mark.parametrize("method", METHODS)
def test_every_method_keeps_the_frame(method):
    cloud = isotropic(SIGNPOST, 4000)
    given = Conditioning(cloud=cloud, preset="fast", options={"method": method})
    made = SplatEngine().generate(given, Watch())
    if method == "poisson":
        assert made is cloud
        return
    known = measure(made)
    assert known.watertight and known.volume > 0
    off = np.abs(SIGNPOST.signed(made.vertices))
    assert off.mean() < 0.03 and np.quantile(off, 0.95) < 0.06


def test_a_cloud_may_come_back_as_a_cloud():
    cloud = points(BALL, 500)
    finished = run(arrays={"points": cloud.points, "colours": cloud.colours}, output="cloud")
    assert isinstance(finished.made, PointCloud) and len(finished.made.points) == 500


def test_what_cannot_be_done_is_said():
    engine, cloud = SplatEngine(), points(BALL, 50)
    for wrong in (
        Conditioning(),
        Conditioning(cloud=cloud, options={"method": "magic"}),
        Conditioning(cloud=cloud, options={"method": 3}),
        Conditioning(cloud=cloud, options={"method": "opacity"}),
        Conditioning(cloud=cloud, options={"method": "carve"}),
    ):
        with pytest.raises(BadRequest) as said:
            engine.generate(wrong, Watch())
        assert said.value.fix.endswith(".")
    faint = isotropic(BALL, 50)
    faint = GaussianCloud(faint.means, faint.scales, faint.rotations, faint.opacities * 0, faint.colours)
    for method in ("opacity", "carve"):
        with pytest.raises(EmptySurface):
            engine.generate(Conditioning(cloud=faint, options={"method": method}), Watch())


def test_it_is_listed_and_needs_nothing():
    info = {one.id: one for one in engines.engines()}["splat"]
    assert info.available and info.tier == "embedded" and not info.weights
    assert {"cloud", "depths"} == set(info.inputs) and {"mesh", "cloud"} == set(info.makes)
    assert set(info.presets) == set(info.memory)
