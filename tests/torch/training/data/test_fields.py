"""Fields of meshes: exact where the answer is known, signed by what is seen, and the same in torch."""

import numpy as np
import pytest
from data_solids import LID, SIDES, ball, box, chair, joined
from maquette.backend.training.data import fields, fields_torch
from maquette.backend.training.data.dice import REACH, areas, centred, dice, nearest_on

MAKERS = [fields.field, lambda *a, **k: fields_torch.field(*a, device="cpu", **k)]


@pytest.mark.parametrize("make", MAKERS)
def test_ball(make):
    radius, size = 0.7, 20
    made = make(*ball(radius), size, band=0.2, thick=0.0)
    exact = (radius - np.linalg.norm(fields.cell_centres(size), axis=1)).reshape((size,) * 3)
    assert np.abs(made.sdf - exact.clip(-0.2, 0.2)).max() < 0.012  # the mesh's facets are up to 0.006 inside it
    assert made.sdf.dtype == np.float32 and made.rgb.shape == (size, size, size, 3) and made.seen.all()


@pytest.mark.parametrize("make", MAKERS)
def test_open_doubled_and_inside_out_meshes(make):
    V, F, C = box((0.6, 0.6, 0.6))
    size = 24
    whole = make(V, F, C, size)
    assert np.allclose(whole.sdf, make(V, F[:, ::-1].copy(), C, size).sdf, atol=1e-6)
    inner = joined((V, F, C), box((0.3, 0.3, 0.3), (0, 0, 0.02), (0, 0, 255)))
    hidden = make(*inner, size)
    assert np.allclose(whole.sdf, hidden.sdf) and not hidden.seen[12:].any()
    assert hidden.rgb[np.abs(hidden.sdf) < 0.08][:, 2].max() < 50  # what nobody sees lends no colour
    pot = make(V, np.delete(SIDES, LID, 0), C, size)
    assert whole.sdf[12, 12, 12] == np.float32(0.1) and pot.sdf[12, 12, 12] == np.float32(-0.1)
    assert (pot.sdf > 0).any(2)[8:16, 8:16].all()  # its floor is a sheet, and there


def test_sheets_survive_wherever_they_fall_and_walls_stay():
    step = 2 / 32
    for shift in np.linspace(0, step, 3):
        V = np.array([[-0.8, -0.6, shift], [0.8, -0.6, shift], [0.8, 0.6, shift], [-0.8, 0.6, shift]], np.float32)
        made = fields.field(V, np.array([[0, 1, 2], [0, 2, 3]], np.int32), np.zeros((4, 3), np.uint8), 32)
        inside = (made.sdf > 0).sum(2)
        assert inside[5:27, 8:24].min() >= 1 and inside.max() <= 2
    V, F, C = box((0.6, 0.6, 0.6))
    made = fields.field(V, F, C, 32, thick=0.006)
    middle = made.sdf[16, 16]
    z = (np.arange(32) + 0.5) * step - 1
    near = np.abs(np.abs(z) - 0.6) < 0.09
    assert np.allclose(middle[near], (0.6 - np.abs(z) + 0.006)[near], atol=1e-4)


def test_torch_gives_the_same_numbers():
    V, F, C = chair()
    V = centred(V)
    ours, twin = fields.field(V, F, C, 32), fields_torch.field(V, F, C, 32, device="cpu")
    band = np.minimum(np.abs(ours.sdf), np.abs(twin.sdf)) < 0.099
    apart = np.abs(ours.sdf - twin.sdf)[band] / (2 / 32)
    assert apart.mean() < 0.01 and np.quantile(apart, 0.99) < 0.2
    surface = np.abs(ours.sdf) < 0.02
    assert np.abs(ours.rgb.astype(int) - twin.rgb)[surface].mean() < 12


def test_dice_covers_the_faces_and_nothing_else():
    random = np.random.default_rng(0)
    corners = random.normal(size=(30, 3, 3)).astype(np.float32)
    corners[0] = [[0, 0, 0], [3, 0, 0], [3, 1e-5, 0]]  # a sliver
    small, owner = dice(corners, 0.2)
    assert np.linalg.norm(small - np.roll(small, 1, 1), axis=2).max() <= 0.2
    area = areas(small.reshape(-1, 3), np.arange(3 * len(small)).reshape(-1, 3))
    whole = areas(corners.reshape(-1, 3), np.arange(90).reshape(-1, 3))
    assert np.allclose(np.bincount(owner, area), whole, rtol=1e-3, atol=1e-6)
    far = np.linalg.norm(small - small.mean(1, keepdims=True), axis=2).max()
    assert far <= 0.2 * REACH


def test_nearest_on_a_triangle_is_the_best_of_many_of_its_points():
    import torch

    random = np.random.default_rng(1)
    corners = random.normal(size=(200, 3, 3)).astype(np.float32)
    corners[:5, 2] = corners[:5, 1]  # no area
    points = random.normal(size=(200, 3)).astype(np.float32) * 2
    squared, weights = nearest_on(points, corners)
    part = np.stack(np.meshgrid(np.linspace(0, 1, 60), np.linspace(0, 1, 60)), -1).reshape(-1, 2)
    part = np.where(part.sum(1, keepdims=True) > 1, 1 - part, part)
    many = np.concatenate([1 - part.sum(1, keepdims=True), part], 1) @ corners  # (200, n, 3)
    best = ((many - points[:, None]) ** 2).sum(2).min(1)
    assert (squared <= best + 1e-5).all() and (best - squared < 0.1).all()
    assert np.allclose(weights.sum(1), 1, atol=1e-5) and weights.min() > -1e-6
    twin, _ = fields_torch.nearest_on(torch.from_numpy(points), torch.from_numpy(corners))
    assert np.allclose(np.sqrt(twin.numpy()), np.sqrt(squared), atol=2e-3)


def test_meshes_without_area_are_refused():
    V, F, C = np.zeros((3, 3), np.float32), np.array([[0, 1, 2]], np.int32), np.zeros((3, 3), np.uint8)
    for make in MAKERS:
        with pytest.raises(ValueError, match="no area"):
            make(V, F, C, 16)
