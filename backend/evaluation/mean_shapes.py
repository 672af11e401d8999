"""The mean of every category's training objects: what somebody would say who heard no more than the category.

Objects are made solid on a lattice (a cell is inside where no camera around sees it, or where the surface passes),
each lattice becomes a truncated signed distance, and a category's mean field is cut at the level that encloses as
much as its objects do in the mean. Built once, a minute or two, and cached.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from scipy.ndimage import distance_transform_edt, gaussian_filter, grey_closing

from ..surface.marching_cubes import dense_cells, marching_cubes
from .metrics import sample
from .objects import Object

CELLS, HALF = 48, 1.1  # of the lattice about an object whose longest side is 2
CELL = 2 * HALF / CELLS
REACH = 0.3  # distances are cut there
POINTS = 30_000
PIXELS = int(np.ceil(2 * np.sqrt(3) * HALF / CELL))
MOST = 48  # objects of a category that are taken, evenly picked
DIRECTIONS = np.array([d for d in product((-1, 0, 1), repeat=3) if sum(map(abs, d)) in (1, 3)], float)
FORMAT = 1  # of the cache


def solid(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Occupancy (CELLS,)*3 bool, axes x, y, z, of a mesh whose box's longest side is 2, about the origin.

    The surface is POINTS points; what holes they leave in a depth map are closed.
    """
    points = sample(vertices, faces, POINTS, seed=2)
    axis = (np.arange(CELLS) + 0.5) * CELL - HALF
    centres = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), -1).reshape(-1, 3)
    hidden = np.arange(len(centres))
    for direction in DIRECTIONS:
        view = _facing(direction / np.linalg.norm(direction))
        seen, asked = points @ view.T, centres[hidden] @ view.T
        depth = np.full(PIXELS * PIXELS, -9.0)
        np.maximum.at(depth, _pixel(seen), seen[:, 2])
        closed = grey_closing(depth.reshape(PIXELS, PIXELS), (3, 3)).ravel()
        hidden = hidden[asked[:, 2] <= closed[_pixel(asked)]]
    inside = np.zeros(len(centres), bool)
    inside[hidden] = True
    inside = inside.reshape((CELLS,) * 3)
    inside[tuple(np.clip(((points + HALF) / CELL).astype(int), 0, CELLS - 1).T)] = True  # thin things too
    return inside


def _pixel(seen: np.ndarray) -> np.ndarray:
    """Which pixel of a square as wide as the lattice's diagonal; as wide as a cell."""
    column, row = (np.clip((seen[:, i] / CELL + PIXELS / 2).astype(int), 0, PIXELS - 1) for i in (0, 1))
    return np.asarray(row * PIXELS + column)


def signed_distance(inside: np.ndarray) -> np.ndarray:
    """Occupancy → distance to its border, positive inside, cut at REACH; float32."""
    within, beyond = distance_transform_edt(inside), distance_transform_edt(~inside)
    return np.clip((within - beyond - np.where(inside, 0.5, -0.5)) * CELL, -REACH, REACH).astype(np.float32)


def mean_field(solids: Sequence[np.ndarray]) -> np.ndarray:
    """Occupancies → their mean signed distance, shifted so that its positive part has their mean volume."""
    field = gaussian_filter(np.mean([signed_distance(s) for s in solids], axis=0), 0.5)
    volume = round(float(np.mean([s.sum() for s in solids])))
    level = np.partition(field.ravel(), -max(1, volume))[-max(1, volume)]
    return (field - level).astype(np.float32)


def surface(field: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The zero level of a lattice field: vertices (N,3), faces (M,3), closed where it meets the lattice's border."""
    values = np.pad(field, 1, constant_values=-REACH)
    values[values == 0] = 1e-6
    vertices, faces = marching_cubes(*dense_cells(values))
    return (vertices - 0.5) * CELL - HALF, faces


@dataclass
class MeanShapes:
    """``fields`` by category."""

    fields: dict[str, np.ndarray]

    def mesh(self, category: str) -> tuple[np.ndarray, np.ndarray]:
        """In the objects' own frame, front −Y, longest side about 2."""
        return surface(self.fields[category])


def load(objects: Sequence[Object], categories: Sequence[str], cache: Path) -> MeanShapes:
    """The mean field of each category of training objects, from ``cache`` where it was made before."""
    fields = {}
    for category in sorted(set(categories)):
        chosen = [o for o, c in zip(objects, categories, strict=True) if c == category]
        chosen = [chosen[i] for i in np.unique(np.linspace(0, len(chosen) - 1, min(MOST, len(chosen))).astype(int))]
        key = hashlib.sha256("\n".join([str(FORMAT), *(o.id for o in chosen)]).encode()).hexdigest()[:12]
        path = Path(cache) / f"mean_{category}_{key}.npy"
        fields[category] = _kept(path, lambda chosen=chosen: mean_field([_solid_of(o) for o in chosen]))  # type: ignore[misc]
    return MeanShapes(fields)


def _kept(path: Path, make: Callable[[], np.ndarray]) -> np.ndarray:
    if not path.is_file():
        print(f"making {path.stem}; this is done once", flush=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial.npy")
        np.save(partial, make())
        partial.replace(path)
    return np.load(path)


def _solid_of(thing: Object) -> np.ndarray:
    v = thing.vertices.astype(np.float64)
    low, high = v.min(0), v.max(0)
    return solid((v - (low + high) / 2) * (2 / max(1e-9, float((high - low).max()))), thing.faces)


def _facing(towards: np.ndarray) -> np.ndarray:
    """Rows right, up, ``towards`` the camera."""
    aside = np.array([0.0, 0.0, 1.0]) if abs(towards[2]) < 0.9 else np.array([0.0, 1.0, 0.0])
    right = np.cross(aside, towards)
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(towards, right), towards])
