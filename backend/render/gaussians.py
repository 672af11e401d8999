"""Pictures of Gaussians with torch, on any device, with gradients for everything about them.

What is computed is what ``gaussians_reference`` says, to 1e-3, but for the odd pixel (one in some 100,000) where an
alpha falls on the cut itself. How: the picture is cut into small tiles; every Gaussian is handed to the tiles it
reaches, nearest first; and in a tile everything is a product of matrices. The logarithm of a Gaussian's alpha is a
quadratic in the pixel's place, so that of K Gaussians at P pixels is (K, 6) @ (6, P); what shines through is a running
product over K; colours and depths are (P, K) @ (K, 6). Tiles with about equally many are done together, as many as fit
the memory, and are left as soon as nothing shines through any more.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from .cameras import Camera
from .gaussians_reference import CAP, CUT, LOW_PASS, NEAR, WIDEST

TILE = 8  # pixels
SLAB = 32  # Gaussians of a tile that are blended at a time
BUDGET = 1 << 20  # alphas in flight on a processor; on a GPU 32 times as many
OPAQUE = 1e-4  # what shines through at most where a tile is left
PAIRS = 1 << 23  # of a Gaussian and a tile, listed at a time; large Gaussians near the camera reach every tile


@dataclass(frozen=True)
class Splats:
    """Gaussians on the picture, nearest first, those out of sight left out. ``centres`` (M,2) column and row;
    ``halves`` (M,2,2) lower triangular, the whitening transform: Σ⁻¹ = Lᵀ L; ``reach`` (M,3): half width and half
    height in pixels, and the distance, whitened, at which alpha falls under the cut; ``values`` (M,6): rgb, depth, and
    the depth's slopes along columns and rows; ``opacities`` (M,).
    """

    centres: Tensor
    halves: Tensor
    reach: Tensor
    values: Tensor
    opacities: Tensor


def render(
    means: Tensor, scales: Tensor, rotations: Tensor, opacities: Tensor, colours: Tensor, camera: Camera
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """(N,3), (N,3), (N,4), (N,), (N,3), as in ``GaussianCloud``, all on one device → rgb (H,W,3) over black,
    alpha (H,W), mean depth (H,W) and median depth (H,W), as in ``Rendering``; float32, or float64 where ``means`` is.

    Differentiable with respect to all five, but for the median depth. Quaternions may have any length.
    """
    width, height = camera.width, camera.height
    splats = project(means, scales, rotations, opacities, colours, camera)
    across, down = -(-width // TILE), -(-height // TILE)
    image = splats.centres.new_zeros((across * down, TILE * TILE, 6))
    image[..., 5] = torch.inf
    low, high = footprints(splats, across, down)
    tracked = splats.centres.requires_grad or splats.values.requires_grad or splats.opacities.requires_grad
    budget = (BUDGET if means.device.type == "cpu" else 32 * BUDGET) // (TILE * TILE)
    places, parts = [], []
    for top, bottom in bands(low, high, down):
        members, starts, counts = assign(splats, low, high, across, top, bottom)
        order = torch.argsort(counts, descending=True)[: int((counts > 0).sum())]
        done, sizes = 0, counts[order].tolist()
        while done < len(sizes):
            here = order[done : done + max(1, 4 * budget // sizes[done] if tracked else budget // SLAB)]
            arguments = (splats, members, starts[here], counts[here], here + top * across, across)
            # With gradients, what a group of tiles holds is computed again on the way back: never is all of it kept.
            parts.append(checkpoint(blend, *arguments, use_reentrant=False) if tracked else blend(*arguments))
            places.append(here + top * across)
            done += len(here)
    if parts:
        image = image.index_copy(0, torch.cat(places), torch.cat(parts))
    image = image.reshape(down, across, TILE, TILE, 6).transpose(1, 2).reshape(down * TILE, across * TILE, 6)
    rgb, alpha, depth, median = image[:height, :width].split([3, 1, 1, 1], -1)
    covered = alpha[..., 0]
    seen = covered > 0
    mean = torch.where(seen, depth[..., 0] / torch.where(seen, covered, 1.0), torch.inf)
    return rgb, covered, mean, median[..., 0].detach()


def project(
    means: Tensor, scales: Tensor, rotations: Tensor, opacities: Tensor, colours: Tensor, camera: Camera
) -> Splats:
    """As ``gaussians_reference.project``. In double precision where the device has it: thin Gaussians across many
    pixels have nearly singular covariances.
    """
    exact = torch.float32 if means.device.type == "mps" else torch.float64
    wanted = torch.float64 if means.dtype == torch.float64 else torch.float32
    view = torch.as_tensor(camera.view, dtype=exact, device=means.device)
    f, half = camera.focal, means.new_tensor([camera.width / 2, camera.height / 2], dtype=exact)
    with torch.no_grad():
        t = means.to(exact) @ view[:3, :3].T + view[:3, 3]
        near = torch.nonzero((t[:, 2] > NEAR) & (opacities >= CUT))[:, 0]
        kept = near[torch.argsort(t[near, 2], stable=True)]
    t = means[kept].to(exact) @ view[:3, :3].T + view[:3, 3]
    z = t[:, 2]
    zero, one = torch.zeros_like(z), torch.ones_like(z)
    if camera.fov:
        slopes = t[:, :2] / t[:, 2:]
        x, y = torch.maximum(torch.minimum(slopes, WIDEST * half / f), -WIDEST * half / f).unbind(-1)
        rows = [[f / z, zero, -f * x / z], [zero, f / z, -f * y / z], [zero, zero, one]]
        centres = f * slopes + half
    else:
        rows = [[f * one, zero, zero], [zero, f * one, zero], [zero, zero, one]]
        centres = f * t[:, :2] + half
    derivative = torch.stack([torch.stack(row, -1) for row in rows], -2)
    axes = _rotations(rotations[kept].to(exact)) * scales[kept].to(exact)[:, None, :]
    spread = derivative @ view[:3, :3] @ axes
    sigma = spread @ spread.transpose(1, 2)
    a, b, c = sigma[:, 0, 0] + LOW_PASS, sigma[:, 0, 1], sigma[:, 1, 1] + LOW_PASS
    rest = c - b * b / a  # the variance of the row where the column is known
    halves = torch.stack([one / a.sqrt(), zero, -b / a / rest.sqrt(), one / rest.sqrt()], -1).reshape(-1, 2, 2)
    tilts = (sigma[:, 2, None, :2] @ halves.transpose(1, 2) @ halves)[:, 0]
    bright = opacities[kept].to(exact)
    far = (2 * torch.log(bright.detach() / CUT)).clamp(min=0).sqrt()  # in standard deviations
    reach = torch.stack([far * a.detach().sqrt(), far * c.detach().sqrt(), far], -1)
    values = torch.cat([colours[kept].to(exact), z[:, None], tilts], -1)
    return Splats(*(tensor.to(wanted) for tensor in (centres, halves, reach, values, bright)))


def _rotations(quaternions: Tensor) -> Tensor:
    w, x, y, z = (quaternions / quaternions.norm(dim=-1, keepdim=True)).unbind(-1)
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return torch.stack([torch.stack(row, -1) for row in rows], -2)


@torch.no_grad()
def footprints(splats: Splats, across: int, down: int) -> tuple[Tensor, Tensor]:
    """The first and the last tile (column, row) that each Gaussian may reach, (M,2); the last before the first where
    it is outside.
    """
    last = torch.tensor([across, down], device=splats.centres.device) - 1
    low = torch.floor((splats.centres - splats.reach[:, :2]) / TILE).clamp(min=0)
    high = torch.floor((splats.centres + splats.reach[:, :2]) / TILE).clamp(min=-1)
    return torch.minimum(low, last + 1).long(), torch.minimum(high, last).long()


@torch.no_grad()
def bands(low: Tensor, high: Tensor, down: int) -> list[tuple[int, int]]:
    """The picture's rows of tiles, cut so that each piece has at most ``PAIRS`` pairs, or is one row."""
    wide = (high[:, 0] - low[:, 0] + 1).clamp(min=0) * (high[:, 1] >= low[:, 1])
    change = torch.zeros(down + 1, dtype=torch.long, device=low.device)
    change = change.index_add(0, low[:, 1], wide).index_add(0, high[:, 1] + 1, -wide)
    found, top, pairs = [], 0, 0
    for row, count in enumerate(change[:down].cumsum(0).tolist()):
        if row > top and pairs + count > PAIRS:
            found.append((top, row))
            top, pairs = row, 0
        pairs += count
    return [*found, (top, down)]


