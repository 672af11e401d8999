"""Depth pictures of a known solid → points with normals, and meshes."""

from __future__ import annotations

import numpy as np
import pytest
from clouds import CHAIR, RING, isotropic
from maquette.backend.errors import Cancelled, EmptySurface
from maquette.backend.render.cameras import Camera, around
from maquette.backend.shapes import DepthView
from maquette.backend.surface.cloud import mesh_cloud
from maquette.backend.surface.depth_points import points_of
from maquette.backend.surface.fuse import fuse, mesh_carved, mesh_fused
from maquette.backend.surface.measure import measure
from maquette.backend.surface.poisson import Grid
from maquette.backend.watch import Watch


def photograph(solid, camera: Camera) -> DepthView:
    """Sphere tracing: what a perfect depth camera sees. Red where x > 0, blue elsewhere."""
    origins, rays = camera.rays()
    origins, rays = origins.reshape(-1, 3), rays.reshape(-1, 3)
    length = np.linalg.norm(rays, axis=1)
    depth = np.full(len(rays), 0.2)
    for _ in range(50):
        depth = np.minimum(depth - solid.signed(origins + rays * depth[:, None]) / length, 9.0)
    hit = np.abs(solid.signed(origins + rays * depth[:, None])) < 2e-3
    rgba = np.zeros((len(rays), 4), np.float32)
    rgba[:, 0] = (origins + rays * depth[:, None])[:, 0] > 0
    rgba[:, 2], rgba[:, 3] = 1 - rgba[:, 0], hit
    shape = (camera.height, camera.width)
    return DepthView(
        rgba.reshape(*shape, 4),
        np.where(hit, depth, np.inf).astype(np.float32).reshape(shape),
        camera.to_world.astype(np.float32),
        camera.fov,
        camera.extent,
    )


@pytest.fixture(scope="module")
def views():
    """Ten views of a chair: every other one orthographic, wider than high."""
    seen = []
    for number, camera in enumerate(around(10, 3.0, 80)):
        if number % 2:
            camera = Camera(camera.to_world, 100, 80, 0.0, 2.0)
        seen.append(photograph(CHAIR, camera))
    return seen


def test_points_lie_on_the_solid_and_face_outwards(views):
    cloud = points_of(views, Watch())
    assert len(cloud.points) > 3000
    assert np.abs(CHAIR.signed(cloud.points)).max() < 6e-3
    step = cloud.points + 0.02 * cloud.normals
    assert (CHAIR.signed(step) < CHAIR.signed(cloud.points)).mean() > 0.97
    assert np.allclose(np.linalg.norm(cloud.normals, axis=1), 1, atol=1e-4)
    right = cloud.points[:, 0] > 0.01
    assert (cloud.colours[right, 0] == 255).all() and (cloud.colours[cloud.points[:, 0] < -0.01, 2] == 255).all()


@pytest.mark.parametrize("way", ["points", "carve"])
def test_views_become_one_closed_mesh(views, way):
    mesh = mesh_fused(views, 96, Watch()) if way == "carve" else mesh_cloud(points_of(views, Watch()), 96, Watch())
    known = measure(mesh)
    assert known.watertight and known.parts == 1 and known.volume > 0
    off = np.abs(CHAIR.signed(mesh.vertices))
    assert off.mean() < (0.006 if way == "points" else 0.03)
    right = mesh.vertices[:, 0] > 0.05
    assert (mesh.colours[right, 0] > 200).mean() > 0.95


def test_one_view_alone_does_not_swell(views):
    """Of the far side nothing is known; the mesh is closed close behind what was seen."""
    cloud = points_of(views[4:5], Watch())
    known = measure(mesh_cloud(cloud, 80, Watch()))
    lower, upper = cloud.points.min(axis=0), cloud.points.max(axis=0)
    room = 0.15 * (upper - lower).max()
    assert known.watertight and known.volume > 0
    assert np.all(known.lower > lower - room) and np.all(known.upper < upper + room)


def test_the_mean_of_the_views_lies_on_the_solid(views):
    grid = Grid.around(np.array([[-0.5, -0.5, -0.75], [0.5, 0.5, 0.75]]), 48)
    field = fuse(views, grid, False, Watch())
    index = np.stack(np.meshgrid(*map(np.arange, grid.shape), indexing="ij"), axis=-1).reshape(-1, 3)
    true = CHAIR.signed(index * grid.cell + grid.lower)
    sure = np.abs(true) > 2 * grid.cell
    assert ((field.reshape(-1) > 0) == (true > 0))[sure].mean() > 0.99


def test_one_wrong_picture_does_not_drill_a_hole(views):
    """A view that claims to see nothing at all is outvoted."""
    blind = DepthView(views[0].rgba, np.full_like(views[0].depth, np.inf), views[0].to_world, views[0].fov)
    known = measure(mesh_fused([*views, blind], 64, Watch()))
    assert known.watertight and known.volume > 0.05


def test_gaussians_are_carved_by_their_own_depths():
    mesh = mesh_carved(isotropic(RING, 3000), 48, Watch())
    known = measure(mesh)
    assert known.watertight and known.parts == 1
    assert known.volume == pytest.approx(2 * np.pi**2 * 0.55 * 0.2**2, rel=0.2)
    assert np.abs(RING.signed(mesh.vertices)).mean() < 0.03


def test_views_of_nothing_say_so(views):
    blind = DepthView(views[0].rgba, np.full_like(views[0].depth, np.inf), views[0].to_world, views[0].fov)
    with pytest.raises(EmptySurface):
        points_of([blind], Watch())


def test_it_stops_when_told(views):
    def stop(fraction: float = 0.0, detail: str = "") -> None:
        if detail == "fusing depths":
            raise Cancelled

    with pytest.raises(Cancelled):
        mesh_fused(views, 48, Watch(step=stop))
