"""``fields`` once more, in torch, for a GPU that has thousands of meshes to prepare.

The same definitions by other means: views are rasterised instead of splatted, and every face writes its distance
into the cells around it, the least one wins (a scatter with the minimum), instead of cells searching for faces.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .dice import dice
from .fields import REACH_OF_A_CELL, VIEWS, Field, directions
from .rasterise import NONE, parts, rasterise

PAIRS = 1 << 22  # of a face and a cell, at a time
REACH = 1.8  # half side of the views: more than half the diagonal of [-1, 1]³
PIECE = 6  # cells: longer faces are cut, as their boxes would be mostly empty


def field(
    V: np.ndarray,
    F: np.ndarray,
    C: np.ndarray,
    resolution: int = 64,
    band: float = 0.1,
    thick: float = 0.006,
    peak: float | None = None,
    colour_resolution: int | None = None,
    device: torch.device | str | None = None,
    views: int = VIEWS,
) -> Field:
    """As ``fields.field``; ``device``: None for the GPU if there is one. Colours are the nearest seen point's."""
    device = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    points = torch.as_tensor(V, dtype=torch.float32, device=device)
    faces = torch.as_tensor(F, dtype=torch.int64, device=device)
    step = 2 / resolution
    outside, seen = visibility(points, faces, resolution, views)
    if not seen.any():
        raise ValueError("the mesh has no area")
    distance = nearest(points, faces, seen, resolution, band + thick)[0]
    signed = torch.where(outside, -distance, distance)
    signed = thicken(signed, step, thick, step / 4 if peak is None else peak)
    rgb = colours(points, faces, torch.as_tensor(C, device=device), seen, colour_resolution or resolution)
    return Field(signed.clamp(-band, band).cpu().numpy(), rgb.cpu().numpy(), seen.cpu().numpy(), band)


def cell_centres(resolution: int, device: torch.device) -> Tensor:
    """(R³, 3), z fastest."""
    axis = (torch.arange(resolution, device=device) + 0.5) * (2 / resolution) - 1
    return torch.stack(torch.meshgrid(axis, axis, axis, indexing="ij"), -1).view(-1, 3)


def visibility(points: Tensor, faces: Tensor, resolution: int, views: int = VIEWS) -> tuple[Tensor, Tensor]:
    """Which cells (R, R, R) are seen from outside, and which faces (m,).

    A cell is before the surface where it is before all of the four pixels' centres around it: on a slope one of
    them is always nearer than the cell's own ray would meet.
    """
    size = int(3 * REACH * resolution / 2) + 2  # a pixel is a third of a cell
    pixel = 2 * REACH / size
    device = points.device
    cells = cell_centres(resolution, device)
    undecided = torch.arange(len(cells), device=device)
    outside = torch.zeros(len(cells), dtype=torch.bool, device=device)
    seen = torch.zeros(len(faces), dtype=torch.bool, device=device)
    owner = torch.zeros(len(faces), dtype=torch.int64, device=device)
    middles = points[faces].mean(1)
    for axes in torch.as_tensor(directions(views), dtype=torch.float32, device=device):
        hits = rasterise(_look(points, axes, pixel, size), faces, owner, 1, size, perspective=False)
        seen[hits.face[hits.mask]] = True
        depth = torch.where(hits.mask, hits.depth, torch.inf)[0]
        place = _look(middles, axes, pixel, size)  # faces that are smaller than a pixel may own none
        column, row = (place[:, axis].long().clamp(0, size - 1) for axis in range(2))
        seen |= place[:, 2] < depth[row, column].nan_to_num(posinf=0) + pixel
        nearest = -functional.max_pool2d(-depth[None], 2, stride=1)[0]  # of the four around each crossing of pixels
        place = _look(cells[undecided], axes, pixel, size)
        column, row = ((place[:, axis] - 0.5).long().clamp(0, size - 2) for axis in range(2))
        free = place[:, 2] < nearest[row, column]
        outside[undecided[free]] = True
        undecided = undecided[~free]
    return outside.view((resolution,) * 3), seen


def nearest(points: Tensor, faces: Tensor, seen: Tensor, resolution: int, band: float) -> tuple[Tensor, Tensor, Tensor]:
    """Distance (R, R, R) to the ``seen`` faces, exact below ``band`` and ``band`` elsewhere; and the face of the
    nearest point (R³,), −1 beyond the band, with its weights there (R³, 3)."""
    step = 2 / resolution
    device = points.device
    which = seen.nonzero()[:, 0]
    corners = points[faces[which]]
    pieces, owner = dice(corners.cpu().numpy(), PIECE * step)
    small = torch.from_numpy(pieces).to(device)
    low = (((small.amin(1) - band + 1) / step - 0.5).ceil()).clamp(0, resolution).long()
    high = (((small.amax(1) + band + 1) / step - 0.5).floor()).clamp(-1, resolution - 1).long()
    extent = (high - low + 1).clamp(min=0)
    buffer = torch.full((resolution**3,), NONE, dtype=torch.int64, device=device)
    whose = torch.from_numpy(owner).to(device).long()
    for part in parts(extent.prod(1), PAIRS):
        index, cell = _boxes(low[part], extent[part])
        flat = (cell[:, 0] * resolution + cell[:, 1]) * resolution + cell[:, 2]
        squared, _ = nearest_on((cell + 0.5) * step - 1, small[part][index])
        near = squared < band**2
        key = (squared[near].contiguous().view(torch.int32).long() << 32) | whose[part][index[near]]
        buffer.scatter_reduce_(0, flat[near], key, "amin")
    hit = buffer != NONE
    face = torch.where(hit, which[(buffer & 0xFFFFFFFF).clamp(max=len(which) - 1)], -1)
    weights = torch.zeros(len(buffer), 3, device=device)
    found = hit.nonzero()[:, 0]
    weights[found] = nearest_on(cell_centres(resolution, device)[found], points[faces[face[found]]])[1]
    distance = torch.full((resolution**3,), band, device=device)
    distance[found] = (buffer[found] >> 32).int().view(torch.float32).sqrt()
    return distance.view((resolution,) * 3), face, weights


