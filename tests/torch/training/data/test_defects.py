"""Defects of pictures: small ones, where they belong."""

import torch
from maquette.backend.training.data import defects, lights, shading, textures
from maquette.backend.training.data.defects import Chances

NEVER = Chances(**dict.fromkeys(Chances.__dataclass_fields__, 0.0))


def disc(count=2, size=64):
    y, x = torch.meshgrid(*[torch.arange(size) + 0.5] * 2, indexing="ij")
    alpha = (20.5 - torch.hypot(x - 32, y - 32)).clamp(0, 1).expand(count, 1, -1, -1).contiguous()
    colour = torch.stack([x / size, y / size, 0 * x + 0.3]).expand(count, -1, -1, -1)
    return colour * alpha, alpha


def test_no_defects_leave_the_picture():
    colour, alpha = disc()
    made = defects.spoil(colour, alpha, torch.Generator().manual_seed(0), NEVER)
    clean = defects.as_input(colour, alpha)
    assert torch.allclose(made[:, 3], clean[:, 3]) and (made - clean).abs().max() < 0.3  # the soft edge alone
    inner = alpha.expand(-1, 4, -1, -1) == 1
    assert torch.allclose(made[inner], clean[inner], atol=1e-6)
    assert torch.allclose(clean[:, :3, 0, 0], torch.zeros(2, 3)) and clean[0, 3, 0, 0] == -1


def test_ragged_edges_move_by_two_pixels_at_most():
    colour, alpha = disc(16)
    chances = Chances(**{**dict.fromkeys(Chances.__dataclass_fields__, 0.0), "ragged": 1.0})
    made = defects.spoil(colour, alpha, torch.Generator().manual_seed(1), chances)[:, 3] / 2 + 0.5
    y, x = torch.meshgrid(*[torch.arange(64) + 0.5] * 2, indexing="ij")
    away = torch.hypot(x - 32, y - 32)
    assert (made[:, away < 20.5 - 5] > 0.95).all() and (made[:, away > 20.5 + 5] < 0.05).all()
    area = (made > 0.5).float().sum((1, 2))
    radius = (area / torch.pi).sqrt()
    assert (radius > 20 - 2.3).all() and (radius < 20 + 2.7).all() and radius.std() > 0.3


def test_blocks_lose_little_and_more_when_coarse():
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    smooth = defects.blurred(picture, torch.tensor([2.0]))
    one = torch.ones(1, 1, 1, 1)
    assert (defects.blocks(smooth, one * 1e-4) - smooth).abs().max() < 1e-3
    lost = [(defects.blocks(smooth, one * level) - smooth).abs().mean() for level in (0.3, 1.0, 3.0)]
    assert lost[0] < lost[1] < lost[2] < 0.1
    odd = torch.rand(2, 3, 13, 21, generator=torch.Generator().manual_seed(1))
    assert defects.blocks(odd, torch.ones(2, 1, 1, 1)).shape == odd.shape
    assert torch.allclose(defects.blurred(torch.full((1, 1, 20, 20), 0.7), torch.tensor([1.0])), torch.tensor(0.7))


def test_all_defects_stay_in_range():
    colour, alpha = disc(32)
    always = Chances(**dict.fromkeys(Chances.__dataclass_fields__, 1.0))
    for chances in (None, always):
        made = defects.spoil(colour, alpha, torch.Generator().manual_seed(3), chances)
        assert made.shape == (32, 4, 64, 64) and torch.isfinite(made).all() and made.abs().max() <= 1 + 1e-5
    assert (made[:, 3] < 1).any()


def test_textures_and_light_stay_colours():
    generator = torch.Generator().manual_seed(0)
    count = 64
    owner = torch.arange(count).repeat_interleave(30)
    points = torch.rand(len(owner), 3, generator=generator) * 2 - 1
    base = torch.rand(len(owner), 3, generator=generator)
    painted = textures.draw(torch.arange(count) % 2 == 0, generator).paint(base, points, owner)
    assert painted.min() >= 0 and painted.max() <= 1 and torch.isfinite(painted).all()
    changed = (painted - base).abs().amax(1).view(count, 30).amax(1) > 0.2
    assert changed[::2].float().mean() > 0.7
    assert torch.equal(textures.none(count).paint(base, points, owner), base.clamp(1e-4, 1))
    normal = torch.nn.functional.normalize(points, dim=1)
    toward = torch.nn.functional.normalize(normal + 0.3 * base, dim=1)
    lit = lights.draw(toward[::30], generator)
    open_ = torch.rand(len(owner), generator=generator)
    for way in range(4):
        shares = tuple(float(way == other) for other in range(4))
        looks = shading.draw(count, generator, shares=shares)
        shaded = shading.shade(looks, lit, owner, painted, normal, toward, open_)
        assert shaded.min() >= 0 and shaded.max() <= 1 and torch.isfinite(shaded).all()
        if way == shading.UNLIT:
            assert torch.equal(shaded, painted)
        else:
            assert 0.1 < shaded.mean() < 0.9
    ramp = torch.linspace(0, 1, 50)
    assert torch.allclose(shading.to_srgb(shading.to_linear(ramp)), ramp, atol=1e-5)
