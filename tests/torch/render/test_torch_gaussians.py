"""Our torch rasteriser is the float64 reference to 1e-3, and its gradients are those of finite differences."""

import dataclasses
import importlib.machinery
import inspect
import sys
import types

import clouds
import numpy as np
import pytest
import torch
from clouds import joined, one
from maquette.backend.render import gaussians, gaussians_reference, rasterise
from maquette.backend.render.cameras import orbit
from maquette.backend.shapes import GaussianCloud

FIELDS = ("means", "scales", "rotations", "opacities", "colours")
KINDS = {"surfels": clouds.surfels, "fuzzy": clouds.fuzzy, "isotropic": clouds.isotropic}
CAMERAS = {
    "perspective": orbit(0.5, 0.3, 2.2, (70, 61)),
    "orthographic": orbit(2.5, -0.7, 2.2, (61, 70), fov=0.0, extent=2.0),
}
DEVICES = [
    "cpu",
    *(["cuda"] if torch.cuda.is_available() else []),
    *(["mps"] if torch.backends.mps.is_available() else []),
]


@pytest.fixture(autouse=True, scope="module")
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tensors(cloud, device="cpu", dtype=torch.float32):
    return [torch.from_numpy(getattr(cloud, field)).to(device, dtype) for field in FIELDS]


def rendered(cloud, camera, device="cpu", dtype=torch.float32):
    found = gaussians.render(*tensors(cloud, device, dtype), camera)
    return gaussians_reference.Rendering(*(tensor.cpu().numpy() for tensor in found))


def agree(found, expected, tolerance=1e-3):
    assert np.abs(found.rgb - expected.rgb).max() < tolerance
    assert np.abs(found.alpha - expected.alpha).max() < tolerance
    for mine, theirs in ((found.depth, expected.depth), (found.median, expected.median)):
        assert (np.isfinite(mine) == np.isfinite(theirs)).all()
        seen = np.isfinite(mine)
        assert np.abs(mine[seen] - theirs[seen]).max(initial=0) < tolerance


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_reference(kind, camera, device):
    cloud = KINDS[kind](clouds.CHAIR, 700, spacing=0.08)
    expected = gaussians_reference.render(cloud, camera)
    assert expected.alpha.max() > 0.95 and expected.alpha.min() == 0
    agree(rendered(cloud, camera, device), expected)


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
def test_in_double_precision_only_what_is_opaque_differs(camera):
    cloud = clouds.isotropic(clouds.CHAIR, 700, spacing=0.08)
    agree(rendered(cloud, camera, dtype=torch.float64), gaussians_reference.render(cloud, camera), gaussians.OPAQUE)


HARD = clouds.HARD | {
    "none": GaussianCloud(*(getattr(one(), field)[:0] for field in FIELDS)),
}


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("name", HARD)
def test_hard_cases(name, device):
    camera = orbit(0, 0.2, 2.2, (45, 37))
    agree(rendered(HARD[name], camera, device), gaussians_reference.render(HARD[name], camera))


def test_a_picture_of_many_needles_is_the_reference():
    """Nearly singular covariances, hundreds of pixels long: where single precision gives out first."""
    random = np.random.default_rng(4)
    cloud = clouds.surfels(clouds.CHAIR, 60)
    scales = np.stack([random.uniform(0.2, 2, 60), np.full(60, 1e-3), np.full(60, 1e-4)], 1).astype(np.float32)
    cloud = dataclasses.replace(cloud, scales=scales, opacities=np.full(60, 0.3, np.float32))
    camera = orbit(0.4, 0.2, 2.2, 240)
    agree(rendered(cloud, camera), gaussians_reference.render(cloud, camera))


def test_quaternions_may_have_any_length():
    cloud = clouds.surfels(clouds.CHAIR, 200, spacing=0.1)
    longer = dataclasses.replace(cloud, rotations=cloud.rotations * np.float32(3))
    agree(rendered(longer, CAMERAS["perspective"]), rendered(cloud, CAMERAS["perspective"]), 1e-5)


