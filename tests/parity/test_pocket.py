"""The network gives the numbers that its training gave (fixtures made by the float32 torch network)."""

from pathlib import Path

import numpy as np
import pytest
from maquette.backend.engines.pocket.network import PocketNetwork
from maquette.backend.engines.pocket.sampling import cell_centres

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = Path(__file__).parent / "fixtures" / "pocket"
TOLERANCE = 2e-3


@pytest.fixture(scope="module")
def network():
    return PocketNetwork.load(ROOT / "backend" / "weights" / "pocket_int8.safetensors")


@pytest.fixture(scope="module", params=["parity", "parity_bulky"])
def case(request, network):
    expected = dict(np.load(FIXTURES / f"{request.param}.npz"))
    return expected, network.encode(expected["rgba"].astype(np.float32) / 255)


def close(found, expected):
    assert found.shape == expected.shape
    assert np.abs(found - expected).max() <= TOLERANCE


def test_encoding(case):
    expected, e = case
    close(e.volume.transpose(3, 0, 1, 2)[:, ::8, ::8, ::8], expected["volume_sub"])
    close(e.image.transpose(2, 0, 1)[:, ::16, ::16], expected["fmap_sub"])
    close(e.depth, expected["depth"])
    close(np.array([e.sin_elevation, e.k_predicted]), expected["sin_elevation_k"])
    close(np.array([e.k]), expected["k_used"])


def test_points(case, network):
    expected, e = case
    sdf, rgb = network.query(e, expected["points"])
    close(sdf / 0.1, expected["sdf_over_0p1"])
    close(rgb, expected["rgb"])


def test_grid(case, network):
    expected, e = case
    close(network.sdf_only(e, cell_centres(32, 32, 48)).reshape(32, 32, 48) / 0.1, expected["sdf_grid32"])
