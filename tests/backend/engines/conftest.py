"""One network and one mesh a picture and preset for all tests of the engine."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pytest
from maquette.backend import engines
from maquette.backend.engines.engine import Conditioning, Watch
from maquette.backend.evaluation.pictures import draw
from maquette.backend.imaging.framing import Framed
from maquette.backend.shapes import SignedDistanceField, TriangleMesh
from maquette.backend.surface.extract import extract


@dataclass(frozen=True)
class Made:
    shape: SignedDistanceField
    mesh: TriangleMesh  # in the world frame
    warnings: tuple[str, ...]


@lru_cache(maxsize=32)
def _made(picture: str, preset: str, cropped: bool) -> Made:
    engine, warnings = engines.load("pocket"), []
    watch = Watch(warn=warnings.append)
    framed = Framed(draw(picture), cropped=cropped)
    shape = engine.generate(Conditioning(images=(framed,), preset=preset), watch)
    return Made(shape, extract(shape, engine.resolution(preset), watch), tuple(warnings))


@pytest.fixture(scope="session")
def make():
    """``make(name of a drawn picture, preset)`` → Made; what was made before is not made again."""

    def make(picture: str, preset: str = "standard", cropped: bool = False) -> Made:
        return _made(picture, preset, cropped)

    yield make
    _made.cache_clear()


@pytest.fixture(scope="session")
def parts_and_handles():
    """Mesh → number of connected parts, and of handles (the genus) over all of them."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    def count(mesh: TriangleMesh) -> tuple[int, int]:
        faces = mesh.faces.astype(np.int64)
        edges = np.unique(np.sort(np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]), 1), axis=0)
        n = len(mesh.vertices)
        parts = connected_components(coo_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), (n, n)))[0]
        return int(parts), int(parts - (n - len(edges) + len(faces)) / 2)

    return count
