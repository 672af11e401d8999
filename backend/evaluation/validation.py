"""Input pictures of the validation objects, drawn by ourselves: what thresholds and weights may be chosen by.

*plain*: the object as it is, one lamp and much ambient light. *hard*: one colour with slow waves in it, darker shadows
from smoothed normals, another exposure, noise. Unless asked otherwise an object is drawn *mixed*: plain in its even
views and hard in its odd ones, or, about every second object, the other way round. Azimuth within ±60°, elevation 0 to
30°, viewing angle 40 to 50°; all of them by the object's, the view's and the kind's number alone, so that every run,
of all objects or of a sample, sees the same pictures.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from .gallery import normalised
from .objects import Object, View, read_index, read_objects
from .raster import shade

KINDS = ("plain", "hard")
MIXED = ("mixed",)
SIZE = 512  # of a picture; drawn twice as large


def read_validation(
    data: Path, cache: Path, view: int = 0, kinds: tuple[str, ...] = MIXED, every: int = 1
) -> list[View]:
    """Every ``every``-th object of other_val, seen as view number ``view`` in each of ``kinds`` (of KINDS, or MIXED).
    Pictures that are not in ``cache`` yet are drawn there.
    """
    index = read_index(data)
    views = []
    for number, thing in list(enumerate(read_objects(Path(data) / "other_val.npz")))[::every]:
        for kind in (KINDS[(bin(number).count("1") + view) % 2],) if kinds == MIXED else kinds:
            azimuth, elevation, fov, rng = _camera(number, view, kind)
            path = Path(cache) / f"{kind}_{view}" / f"{number:03d}.png"
            if not path.is_file():
                path.parent.mkdir(parents=True, exist_ok=True)
                partial = path.with_suffix(".partial")
                Image.fromarray(draw(thing, azimuth, elevation, fov, kind, rng)).save(partial, format="PNG")
                partial.replace(path)
            textured = kind == "plain" and bool(index.get(thing.id, {}).get("textured", True))
            views.append(View(thing, kind, path, azimuth, elevation, textured, view))
    return views


def draw(
    thing: Object, azimuth: float, elevation: float, fov: float, kind: str, rng: np.random.Generator
) -> np.ndarray:
    """(SIZE, SIZE, 4) uint8 straight alpha; angles in degrees. The camera is as far as shows a ball of radius 1."""
    vertices, colours = normalised(thing), thing.colours / 255
    lamp = rng.normal(size=3) * (1, 0.6, 0.5) + (0, 0.7, 1.0)
    hard = kind == "hard"
    if hard:
        waves = np.sin(8 * vertices @ rng.normal(size=(3, 4)) + 6 * rng.random(4)).mean(1, keepdims=True)
        colours = np.clip(rng.uniform(0.2, 0.8, (1, 3)) * (1 + 0.25 * waves), 0, 1)
    angle = np.radians(fov)
    large = shade(
        vertices, thing.faces, colours, np.radians(azimuth), np.radians(elevation), 2 * SIZE,
        fov=angle, distance=1 / np.sin(angle / 2), light=tuple(lamp), ambient=0.35 if hard else 0.6, smooth=hard,
    )  # fmt: skip
    large[..., :3] *= large[..., 3:]
    image = large.reshape(SIZE, 2, SIZE, 2, 4).mean((1, 3))
    image[..., :3] /= np.maximum(image[..., 3:], 1e-3)
    if hard:
        image[..., :3] = image[..., :3] ** np.exp(0.2 * rng.normal()) + 0.03 * rng.normal(size=(SIZE, SIZE, 3))
    return (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)


def _camera(number: int, view: int, kind: str) -> tuple[float, float, float, np.random.Generator]:
    """Azimuth, elevation and viewing angle in degrees, and what remains of chance for the picture."""
    rng = np.random.default_rng([number, view, KINDS.index(kind)])
    return float(rng.uniform(-60, 60)), float(rng.uniform(0, 30)), float(rng.uniform(40, 50)), rng
