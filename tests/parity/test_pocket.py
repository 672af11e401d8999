"""The network gives the numbers that its training gave (fixtures made by the float32 torch network)."""

import dataclasses
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from maquette.backend.engines.pocket.network import PocketNetwork
from maquette.backend.engines.pocket.sampling import cell_centres
from maquette.backend.errors import BadWeights
from maquette.backend.runtime import blas
from maquette.backend.runtime.threads import Threads
from maquette.backend.runtime.weights import sha256_of

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


class Stop(Exception):
    pass


def stopping_after(calls):
    seen = []

    def step(fraction):
        assert threading.current_thread() is threading.main_thread()
        seen.append(fraction)
        if len(seen) > calls:
            raise Stop

    return step, seen


def test_progress_rises_to_the_end(case, network):
    expected, e = case
    step, seen = stopping_after(10**9)
    network.encode(expected["rgba"].astype(np.float32) / 255, step)
    assert seen == sorted(seen) and seen[0] >= 0 and seen[-1] == 1 and len(seen) > 30
    step, seen = stopping_after(10**9)
    network.query(e, expected["points"], step)
    assert seen == sorted(seen) and seen[0] >= 0 and seen[-1] <= 1


@pytest.mark.parametrize("calls", [0, 1, 20])
def test_encoding_stops_when_asked(network, calls):
    step, seen = stopping_after(calls)
    with pytest.raises(Stop):
        network.encode(np.zeros((256, 256, 4), np.float32), step)
    assert len(seen) == calls + 1


def test_queries_stop_when_asked(case, network):
    step, seen = stopping_after(1)
    with pytest.raises(Stop):
        network.sdf_only(case[1], np.zeros((100_000, 3), np.float32), step)
    assert len(seen) == 2


def test_distance_alone_and_points_of_any_kind(case, network):
    expected, e = case
    sdf, rgb = network.query(e, expected["points"])
    assert sdf.dtype == rgb.dtype == np.float32 and sdf.shape == (4096,) and rgb.shape == (4096, 3)
    assert np.array_equal(network.sdf_only(e, expected["points"]), sdf)
    assert np.array_equal(network.sdf_only(e, expected["points"].astype(np.float64)), sdf)
    assert np.allclose(network.sdf_only(e, np.asfortranarray(expected["points"])[::-1]), sdf[::-1], atol=1e-6)
    none, nothing = network.query(e, np.zeros((0, 3), np.float32))
    assert none.shape == (0,) and nothing.shape == (0, 3)
    far = network.sdf_only(e, np.array([[0, 0, 1e6], [1e6, 0, 0], [0, 0, 2 / e.k]], np.float32))
    assert np.isfinite(far).all()


@pytest.mark.parametrize("multiply", [blas._by_matmul, blas._by_einsum])
def test_the_same_numbers_without_a_library(case, network, monkeypatch, multiply):
    expected, e = case
    for threads in (1, 3):
        monkeypatch.setattr(blas, "_chosen", blas.Blas("NumPy", Threads(threads), multiply))
        sdf, rgb = network.query(e, expected["points"])
        close(sdf / 0.1, expected["sdf_over_0p1"])
        close(rgb, expected["rgb"])


def test_callers_may_share_one_network(case, network, monkeypatch):
    expected, e = case
    monkeypatch.setattr(blas, "_chosen", dataclasses.replace(blas.current(), team=Threads(3)))
    points = np.tile(expected["points"], (8, 1))
    alone = network.sdf_only(e, points)
    with ThreadPoolExecutor(4) as callers:
        for together in callers.map(lambda _: network.sdf_only(e, points), range(8)):
            assert np.allclose(together, alone, atol=1e-6)


def test_encoding_does_not_depend_on_the_threads(case, network, monkeypatch):
    expected, e = case
    monkeypatch.setattr(blas, "_chosen", dataclasses.replace(blas.current(), team=Threads(5)))
    other = network.encode(expected["rgba"].astype(np.float32) / 255)
    for field in (f for f in dataclasses.fields(e) if getattr(e, f.name) is not None):
        found, wanted = np.asarray(getattr(other, field.name)), np.asarray(getattr(e, field.name))
        assert found.dtype == wanted.dtype and np.allclose(found, wanted, atol=1e-3)


def test_only_the_right_picture_and_weights(network, tmp_path):
    for picture in (np.zeros((128, 128, 4), np.float32), np.zeros((256, 256, 4), np.uint8)):
        with pytest.raises(ValueError):
            network.encode(picture)
    foreign = tmp_path / "w.safetensors"
    foreign.write_bytes(b"\x02\0\0\0\0\0\0\0{}")
    with pytest.raises(BadWeights, match="another network"):
        PocketNetwork.load(foreign)


def test_memory_of_a_process_that_does_just_this():
    script = """if True:
        import numpy as np
        from backend.engines.pocket.network import PocketNetwork
        from backend.runtime.memory import peak_memory
        network = PocketNetwork.load("backend/weights/pocket_int8.safetensors")
        encoding = network.encode(np.ones((256, 256, 4), np.float32))
        network.query(encoding, np.zeros((500_000, 3), np.float32))
        print(peak_memory())
    """
    told = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(told.stdout) < 600 << 20


def test_the_weights_are_the_published_ones():
    folder = ROOT / "backend" / "weights"
    assert sha256_of(folder / "pocket_int8.safetensors") in (folder / "README.md").read_text(encoding="utf-8")
