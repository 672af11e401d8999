"""Large Gaussians → several points."""

from __future__ import annotations

import numpy as np
from clouds import BALL, Box, Solid, facing, surfels
from maquette.backend.shapes import GaussianCloud
from maquette.backend.surface.cloud import mesh_cloud
from maquette.backend.surface.measure import measure
from maquette.backend.surface.split import GROWTH, split
from maquette.backend.watch import Watch


def test_gaussians_of_one_size_stay_points():
    cloud = surfels(BALL, 500)
    places, origins = split(cloud.means, cloud.scales, cloud.rotations, np.ones(500, bool))
    assert np.array_equal(places, cloud.means) and np.array_equal(origins, np.arange(500))


def test_a_large_flat_one_is_covered_in_its_plane():
    normals = np.tile([0.6, 0.0, 0.8], (21, 1))
    scales = np.tile(np.float32([0.01, 0.01, 0.001]), (21, 1))
    scales[20] = [0.04, 0.03, 0.001]
    means = np.zeros((21, 3), np.float32)
    means[20] = [1, 2, 3]
    places, origins = split(means, scales, facing(normals), np.ones(21, bool))
    assert np.array_equal(np.bincount(origins), [1] * 20 + [4 * 3])
    off = places[origins == 20] - [1, 2, 3]
    assert np.abs(off @ normals[0]).max() < 1e-5 and np.allclose(off.mean(axis=0), 0, atol=1e-5)
    assert 0.03 < np.linalg.norm(off, axis=1).max() < 0.06


def test_their_number_is_bounded():
    scales = np.full((100, 3), 0.001, np.float32)
    scales[:40] = [5, 5, 0.001]
    places, _ = split(np.zeros((100, 3), np.float32), scales, facing(np.ones((100, 3))), np.ones(100, bool))
    assert len(places) <= (1 + GROWTH) * 100


def test_a_box_of_small_and_large_gaussians_has_even_walls():
    solid = Solid((Box((0, 0, 0), (0.4, 0.4, 0.5)),))
    small, large = surfels(solid, 12_000), surfels(solid, 900, seed=3)
    top, bottom = small.means[:, 2] > 0, large.means[:, 2] <= 0
    mixed = GaussianCloud(
        *(
            np.concatenate([getattr(small, name)[top], getattr(large, name)[bottom]])
            for name in ("means", "scales", "rotations", "opacities", "colours")
        )
    )
    mesh = mesh_cloud(mixed, 96, Watch())
    known = measure(mesh)
    assert known.watertight and known.parts == 1
    # Away from the rims the walls are where they should be, below as above.
    walls = np.abs(mesh.vertices[:, 2]) < 0.4
    walls &= np.min(np.abs(np.abs(mesh.vertices[:, :2]) - 0.4) + 0.0, axis=1) < 0.05
    walls &= np.max(np.abs(mesh.vertices[:, :2]), axis=1) > 0.3
    corner = np.min(np.abs(mesh.vertices[:, :2]), axis=1) > 0.3
    assert np.quantile(np.abs(solid.signed(mesh.vertices[walls & ~corner])), 0.95) < 0.015
