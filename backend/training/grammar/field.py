"""Signed distance and colour of primitives, at points and on grids. Positive inside.

Boxes, cylinders, frusta, capsules, rings and gables have their true distance; ellipsoids and pyramids a bound that is
right to first order at the surface, which is where it is used.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .solids import Kind, Solids, boxes

_Axis = np.ndarray  # any shapes that broadcast against each other: a part that stands upright stays cheap
Measure = Callable[..., np.ndarray]  # x, y, z in the local frame, size (3,), shape (2,) → negative inside


def _join(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Distance to the product of two shapes from the distances (negative inside) to each."""
    return np.minimum(np.maximum(a, b), 0) + np.sqrt(np.square(np.maximum(a, 0)) + np.square(np.maximum(b, 0)))


def _trapezium(q: _Axis, z: _Axis, bottom: float, top: float, height: float) -> np.ndarray:
    """Distance to |q| ≤ width(z), |z| ≤ height in the plane, the width falling evenly from ``bottom`` to ``top``."""
    if bottom == top:
        return _join(q - bottom, np.abs(z) - height)
    cap_q = np.maximum(q - np.where(z < 0, np.float32(bottom), np.float32(top)), 0)
    cap_z = np.abs(z) - height
    run, rise = top - bottom, 2 * height
    along = np.clip(((q - bottom) * run + (z + height) * rise) / (run * run + rise * rise), 0, 1)
    side_q, side_z = q - bottom - along * run, z + height - along * rise
    far = np.sqrt(np.minimum(np.square(cap_q) + np.square(cap_z), np.square(side_q) + np.square(side_z)))
    inside = (side_q * rise - (side_z * run) < 0) & (cap_z < 0)
    return np.where(inside, -far, far)


def _box(x, y, z, size, shape):
    r, taper = shape
    hx, hy, hz = size - r
    ax, ay = np.abs(x), np.abs(y)
    if taper == 1:
        dx, dy, dz = ax - hx, ay - hy, np.abs(z) - hz
        out = np.square(np.maximum(dx, 0)) + np.square(np.maximum(dy, 0)) + np.square(np.maximum(dz, 0))
        return np.sqrt(out) + np.minimum(np.maximum(np.maximum(dx, dy), dz), 0) - r
    lean_x, lean_y = hx * (1 - taper) / (2 * hz), hy * (1 - taper) / (2 * hz)
    up = z + hz
    dx = (ax - hx + lean_x * up) / np.sqrt(1 + lean_x * lean_x)
    dy = (ay - hy + lean_y * up) / np.sqrt(1 + lean_y * lean_y)
    return np.maximum(np.maximum(dx, dy), np.abs(z) - hz) - r


def _radius(x, y, hx, hy, even=True):
    """Distance from the z axis, counted so that the ellipse hx × hy is the circle of its smaller half axis."""
    least = min(hx, hy)
    if hx == hy:
        return np.sqrt(np.square(x) + np.square(y)), least
    if even:
        k0 = np.sqrt(np.square(x / hx) + np.square(y / hy))
        k1 = np.sqrt(np.square(x / (hx * hx)) + np.square(y / (hy * hy)))
        return least + k0 * (k0 - 1) / np.maximum(k1, 1e-3 / least), least
    return np.sqrt(np.square(x * (least / hx)) + np.square(y * (least / hy))), least


def _ellipsoid(x, y, z, size, shape):
    a, b, c = size
    k0 = np.sqrt(np.square(x / a) + np.square(y / b) + np.square(z / c))
    k1 = np.sqrt(np.square(x / (a * a)) + np.square(y / (b * b)) + np.square(z / (c * c)))
    k0 = np.maximum(k0, 1e-3)
    return k0 * (k0 - 1) / np.maximum(k1, 1e-3 / min(a, b, c))


def _cylinder(x, y, z, size, shape):
    r, taper = shape
    q, radius = _radius(x, y, size[0], size[1], taper == 1)
    bottom, top = (radius, radius * taper) if taper <= 1 else (radius / taper, radius)
    return _trapezium(q, z, max(bottom - r, 0), max(top - r, 0), size[2] - r) - r


