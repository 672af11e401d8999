"""Each fast layer equals its plain definition, whoever multiplies and however many threads share the rows."""

import numpy as np
import pocket_reference as plain  # beside this file
import pytest
from maquette.backend.engines.pocket import sampling
from maquette.backend.network import layers
from maquette.backend.network.transformer import Block
from maquette.backend.runtime import blas
from maquette.backend.runtime.threads import Threads


@pytest.fixture(params=[1, 3], ids=["1 thread", "3 threads"])
def run(request):
    return layers.Run(blas.Blas("NumPy", Threads(request.param), blas._by_matmul), lambda fraction: None)


@pytest.fixture
def rng():
    return np.random.default_rng(7)


def normal(rng, *shape):
    return rng.standard_normal(shape, np.float32)


def test_gelu_everywhere():
    x = np.concatenate([np.linspace(-12, 12, 48001), [0, -0.0, 1e-30, 80, -80, 3e4, -3e4, 1e18, -1e18]]).astype("f4")
    y = x.copy()
    with np.errstate(invalid="raise", divide="raise"), np.errstate(over="ignore"):
        layers.gelu(y)
    expected = plain.gelu(x.astype(np.float64))
    assert (np.abs(y - expected) <= 1e-6 + 2e-7 * np.abs(x)).all()


def test_sigmoids_everywhere():
    x = np.concatenate([np.linspace(-30, 30, 6001), [200, -200, 3e38, -3e38]]).astype("f4")
    with np.errstate(all="raise", under="ignore"):
        y = x.copy()
        layers.silu(y)
        z = layers.sigmoid(x)
    with np.errstate(over="ignore"):
        expected = 1 / (1 + np.exp(-x.astype(np.float64)))
    assert np.abs(z - expected).max() < 1e-6
    assert (np.abs(y - x * expected) <= 1e-6 * (1 + np.abs(x))).all()


def test_norm_folds_into_the_next_layer(run, rng):
    x, weight, bias, scale, shift = (
        normal(rng, 30, 48) * 3 + 2, normal(rng, 20, 48), normal(rng, 20), normal(rng, 48), normal(rng, 48)
    )  # fmt: skip
    found = layers.Linear(weight, bias, scale, shift)(run, layers.normalise(x))
    assert np.allclose(found, plain.layer_norm(x, scale, shift) @ weight.T + bias, atol=1e-4)


@pytest.mark.parametrize("size, kernel, stride", [((16, 12), (3, 3), 1), ((16, 12), (3, 3), 2), ((1, 1), (3, 3), 1),
                                                  ((5, 6, 7), (3, 3, 3), 1), ((4, 4, 300), (3, 3, 3), 1),
                                                  ((5, 4, 3), (1, 1, 1), 1)])  # fmt: skip
def test_convolution(run, rng, size, kernel, stride):
    x, weight, bias = normal(rng, *size, 5), normal(rng, 6, 5, *kernel), normal(rng, 6)
    expected = plain.convolution(x, weight, bias, stride)
    found = layers.Convolution(weight, bias, stride)(run, x[..., :2], x[..., 2:])
    assert found.shape == expected.shape and np.allclose(found, expected, atol=1e-4)
    residual = normal(rng, *expected.shape)
    found = layers.Convolution(weight, bias, stride, activate=True)(run, x, residual=residual)
    assert np.allclose(found, plain.gelu(expected) + residual, atol=1e-4)


@pytest.mark.parametrize("size", [(4, 3, 5), (1, 1, 1), (2, 40, 9)])
def test_doubling_is_three_layers_in_one(run, rng, size):
    up, up_bias, weight, bias = normal(rng, 32, 7, 1, 1, 1), normal(rng, 32), normal(rng, 6, 4, 3, 3, 3), normal(rng, 6)
    x = normal(rng, *size, 7)
    fine = plain.shuffle3(plain.convolution(x, up, up_bias))
    expected = plain.convolution(fine, weight, bias)
    assert np.allclose(layers.Doubling(up, up_bias, weight, bias)(run, x), expected, atol=2e-4)
    found = layers.Doubling(up, up_bias, weight, bias, activate=True)(run, x)
    assert np.allclose(found, plain.gelu(expected), atol=2e-4)


