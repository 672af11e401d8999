"""Networks of other layouts than the first one's: told apart by their tensors, and their rays' ends believed."""

from dataclasses import replace

import numpy as np
import pytest
from maquette.backend.engines.pocket.engine import WEIGHTS, latent
from maquette.backend.engines.pocket.lattice import ACROSS, ALONG, AXIS, OUTSIDE
from maquette.backend.engines.pocket.layout import SHELL, Layout
from maquette.backend.engines.pocket.network import AROUND, Encoding, PocketNetwork
from maquette.backend.engines.pocket.solid import EASE, intervals
from maquette.backend.errors import BadWeights
from maquette.backend.runtime.weights import SCALE, read_header

SMALL = Layout(16, 2, 1, (4, 6, 8), (4, 6, 5, 6, 3), (4, 6, 5, 3), 12)


@pytest.mark.parametrize(
    "layout",
    [Layout(), SMALL, replace(SMALL, rays=7), replace(SMALL, rays=7, shell=3), replace(SMALL, latent=5)],
    ids=["first", "small", "rays", "shell", "latent"],
)
def test_a_layout_is_read_off_its_tensors(layout):
    assert Layout.of(layout.shapes()) == layout


def test_the_first_network_has_what_it_had():
    shapes = Layout().shapes()
    assert shapes == {n: e.shape for n, e in read_header(WEIGHTS).items() if not n.endswith(SCALE)}
    assert shapes["mlp.0.weight"] == (96, 39) and "rays.0.weight" not in shapes and "lin.weight" not in shapes


def test_a_file_of_another_network_is_refused(tmp_path):
    header = b'{"cam":{"dtype":"F16","shape":[1,1,2],"data_offsets":[0,4]}}'
    path = tmp_path / "pocket_int8.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    with pytest.raises(BadWeights, match="another network"):
        PocketNetwork.load(path)


def network(layout):
    rng = np.random.default_rng(0)
    weights = {name: rng.standard_normal(shape).astype(np.float32) * 0.1 for name, shape in layout.shapes().items()}
    return PocketNetwork(weights), weights


def test_points_know_where_they_are_on_their_ray():
    """With a head that passes on one of its inputs, the distance says what that input was."""
    layout = replace(SMALL, rays=7, shell=3)
    made, _ = network(layout)
    rays = np.stack([np.full((64, 64), 0.5), np.full((64, 64), -0.3)], -1).astype(np.float32)
    shell = np.broadcast_to(np.arange(SHELL, dtype=np.float32)[:, None], (64, 64, SHELL, 3)).copy()
    e = Encoding(
        np.zeros((64, 64, 96, 3), np.float32),
        np.zeros((128, 128, 3), np.float32),
        np.zeros((64, 64), np.float32),
        0.0,
        0.2,
        0.2,
        np.zeros((256, 256, 4), np.float32),
        rays,
        shell,
    )
    z = np.array([0.7, 0.45, 0.1, -0.2, -0.6], np.float32)
    points = np.stack([0 * z, 0 * z, z], 1)
    known = np.zeros((len(z), 5), np.float32)
    inside = made._along(e, points, np.zeros((len(z), 2), np.float32), known)
    assert np.allclose(known[:, 0], np.clip((0.5 - z) / 0.1, -3, 3), atol=1e-5)
    assert np.allclose(known[:, 1], np.clip((z + 0.3) / 0.1, -3, 3), atol=1e-5)
    layer = ((z - 0.1) / (0.4 + AROUND) + 1) * SHELL / 2 - 0.5
    assert np.allclose(known[:, 2], np.clip(layer, 0, SHELL - 1), atol=1e-4)
    expected = np.clip(np.minimum(0.5 - z, z + 0.3) / 0.1, -1, 1)
    assert np.allclose(inside, made._between * expected, atol=1e-5)


def test_seed_zero_is_the_likeliest_and_others_differ():
    assert latent(3, 0) is None
    assert not latent(0, 6).any()
    assert np.array_equal(latent(4, 6), latent(4, 6)) and not np.array_equal(latent(4, 6), latent(5, 6))
    assert latent(-4, 6).shape == (6,)


def test_the_ends_that_a_network_gives_are_taken_as_they_are():
    u, v = np.meshgrid(AXIS, -AXIS)
    width = (0.7 - np.hypot(u, v)).astype(np.float32)
    belief = np.full((ACROSS, ACROSS, ALONG), OUTSIDE)
    axis = (np.arange(64) + 0.5) / 32 - 1
    met = np.stack([np.full((64, 64), 0.4), -0.2 + 0.1 * np.broadcast_to(axis, (64, 64))], -1).astype(np.float32)
    radius = np.full((ACROSS, ACROSS), 0.7, np.float32)
    found = intervals(belief, np.zeros((64, 64), np.float32), width, radius, met)
    core = width > 0.2
    assert np.allclose((found.middle + found.half)[core], 0.4, atol=5e-3)
    assert np.allclose((found.middle - found.half)[core], (-0.2 + 0.1 * u)[core], atol=1e-2)
    fitted = intervals(belief, np.zeros((64, 64), np.float32), width, radius)
    assert np.abs(fitted.half - found.half)[core].max() > EASE, "the fit would say something else"
