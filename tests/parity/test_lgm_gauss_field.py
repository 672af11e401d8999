"""The opacity field against the numbers that DreamGaussian's own code gave on a CPU in float32."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import numpy as np
import pytest
from maquette.backend.engines.engine import Watch
from maquette.backend.shapes import GaussianCloud, TriangleMesh
from maquette.backend.surface.marching_cubes import dense_cells, marching_cubes
from maquette.backend.surface.measure import measure
from maquette.backend.surface.opacity_field import covariances, mesh_opacity, opacity_field, weights

FIXTURES = Path(__file__).parent / "fixtures" / "lgm"


def normal(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The inputs are not stored: they are drawn by name, as the numbers' makers drew them."""
    return _drawn(name).standard_normal(shape, dtype=np.float32)


def uniform(name: str, shape: tuple[int, ...]) -> np.ndarray:
    return _drawn(name).random(shape, dtype=np.float32)


def _drawn(name: str) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(zlib.crc32(f"input:{name}".encode())))


def scene(name: str, N: int, smin: float, smax: float) -> GaussianCloud:
    """Gaussians about an ellipsoid's surface; quaternions not of unit length."""
    away = normal(f"{name}.xyz", (N, 3))
    away /= np.linalg.norm(away, axis=1, keepdims=True)
    radius = np.float32(0.5) + np.float32(0.02) * normal(f"{name}.r", (N, 1))
    means = away * radius * np.array([1.0, 0.7, 0.5], np.float32) + np.array([0.1, -0.05, 0.2], np.float32)
    scales = np.float32(smin) + np.float32(smax - smin) * uniform(f"{name}.scale", (N, 3))
    rotations, opacities = normal(f"{name}.rot", (N, 4)), uniform(f"{name}.opacity", (N, 1))[:, 0]
    return GaussianCloud(means.astype(np.float32), scales, rotations, opacities, np.full((N, 3), 0.5, np.float32))


def expected(name: str) -> tuple[dict, dict]:
    with np.load(FIXTURES / f"{name}.npz") as arrays:
        return dict(arrays), json.loads((FIXTURES / f"{name}.json").read_text())


def test_covariances_and_weights():
    with np.load(FIXTURES / "dg_coeff_unit.npz") as known:
        scales = np.float32(0.02) + np.float32(0.1) * uniform("coeff.scale", (64, 3))
        found = covariances(scales, normal("coeff.rot", (64, 4)))
        assert np.abs(found - known["cov6"]).max() < 1e-5
        offsets = normal("coeff.xyz", (64, 3)) * np.float32(0.1)
        assert np.abs(weights(offsets, found) - known["weight"].reshape(-1)).max() < 1e-5


@pytest.mark.parametrize(
    ("name", "drawn", "nodes", "step", "tolerance"),
    [
        ("dg_field_small", "dg_field_small", 32, slice(None), 2e-5),
        ("dg_field_128_sub", "dg_field_128", 128, slice(1, None, 4), 3e-3),
    ],
)
def test_fields_and_their_meshes(name, drawn, nodes, step, tolerance):
    known, facts = expected(name)
    field = opacity_field(scene(drawn, **facts["args"]), nodes, Watch(), int(known["num_blocks"]))
    assert np.count_nonzero(field.kept) == known["n_kept"]
    assert np.allclose(field.centre, known["center"], atol=1e-6) and np.isclose(field.scale, known["scale"], rtol=1e-6)
    values = known["occ" if step == slice(None) else "occ_sub"].astype(np.float32)
    assert np.abs(field.values[step, step, step] - values).max() < tolerance
    mean, spread, _, high, total = known["occ_stats"]
    ours = field.values.astype(np.float64)
    assert np.allclose([ours.mean(), ours.std(), ours.max(), ours.sum()], [mean, spread, high, total], rtol=1e-5)
    vertices, faces = marching_cubes(*dense_cells(field.values, 1.0), level=1.0)
    mesh, theirs = measure(TriangleMesh(field.to_world(vertices), faces)), facts["mesh"]
    assert abs(mesh.vertices / theirs["n_verts"] - 1) < 0.01 and abs(mesh.faces / theirs["n_faces"] - 1) < 0.01
    assert abs(mesh.area / theirs["area"] - 1) < 0.01 and abs(mesh.volume / theirs["volume_signed"] - 1) < 0.01
    assert np.allclose(mesh.lower, theirs["bbox_min"], atol=1e-4)
    assert np.allclose(mesh.upper, theirs["bbox_max"], atol=1e-4)


def test_the_mesh_is_closed_where_the_lattice_ends():
    """The small field's surface leaves its lattice; the mesh is closed all the same, and coloured."""
    mesh = mesh_opacity(scene("dg_field_small", 400, 0.03, 0.08), 32, Watch())
    assert measure(mesh).watertight
    assert mesh.colours is not None and np.abs(mesh.colours[:, :3].astype(int) - 128).max() <= 1
