"""The real backend with two engines for tests, which take no time: a post whose sides can be told apart, and a board
in the outline of what was cut out of the picture.

Started by the ``start_with`` fixture in the installed extension's folder. The object is 1 wide, 0.5 deep, 2 high, with
a red nose towards −Y (front), a green arm towards +X and a blue hat on top; the post has the picture's mean colour.
What a job is called steers it: ``slow…`` takes until it is cancelled, ``die…`` ends the process, ``fail…`` fails. Of a
text the seed makes the colour, and the word "florb" is not known.
"""

from __future__ import annotations

import os
import sys
import time

import numpy as np

sys.path.insert(0, os.getcwd())

from backend import engines, pipeline, server
from backend.engines.splat.engine import SplatEngine
from backend.errors import EmptyMask
from backend.progress import CUT_OUT
from backend.protocol import EngineInfo
from backend.shapes import TriangleMesh

CORNERS = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32) / 2
SIDES = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
BOX = np.array([(a, b, c) for a, b, c, _ in SIDES] + [(a, c, d) for a, _, c, d in SIDES], np.int32)


def box(centre, size, colour):
    return CORNERS * np.float32(size) + np.float32(centre), BOX, np.tile(np.uint8([*colour, 255]), (8, 1))


def signpost(post) -> TriangleMesh:
    parts = [
        box((0, 0, 0.9), (0.5, 0.3, 1.8), post),
        box((0, -0.2, 1.0), (0.1, 0.1, 0.1), (255, 0, 0)),
        box((0.5, 0, 1.0), (0.5, 0.2, 0.2), (0, 255, 0)),
        box((0, 0, 1.9), (0.5, 0.3, 0.2), (0, 0, 255)),
    ]
    starts = np.cumsum([0] + [len(points) for points, _, _ in parts[:-1]])
    return TriangleMesh(
        np.concatenate([points for points, _, _ in parts]).astype(np.float32),
        np.concatenate([faces + start for (_, faces, _), start in zip(parts, starts, strict=True)]).astype(np.int32),
        np.concatenate([colours for _, _, colours in parts]),
    )


class Signpost:
    info = EngineInfo("signpost", "Signpost", "", ("image", "prompt"), "embedded", "CC0-1.0", "CC0-1.0", seeded=True)

    def generate(self, conditioning, watch):
        post = (200, 200, 200)
        for image in conditioning.images:
            inside = image.rgba[image.rgba[..., 3] > 0.5]
            post = tuple(np.uint8(np.round(inside[:, :3].mean(axis=0) * 255)))
        if conditioning.prompt:
            post = (conditioning.seed % 256, 100, 100)
        if conditioning.prompt == "doubt":
            watch.warn("This is doubtful.")
        if conditioning.prompt.startswith("glimpse"):  # of what it will be; then it takes until it is cancelled
            watch.preview(signpost(post))
            for step in range(10_000):
                watch.step(step / 10_000, "after the glimpse")
                time.sleep(0.01)
        if "florb" in conditioning.prompt.split():
            watch.warn("The word “florb” is not known, so it counted for nothing.")
        return signpost(post)

    def resolution(self, preset):
        return 8

    def unload(self):
        pass


class Outline:
    info = EngineInfo("outline", "Outline", "", ("image",), "embedded", "CC0-1.0", "CC0-1.0")

    def generate(self, conditioning, watch):
        solid = conditioning.images[0].rgba[..., 3] > 0.5
        step = len(solid) // 64
        boards = []
        for i in range(0, len(solid), step):
            there = np.flatnonzero(solid[i])
            if len(there):
                middle, width = there[[0, -1]].mean() / step, np.ptp(there) / step + 1
                boards.append(box((middle, 0, -i / step), (width, 4, 1), (200, 200, 200)))
        faces = np.concatenate([faces + 8 * i for i, (_, faces, _) in enumerate(boards)])
        points, colours = (np.concatenate([board[k] for board in boards]) for k in (0, 2))
        return TriangleMesh(points.astype(np.float32), faces.astype(np.int32), colours)

    def resolution(self, preset):
        return 8

    def unload(self):
        pass


def work(request, meter):
    if request.name.startswith("die"):
        os._exit(3)
    if request.name.startswith("fail"):
        raise EmptyMask("Nothing is left of the picture.", "Turn the cut-out off.")
    if request.name.startswith("slow"):
        with meter.stage(CUT_OUT) as watch:
            for step in range(10_000):
                watch.step(step / 10_000)
                time.sleep(0.01)
    return pipeline.run(request, meter, engines)


if __name__ == "__main__":
    engines.register(Signpost.info, Signpost)
    engines.register(Outline.info, Outline)
    if SplatEngine.info.id not in {info.id for info in engines.engines()}:
        engines.register(SplatEngine.info, SplatEngine)
    sys.exit(server.main(engines, work))