@torch.no_grad()
def assign(
    splats: Splats, low: Tensor, high: Tensor, across: int, top: int, bottom: int
) -> tuple[Tensor, Tensor, Tensor]:
    """Which Gaussians reach which tile of the rows from ``top`` to before ``bottom``: ``members`` (pairs,), those of a
    tile together and nearest first, and per tile ``starts`` and ``counts``. No tile that one reaches is left out; a
    few more are let in.
    """
    device, tiles = splats.centres.device, across * (bottom - top)
    low = torch.maximum(low, torch.tensor([0, top], device=device))
    spans = (torch.minimum(high, torch.tensor([across, bottom - 1], device=device)) - low + 1).clamp(min=0)
    pairs = spans.prod(1)
    member = torch.repeat_interleave(torch.arange(len(pairs), device=device), pairs)
    within = torch.arange(len(member), device=device) - (pairs.cumsum(0) - pairs)[member]
    row, column = within // spans[member, 0], within % spans[member, 0]
    x, y = low[member, 0] + column, low[member, 1] + row
    # The whitened offset of a tile's middle, less what it changes towards a corner, is at most how far out it gets.
    half = TILE / 2
    away = torch.stack([(x + 0.5) * TILE, (y + 0.5) * TILE], -1) - splats.centres[member]
    l00, l10, l11 = splats.halves[:, 0, 0], splats.halves[:, 1, 0], splats.halves[:, 1, 1]
    u = (l00[member] * away[:, 0]).abs() - half * l00[member]
    v = (l10[member] * away[:, 0] + l11[member] * away[:, 1]).abs() - (half * (l10.abs() + l11))[member]
    reached = torch.nonzero(u.clamp(min=0) ** 2 + v.clamp(min=0) ** 2 <= splats.reach[member, 2] ** 2)[:, 0]
    tile, member = ((y - top) * across + x)[reached], member[reached]
    tile, order = torch.sort(tile.int(), stable=True)
    counts = torch.bincount(tile, minlength=tiles)
    return member[order], counts.cumsum(0) - counts, counts


