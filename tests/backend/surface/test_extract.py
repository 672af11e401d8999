"""Shape → mesh: where it is, which way it faces, what colour it has, and what it says when there is none."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from maquette.backend.engines.engine import Watch
from maquette.backend.errors import Cancelled, EmptySurface, UnsupportedShape
from maquette.backend.shapes import DensityField, GaussianCloud, PointCloud, TriangleMesh
from maquette.backend.surface.extract import extract
from maquette.backend.surface.measure import measure
from surface_samples import EXACT, ball, block, face_areas, field, meshed, noise, torus


@pytest.mark.parametrize("name", sorted(EXACT))
@pytest.mark.parametrize("resolution", [13, 48])
def test_meshes_are_closed_outward_and_on_the_surface(name, resolution):
    mesh = extract(field(EXACT[name]), resolution, Watch())
    known = measure(mesh)
    assert known.watertight and known.volume > 0
    assert known.parts == (2 if name == "two_balls" else 1)
    assert known.euler == (0 if name == "torus" else 2 * known.parts)
    assert face_areas(mesh).min() > 0
    assert np.abs(EXACT[name](mesh.vertices)).max() < 0.6 * 2 / resolution
    assert (mesh.vertices.dtype, mesh.faces.dtype, mesh.colours) == (np.float32, np.int32, None)


def test_faces_in_lattice_planes_have_no_degenerate_faces():
    """Twice over: a box whose sides lie in lattice planes, where whole sheets of values are exactly 0."""
    mesh = extract(field(lambda p: block(p, (0.5, 0.5, 0.5))), 16, Watch())
    assert face_areas(mesh).min() > 0 and measure(mesh).watertight
    assert np.allclose(measure(mesh).upper, 0.5, atol=1e-3) and np.allclose(measure(mesh).lower, -0.5, atol=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_noise_on_the_lattice_stays_closed_in_float32(seed):
    """Values in a coarse staircase, far from the origin, where float32 is short of digits."""
    grid = noise(seed, (16, 16, 16), whole=True)[1:-1, 1:-1, 1:-1]

    def values(points):
        i, j, k = np.rint((points - 50.0) * 15).astype(int).T
        return grid[np.clip(i, 0, 15), np.clip(j, 0, 15), np.clip(k, 0, 15)]

    mesh = extract(DensityField(values, 0.0, np.full(3, 50, np.float32), np.full(3, 51, np.float32)), 15, Watch())
    assert measure(mesh).watertight and face_areas(mesh).min() > 0
    assert len(mesh.vertices) == len(meshed(noise(seed, (16, 16, 16), whole=True)).vertices)


def test_a_density_is_meshed_at_its_level():
    shape = DensityField(
        lambda p: np.exp(-4 * (p**2).sum(axis=1)), np.exp(-4 * 0.25), np.full(3, -1, np.float32), np.ones(3, np.float32)
    )
    radii = np.linalg.norm(extract(shape, 32, Watch()).vertices, axis=1)
    assert np.abs(radii - 0.5).max() < 2e-3


def test_colours_are_asked_in_the_fields_frame_and_the_mesh_is_delivered_in_the_world():
    shape = field(
        ball,
        colours=lambda p: (p + 1) / 2,
        to_world=lambda p: np.stack([p[:, 0], -p[:, 2], p[:, 1]], axis=1) * 2 + np.float32(10),
    )
    mesh = extract(shape, 20, Watch())
    assert mesh.vertices.dtype == np.float32 and mesh.vertices.flags.c_contiguous
    back = (mesh.vertices - 10) / 2
    back = np.stack([back[:, 0], back[:, 2], -back[:, 1]], axis=1)
    assert mesh.colours.dtype == np.uint8 and (mesh.colours[:, 3] == 255).all()
    assert np.abs(mesh.colours[:, :3] / 255 - (back + 1) / 2).max() < 0.5 / 255 + 1e-4
    assert measure(mesh).volume > 0


def test_paint_is_preferred_and_sees_the_whole_mesh():
    seen = []

    def paint(vertices, faces):
        seen.append((len(vertices), faces.max() + 1))
        return np.tile(np.float32([2.0, np.nan, 0.5]), (len(vertices), 1))

    mesh = extract(field(torus, paint=paint, colours=lambda p: np.zeros_like(p)), 40, Watch())
    assert seen == [(len(mesh.vertices), len(mesh.vertices))]
    assert (mesh.colours == [255, 0, 128, 255]).all()


def test_a_mesh_passes_through():
    mesh = TriangleMesh(np.zeros((3, 3), np.float32), np.array([[0, 1, 2]], np.int32))
    assert extract(mesh, 64, Watch()) is mesh


def test_what_cannot_be_meshed_says_so():
    with pytest.raises(UnsupportedShape, match="float"):
        extract(1.0, 32, Watch())


def test_clouds_without_a_surface_say_so():
    points = np.zeros((40, 3), np.float32)
    clouds = (
        PointCloud(points),
        GaussianCloud(points, points, np.zeros((40, 4), np.float32), np.zeros(40, np.float32), points),
    )
    for cloud in clouds:
        with pytest.raises(EmptySurface):
            extract(cloud, 32, Watch())


def test_a_field_without_a_surface_says_so():
    with pytest.raises(EmptySurface):
        extract(field(lambda p: np.full(len(p), -1, np.float32)), 96, Watch())


def test_undefined_values_are_told_once():
    warnings = []
    extract(field(lambda p: np.where(p[:, 2] > 0.2, np.nan, ball(p))), 24, Watch(warn=warnings.append))
    assert len(warnings) == 1


def test_an_early_coarse_mesh_is_shown_and_progress_never_falls():
    shown, heard = [], []
    watch = Watch(preview=shown.append, step=lambda fraction=0.0, detail="": heard.append(fraction))
    mesh = extract(field(torus, colours=lambda p: np.abs(p)), 96, watch)
    (coarse,) = shown
    assert measure(coarse).watertight and measure(coarse).euler == 0 and len(coarse.colours) == len(coarse.vertices)
    assert len(coarse.faces) < len(mesh.faces) / 10
    assert heard == sorted(heard) and heard[0] >= 0 and heard[-1] <= 1
    extract(field(torus), 48, dataclasses.replace(watch))
    assert len(shown) == 1


@pytest.mark.parametrize("at", [0.0, 0.3, 0.8])
def test_cancel_is_heard_at_every_stage(at):
    def stop(fraction=0.0, detail=""):
        if fraction >= at:
            raise Cancelled

    with pytest.raises(Cancelled):
        extract(field(torus, colours=lambda p: np.abs(p)), 40, Watch(step=stop))