def _capsule(x, y, z, size, shape):
    taper = shape[1]
    bottom, top = (size[0], size[0] * taper) if taper <= 1 else (size[0] / taper, size[0])
    low, high = -size[2] + bottom, size[2] - top
    q2 = np.square(x) + np.square(y)
    if bottom == top:
        return np.sqrt(q2 + np.square(z - np.clip(z, low, high))) - bottom
    lean = (bottom - top) / (high - low)  # the cone touches both balls, not their equators
    slope = lean / np.sqrt(1 - lean * lean) if abs(lean) < 1 else 0.0
    along = np.clip((z - np.sqrt(q2) * slope - low) / (high - low), 0, 1)
    return np.sqrt(q2 + np.square(z - low - along * (high - low))) - bottom - along * (top - bottom)


def _torus(x, y, z, size, shape):
    tube, arc = size[2], shape[0]
    q, radius = _radius(x, y, size[0] - tube, size[1] - tube)
    if arc <= 0:
        return np.sqrt(np.square(q - radius) + np.square(z)) - tube
    ax = np.abs(x)
    sin, cos = np.sin(arc), np.cos(arc)
    end = np.square(ax - sin * (size[0] - tube)) + np.square(y - cos * (size[1] - tube))
    within = ax * cos <= y * sin if arc <= np.pi / 2 else (y >= 0) | (ax * cos <= y * sin)
    return np.sqrt(np.where(within, np.square(q - radius), end) + np.square(z)) - tube


def _prism(x, y, z, size, shape):
    r, taper = shape
    bottom = size[0] - r
    gable = _trapezium(np.abs(x), z, bottom, bottom * taper, size[2] - r)
    return _join(gable, np.abs(y) - size[1] + r) - r


def _dome(x, y, z, size, shape):
    up = z + size[2]
    whole = _ellipsoid(x, y, np.maximum(up, 0), size * np.array([1, 1, 2], np.float32), shape)
    return np.where(up >= 0, np.maximum(whole, -up), np.sqrt(np.square(up) + np.square(np.maximum(whole, 0))))


_MEASURES: dict[int, Measure] = {
    Kind.BOX: _box,
    Kind.ELLIPSOID: _ellipsoid,
    Kind.CYLINDER: _cylinder,
    Kind.CAPSULE: _capsule,
    Kind.TORUS: _torus,
    Kind.PRISM: _prism,
    Kind.DOME: _dome,
}


def part_distance(solids: Solids, i: int, x: _Axis, y: _Axis, z: _Axis) -> np.ndarray:
    """Distance (broadcast shape, float32) to primitive ``i``, positive inside, whether it is a cut or not.

    ``x, y, z`` are world coordinates of any shapes that broadcast; open grids (a,1,1), (1,b,1), (1,1,c) stay open as
    long as the rotation allows, which makes upright parts several times cheaper.
    """
    world = [np.asarray(p - c, np.float32) for p, c in zip((x, y, z), solids.centre[i], strict=True)]
    local = []
    for column in solids.rotation[i].T:
        terms = [p * w for p, w in zip(world, column, strict=True) if abs(w) > 1e-6]
        total = terms[0]
        for term in terms[1:]:
            total = total + term
        local.append(total)
    return -_MEASURES[int(solids.kind[i])](*local, solids.size[i], solids.shape[i])


