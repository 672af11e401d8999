"""Pocket in PyTorch gives the numbers of the network that was trained, and the NumPy engine gives PyTorch's."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from maquette.backend.engines.pocket.layout import Layout
from maquette.backend.engines.pocket.network import PocketNetwork
from maquette.backend.training.export import dequantised, export
from maquette.backend.training.image.config import TINY
from maquette.backend.training.image.network import Pocket, warm_start

ROOT = Path(__file__).resolve().parents[4]
WEIGHTS = ROOT / "backend" / "weights" / "pocket_int8.safetensors"
FIXTURES = ROOT / "tests" / "parity" / "fixtures" / "pocket"
MORE = replace(TINY, rays=12, shell=2, latent=4)


def picture(rgba: np.ndarray) -> torch.Tensor:
    over = np.concatenate([rgba[..., :3] * rgba[..., 3:] + 0.5 * (1 - rgba[..., 3:]), rgba[..., 3:]], -1) * 2 - 1
    return torch.from_numpy(over.astype(np.float32)).permute(2, 0, 1)[None]


def something() -> np.ndarray:
    rng = np.random.default_rng(3)
    v, u = np.mgrid[-1:1:256j, -1:1:256j]
    alpha = ((u / 0.6) ** 2 + (v / 0.85) ** 2 < 1).astype(np.float32)
    colour = np.clip(0.5 + 0.3 * np.sin(7 * u + 3 * v)[..., None] + 0.05 * rng.standard_normal((256, 256, 3)), 0, 1)
    return np.concatenate([colour, alpha[..., None]], -1).astype(np.float32)


def shaken(layout: Layout) -> Pocket:
    """A network none of whose weights is zero, so that nothing can hide."""
    torch.manual_seed(5)
    model = Pocket(layout).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.03 * torch.randn_like(parameter))
        model.mlp[-1].weight.normal_()
    return model


@pytest.mark.parametrize("case", ["parity", "parity_bulky"])
def test_the_first_network_is_loaded_exactly(case):
    expected = np.load(FIXTURES / f"{case}.npz")
    model = Pocket(Layout()).eval()
    model.load_state_dict(dequantised(WEIGHTS))
    with torch.no_grad():
        e = model.encode(picture(expected["rgba"].astype(np.float32) / 255))
        sdf, rgb = model.query(e, torch.from_numpy(expected["points"])[None])

    def close(found, name):
        return np.abs(found.numpy() - expected[name]).max() <= 2e-3

    assert close(e.volume[0, :, ::8, ::8, ::8], "volume_sub") and close(e.image[0, :, ::16, ::16], "fmap_sub")
    assert close(e.depth[0], "depth") and close(e.camera[0], "sin_elevation_k") and close(e.k, "k_used")
    assert close(sdf[0], "sdf_over_0p1") and close(rgb[0], "rgb")


@pytest.mark.parametrize("layout", [TINY, replace(TINY, rays=12), MORE], ids=["plain", "rays", "all"])
def test_numpy_gives_the_same_numbers(layout, tmp_path):
    model = shaken(layout)
    size = export(model.shipped(), tmp_path / "weights.safetensors")
    assert size == (tmp_path / "weights.safetensors").stat().st_size
    model.load_state_dict(dequantised(tmp_path / "weights.safetensors"), strict=False)
    network = PocketNetwork.load(tmp_path / "weights.safetensors")
    assert network.layout == layout
    rgba = something()
    points = np.random.default_rng(0).uniform((-1, -1, -1.5), (1, 1, 1.5), (500, 3)).astype(np.float32)
    latent = np.linspace(-1, 1, layout.latent, dtype=np.float32) if layout.latent else None
    found = network.encode(rgba, latent=latent)
    with torch.no_grad():
        e = model.encode(picture(rgba), latent=torch.from_numpy(latent)[None] if layout.latent else None)
        sdf, rgb = model.query(e, torch.from_numpy(points)[None])
    assert np.allclose(found.depth, e.depth[0].numpy(), atol=1e-4)
    assert found.k == pytest.approx(float(e.k), abs=1e-4)
    if layout.rays:
        assert np.allclose(found.rays.transpose(2, 0, 1), e.rays[0].numpy(), atol=1e-4)
    if layout.shell:
        assert np.allclose(found.shell.transpose(3, 2, 0, 1), e.shell[0].numpy(), atol=1e-4)
    distance, colour = network.query(found, points)
    assert np.abs(sdf.numpy()).max() > 0.1, "the comparison would see nothing"
    assert np.allclose(distance / 0.1, sdf[0].numpy(), atol=1e-3) and np.allclose(colour, rgb[0].numpy(), atol=1e-3)


def test_latent_numbers_change_the_unseen():
    model = shaken(MORE)
    with torch.no_grad():
        first, other = (model.encode(picture(something()), latent=torch.full((1, 4), x)).volume for x in (0.0, 1.0))
    assert (first - other).abs().max() > 1e-2


def test_a_wider_network_begins_as_the_old_one():
    old, new = shaken(TINY), Pocket(MORE).eval()
    missing = warm_start(new, old.state_dict())
    assert set(missing) == {
        name for name in new.state_dict() if name.startswith(("rays.", "between", "lin.", "posterior."))
    }
    points = torch.rand(1, 300, 3) * 2 - 1
    with torch.no_grad():
        before = old.query(old.encode(picture(something())), points)
        new.lin.bias.zero_()  # the latent numbers are zeros, but the bias of their layer is new
        after = new.query(new.encode(picture(something())), points)
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(before, after, strict=True))
