"""The reference is what can be computed by hand; the quick way without torch is the reference."""

import dataclasses
import itertools

import clouds
import numpy as np
import pytest
from clouds import HARD, joined, one
from maquette.backend.errors import BadRequest
from maquette.backend.render import gaussians_numpy, gaussians_reference
from maquette.backend.render.cameras import orbit
from maquette.backend.render.rasterise import rasterise, view
from maquette.backend.shapes.gaussians import select

KINDS = {"surfels": clouds.surfels, "fuzzy": clouds.fuzzy, "isotropic": clouds.isotropic}
CAMERAS = {
    "perspective": orbit(0.5, 0.3, 2.2, (70, 61)),
    "orthographic": orbit(2.5, -0.7, 2.2, (61, 70), fov=0.0, extent=2.0),
}


def agree(found, expected, tolerance=1e-3):
    assert np.abs(found.rgb - expected.rgb).max() < tolerance
    assert np.abs(found.alpha - expected.alpha).max() < tolerance
    for mine, theirs in ((found.depth, expected.depth), (found.median, expected.median)):
        assert (np.isfinite(mine) == np.isfinite(theirs)).all()
        seen = np.isfinite(mine)
        assert np.abs(mine[seen] - theirs[seen]).max(initial=0) < tolerance


# -------------------------------------------------------------------------------------------- by hand


def test_one_round_gaussian_is_its_formula():
    camera = orbit(0, 0, 2.0, 65)
    found = gaussians_reference.render(one(), camera)
    variance = (camera.focal * 0.1 / 2) ** 2 + 0.3
    column, row = np.meshgrid(np.arange(65) + 0.5 - 32.5, np.arange(65) + 0.5 - 32.5)
    alpha = 0.8 * np.exp(-0.5 * (column**2 + row**2) / variance)
    alpha[alpha < 1 / 255] = 0
    assert np.abs(found.alpha - alpha).max() < 1e-6
    np.testing.assert_allclose(found.rgb, alpha[..., None] * [1, 0.5, 0.25], atol=1e-7)
    assert np.abs(found.depth[alpha > 0] - 2).max() < 1e-9 and np.isinf(found.depth[alpha == 0]).all()
    assert (np.isfinite(found.median) == (alpha > 0.5)).all()
    np.testing.assert_allclose(found.rgba[32, 32], [1, 0.5, 0.25, 0.8], atol=1e-6)


def test_an_orthographic_camera_sees_no_perspective():
    camera = orbit(0, 0, 2.0, 65, fov=0.0, extent=1.0)
    near, far = (gaussians_reference.render(one((0, y, 0)), camera) for y in (-1, 1))
    assert np.abs(near.alpha - far.alpha).max() < 1e-12
    assert near.depth[32, 32] == pytest.approx(1) and far.depth[32, 32] == pytest.approx(3)


def test_the_nearer_one_covers_the_farther_one_and_none_covers_all():
    red, blue = one((0, -0.5, 0), opacity=1, colour=(1, 0, 0)), one((0, 0.5, 0), opacity=1, colour=(0, 0, 1))
    found = gaussians_reference.render(joined(blue, red), orbit(0, 0, 2.0, 33))
    np.testing.assert_allclose(found.rgb[16, 16], [0.99, 0, 0.01 * 0.99], atol=1e-6)  # the cap of 0.99
    assert found.median[16, 16] == pytest.approx(1.5)
    assert found.depth[16, 16] == pytest.approx((0.99 * 1.5 + 0.0099 * 2.5) / 0.9999, abs=1e-5)


def test_a_slanted_surfel_has_the_depth_of_its_plane():
    normal = np.array([[0.5, -1, 0.3]])
    normal /= np.linalg.norm(normal)
    disc = dataclasses.replace(
        one(scale=(0.2, 0.2, 1e-4), opacity=0.95), rotations=clouds.facing(normal).astype(np.float32)
    )
    camera = orbit(0, 0, 2.0, 65)
    found = gaussians_reference.render(disc, camera)
    origins, directions = camera.rays()
    plane = -(origins @ normal[0]) / (directions @ normal[0])
    middle = found.alpha > 0.5
    assert np.abs(found.depth - plane)[middle].max() < 0.01 and np.ptp(plane[middle]) > 0.1


