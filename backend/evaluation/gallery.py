"""Every training object as a few cameras see it, so that the one most like a picture is found.

A view is described by 16² alphas, 16² luminances (what of the shading is left when its mean and its spread are taken
out) and 8² colours, all of the picture as it is framed for the engines. Built once, a minute or two, and cached.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ..imaging.framing import FILL
from .objects import Object, read_index, read_objects
from .raster import axes

AZIMUTHS = tuple(range(0, 360, 30))  # degrees
ELEVATION = 15.0
SIZE, FOV = 32, 45.0
POINTS = 6000
LAMP = (-0.35, 0.55, 0.75)  # in camera axes
SHARDS = ("other_train_00", "other_train_01", "other_train_02", "other_train_untextured")
FINE, COARSE = 16, 8
SPREAD = 2.5  # luminances are cut at so many standard deviations
FORMAT = 2  # of the cache

Weights = tuple[float, float, float]  # of alphas, luminances, colours
# Chosen on every sixth object of other_val, view 0, by the F@0.1 of what is found: the outline says most.
WEIGHTS: Weights = (1.0, 0.1, 0.2)


@dataclass(frozen=True)
class Match:
    """A training object that looks like the picture when seen from ``azimuth`` (degrees), and how unlike it is."""

    object: int
    azimuth: float
    distance: float


@dataclass
class Gallery:
    """``objects`` and their ``categories``; ``views`` (n · len(AZIMUTHS), 704) uint8, of which the row
    i · len(AZIMUTHS) + j is object i seen from AZIMUTHS[j].
    """

    objects: list[Object]
    categories: list[str]
    views: np.ndarray
    weights: Weights = WEIGHTS
    _known: np.ndarray | None = field(default=None, repr=False)

    def match(self, rgba: np.ndarray, count: int = 1) -> list[Match]:
        """The ``count`` objects most like a framed picture (S,S,4), each once, the nearest first."""
        if self._known is None:
            self._known = weighted(self.views, self.weights)
            self._squares = (self._known**2).sum(1)
        wanted = weighted(describe(rgba)[None], self.weights)[0]
        distance = self._squares - 2 * (self._known @ wanted) + wanted @ wanted
        distance = distance.reshape(-1, len(AZIMUTHS))
        facing = distance.argmin(1)
        least = distance[np.arange(len(facing)), facing]
        order = np.argsort(least, kind="stable")[:count]
        return [Match(int(i), float(AZIMUTHS[facing[i]]), float(least[i])) for i in order]

    def category(self, matches: list[Match]) -> str:
        """What most of the matches are; the nearer of those that tie."""
        names = [self.categories[m.object] for m in matches]
        return max(names, key=names.count)


def describe(rgba: np.ndarray) -> np.ndarray:
    """A framed picture (S,S,4) straight alpha in [0, 1], S a multiple of FINE → (704,) uint8."""
    alpha = rgba[..., 3:]
    small = _means(np.concatenate([rgba[..., :3] * alpha, alpha], -1), FINE)
    a = small[..., 3]
    colour = small[..., :3] / np.maximum(a, 1e-3)[..., None]
    light = colour @ np.array([0.299, 0.587, 0.114])
    total = max(float(a.sum()), 1e-6)
    mean = float((a * light).sum()) / total
    spread = np.sqrt(float((a * (light - mean) ** 2).sum()) / total)
    shading = np.clip((light - mean) / (spread + 0.05), -SPREAD, SPREAD) / SPREAD * a
    over_grey = _means(small[..., :3] + 0.5 * (1 - small[..., 3:]), COARSE)
    values = np.concatenate([a.ravel(), shading.ravel() / 2 + 0.5, over_grey.ravel()])
    return (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)


def weighted(views: np.ndarray, weights: Weights) -> np.ndarray:
    """Descriptions (n,704) as vectors whose squared distances are the weighted mean squared differences."""
    sizes = (FINE**2, FINE**2, 3 * COARSE**2)
    scale = np.repeat([np.sqrt(w / n) / 255 for w, n in zip(weights, sizes, strict=True)], sizes)
    return views * scale.astype(np.float32)


def normalised(thing: Object) -> np.ndarray:
    """Vertices about the middle of their box, within a ball of 0.9: how objects are put before a camera."""
    v = thing.vertices.astype(np.float64)
    v = v - (v.max(0) + v.min(0)) / 2
    return v * (0.9 / max(1e-9, float(np.linalg.norm(v, axis=1).max())))


def views_of(thing: Object) -> np.ndarray:
    """(len(AZIMUTHS), 704) uint8; of zeros where a camera sees nothing.

    Drawn as POINTS flat-shaded points of the surface, all views at once: ten times faster than faces, and of
    pictures so small as good.
    """
    vertices = normalised(thing)
    rng = np.random.default_rng(0)
    a, b, c = (vertices[thing.faces[:, i]] for i in range(3))
    normals = np.cross(b - a, c - a)
    area = np.linalg.norm(normals, axis=1)
    pick = rng.choice(len(area), POINTS, p=area / area.sum())
    r, s = np.sqrt(rng.random(POINTS))[:, None], rng.random(POINTS)[:, None]
    points = a[pick] * (1 - r) + b[pick] * (r * (1 - s)) + c[pick] * (r * s)
    colours = thing.colours[thing.faces].mean(1)[pick] / 255
    cameras = np.stack([axes(np.radians(azimuth), np.radians(ELEVATION)) for azimuth in AZIMUTHS])
    lamps = np.einsum("vij,i->vj", cameras, np.array(LAMP) / np.linalg.norm(LAMP))
    lit = 0.5 + 0.5 * np.clip(_facing(normals[pick] / area[pick, None], cameras[:, 2], lamps), 0, None)
    seen = np.einsum("nj,vij->vni", points, cameras)
    shrink = 1 / (1 - seen[..., 2:] * np.sin(np.radians(FOV / 2)))  # from where a ball of 1 fills the picture
    flat = seen[..., :2] * shrink
    low, high = flat.min(1, keepdims=True), flat.max(1, keepdims=True)
    side = (high - low).max(2, keepdims=True) / FILL
    place = ((flat - (low + high) / 2) / np.maximum(side, 1e-9) + 0.5) * SIZE
    column, row = (
        np.clip(place[..., 0], 0, SIZE - 1).astype(int),
        np.clip(SIZE - place[..., 1], 0, SIZE - 1).astype(int),
    )
    views = len(AZIMUTHS)
    pixel = (np.arange(views)[:, None] * SIZE + row) * SIZE + column
    order = np.lexsort((seen[..., 2].ravel(), pixel.ravel()))  # the last of each pixel is its nearest
    pixels = pixel.ravel()[order]
    last = np.r_[pixels[1:] != pixels[:-1], True]
    image = np.zeros((views * SIZE * SIZE, 4), np.float32)
    shown = order[last]
    image[pixels[last], :3] = colours[shown % POINTS] * lit.ravel()[shown, None]
    image[pixels[last], 3] = 1
    return np.stack([describe(view) for view in image.reshape(views, SIZE, SIZE, 4)])


def _facing(normals: np.ndarray, towards: np.ndarray, lamps: np.ndarray) -> np.ndarray:
    """Cosines (v,n) of normals (n,3), turned to each camera (v,3), to each camera's lamp (v,3)."""
    return np.asarray(np.where(towards @ normals.T < 0, -1, 1) * (lamps @ normals.T))


def load(data: Path, cache: Path) -> Gallery:
    """The training objects of ``data`` with their views, from ``cache`` where they were described before.

    A build that is cut off goes on with the shard it was in.
    """
    index = read_index(data)
    objects, parts = [], []
    for shard in SHARDS:
        things = list(read_objects(Path(data) / f"{shard}.npz"))
        key = hashlib.sha256("\n".join([str(FORMAT), *(o.id for o in things)]).encode()).hexdigest()[:12]
        path = Path(cache) / f"views_{shard}_{key}.npy"
        if not path.is_file():
            print(f"describing {len(things)} objects of {shard} for retrieval; this is done once", flush=True)
            described = np.stack([views_of(o) for o in things])
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".partial.npy")
            np.save(partial, described)
            partial.replace(path)
        objects += things
        parts.append(np.load(path).reshape(-1, 2 * FINE**2 + 3 * COARSE**2))
    categories = [index.get(o.id, {}).get("category", "other") for o in objects]
    return Gallery(objects, categories, np.concatenate(parts))


def _means(image: np.ndarray, size: int) -> np.ndarray:
    """(S,S,c) → (size,size,c), the mean of each block."""
    step = image.shape[0] // size
    return image.reshape(size, step, size, step, -1).mean((1, 3))
