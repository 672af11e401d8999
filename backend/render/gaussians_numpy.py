"""Pictures of Gaussians with nothing but NumPy: what ``gaussians`` does with torch, without gradients.

The picture is cut into small tiles; every Gaussian is handed to the tiles it reaches, nearest first; and in a tile the
logarithm of K Gaussians' alphas at P pixels is one product (K, 6) @ (6, P), for it is a quadratic in the pixel's place.
Tiles are done many at a time, and left as soon as nothing shines through any more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ..shapes import GaussianCloud
from ..shapes.gaussians import select
from .cameras import Camera
from .gaussians_reference import CAP, CUT, NEAR, Rendering, project

TILE = 8  # pixels
SLAB = 32  # Gaussians of a tile that are blended at a time
TOGETHER = 256  # tiles; what they need at a time stays in a processor's cache
OPAQUE = 1e-4  # what shines through at most where a tile is left
PAIRS = 1 << 23  # of a Gaussian and a tile, listed at a time; large Gaussians near the camera reach every tile

_CORNER = np.arange(TILE) + 0.5 - TILE / 2
_Y, _X = (axis.ravel() for axis in np.meshgrid(_CORNER, _CORNER, indexing="ij"))  # from the tile's middle
_PLACES = np.stack([np.ones_like(_X), _X, _Y, _X * _X, _X * _Y, _Y * _Y]).astype(np.float32)


def render(cloud: GaussianCloud, camera: Camera, step: Callable[[float], None] = lambda fraction: None) -> Rendering:
    """``cloud`` seen by ``camera``, float32, as ``gaussians_reference`` has it to 1e-3. ``step`` hears the
    fraction done and may raise.
    """
    across, down = -(-camera.width // TILE), -(-camera.height // TILE)
    image = np.zeros((across * down, TILE * TILE, 6), np.float32)
    image[..., 5] = np.inf
    table = flatten(cloud, camera)
    low, high = footprints(table, across, down)
    for top, bottom in bands(low, high, down):
        members, starts, counts = assign(table, low, high, across, top, bottom)
        order = np.argsort(-counts, kind="stable")[: np.count_nonzero(counts)]
        for at in range(0, len(order), TOGETHER):
            step((top + (bottom - top) * at / len(order)) / down)
            here = order[at : at + TOGETHER]
            tiles = here + top * across
            image[tiles] = _blend(table, members, starts[here], counts[here], tiles, across)
    image = image.reshape(down, across, TILE, TILE, 6).swapaxes(1, 2).reshape(down * TILE, across * TILE, 6)
    image = image[: camera.height, : camera.width]
    alpha = np.ascontiguousarray(image[..., 3])
    depth = np.where(alpha > 0, image[..., 4] / np.where(alpha > 0, alpha, 1), np.inf).astype(np.float32)
    return Rendering(np.ascontiguousarray(image[..., :3]), alpha, depth, np.ascontiguousarray(image[..., 5]))


def flatten(cloud: GaussianCloud, camera: Camera) -> np.ndarray:
    """What is in front of the camera and can be seen, nearest first, (M, 15) float32: centre (column, row); the three
    entries of the lower triangular L with Σ⁻¹ = Lᵀ L; half width and half height in pixels, and in standard deviations,
    within which alpha is not cut; log opacity; rgb; depth and its slopes along columns and rows.
    """
    depths = cloud.means.astype(np.float64) @ camera.view[2, :3] + camera.view[2, 3]
    near = np.flatnonzero((depths > NEAR) & (cloud.opacities >= CUT))
    cloud = select(cloud, near[np.argsort(depths[near], kind="stable")])
    centres, flat, tilts = project(cloud, camera)
    a, b, c = flat[:, 0, 0], flat[:, 0, 1], flat[:, 1, 1]
    rest = np.sqrt(c - b * b / a)
    far = np.sqrt(np.maximum(2 * np.log(cloud.opacities.astype(np.float64) / CUT), 0))
    columns = [*centres[:, :2].T, 1 / np.sqrt(a), -b / a / rest, 1 / rest, far * np.sqrt(a), far * np.sqrt(c), far]
    columns += [np.log(cloud.opacities.astype(np.float64)), *cloud.colours.T, centres[:, 2], *tilts.T]
    return np.stack(columns, 1).astype(np.float32)


def footprints(table: np.ndarray, across: int, down: int) -> tuple[np.ndarray, np.ndarray]:
    """The first and the last tile (column, row) that each Gaussian may reach, (M,2); the last before the first where
    it is outside.
    """
    centres, reach = table[:, :2].astype(np.float64), table[:, 5:7].astype(np.float64)
    last = np.array([across, down]) - 1
    low = np.clip(np.floor((centres - reach) / TILE), 0, last + 1).astype(np.int64)
    high = np.clip(np.floor((centres + reach) / TILE), -1, last).astype(np.int64)
    return low, high


def bands(low: np.ndarray, high: np.ndarray, down: int) -> Iterator[tuple[int, int]]:
    """The picture's rows of tiles, cut so that each piece has at most ``PAIRS`` pairs, or is one row."""
    wide = np.maximum(high[:, 0] - low[:, 0] + 1, 0) * (high[:, 1] >= low[:, 1])
    begun = np.bincount(low[:, 1], wide, down + 1)[:down]
    ended = np.bincount(high[:, 1] + 1, wide, down + 1)[:down]
    top = pairs = 0
    for row, count in enumerate(np.cumsum(begun - ended)):
        if row > top and pairs + count > PAIRS:
            yield top, row
            top, pairs = row, 0
        pairs += count
    yield top, down