def blend(splats: Splats, members: Tensor, starts: Tensor, counts: Tensor, tiles: Tensor, across: int) -> Tensor:
    """The pixels of the tiles (T,), (T, P, 6): rgb, alpha, depth times alpha, median depth."""
    device, dtype = tiles.device, splats.centres.dtype
    corner = torch.arange(TILE, device=device, dtype=dtype) + 0.5 - TILE / 2
    y, x = (axis.flatten() for axis in torch.meshgrid(corner, corner, indexing="ij"))  # from the tile's middle
    places = torch.stack([torch.ones_like(x), x, y, x * x, x * y, y * y])
    middles = (torch.stack([tiles % across, tiles // across], -1).to(dtype) + 0.5) * TILE
    through = torch.ones((len(tiles), TILE * TILE), device=device, dtype=dtype)
    found = torch.zeros((len(tiles), TILE * TILE, 6), device=device, dtype=dtype)
    median = torch.full_like(through, torch.inf)
    live = torch.arange(len(tiles), device=device)
    for begin in range(0, int(counts.max()), SLAB):
        with torch.no_grad():
            live = live[(counts[live] > begin) & (through[live] > OPAQUE).any(1)]
            if not len(live):
                break
            slots = begin + torch.arange(min(SLAB, int(counts.max()) - begin), device=device)
            filled = slots < counts[live, None]
            member = members[(starts[live, None] + slots).clamp(max=len(members) - 1)]
        away = splats.centres[member] - middles[live, None]
        logs, values = _coefficients(splats, member, away, filled)
        alphas = torch.exp(logs @ places).clamp(max=CAP)
        alphas = torch.where(alphas >= CUT, alphas, 0.0)
        after = through[live, None] * torch.cumprod(1 - alphas, 1)
        before = torch.cat([through[live, None], after[:, :-1]], 1)
        sums = (before - after).transpose(1, 2) @ values
        found = found.index_add(0, live, sums)
        with torch.no_grad():
            median[live] = torch.where(
                (before[:, 0] >= 0.5) & (after[:, -1] < 0.5), _halfway(after, values, x, y), median[live]
            )
        through = through.index_copy(0, live, after[:, -1])
    rgb, depth, right, down = found.split([3, 1, 1, 1], -1)
    # A depth is affine in the pixel's place, and so are sums of depths.
    depth = depth[..., 0] + right[..., 0] * x + down[..., 0] * y
    return torch.cat([rgb, torch.stack([1 - through, depth, median], -1)], -1)


def _coefficients(splats: Splats, member: Tensor, away: Tensor, filled: Tensor) -> tuple[Tensor, Tensor]:
    """For Gaussians ``member`` (T,K) whose centres are ``away`` (T,K,2) from the tile's middle: log alpha as
    coefficients of 1, x, y, x², xy, y² (T,K,6), and the values with the depth taken at the middle (T,K,6).
    """
    l00, _, l10, l11 = splats.halves.reshape(-1, 4)[member].unbind(-1)
    u, v = -l00 * away[..., 0], -l10 * away[..., 0] - l11 * away[..., 1]  # whitened, at the middle
    opacity = torch.where(filled, splats.opacities[member], 0.0)
    logs = [
        torch.log(opacity) - 0.5 * (u * u + v * v),
        -(u * l00 + v * l10),
        -v * l11,
        -0.5 * (l00 * l00 + l10 * l10),
        -l10 * l11,
        -0.5 * l11 * l11,
    ]
    rgb, depth, tilt = splats.values[member].split([3, 1, 2], -1)
    middle = depth - (tilt * away).sum(-1, keepdim=True)
    return torch.stack(logs, -1), torch.cat([rgb, middle, tilt], -1)


def _halfway(after: Tensor, values: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """The depth of the first Gaussian behind which less than half shines through, (T,P); any where there is none."""
    first = (after >= 0.5).sum(1).clamp(max=after.shape[1] - 1)
    depth, right, down = (torch.gather(values[..., i], 1, first) for i in (3, 4, 5))
    return depth + right * x + down * y
