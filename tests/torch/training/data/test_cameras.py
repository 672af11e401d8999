"""Frame F: where a point is seen, there and back."""

import math

import torch
from maquette.backend.training.data import cameras


def some(count=6, seed=0):
    generator = torch.Generator().manual_seed(seed)
    looked = cameras.draw(count, generator)
    points = torch.randn(count, 200, 3, generator=generator)
    points = points / points.norm(dim=-1).amax(1)[:, None, None] * 0.9
    owner = torch.arange(count).repeat_interleave(200)
    seen = looked.see(points.view(-1, 3), owner)
    return looked, points, owner, seen, generator


def test_a_point_is_seen_where_frame_f_says():
    looked, points, owner, seen, _ = some()
    crops = cameras.crop(looked, seen, owner)
    framed = crops.to_frame(points)
    u = framed[..., :2] / (1 - crops.k[:, None, None] * framed[..., 2:])
    screen = crops.screen(seen, owner, 100).view(6, 200, 3)
    assert torch.allclose((u[..., 0] + 1) * 50, screen[..., 0], atol=1e-3)
    assert torch.allclose((1 - u[..., 1]) * 50, screen[..., 1], atol=1e-3)
    assert torch.allclose(crops.depth(screen[..., 2]), framed[..., 2], atol=1e-5)
    assert torch.allclose(u.amax(1).maximum(-u.amin(1)).amax(1), torch.full((6,), 0.86), atol=1e-4)
    assert torch.allclose(framed[..., 2].amax(1), -framed[..., 2].amin(1), atol=1e-4)
    assert torch.allclose(crops.to_world(framed), points, atol=1e-5)
    step = torch.tensor([0.01, -0.02, 0.03])
    moved = crops.to_world(framed + step) - crops.to_world(framed)
    assert torch.allclose(moved, torch.einsum("bij,j->bi", crops.jacobian(), step)[:, None].expand_as(moved), atol=1e-5)
    assert ((crops.k > 0.05) & (crops.k < 0.7)).all()


def test_front_is_minus_y_and_up_is_up():
    zero = torch.zeros(1)
    looked = cameras.look(zero, zero, torch.tensor([math.pi / 4]))
    points = torch.tensor([[0.5, 0, 0], [0, 0, 0.5], [0, -0.5, 0]])
    seen = looked.see(points, torch.zeros(3, dtype=torch.int64))
    assert seen[0, 0] > 0 and seen[1, 1] > 0 and seen[2, 2] < looked.distance
    above = cameras.look(zero + math.pi / 2, zero + 0.6, torch.tensor([math.pi / 4]))
    assert torch.allclose(above.axes[0, 2], torch.tensor([math.cos(0.6), 0, math.sin(0.6)]), atol=1e-6)
    down = cameras.toward(above, torch.tensor([[0.0, -1.0, -1.0]]), torch.tensor([True]))
    assert torch.allclose(down.axes[0, 2], torch.tensor([0, 1, 1]) / math.sqrt(2), atol=1e-5)
    assert torch.allclose(down.elevation, torch.tensor([math.pi / 4]))
    assert torch.equal(cameras.toward(above, points[:1], torch.tensor([False])).axes, above.axes)


def test_trimmed_crops():
    looked, points, owner, seen, generator = some(seed=1)
    trim = torch.zeros(6, 4)
    trim[0, 0], trim[1, 3], trim[2, 1] = 0.2, 0.3, 0.1
    crops = cameras.crop(looked, seen, owner, trim=trim)
    framed = crops.to_frame(points)
    u = framed[..., :2] / (1 - crops.k[:, None, None] * framed[..., 2:])
    kept = (u >= crops.keep[:, None, :2]).all(-1) & (u <= crops.keep[:, None, 2:]).all(-1)
    assert kept[3:].all() and (~kept[:3]).any(1).all()
    border = crops.border(framed)
    assert torch.equal(border > 0, kept) and torch.isinf(border[3:]).all()
    left = 1 - torch.rand(6, 1, 3, generator=generator)
    edge = crops.keep[0, 0] * (1 - crops.k[0] * left[0, 0, 2])
    left[0, 0, 0] = edge + 0.05
    expected = 0.05 / torch.hypot(torch.ones(()), crops.keep[0, 0] * crops.k[0])
    assert torch.allclose(crops.border(left)[0, 0], expected, atol=1e-5)
    inside = crops.within(64)
    assert inside[3:].all() and not inside[0, :, 0].any() and inside[0, :, 32].all()
    assert not inside[1, 0].any() and inside[1, 63].all() and not inside[2, 63].any()