def nearest_on(point: Tensor, corners: Tensor) -> tuple[Tensor, Tensor]:
    """Nearest point of triangles (n, 3, 3) to points (n, 3) → squared distance (n,), weights (n, 3).

    The foot on the plane where it lies within, otherwise the best of the feet on the three sides.
    """
    a, b, c = corners.unbind(1)
    ab, ac, ap = b - a, c - a, point - a
    aa, bb, cc = (ab * ab).sum(1), (ac * ac).sum(1), (ab * ac).sum(1)
    p, q = (ap * ab).sum(1), (ap * ac).sum(1)
    area = aa * bb - cc * cc
    good = area > 1e-12 * aa * bb
    safe = torch.where(good, area, torch.ones_like(area))
    v, w = (bb * p - cc * q) / safe, (aa * q - cc * p) / safe
    within = good & (v >= 0) & (w >= 0) & (v + w <= 1)
    best = torch.stack([1 - v - w, v, w], 1)
    squared = torch.where(within, _squared(point, corners, best), torch.inf)
    for start, end in ((0, 1), (1, 2), (2, 0)):
        side = corners[:, end] - corners[:, start]
        along = ((point - corners[:, start]) * side).sum(1) / (side * side).sum(1).clamp(min=1e-20)
        weights = torch.zeros_like(best)
        weights[:, end] = along.clamp(0, 1)
        weights[:, start] = 1 - weights[:, end]
        away = _squared(point, corners, weights)
        nearer = away < squared
        squared, best = torch.where(nearer, away, squared), torch.where(nearer[:, None], weights, best)
    return squared, best


def thicken(signed: Tensor, step: float, thick: float, peak: float) -> Tensor:
    """As ``fields.thicken``."""
    deepest = functional.max_pool3d(functional.pad(signed[None, None], (2,) * 6, mode="replicate"), 5, stride=1)
    here = signed.abs() < REACH_OF_A_CELL * step
    raised = torch.where(here, (peak - deepest).clamp(thick, step * 0.5 + peak), thick)
    raised = functional.max_pool3d(functional.pad(raised, (2,) * 6, mode="replicate"), 5, stride=1)
    smooth = functional.avg_pool3d(functional.pad(raised, (1,) * 6, mode="replicate"), 3, stride=1)
    return signed + smooth[0, 0]


def colours(points: Tensor, faces: Tensor, rgb: Tensor, seen: Tensor, resolution: int) -> Tensor:
    """Colour (R, R, R, 3) uint8 of the nearest seen point; two cells beyond it the mean of what is known around, and
    from there on the mean of all."""
    _, face, weights = nearest(points, faces, seen, resolution, 2.5 * 2 / resolution)
    known = (face >= 0).nonzero()[:, 0]
    out = torch.zeros(resolution**3, 4, device=points.device)
    out[known, :3] = torch.einsum("nk,nkc->nc", weights[known], rgb[faces[face[known]]].float())
    out[known, 3] = 1
    grid = out.view(resolution, resolution, resolution, 4).permute(3, 0, 1, 2)[None]
    for _ in range(2):
        around = functional.avg_pool3d(grid, 3, stride=1, padding=1)
        grid = torch.where(grid[:, 3:] > 0, grid, around / around[:, 3:].clamp(min=1e-6) * (around[:, 3:] > 0))
    mean = out[known, :3].mean(0)[None, :, None, None, None]
    filled = torch.where(grid[:, 3:] > 0, grid[:, :3], mean)
    return (filled[0].permute(1, 2, 3, 0) + 0.5).clamp(0, 255).to(torch.uint8)


def _look(points: Tensor, axes: Tensor, pixel: float, size: int) -> Tensor:
    """World (n, 3) → column, row, and depth (positive) in a view without perspective."""
    seen = torch.einsum("ij,nj->ni", axes, points)
    return torch.cat([seen[:, :2] / pixel + size / 2, 2 * REACH - seen[:, 2:]], 1)


def _squared(point: Tensor, corners: Tensor, weights: Tensor) -> Tensor:
    away = point - torch.einsum("nk,nkc->nc", weights, corners)
    return (away * away).sum(1)


def _boxes(low: Tensor, extent: Tensor) -> tuple[Tensor, Tensor]:
    """All cells (n, 3) of each box, and the box (n,) each is of."""
    length = extent.prod(1)
    index = torch.repeat_interleave(torch.arange(len(low), device=low.device), length)
    offset = torch.arange(len(index), device=low.device) - (length.cumsum(0) - length)[index]
    deep, wide = extent[index, 2], extent[index, 1]
    cell = torch.stack([offset // (deep * wide), offset // deep % wide, offset % deep], 1)
    return index, low[index] + cell