# ------------------------------------------------------------------------------------------------ gradients


def scene():
    """Six Gaussians of all shapes over each other, in double precision, none near a kink of the formula."""
    random = np.random.default_rng(11)
    values = (
        random.uniform(-0.25, 0.25, (6, 3)),
        random.uniform(0.08, 0.3, (6, 3)),
        random.normal(size=(6, 4)),
        random.uniform(0.3, 0.8, 6),
        random.uniform(0.1, 0.9, (6, 3)),
    )
    return [torch.from_numpy(value).requires_grad_() for value in values]


@pytest.mark.parametrize("camera", [orbit(0.4, 0.3, 1.6, (13, 11)), orbit(0.4, 0.3, 1.6, (11, 13), fov=0.0)])
def test_gradients_are_finite_differences(camera):
    """Of five random sums of all of rgb, alpha and depth, along everything at once."""

    inputs = scene()
    with torch.no_grad():
        covered = gaussians.render(*inputs, camera)[1] > 0.03  # elsewhere a depth is a quotient of two small numbers
    assert covered.float().mean() > 0.8

    def pictures(*inputs):
        rgb, alpha, depth, median = gaussians.render(*inputs, camera)
        assert not median.requires_grad
        everything = torch.cat([rgb.flatten(), alpha.flatten(), depth[covered]])
        return everything @ torch.randn(len(everything), 5, generator=torch.Generator().manual_seed(0)).double()

    assert torch.autograd.gradcheck(pictures, inputs, eps=1e-6, atol=1e-5, rtol=1e-4)


def test_single_precision_has_the_gradients_of_double_precision():
    camera = orbit(0.4, 0.3, 1.6, (29, 23))
    target = torch.rand(23, 29, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)

    def gradients(dtype):
        inputs = [tensor.detach().to(dtype).requires_grad_() for tensor in scene()]
        rgb, alpha, *_ = gaussians.render(*inputs, camera)
        loss = ((rgb + (1 - alpha)[..., None] - target.to(dtype)) ** 2).sum()  # over white, as LGM compares
        return torch.autograd.grad(loss, inputs)

    for single, double in zip(gradients(torch.float32), gradients(torch.float64), strict=True):
        assert (single - double).norm() < 1e-4 * double.norm() and double.norm() > 0


def test_gradients_reach_only_what_is_seen():
    cloud = joined(one(), one((0, -9, 0)), one(opacity=0.001))
    inputs = [tensor.requires_grad_() for tensor in tensors(cloud)]
    gaussians.render(*inputs, CAMERAS["perspective"])[0].sum().backward()
    assert all(torch.isfinite(tensor.grad).all() for tensor in inputs)
    assert (inputs[4].grad.sum(1) > 0).tolist() == [True, False, False]


def test_in_pieces_it_is_the_same_with_gradients_and_without(monkeypatch):
    cloud, camera = clouds.fuzzy(clouds.CHAIR, 150, spacing=0.15), CAMERAS["perspective"]

    def everything():
        inputs = [tensor.requires_grad_() for tensor in tensors(cloud)]
        rgb, alpha, _, median = gaussians.render(*inputs, camera)
        (rgb.sum() + alpha.sum()).backward()
        return [rgb.detach(), alpha.detach(), median, *(tensor.grad for tensor in inputs)]

    whole, plain = everything(), gaussians.render(*tensors(cloud), camera)
    for a, b in zip(whole[:2], plain[:2], strict=True):
        assert (a - b).abs().max() < 1e-6
    monkeypatch.setattr(gaussians, "PAIRS", 200)
    monkeypatch.setattr(gaussians, "BUDGET", 1 << 13)
    monkeypatch.setattr(gaussians, "SLAB", 5)
    low, high = gaussians.footprints(gaussians.project(*tensors(cloud), camera), 9, 8)
    assert len(gaussians.bands(low, high, 8)) > 2
    for a, b in zip(whole, everything(), strict=True):
        finite = torch.isfinite(a)
        assert (finite == torch.isfinite(b)).all()
        assert (a - b)[finite].abs().max() < 2e-4 * (1 + a[finite].abs().max())


