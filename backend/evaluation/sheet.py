"""Contact sheets of a run, to be looked at: some objects by chance, the best, and the worst.

A strip shows the input; ours from the input's side, its left, its back and its right; then from one and the same
three-quarter view the prototype, inflation, and the truth.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from ..errors import JobError
from ..shapes import TriangleMesh
from .metrics import turned
from .objects import View
from .raster import shade
from .rows import Row
from .run import Bench, read_framed

TILE = 128
AROUND = ((0, 15), (90, 20), (180, 20), (270, 20))  # degrees beyond the input azimuth, elevation
BESIDE = (50, 20)
SHEETS = ("random", "best", "worst")
COLUMNS = 2


def pick(rows: Sequence[Row], engine: str, which: str, count: int) -> list[Row]:
    """``count`` rows of different objects, by raw F@0.1 or, for "random", always the same ones by chance."""
    if which == "random":
        ranked = [rows[i] for i in np.random.default_rng(4).permutation(len(rows))]
    else:
        ranked = sorted(rows, key=lambda row: row.figures[engine]["F@0.1"], reverse=which == "best")
    chosen: dict[str, Row] = {}
    for row in ranked:
        chosen.setdefault(row.id, row)
    return list(chosen.values())[:count]


def sheet(bench: Bench, inputs: Sequence[View], rows: Sequence[Row], which: str, count: int = 16) -> np.ndarray:
    """(H, W, 3) uint8, in two columns of strips; every mesh is made anew."""
    views = {view.key: view for view in inputs}
    engine = bench.plan.engine
    strips = [strip(bench, views[row.key], _figures(row, engine)) for row in pick(rows, engine, which, count)]
    strips += [np.full_like(strips[0], 255)] * (-len(strips) % COLUMNS)
    lines = [np.concatenate(strips[i : i + COLUMNS], 1) for i in range(0, len(strips), COLUMNS)]
    return np.concatenate(lines)


def strip(bench: Bench, view: View, said: str = "") -> np.ndarray:
    """(TILE, 8 · TILE, 3) uint8 of one picture, with a line of text over it."""
    framed = read_framed(view)
    step = framed.rgba.shape[0] // TILE
    tiles = [framed.rgba.reshape(TILE, step, TILE, step, 4).mean((1, 3))]
    ours = _made(bench, bench.plan.engine, view)
    tiles += [_look(ours, *where) for where in AROUND]
    for title in ("prototype", "inflation"):
        tiles.append(_look(_made(bench, title, view) if title in bench.plan.rivals else None, *BESIDE))
    truth = view.object
    tiles.append(_look(TriangleMesh(turned(truth.vertices, -view.azimuth), truth.faces, truth.colours), *BESIDE))
    flat = [tile[..., :3] * tile[..., 3:] + (1 - tile[..., 3:]) for tile in tiles]
    picture = Image.fromarray((np.concatenate(flat, 1) * 255 + 0.5).astype(np.uint8))
    ImageDraw.Draw(picture).text((2, 1), said, fill=(60, 60, 60))
    return np.asarray(picture)


def _figures(row: Row, engine: str) -> str:
    shown = [f"{name} {f['F@0.1']:.2f}/{f['IoU']:.2f}" for name, f in row.figures.items()]
    return f"{row.id.split('/')[-1][:28]}  view {row.view}  F@0.1/IoU: {', '.join(shown)}"


def _made(bench: Bench, title: str, view: View) -> TriangleMesh | None:
    try:
        return bench.make(title, read_framed(view))
    except JobError:
        return None


def _look(mesh: TriangleMesh | None, turn: float, height: float) -> np.ndarray:
    """A lit picture (TILE, TILE, 4) of a mesh as it is delivered, seen from ``turn`` beyond its front."""
    if mesh is None:
        return np.zeros((TILE, TILE, 4), np.float32)
    low, high = mesh.vertices.min(0), mesh.vertices.max(0)
    vertices = (np.asarray(mesh.vertices, np.float64) - (low + high) / 2) * (2 / max(1e-9, float((high - low).max())))
    colours = np.full((len(vertices), 3), 0.7) if mesh.colours is None else mesh.colours[:, :3] / 255
    large = shade(vertices, mesh.faces, colours, np.radians(turn), np.radians(height), 2 * TILE, half=1.35)
    return np.asarray(large.reshape(TILE, 2, TILE, 2, 4).mean((1, 3)))
