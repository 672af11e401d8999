"""Scanlines give what asking every pixel about every triangle gives."""

import math

import numpy as np
import pytest
import torch
from maquette.backend.training.data.rasterise import barycentric, rasterise


def asked(screen, faces, size, last=False, perspective=True):
    """For each pixel, each triangle by its three signed areas, in float64: depth (S, S) and coverage in doubt."""
    best = np.full((size, size), -np.inf if last else np.inf)
    doubt = np.zeros((size, size), bool)
    y, x = np.mgrid[:size, :size] + 0.5
    for corners in screen.numpy().astype(np.float64)[faces.numpy()]:
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = corners
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) <= 1e-6 or min(az, bz, cz) <= 0:
            continue
        u = ((bx - x) * (cy - y) - (by - y) * (cx - x)) / area
        v = ((cx - x) * (ay - y) - (cy - y) * (ax - x)) / area
        w = 1 - u - v
        least = np.minimum(np.minimum(u, v), w)
        z = 1 / (u / az + v / bz + w / cz) if perspective else u * az + v * bz + w * cz
        inside = least >= 0
        doubt |= np.abs(least) < 1e-4
        best = np.where(inside, np.maximum(best, z) if last else np.minimum(best, z), best)
    return best, doubt


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("perspective", [False, True])
def test_as_asking_every_pixel(last, perspective):
    random = torch.Generator().manual_seed(3)
    size, batch, each = 40, 3, 60
    screen = torch.rand(batch * 3 * each, 3, generator=random)
    centre = torch.rand(batch * each, 1, 2, generator=random) * 50 - 5
    spread = 10 ** (torch.rand(batch * each, 1, 1, generator=random) * 2 - 0.3)
    screen[:, :2] = (centre + (screen[:, :2].view(-1, 3, 2) - 0.5) * spread).view(-1, 2)
    screen[:, 2] = screen[:, 2] * 2 + 0.5
    screen[7, 2] = -0.1  # reaches behind the camera
    faces = torch.arange(len(screen)).view(-1, 3)
    owner = torch.arange(batch).repeat_interleave(each)
    hits = rasterise(screen, faces, owner, batch, size, last=last, perspective=perspective, pixels=500)
    for picture in range(batch):
        depth, doubt = asked(screen, faces[owner == picture], size, last, perspective)
        mask = hits.mask[picture].numpy()
        sure = ~doubt
        assert np.array_equal(mask[sure], np.isfinite(depth)[sure])
        both = sure & mask
        assert both.sum() > 100
        assert np.allclose(hits.depth[picture].numpy()[both], depth[both], rtol=2e-4)
    there = hits.mask.nonzero()
    face = hits.face[hits.mask]
    assert torch.equal(owner[face], there[:, 0])
    weights = barycentric(screen, faces, face, there[:, [2, 1]], perspective)
    z = (weights * screen[faces[face], 2]).sum(1)
    assert torch.allclose(z, hits.depth[hits.mask], rtol=2e-3)


def test_neighbours_leave_no_gap_and_pixels_chunk_does_not_matter():
    random = torch.Generator().manual_seed(5)
    side = 9
    grid = torch.stack(torch.meshgrid(*[torch.linspace(2.3, 61.7, side)] * 2, indexing="xy"), -1)
    grid[1:-1, 1:-1] += torch.rand(side - 2, side - 2, 2, generator=random) * 4 - 2
    screen = torch.cat([grid.view(-1, 2), torch.full((side * side, 1), 2.0)], 1)
    quad = (torch.arange(side - 1)[:, None] * side + torch.arange(side - 1)).view(-1)
    faces = torch.cat([torch.stack(x, 1) for x in
                       ((quad, quad + 1, quad + side), (quad + 1, quad + side + 1, quad + side))])  # fmt: skip
    owner = torch.zeros(len(faces), dtype=torch.int64)
    hits = rasterise(screen, faces, owner, 1, 64)
    assert hits.mask[0, 2:62, 2:62].all() and int(hits.mask.sum()) == 60 * 60
    fewer = rasterise(screen, faces.flip(1), owner, 1, 64, pixels=37)
    assert torch.equal(fewer.mask, hits.mask)


def test_degenerate_faces_are_left_out_and_weights_stay_finite():
    screen = torch.tensor(
        [[3.0, 3, 1], [9, 9, 1], [6, 6, 1], [3, 3, 1], [12, 12, 1], [2, 12, 1], [14, 12, 2], [8, 2, math.inf]]
    )
    faces = torch.tensor([[0, 1, 2], [0, 3, 3], [0, 1, 4], [0, 5, 7], [0, 5, 6]])
    hits = rasterise(screen, faces, torch.zeros(5, dtype=torch.int64), 1, 16)
    assert set(hits.face.unique().tolist()) == {-1, 4}
    pixel = torch.tensor([[3, 3]] * 5)
    weights = barycentric(screen.nan_to_num(posinf=5.0), faces, torch.arange(5), pixel)
    assert torch.isfinite(weights).all() and torch.allclose(weights.sum(1), torch.ones(5))
    nothing = rasterise(screen, faces[:0], torch.zeros(0, dtype=torch.int64), 2, 8)
    assert not nothing.mask.any() and nothing.mask.shape == (2, 8, 8)