def test_a_picture_can_be_fitted():
    """Thirty steps of Adam bring shifted, pale Gaussians most of the way back to where the picture was taken."""
    cloud, camera = clouds.isotropic(clouds.SIGNPOST, 300), orbit(0.3, 0.2, 2.6, 48)
    target = gaussians.render(*tensors(cloud), camera)[0]
    inputs = tensors(cloud)
    inputs[0] = (inputs[0] + 0.03).requires_grad_()
    inputs[4] = (inputs[4] * 0 + 0.5).requires_grad_()
    optimiser = torch.optim.Adam([inputs[0], inputs[4]], lr=0.01)
    losses = []
    for _ in range(30):
        optimiser.zero_grad()
        loss = ((gaussians.render(*inputs, camera)[0] - target) ** 2).mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.15 * losses[0]


# ---------------------------------------------------------------------------------------------- the way in


def test_without_a_gpu_the_way_in_is_ours():
    cloud, camera = clouds.fuzzy(clouds.CHAIR, 100, spacing=0.1), CAMERAS["perspective"]
    found = rasterise.rasterise(cloud, camera, device="cpu")
    ours = rendered(cloud, camera)
    assert (found.rgb == ours.rgb).all() and (found.median == ours.median).all()
    agree(rasterise.rasterise(cloud, camera, "numpy"), found)


def test_gsplat_is_asked_in_its_own_words(monkeypatch):
    """No GPU of NVIDIA's here: a stand-in with the signature of gsplat 1.5.3 answers with our own picture."""
    cloud, camera = clouds.fuzzy(clouds.CHAIR, 100, spacing=0.1), CAMERAS["perspective"]
    ours = rendered(cloud, camera)
    asked = {}

    def rasterization(
        means, quats, scales, opacities, colors, viewmats, Ks, width, height, near_plane=0.01, far_plane=1e10,
        radius_clip=0.0, eps2d=0.3, sh_degree=None, packed=True, tile_size=16, backgrounds=None, render_mode="RGB",
        sparse_grad=False, absgrad=False, rasterize_mode="classic", channel_chunk=32, distributed=False,
        camera_model="pinhole",
    ):  # fmt: skip
        asked.update(inspect.currentframe().f_locals)
        found = gaussians.render(means, scales, quats, opacities, colors, camera)
        depth = torch.where(found[1] > 0, found[2], 0.0)
        return torch.cat([found[0], depth[..., None]], -1)[None], found[1][None, ..., None], {}

    stand_in = types.ModuleType("gsplat")
    stand_in.rasterization = rasterization
    stand_in.__spec__ = importlib.machinery.ModuleSpec("gsplat", None)
    monkeypatch.setitem(sys.modules, "gsplat", stand_in)
    found = rasterise.rasterise(cloud, camera, "gsplat", "cpu")
    assert (found.rgb == ours.rgb).all() and (found.alpha == ours.alpha).all() and found.median is None
    assert (np.isfinite(found.depth) == (ours.alpha > 0)).all()
    np.testing.assert_allclose(asked["viewmats"][0].numpy(), camera.view, atol=1e-6)
    np.testing.assert_allclose(asked["Ks"][0].numpy(), camera.intrinsics, rtol=1e-6)
    assert (asked["width"], asked["height"], asked["render_mode"], asked["eps2d"]) == (70, 61, "RGB+ED", 0.3)
    rasterise.rasterise(cloud, CAMERAS["orthographic"], "gsplat", "cpu")
    assert asked["camera_model"] == "ortho"
    asked.clear()
    rasterise.rasterise(cloud, camera, device="cpu")
    assert not asked  # only on CUDA is it chosen by itself