def _owners(solids: Solids, points: np.ndarray, reach: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Distance (m,) and the primitive (m,) int32 nearest by surface; with ``reach`` only parts that near count."""
    best = np.full(len(points), -np.inf, np.float32)
    owner = np.zeros(len(points), np.int32)
    low, high = boxes(solids)
    for i in range(len(solids)):
        near = np.arange(len(points))
        if reach is not None:
            near = np.nonzero(((points >= low[i] - reach) & (points <= high[i] + reach)).all(1))[0]
        if not len(near):
            continue
        d = part_distance(solids, i, *points[near].T)
        before = best[near]
        won = -d < before if solids.cut[i] else d > before
        best[near[won]] = -d[won] if solids.cut[i] else d[won]
        owner[near[won]] = i
    return best, owner


def distance(solids: Solids, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Signed distance (m,) float32, positive inside, and colour (m, 3) float32 of the nearest part at ``points``."""
    best, owner = _owners(solids, np.asarray(points, np.float32), None)
    return best, solids.colour[owner]


def centres(resolution: int) -> np.ndarray:
    """Coordinates (R,) float32 of the cell centres of [-1, 1] cut in ``resolution`` cells."""
    return ((np.arange(resolution, dtype=np.float32) + 0.5) * 2 / resolution - 1).astype(np.float32)


def grids(solids: Solids, resolution: int = 64, band: float = 0.1) -> tuple[np.ndarray, np.ndarray]:
    """The training target: distances (R, R, R) float32, clip(sdf, ±band) / band at the cell centres of [-1, 1]³, in
    index order x, y, z; and colours (R/2, R/2, R/2, 3) uint8 of the surface nearest to each coarser cell (the mean
    colour where the surface is farther than the band). Each part is measured in its own box only.
    """
    axis = centres(resolution)
    sdf = np.full((resolution,) * 3, -band, np.float32)
    low, high = boxes(solids)
    low, high = np.searchsorted(axis, low - band), np.searchsorted(axis, high + band)
    for i in range(len(solids)):
        span = tuple(slice(int(a), int(b)) for a, b in zip(low[i], high[i], strict=True))
        if min(s.stop - s.start for s in span) <= 0:
            continue
        d = part_distance(solids, i, axis[span[0], None, None], axis[None, span[1], None], axis[None, None, span[2]])
        block = sdf[span]
        if solids.cut[i]:
            np.minimum(block, -d, out=block)
        else:
            np.maximum(block, d, out=block)
    np.clip(sdf, -band, band, out=sdf)
    rgb = _surface_colours(solids, sdf, band)
    sdf /= band
    return sdf, rgb


def _surface_colours(solids: Solids, sdf: np.ndarray, band: float) -> np.ndarray:
    """Colour of each 2×2×2 block's nearest point on the surface; looked up there, so that thin trim keeps its own."""
    half = sdf.shape[0] // 2
    eight = sdf.reshape(half, 2, half, 2, half, 2)
    value = eight.mean((1, 3, 5))
    near = np.abs(value) < 0.85 * band
    at = np.stack(np.nonzero(near), 1)
    cells = eight.transpose(0, 2, 4, 1, 3, 5)[near]
    slope = np.stack([np.diff(cells.mean((2, 3))), np.diff(cells.mean((1, 3))), np.diff(cells.mean((1, 2)))], 1)[..., 0]
    slope /= np.linalg.norm(slope, axis=1, keepdims=True) + 1e-6
    points = centres(half)[at] - slope * value[near][:, None]
    left, owner = _owners(solids, points.astype(np.float32), 0.05)
    known = np.zeros((half, half, half, 4), np.float32)  # rgb times weight, weight
    known[near, :3], known[near, 3] = solids.colour[owner], 1
    # Inside where parts overlap, and in the middle of thin walls, the slope leads elsewhere: ask the neighbours there.
    astray = at[np.abs(left) > 0.02]
    known[tuple(astray.T)] = 0
    around = _with_neighbours(known)[tuple(astray.T)]
    known[tuple(astray.T)] = around / np.maximum(around[:, 3:], 1e-6)
    told = known[..., 3] > 0.5
    rgb = np.empty((half, half, half, 3), np.uint8)
    rgb[:] = np.round((known[told, :3].mean(0) if told.any() else solids.colour[0]) * 255)
    rgb[told] = np.round(known[told, :3] * 255)
    return rgb


def _with_neighbours(values: np.ndarray) -> np.ndarray:
    """Sums over each cell's 3×3×3 neighbourhood, (R, R, R, C) → the same."""
    for axis in range(3):
        total = values.copy()
        first, last = [slice(None)] * 4, [slice(None)] * 4
        first[axis], last[axis] = slice(None, -1), slice(1, None)
        total[tuple(last)] += values[tuple(first)]
        total[tuple(first)] += values[tuple(last)]
        values = total
    return values
