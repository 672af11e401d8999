"""What can be done with Gaussians as such."""

import zlib
from pathlib import Path

import clouds
import numpy as np
import pytest
from maquette.backend.shapes import GaussianCloud
from maquette.backend.shapes.gaussians import (
    covariances,
    multiply,
    quaternion,
    rotation_matrices,
    select,
    select_points,
    transform,
    transform_points,
)

FIXTURES = Path(__file__).parents[2] / "parity" / "fixtures" / "lgm"
CLOUD = clouds.fuzzy(clouds.SIGNPOST, 200)


def named(name):
    return np.random.Generator(np.random.PCG64(zlib.crc32(f"input:{name}".encode())))


def turned(angle, axis):
    x, y, z = np.array(axis) / np.linalg.norm(axis)
    k = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k  # Rodrigues


def test_covariances_as_dreamgaussian_has_them():
    expected = np.load(FIXTURES / "dg_coeff_unit.npz")
    at = named("coeff.xyz").standard_normal((64, 3), dtype=np.float32) * np.float32(0.1)
    scales = np.float32(0.02) + np.float32(0.1) * named("coeff.scale").random((64, 3), dtype=np.float32)
    quaternions = named("coeff.rot").standard_normal((64, 4), dtype=np.float32)
    cloud = GaussianCloud(at, scales, quaternions, np.ones(64, np.float32), np.ones((64, 3), np.float32))
    found = covariances(cloud)
    assert np.abs(rotation_matrices(quaternions) - expected["rot"]).max() < 1e-5
    assert np.abs(found[:, (0, 0, 0, 1, 1, 2), (0, 1, 2, 1, 2, 2)] - expected["cov6"]).max() < 1e-5
    exponent = -0.5 * np.einsum("ni,nij,nj->n", at, np.linalg.inv(found.astype(np.float64)), at)
    assert np.abs(np.exp(exponent) - expected["weight"]).max() < 1e-5


@pytest.mark.parametrize("angle", [0.0, 1e-4, 1.0, np.pi - 1e-4, np.pi])
@pytest.mark.parametrize("axis", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (1, -2, 3)])
def test_a_rotation_becomes_its_quaternion_and_back(angle, axis):
    rotation = turned(angle, axis)
    found = quaternion(rotation)
    assert abs(np.linalg.norm(found) - 1) < 1e-12 and found[0] >= 0
    assert np.abs(rotation_matrices(found) - rotation).max() < 1e-9


def test_products_of_quaternions_are_those_of_their_rotations():
    a, b = CLOUD.rotations[:100].astype(np.float64), CLOUD.rotations[100:].astype(np.float64)
    both = rotation_matrices(a) @ rotation_matrices(b)
    assert np.abs(rotation_matrices(multiply(a, b)) - both).max() < 1e-12


def test_a_similarity_carries_covariances_along():
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = 2.5 * turned(0.7, (1, 2, 3)), (1, -2, 3)
    found = transform(CLOUD, matrix)
    linear = matrix[:3, :3]
    np.testing.assert_allclose(found.means, CLOUD.means @ linear.T + matrix[:3, 3], atol=1e-5)
    np.testing.assert_allclose(covariances(found), linear @ covariances(CLOUD) @ linear.T, atol=1e-6)
    assert all(getattr(found, field).dtype == np.float32 for field in ("means", "scales", "rotations"))
    points = clouds.points(clouds.SIGNPOST, 50)
    moved = transform_points(points, matrix)
    np.testing.assert_allclose(moved.points, points.points @ linear.T + matrix[:3, 3], atol=1e-5)
    np.testing.assert_allclose(moved.normals, points.normals @ turned(0.7, (1, 2, 3)).T, atol=1e-5)


@pytest.mark.parametrize("linear", [np.diag([-1, 1, 1]), np.diag([1, 1, 2]), np.zeros((3, 3))])
def test_no_mirror_and_no_stretching(linear):
    matrix = np.eye(4)
    matrix[:3, :3] = linear
    with pytest.raises(ValueError):
        transform(CLOUD, matrix)


def test_selection_by_flag_and_by_index():
    bright = select(CLOUD, CLOUD.opacities > 0.5)
    assert 0 < len(bright.means) < 200 and bright.opacities.min() > 0.5
    two = select(CLOUD, np.array([7, 3]))
    assert (two.means == CLOUD.means[[7, 3]]).all() and (two.colours == CLOUD.colours[[7, 3]]).all()
    points = select_points(clouds.points(clouds.BALL, 9), np.array([2]))
    assert points.points.shape == points.normals.shape == (1, 3) and points.colours.shape == (1, 4)