def test_asymmetric_object_from_two_sides():
    """Head up and red, arm to +X and green, nose to −Y and blue (clouds.SIGNPOST)."""
    cloud = clouds.surfels(clouds.SIGNPOST, 3000)

    def places(azimuth):
        picture = rasterise(cloud, orbit(azimuth, 0, 3.0, 96), "numpy").rgba
        column, row = np.meshgrid(np.arange(96), np.arange(96))
        for channel in (0, 1, 2):
            of = (
                (picture[..., channel] > 0.6)
                & (picture[..., 3] > 0.8)
                & (np.delete(picture[..., :3], channel, 2).max(2) < 0.4)
            )
            yield column[of].mean() - 48, row[of].mean() - 48

    (_, head), (arm, _), (nose, _) = places(0)
    assert head < -10 and arm > 5 and abs(nose) < 4
    (_, head), _, (nose, _) = places(np.pi / 2)  # from +X the front is on the left
    assert head < -10 and nose < -5


# ------------------------------------------------------------------------------------- against the reference


@pytest.mark.parametrize("camera", CAMERAS.values(), ids=CAMERAS)
@pytest.mark.parametrize("kind", KINDS)
def test_without_torch_it_is_the_reference(kind, camera):
    cloud = KINDS[kind](clouds.CHAIR, 700, spacing=0.08)
    expected = gaussians_reference.render(cloud, camera)
    assert expected.alpha.max() > 0.95 and expected.alpha.min() == 0
    found = gaussians_numpy.render(cloud, camera)
    agree(found, expected)
    assert all(array.dtype == np.float32 for array in (found.rgb, found.alpha, found.depth, found.median))


@pytest.mark.parametrize("name", HARD)
def test_hard_cases_without_torch(name):
    camera = orbit(0, 0.2, 2.2, (45, 37))
    agree(gaussians_numpy.render(HARD[name], camera), gaussians_reference.render(HARD[name], camera))


def test_in_bands_it_is_the_same(monkeypatch):
    cloud, camera = clouds.fuzzy(clouds.CHAIR, 500, spacing=0.1), CAMERAS["perspective"]
    whole = gaussians_numpy.render(cloud, camera)
    monkeypatch.setattr(gaussians_numpy, "PAIRS", 300)
    monkeypatch.setattr(gaussians_numpy, "TOGETHER", 3)
    low, high = gaussians_numpy.footprints(gaussians_numpy.flatten(cloud, camera), 9, 8)
    bands = list(gaussians_numpy.bands(low, high, 8))
    assert len(bands) > 2 and bands[0][0] == 0 and bands[-1][1] == 8
    assert all(a[1] == b[0] for a, b in itertools.pairwise(bands))
    agree(gaussians_numpy.render(cloud, camera), whole, 1e-6)


def test_progress_rises_and_can_stop_it():
    heard = []
    gaussians_numpy.render(clouds.fuzzy(clouds.CHAIR, 500), orbit(0, 0, 2, 256), heard.append)
    assert heard == sorted(heard) and len(heard) > 1 and 0 <= heard[0] <= heard[-1] < 1

    def stop(fraction):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        gaussians_numpy.render(KINDS["fuzzy"](clouds.CHAIR, 50), orbit(0, 0, 2, 64), stop)


# ---------------------------------------------------------------------------------------------- the way in


def test_a_rendering_is_a_depth_view():
    camera = orbit(0.3, 0.4, 2.4, 128)
    cloud = clouds.surfels(clouds.CHAIR, 6000)
    seen = view(rasterise(cloud, camera, "numpy"), camera)
    points = camera.unproject(seen.depth)[np.isfinite(seen.depth)]
    assert seen.depth.dtype == seen.rgba.dtype == np.float32 and len(points) > 1500
    off = np.abs(clouds.CHAIR.signed(points))
    assert np.median(off) < 0.005 and (off < 0.03).mean() > 0.95
    silent = dataclasses.replace(rasterise(cloud, camera, "numpy"), median=None)
    assert (np.isfinite(view(silent, camera).depth) == (silent.alpha >= 0.5)).all()


def test_an_unknown_renderer_and_nothing_to_see():
    camera = CAMERAS["perspective"]
    with pytest.raises(BadRequest):
        rasterise(one(), camera, "best")
    nothing = select(one(), np.zeros(0, int))
    for backend in ("numpy", "reference"):
        found = rasterise(nothing, camera, backend)
        assert found.rgba.shape == (61, 70, 4) and not found.rgba.any() and np.isinf(found.depth).all()
    assert (rasterise(one(), camera, "reference").alpha.dtype, found.rgba.dtype) == (np.float64, np.float32)


def test_without_torch_a_renderer_is_found(monkeypatch):
    from maquette.backend.render import rasterise as module

    monkeypatch.setattr(module, "find_spec", lambda name: None)
    expected = rasterise(one(), CAMERAS["perspective"], "numpy")
    assert (rasterise(one(), CAMERAS["perspective"]).rgb == expected.rgb).all()
    for backend in ("torch", "gsplat"):
        with pytest.raises(BadRequest, match="PyTorch"):
            rasterise(one(), CAMERAS["perspective"], backend)
