"""A plain triangle rasteriser: silhouettes to compare, shaded pictures to look at, input views of our own objects.

Pixel (column i, row j) is sampled at its centre (i + ½, j + ½), row 0 on top. Small triangles are handled in groups
of equal bounding size and large ones one by one, so that neither 200k faces nor a few that fill the picture take more
than a fraction of a second without compiled code.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

_CHUNK = 1 << 22  # pixel tests in flight; bounds memory to a few hundred megabytes
_LARGE = 32  # pixels; a triangle wider or higher is handled alone


def _fragments(corners: np.ndarray, size: int) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Covered pixels of triangles ``corners`` (M,3,2) in pixels: (flat pixel, triangle, weights (n,3)), in chunks."""
    low = np.clip(np.floor(corners.min(1) - 0.5), 0, size).astype(np.int64)
    high = np.clip(np.ceil(corners.max(1) + 0.5), 0, size).astype(np.int64)
    extent = (high - low).max(1)
    double = _edge(corners[:, 0], corners[:, 1], corners[:, 2])
    alive = ((high - low).min(1) > 0) & (np.abs(double) > 1e-12)
    for t in np.nonzero(alive & (extent > _LARGE))[0]:
        x = np.arange(low[t, 0], high[t, 0])
        y = np.arange(low[t, 1], high[t, 1])[:, None]
        a, b, c = corners[t]
        w0, w1 = (_plane(p, q, x + 0.5, y + 0.5) / double[t] for p, q in ((b, c), (c, a)))
        w2 = 1.0 - w0 - w1
        hit = np.minimum(np.minimum(w0, w1), w2) >= -1e-9
        yield (y * size + x)[hit], np.full(np.count_nonzero(hit), t), np.stack([w0[hit], w1[hit], w2[hit]], -1)
    side = 1
    while side <= _LARGE:
        group = np.nonzero(alive & (extent <= side) & (extent > side // 2))[0]
        y, x = np.divmod(np.arange(side * side), side)
        for start in range(0, len(group), max(1, _CHUNK // (side * side))):
            tri = group[start : start + max(1, _CHUNK // (side * side))]
            px = low[tri, 0][:, None] + x
            py = low[tri, 1][:, None] + y
            p = np.stack([px + 0.5, py + 0.5], -1)
            a, b, c = (corners[tri, i][:, None] for i in range(3))
            w0 = _edge(b, c, p) / double[tri][:, None]
            w1 = _edge(c, a, p) / double[tri][:, None]
            w2 = 1.0 - w0 - w1
            hit = (np.minimum(np.minimum(w0, w1), w2) >= -1e-9) & (px < size) & (py < size)
            yield (py * size + px)[hit], np.broadcast_to(tri[:, None], hit.shape)[hit], np.stack([w0, w1, w2], -1)[hit]
        side *= 2


def _edge(a: np.ndarray, b: np.ndarray, p: np.ndarray) -> np.ndarray:
    return (b[..., 0] - a[..., 0]) * (p[..., 1] - a[..., 1]) - (b[..., 1] - a[..., 1]) * (p[..., 0] - a[..., 0])


def _plane(a: np.ndarray, b: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """``_edge`` at every x of every y."""
    return np.asarray((b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]))


def axes(azimuth: float, elevation: float) -> np.ndarray:
    """Rows right, up, toward-the-camera (3,3) of a camera looking at the origin; radians, 0 = on −Y, +Z up."""
    sa, ca, se, ce = np.sin(azimuth), np.cos(azimuth), np.sin(elevation), np.cos(elevation)
    return np.array([[ca, sa, 0], [-sa * se, ca * se, ce], [sa * ce, -ca * ce, se]])


def silhouette(
    vertices: np.ndarray, faces: np.ndarray, azimuth: float, elevation: float, size: int = 256, half: float = 1.75
) -> np.ndarray:
    """Orthographic silhouette (size, size) bool; the window spans ±``half`` world units about the origin."""
    seen = vertices @ axes(azimuth, elevation).T
    pixels = np.stack([(seen[:, 0] / half + 1) / 2 * size, (1 - seen[:, 1] / half) / 2 * size], 1)
    image = np.zeros(size * size, bool)
    for pixel, _, _ in _fragments(pixels[faces], size):
        image[pixel] = True
    return image.reshape(size, size)


def visible(points: np.ndarray, faces: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Nearest triangle per pixel. ``points`` (N,3): column, row in pixels and nearness (larger is nearer, affine on
    screen, 1/depth for a perspective camera). Returns face index (size, size) int64, −1 where empty, and weights
    (size, size, 3), barycentric on screen.
    """
    corners, near = points[faces][..., :2], points[faces][..., 2]
    best = np.full(size * size, -np.inf)
    owner = np.full(size * size, -1, np.int64)
    weights = np.zeros((size * size, 3))
    for pixel, tri, w in _fragments(corners, size):
        depth = (near[tri] * w).sum(1)
        np.maximum.at(best, pixel, depth)
        pick = np.nonzero(depth == best[pixel])[0]
        owner[pixel[pick]], weights[pixel[pick]] = tri[pick], w[pick]
    return owner.reshape(size, size), weights.reshape(size, size, 3)


def shade(
    vertices: np.ndarray,
    faces: np.ndarray,
    colours: np.ndarray,
    azimuth: float,
    elevation: float,
    size: int = 256,
    fov: float = 0.0,
    distance: float = 0.0,
    half: float = 1.2,
    light: tuple[float, float, float] = (-0.35, 0.55, 0.75),
    ambient: float = 0.5,
    smooth: bool = True,
) -> np.ndarray:
    """A picture (size, size, 4) float32 RGBA, transparent where empty.

    ``colours`` (N,3) in [0, 1]; ``fov`` (radians, full angle) with ``distance`` gives a perspective camera, otherwise
    it is orthographic with ±``half``; ``light`` in camera axes. Normals face the camera, whatever the winding.
    """
    seen = vertices @ axes(azimuth, elevation).T
    if fov:
        depth = distance - seen[:, 2]
        f = 1 / np.tan(fov / 2) / depth
        points = np.stack([(seen[:, 0] * f + 1) / 2 * size, (1 - seen[:, 1] * f) / 2 * size, 1 / depth], 1)
    else:
        points = np.stack([(seen[:, 0] / half + 1) / 2 * size, (1 - seen[:, 1] / half) / 2 * size, seen[:, 2]], 1)
    owner, weights = visible(points, faces, size)
    hit = owner >= 0
    tri = faces[owner[hit]]
    w = weights[hit]
    if fov:  # screen weights to surface weights
        w = w * points[tri, 2]
        w /= w.sum(1, keepdims=True)
        w = w / points[tri, 2]
        w /= w.sum(1, keepdims=True)
    flat = np.cross(seen[faces[:, 1]] - seen[faces[:, 0]], seen[faces[:, 2]] - seen[faces[:, 0]])
    if smooth:
        normal = np.zeros_like(seen)
        for i in range(3):
            np.add.at(normal, faces[:, i], flat)
        n = (normal[tri] * w[..., None]).sum(1)
    else:
        n = flat[owner[hit]]
    n /= np.linalg.norm(n, axis=1, keepdims=True) + 1e-12
    n *= np.where(n[:, 2:] < 0, -1, 1)
    lamp = np.array(light) / np.linalg.norm(light)
    lit = ambient + (1 - ambient) * np.clip(n @ lamp, 0, None)
    image = np.zeros((size, size, 4), np.float32)
    image[hit, :3] = np.clip((colours[tri] * w[..., None]).sum(1) * lit[:, None], 0, 1)
    image[hit, 3] = 1
    return image
