"""What an engine is held against, each from the same framed picture and in the frame an engine delivers in."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import numpy as np

from ..engines.engine import Engine
from ..engines.pocket.engine import SHA256, WEIGHTS
from ..engines.pocket.network import Encoding, PocketNetwork
from ..shapes import TriangleMesh
from . import gallery, mean_shapes
from .first_surface import first_surface
from .gallery import ELEVATION, Gallery, Match
from .inflation import inflate
from .metrics import turned
from .raster import axes

PROTOTYPE_SHA256 = "de9748c44d73bdfdd9e38247871779d7337218e2811367fab11354d1ff8d8968"
VOTES = 15  # nearest neighbours that say what category a picture is of
STRETCH = (0.6, 1.7)  # the least and the most that a found object is stretched to the outline's proportions

Rival = Callable[[np.ndarray], TriangleMesh]
TITLES = ("inflation", "nearest", "category mean", "prototype")


def prototype_weights(kept: Path | None) -> Path | None:
    """The weights that the prototype had: the engine's while it has the same, ``kept`` after that; or None."""
    return WEIGHTS if SHA256 == PROTOTYPE_SHA256 else kept


class Rivals:
    """The baselines by name. Heavy things are loaded when first used."""

    def __init__(self, data: Path, cache: Path, engine: Engine, prototype: Path | None = None):
        """``prototype`` names the weights that the prototype had (``prototype_weights``). Where ``engine`` has the
        same ones, the two share one look at each picture.
        """
        self._data, self._cache, self._engine, self._prototype = data, cache, engine, prototype
        self._asked: tuple[bytes, list[Match]] = (b"", [])
        self._shares = PROTOTYPE_SHA256 in {w.sha256 for w in engine.info.weights}
        if self._shares:
            _remembering(engine._load())  # type: ignore[attr-defined]

    def make(self, title: str, rgba: np.ndarray) -> TriangleMesh:
        """The mesh of a framed picture (256,256,4), by one of TITLES."""
        return {
            "inflation": inflate,
            "nearest": self.nearest,
            "category mean": self.category_mean,
            "prototype": self.prototype,
        }[title](rgba)

    def prototype(self, rgba: np.ndarray) -> TriangleMesh:
        return first_surface(self._network, rgba)

    def nearest(self, rgba: np.ndarray) -> TriangleMesh:
        """The training object that looks most like the picture, turned so that the view that does faces the camera."""
        found = self._matches(rgba)[0]
        thing = self.gallery.objects[found.object]
        vertices = turned(gallery.normalised(thing), -found.azimuth)
        colours = np.concatenate([thing.colours, np.full((len(thing.colours), 1), 255, np.uint8)], 1)
        return TriangleMesh(proportioned(vertices, rgba).astype(np.float32), thing.faces, colours)

    def category_mean(self, rgba: np.ndarray) -> TriangleMesh:
        """The mean shape of what most of the nearest neighbours are, turned like the nearest, in the picture's mean
        colour.
        """
        matches = self._matches(rgba)
        category = self.gallery.category(matches)
        facing = next(m.azimuth for m in matches if self.gallery.categories[m.object] == category)
        vertices, faces = self._means.mesh(category)
        vertices = proportioned(turned(vertices, -facing), rgba)
        colours = np.full((len(vertices), 4), 255, np.uint8)
        weight = rgba[..., 3:] / rgba[..., 3].sum()
        colours[:, :3] = (rgba[..., :3] * weight).sum((0, 1)) * 255 + 0.5
        return TriangleMesh(vertices.astype(np.float32), faces.astype(np.int32), colours)

    @cached_property
    def gallery(self) -> Gallery:
        return gallery.load(self._data, self._cache)

    @cached_property
    def _means(self) -> mean_shapes.MeanShapes:
        return mean_shapes.load(self.gallery.objects, self.gallery.categories, self._cache)

    @cached_property
    def _network(self) -> PocketNetwork:
        if self._shares:
            network: PocketNetwork = self._engine._load()  # type: ignore[attr-defined]
            return network
        if self._prototype is None:
            raise FileNotFoundError("The prototype's weights are not at hand; leave it out of the rivals.")
        return PocketNetwork.load(self._prototype, PROTOTYPE_SHA256)

    def _matches(self, rgba: np.ndarray) -> list[Match]:
        key = rgba.tobytes()
        if self._asked[0] != key:
            self._asked = key, self.gallery.match(rgba, VOTES)
        return self._asked[1]


def proportioned(vertices: np.ndarray, rgba: np.ndarray) -> np.ndarray:
    """Stretched across and upwards so that, seen from ELEVATION, the outline is as wide and as high as the picture's;
    in depth, by the mean of the two.
    """
    rows, columns = (np.flatnonzero((rgba[..., 3] > 0.5).any(axis)) for axis in (1, 0))
    wide, high = np.ptp(columns) + 1, np.ptp(rows) + 1
    seen = vertices @ axes(0.0, np.radians(ELEVATION)).T
    across, up = np.ptp(seen[:, 0]), np.ptp(seen[:, 1])
    ratio = np.sqrt(np.clip((wide / high) / max(across / max(up, 1e-9), 1e-9), STRETCH[0], STRETCH[1]))
    return np.asarray(vertices * (ratio, 1.0, 1 / ratio))


def _remembering(network: PocketNetwork) -> None:
    """Lets a network remember what it saw in the last picture, so that two methods pay for one look."""
    look = network.encode
    last: dict[bytes, Encoding] = {}

    def encode(rgba: np.ndarray, *more: object) -> Encoding:
        key = hashlib.sha1(np.ascontiguousarray(rgba).tobytes()).digest()
        if key not in last:
            last.clear()
            last[key] = look(rgba, *more)  # type: ignore[arg-type]
        return last[key]

    setattr(network, "encode", encode)  # noqa: B010
