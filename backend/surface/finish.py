"""The last step: a mesh that stands on the ground, in the size and with the number of faces that was asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import EmptySurface
from ..shapes import TriangleMesh
from ..watch import Watch, within
from .clean import clean
from .decimate import decimate
from .measure import measure

LONGEST = 1e5  # metres; a flat thing is not stretched further for the sake of its height
LEAST = 1e-30  # metres; what is smaller cannot be scaled up within single precision
TOLERANCE = 0.02  # of the number of faces that was asked for; further off is worth a word


@dataclass(frozen=True)
class Facts:
    """What the report says of a finished mesh. ``parts`` are connected pieces; ``warnings`` are sentences."""

    vertices: int
    faces: int
    parts: int
    watertight: bool
    warnings: tuple[str, ...] = ()


def finish(
    mesh: TriangleMesh, target_faces: int, height: float, watch: Watch, stay: bool = False
) -> tuple[TriangleMesh, Facts]:
    """Cleans, thins out to ``target_faces`` (0 keeps every face) and stands the mesh up: about x = y = 0, on z = 0,
    ``height`` metres along z, or the longest side 1 m where it is 0. What would then be over 100 km long is made
    smaller, with a warning. ``stay`` leaves it where and as large as it is instead.

    World frame in and out. Raises EmptySurface where nothing is left to stand up, or nothing that has a size.
    """
    watch.step(0.0, "cleaning")
    mesh = clean(mesh)
    if not len(mesh.faces):
        raise EmptySurface("There is no surface in what the engine made.", "Try another picture or another engine.")
    if not stay and np.ptp(mesh.vertices.astype(np.float64), axis=0).max() < LEAST:
        raise EmptySurface("The surface is all in one place and has no size.", "Try another file or another engine.")
    mesh = decimate(mesh, target_faces, within(watch, 0.1, 0.9))
    watch.step(0.9, "measuring")
    mesh = mesh if stay else stand(mesh, height)
    known = measure(mesh)
    warnings = []
    reached = float(np.ptp(mesh.vertices[:, 2]))
    if reached < height * 0.999 and not stay:
        warnings.append(
            f"The mesh is {_metres(reached)} high and not {_metres(height)}, because it is so flat: "
            f"otherwise it would be more than {LONGEST / 1000:.0f} km long."
        )
    if target_faces > 0 and known.faces > target_faces * (1 + TOLERANCE):
        warnings.append(f"{known.faces:,} faces remain: with fewer the mesh would tear or fold over.")
    return mesh, Facts(known.vertices, known.faces, known.parts, known.watertight, tuple(warnings))


def _metres(length: float) -> str:
    return f"{length:,.0f} m" if length >= 100 else f"{length:.3g} m"


def stand(mesh: TriangleMesh, height: float) -> TriangleMesh:
    """Centred about x = y = 0, on z = 0, ``height`` metres tall (0: longest side 1 m), at most LONGEST long.

    What has no size keeps it.
    """
    vertices = mesh.vertices.astype(np.float64)
    lower, upper = vertices.min(axis=0), vertices.max(axis=0)
    sides = upper - lower
    longest = sides.max() if sides.max() >= LEAST else 1.0
    scale = height / max(sides[2], height / LONGEST * longest) if height > 0 else 1.0 / longest
    centre = np.array([(lower[0] + upper[0]) / 2, (lower[1] + upper[1]) / 2, lower[2]])
    return TriangleMesh(((vertices - centre) * scale).astype(np.float32), mesh.faces, mesh.colours)