def assign(
    table: np.ndarray, low: np.ndarray, high: np.ndarray, across: int, top: int, bottom: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Which Gaussians reach which tile of the rows from ``top`` to before ``bottom``: ``members`` (pairs,), those of a
    tile together and nearest first, and per tile ``starts`` and ``counts``. No tile that one reaches is left out; a
    few more are let in.
    """
    low = np.maximum(low, [0, top])
    spans = np.maximum(np.minimum(high, [across, bottom - 1]) - low + 1, 0)
    pairs = spans.prod(1)
    member = np.repeat(np.arange(len(table)), pairs)
    within = np.arange(len(member)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
    row, column = np.divmod(within, spans[member, 0])
    x, y = low[member, 0] + column, low[member, 1] + row
    # The whitened offset of a tile's middle, less what it changes towards a corner, is at most how far out it gets.
    half = TILE / 2
    dx, dy = (x + 0.5) * TILE - table[member, 0], (y + 0.5) * TILE - table[member, 1]
    l00, l10, l11, far = table[member][:, (2, 3, 4, 7)].T
    u = np.maximum(np.abs(l00 * dx) - half * l00, 0)
    v = np.maximum(np.abs(l10 * dx + l11 * dy) - half * (np.abs(l10) + l11), 0)
    reached = np.flatnonzero(u * u + v * v <= far * far)
    tile, member = ((y - top) * across + x)[reached], member[reached]
    tiles = (bottom - top) * across
    order = np.argsort(tile.astype(np.uint16) if tiles <= 1 << 16 else tile, kind="stable")  # two bytes sort by radix
    counts = np.bincount(tile, minlength=tiles)
    return member[order], np.cumsum(counts) - counts, counts


def _blend(
    table: np.ndarray, members: np.ndarray, starts: np.ndarray, counts: np.ndarray, tiles: np.ndarray, across: int
) -> np.ndarray:
    """The pixels of the tiles (T,), (T, P, 6) float32: rgb, alpha, depth times alpha, median depth."""
    middles = (np.stack([tiles % across, tiles // across], -1) + 0.5).astype(np.float32) * TILE
    through = np.ones((len(tiles), TILE * TILE), np.float32)
    found = np.zeros((len(tiles), TILE * TILE, 6), np.float32)
    median = np.full_like(through, np.inf)
    live = np.arange(len(tiles))
    for begin in range(0, int(counts.max()), SLAB):
        live = live[(counts[live] > begin) & (through[live] > OPAQUE).any(1)]
        if not len(live):
            break
        slots = begin + np.arange(min(SLAB, int(counts[live].max()) - begin))
        chosen = table[members[np.minimum(starts[live, None] + slots, len(members) - 1)]]
        logs, values = _coefficients(chosen, middles[live], slots < counts[live, None])
        alphas = np.minimum(np.exp(logs @ _PLACES), np.float32(CAP))
        alphas[alphas < CUT] = 0
        before = through[live]
        alphas = np.subtract(1, alphas, out=alphas)
        alphas[:, 0] *= before
        after = np.cumprod(alphas, 1)
        weights = np.empty_like(after)
        np.subtract(before, after[:, 0], out=weights[:, 0])
        np.subtract(after[:, :-1], after[:, 1:], out=weights[:, 1:])
        found[live] += weights.swapaxes(1, 2) @ values
        crossed, pixel = np.nonzero((before >= 0.5) & (after[:, -1] < 0.5))
        first = (after[crossed, :, pixel] >= 0.5).sum(1)
        depth, right, below = values[crossed, first, 3:].T
        median[live[crossed], pixel] = depth + right * _X[pixel] + below * _Y[pixel]
        through[live] = after[:, -1]
    # A depth is affine in the pixel's place, and so are sums of depths.
    found[..., 4] = found[..., 3] + found[..., 4] * _X + found[..., 5] * _Y
    found[..., 3] = 1 - through
    found[..., 5] = median
    return found


def _coefficients(chosen: np.ndarray, middles: np.ndarray, filled: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of the table (T,K,15) seen from the tiles' middles (T,2) → log alpha as coefficients of 1, x, y, x², xy, y²
    (T,K,6), and rgb, depth at the middle, and its slopes (T,K,6).
    """
    dx, dy = chosen[..., 0] - middles[:, None, 0], chosen[..., 1] - middles[:, None, 1]
    l00, l10, l11 = chosen[..., 2], chosen[..., 3], chosen[..., 4]
    u, v = -l00 * dx, -l10 * dx - l11 * dy  # whitened, at the middle
    half = np.float32(0.5)
    constant = np.where(filled, chosen[..., 8] - half * (u * u + v * v), np.float32(-1e4))
    logs = [constant, -(u * l00 + v * l10), -v * l11, -half * (l00 * l00 + l10 * l10), -l10 * l11, -half * l11 * l11]
    values = chosen[..., 9:].copy()
    values[..., 3] -= chosen[..., 13] * dx + chosen[..., 14] * dy
    return np.stack(logs, -1), values
