"""Warps: the way back is the way there, and distances bend with the object."""

import torch
from data_solids import chair, item
from maquette.backend.training.data import augment, cameras
from maquette.backend.training.data.dice import centred
from maquette.backend.training.data.sampler import Sampler, Styles
from maquette.backend.training.data.store import Store


def strong(count, generator):
    """Far beyond what training draws."""
    warps = augment.draw(count, generator)
    random = torch.rand(count, 4, generator=generator) * 2 - 1
    return augment.Warps(random[:, :2] * 0.3, random[:, 2] * 0.8, random[:, 3] * 0.5, warps.linear, random[:, :3])


def test_inverse_and_jacobian():
    generator = torch.Generator().manual_seed(0)
    warps = strong(40, generator)
    owner = torch.arange(40).repeat_interleave(50)
    points = torch.rand(2000, 3, generator=generator) * 1.8 - 0.9
    there = warps.forward(points, owner)
    assert (there - points).abs().mean() > 0.3
    assert torch.allclose(warps.inverse(there, owner), points, atol=2e-4)
    exact = warps.jacobian(points, owner)
    for axis in range(3):
        step = torch.zeros(3)
        step[axis] = 2e-3
        numeric = (warps.forward(points + step, owner) - warps.forward(points - step, owner)) / 4e-3
        assert torch.allclose(exact[:, :, axis], numeric, atol=5e-3)
    vector = torch.randn(2000, 3, generator=generator)
    solved = torch.linalg.solve(exact.transpose(1, 2), vector)
    assert torch.allclose(augment.inverse_transposed(exact, vector), solved, rtol=1e-3, atol=1e-3)


def test_mild_bends_are_straight_and_none_is_none():
    generator = torch.Generator().manual_seed(1)
    points = torch.rand(100, 3, generator=generator) * 2 - 1
    owner = torch.zeros(100, dtype=torch.int64)
    none = augment.none(1)
    assert torch.equal(none.forward(points, owner), points)
    slight = augment.Warps(none.taper, none.twist, torch.tensor([0.002]), none.linear, none.shift)
    assert torch.allclose(slight.forward(points, owner), points, atol=3e-3)
    assert torch.allclose(slight.inverse(points, owner), points, atol=3e-3)


def test_the_field_bends_with_the_object():
    V, F, C = chair()
    store = Store.build([item((centred(V), F, C))], resolution=48)
    sampler = Sampler(store, points=64, styles=Styles(trimmed=0))
    generator = torch.Generator().manual_seed(2)
    count = 12
    scene = sampler.scene(torch.zeros(count, dtype=torch.int64), cameras.draw(count, generator), generator)
    owner = torch.arange(count).repeat_interleave(500)
    surface = scene.warps.forward(store.on_surface(scene.which, 500, generator).view(-1, 3), owner).view(count, 500, 3)
    assert (surface.norm(dim=-1) < 0.905).all()
    sdf, _ = sampler.answers(scene, scene.crops.to_frame(surface))
    assert sdf.abs().mean() < 0.12  # of 0.1: the surface's own thickness is 0.006, a stored cell 0.03
    corners = scene.world[scene.pieces.faces]  # away from a face, the distance is how far away it is
    normal = torch.nn.functional.normalize(
        torch.linalg.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), dim=1
    )
    seat = (torch.arange(len(normal)) % 72 == 10) & (normal[:, 2].abs() > 0.5)  # a face of the seat's top
    middle, up = corners[seat].mean(1), normal[seat] * normal[seat][:, 2:].sign()
    who = scene.pieces.face_owner[seat]
    for step in (0.02, 0.05):
        away = (middle + up * step * scene.crops.unit[who, None])[:, None]
        asked = torch.zeros(count, 1, 3)
        asked[who] = away
        value = sampler.answers(scene, scene.crops.to_frame(asked))[0][who, 0] * 0.1
        assert torch.allclose(value, torch.full_like(value, -step), atol=0.012)