def test_shuffles(rng):
    x = normal(rng, 2, 3, 4, 16)
    assert np.array_equal(layers.shuffle(x, 2), plain.shuffle3(x))
    y = normal(rng, 3, 2, 5 * 16)
    fine = layers.shuffle(y, 4)
    assert fine.shape == (12, 8, 5)
    assert fine[4 * 2 + 3, 4 * 1 + 2, 4] == y[2, 1, 4 * 16 + 3 * 4 + 2]


def test_bilinear_doubling(rng):
    x = normal(rng, 6, 5, 3)
    centres = [(np.arange(2 * n) + 0.5) / n - 1 for n in x.shape[:2]]
    points = np.stack(np.meshgrid(*centres, indexing="ij"), -1).reshape(-1, 2)
    assert np.allclose(layers.double_bilinear(x), plain.sample(x, points).reshape(12, 10, 3), atol=1e-5)


@pytest.mark.parametrize("size", [(7, 9), (4, 5, 6), (2, 2, 2)])
def test_sampling_inside_on_and_outside_the_border(rng, size):
    grid = normal(rng, *size, 3)
    points = rng.uniform(-1.6, 1.6, (400, len(size))).astype(np.float32)
    points[:3] = [[1] * len(size), [-1] * len(size), [1e9] * len(size)]
    expected = plain.sample(grid, points)
    assert np.allclose(sampling.sample(grid, points), expected, atol=1e-4)
    wide = np.zeros((400, 8), np.float32)
    sampling.sample(grid, points, wide[:, 2:5])
    assert np.allclose(wide[:, 2:5], expected, atol=1e-4) and not wide[:, [0, 1, 5, 6, 7]].any()


def test_sampling_equals_the_peer(rng):
    torch = pytest.importorskip("torch")
    grid, points = normal(rng, 8, 9, 10, 4), rng.uniform(-1.3, 1.3, (5000, 3)).astype(np.float32)
    volume = torch.from_numpy(grid).permute(3, 0, 1, 2)[None]
    at = torch.from_numpy(points[:, ::-1].copy())[None, None, None]  # the peer names the last axis first
    peer = torch.nn.functional.grid_sample(volume, at, padding_mode="border", align_corners=False)[0, :, 0, 0].T
    assert np.allclose(sampling.sample(grid, points), peer.numpy(), atol=1e-5)


def test_points_project_to_where_the_camera_sees_them():
    seen = sampling.project(np.array([[0.5, 0.25, 0], [0.5, 0.25, 1], [0, 0, -1.5], [0.1, 0.1, 9]], np.float32), 0.5)
    assert np.allclose(seen, [[-0.25, 0.5], [-0.5, 1], [0, 0], [-0.5, 0.5]])  # rows count downwards; never behind it


def test_cell_centres_fill_the_box():
    centres = sampling.cell_centres(2, 4, 3)
    assert centres.shape == (24, 3) and centres.dtype == np.float32
    assert np.allclose(centres[0], [-0.5, -0.75, -1]) and np.allclose(centres[1], [-0.5, -0.75, 0])
    assert np.allclose(centres[-1], [0.5, 0.75, 1])


@pytest.mark.parametrize("sharpness", [1.0, 60.0], ids=["bounded scores", "scores that would overflow"])
def test_transformer_block(run, rng, sharpness):
    d, heads = 48, 3
    shapes = {"qkv": (3 * d, d), "o": (d, d), "f1": (4 * d, d), "f2": (d, 4 * d)}
    w = {f"{name}.weight": normal(rng, *shape) / 7 for name, shape in shapes.items()}
    w |= {f"{name}.bias": normal(rng, shape[0]) for name, shape in shapes.items()}
    w |= {f"{norm}.{part}": 1 + normal(rng, d) / 5 for norm in ("n1", "n2") for part in ("weight", "bias")}
    w |= {"qn.weight": sharpness * (1 + normal(rng, 16) / 5), "kn.weight": 1 + normal(rng, 16) / 5}
    x = normal(rng, 600, d)
    expected = plain.block(x, w, heads)
    block = Block({f"b.{name}": value for name, value in w.items()}, "b.", heads)
    assert block._attention._bounded == (sharpness == 1.0)
    block(run, x)
    assert np.allclose(x, expected, atol=1e-3)
