"""The engine Splats & Points, from the request to the mesh that stands on the ground."""

from __future__ import annotations

import numpy as np
from clouds import SIGNPOST, points
from maquette.backend import engines, pipeline
from maquette.backend.progress import Meter
from maquette.backend.protocol import Request


def made(cloud, **request):
    rgba = np.full((len(cloud.points), 4), 255, np.uint8) if cloud.colours is None else cloud.colours
    arrays = {"points": cloud.points, "colours": rgba}
    meter = Meter(lambda *progress: None)
    return pipeline.run(Request(engine="splat", preset="fast", arrays=arrays, **request), meter, engines)


def test_an_asymmetric_object_stands_as_it_did():
    """The blue nose points to −Y, the green arm to +X, the red head up; nothing is mirrored or turned."""
    finished = made(points(SIGNPOST, 6000))
    mesh, report = finished.made, finished.report
    assert report.engine == "splat" and report.watertight and report.parts == 1
    lower, upper = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    assert abs(lower[2]) < 1e-6 and np.isclose((upper - lower).max(), 1.0, atol=1e-5)
    blue, green, red = (mesh.vertices[mesh.colours[:, c] > 180] for c in (2, 1, 0))
    assert blue[:, 1].min() == lower[1] and np.ptp(blue[:, 1]) > np.ptp(blue[:, 0])
    assert green[:, 0].max() == upper[0] and np.ptp(green[:, 0]) > np.ptp(green[:, 1])
    assert red[:, 2].max() == upper[2]
