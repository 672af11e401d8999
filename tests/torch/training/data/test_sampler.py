"""Samples: finite whatever the object, framed as the engine frames, and pictures, maps and fields of one mind."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from data_solids import ball, box, chair, item, joined
from maquette.backend.imaging.framing import frame
from maquette.backend.training.data import cameras
from maquette.backend.training.data.batch import Maps
from maquette.backend.training.data.dice import centred
from maquette.backend.training.data.rasterise import rasterise
from maquette.backend.training.data.sampler import CLEAN, Sampler, Styles
from maquette.backend.training.data.sheet import ray_fields
from maquette.backend.training.data.store import Store


def normal_item(mesh, **changes):
    V, F, C = mesh
    return item((centred(V), F, C), **changes)


@pytest.fixture(scope="module")
def store():
    return Store.build([normal_item(chair()), normal_item(ball(0.8, 8), textured=False)], resolution=48)


def arrays(batch):
    maps = batch.maps
    return [
        batch.image,
        batch.points,
        batch.sdf,
        batch.rgb,
        batch.camera,
        maps.mask,
        maps.front,
        maps.back,
        maps.normal,
    ]


def test_shapes_ranges_and_the_same_again(store):
    sampler = Sampler(store, points=512, styles=Styles(trimmed=0.5), supersample=1)
    batch = sampler.draw(6, torch.Generator().manual_seed(4))
    again = sampler.draw(6, torch.Generator().manual_seed(4))
    for one, other in zip(arrays(batch), arrays(again), strict=True):
        assert one.dtype == torch.float32 and torch.isfinite(one).all() and torch.equal(one, other)
    assert batch.image.shape == (6, 4, 256, 256) and batch.image.abs().max() <= 1
    assert batch.points.shape == batch.rgb.shape == (6, 512, 3) and batch.sdf.abs().max() <= 1
    assert batch.rgb.min() >= 0 and batch.rgb.max() <= 1 and batch.inside.float().mean() > 0.9
    assert ((batch.sdf > 0).float().mean(1) > 0.02).all() and ((batch.sdf < 0).float().mean(1) > 0.2).all()
    assert torch.equal(batch.k, batch.camera[:, 1]) and batch.camera[:, 0].abs().max() < 1
    maps = batch.maps
    assert maps.mask.shape == (6, 128, 128) and set(maps.mask.unique().tolist()) == {0.0, 1.0}
    assert (maps.front >= maps.back).all() and (maps.front[maps.mask == 0] == 0).all()
    length = maps.normal.norm(dim=1)
    assert torch.allclose(length, maps.mask, atol=1e-4)
    assert batch.to("cpu").maps.front.equal(maps.front)
    small = maps.shrunk(64)
    assert small.mask.shape == (6, 64, 64) and torch.allclose(small.mask.mean(), maps.mask.mean())
    whole = small.mask == 1
    assert torch.allclose(small.front[whole], torch.nn.functional.avg_pool2d(maps.front, 2)[whole], atol=1e-5)
    assert isinstance(small, Maps) and torch.isfinite(small.normal).all()


def test_the_maps_and_the_field_agree_along_every_ray(store):
    sampler = Sampler(store, points=64, styles=Styles(trimmed=0), maps=32)
    generator = torch.Generator().manual_seed(7)
    scene = sampler.scene(torch.tensor([0, 1, 0, 1]), cameras.draw(4, generator), generator)
    maps = sampler.rays(scene)
    z, sdf, rgb = ray_fields(sampler, scene, 32, 150)
    assert rgb.shape == (*sdf.shape, 3)
    hit = (sdf > 0).any(-1)
    agree = (hit == (maps.mask > 0)).float().mean()
    assert agree > 0.97  # the field is thicker than the mesh by 0.006, and a pixel's edge falls on either side
    both = hit & (maps.mask > 0)
    first = z[(sdf > 0).float().argmax(-1)]
    last = z[149 - (sdf > 0).flip(-1).float().argmax(-1)]
    for found, expected in ((first, maps.front), (last, maps.back)):
        apart = (found - expected).abs()[both]
        assert apart.median() < 0.02 and (apart < 0.06).float().mean() > 0.95


def test_framed_as_the_engine_does(store):
    """The same view drawn as a whole picture and framed by the engine: the same input."""
    sampler = Sampler(store, points=64, styles=CLEAN)
    looked = cameras.look(torch.tensor([0.6]), torch.tensor([0.3]), torch.tensor([0.7]))
    scene = sampler.scene(torch.tensor([0]), looked, torch.Generator().manual_seed(0))
    ours = sampler.input(scene, torch.Generator().manual_seed(1))[0]
    whole = scene.crops.__class__(
        looked, torch.zeros(1, 2), torch.tan(looked.fov / 2), scene.crops.middle, scene.crops.keep
    )
    wide = Sampler(store, points=64, styles=CLEAN, size=768, supersample=2)
    colour, alpha = wide.picture(replace(scene, crops=whole), torch.Generator().manual_seed(1))
    straight = torch.cat([colour / alpha.clamp(min=1e-6), alpha], 1)[0].permute(1, 2, 0).numpy()
    framed = frame(np.ascontiguousarray(straight)).rgba
    a = framed[..., 3:]
    theirs = torch.from_numpy(np.concatenate([framed[..., :3] * a + 0.5 * (1 - a), a], 2) * 2 - 1).permute(2, 0, 1)
    apart = (ours - theirs).abs()
    assert apart.mean() < 0.012 and apart.mean(0)[8:-8, 8:-8].median() < 0.004
    shifted = (ours.roll(2, 2) - theirs).abs().mean()
    assert apart.mean() < shifted / 2  # two pixels aside would be seen


def test_degenerate_objects_are_refused_or_seen_from_their_broad_side():
    sheet = np.array([[-1, 0, -1], [1, 0, -1], [1, 0, 1], [-1, 0, 1]], np.float32)
    quad = np.array([[0, 1, 2], [0, 2, 3], [0, 0, 1], [1, 1, 1]], np.int32)  # two faces without area
    grey = np.full((4, 3), 90, np.uint8)
    wire = box((1e-5, 1e-5, 1))
    nothing = (np.zeros((4, 3), np.float32), quad, grey)
    store = Store.build([item(nothing), normal_item(wire), normal_item((sheet, quad, grey))], resolution=32)
    assert len(store) == 1
    with pytest.raises(ValueError, match="none"):
        Store.build([item(nothing)], resolution=32)
    edge_on = cameras.look(torch.full((4,), torch.pi / 2), torch.zeros(4), torch.full((4,), 0.7))
    for styles in (CLEAN, Styles(trimmed=1)):
        sampler = Sampler(store, points=128, styles=styles, supersample=1)
        batch = sampler.at(torch.zeros(4, dtype=torch.int64), edge_on, torch.Generator().manual_seed(0))
        assert all(torch.isfinite(array).all() for array in arrays(batch))
        assert (batch.maps.mask.mean((1, 2)) > 0.004).all()
        assert (batch.image[:, 3] > 0).any(-1).any(-1).all()


def test_store_saved_loaded_and_surface_points(store, tmp_path):
    store.save(tmp_path / "store.safetensors")
    again = Store.load(tmp_path / "store.safetensors")
    generator = torch.Generator().manual_seed(0)
    which = torch.tensor([1, 0, 1])
    points = again.on_surface(which, 400, generator)
    assert points[0].norm(dim=-1).min() > 0.85 and points[0].norm(dim=-1).max() < 0.901  # the ball, scaled to 0.9
    value, slope = again.distance(which, points)
    assert value.abs().mean() < 0.012
    outward = (slope[0] * points[0]).sum(-1)
    assert outward.max() < -0.7  # positive inside: it falls on the way out
    beyond, flat = again.distance(which, points * 3)
    assert torch.equal(beyond[0], torch.full_like(beyond[0], -0.16)) and not flat[0].any()
    assert torch.equal(again.seen_area, store.seen_area) and again.plain.tolist() == [False, True]
    pieces = again.gather(which)
    assert pieces.faces.max() == len(pieces.points) - 1
    assert torch.equal(pieces.face_owner, pieces.owner[pieces.faces[:, 0]])


def test_the_back_is_seen_by_the_last_face():
    V, F, _ = joined(box((0.5, 0.5, 0.5)), box((0.2, 0.2, 0.2)))
    seen = torch.from_numpy(V) * torch.tensor([20, 20, 1.0]) + torch.tensor([16, 16, 4.0])
    faces, owner = torch.from_numpy(F).long(), torch.zeros(len(F), dtype=torch.int64)
    near = rasterise(seen, faces, owner, 1, 32, perspective=False)
    far = rasterise(seen, faces, owner, 1, 32, last=True, perspective=False)
    assert torch.allclose(near.depth[near.mask], torch.tensor(3.5)) and torch.allclose(
        far.depth[far.mask], torch.tensor(4.5)
    )
