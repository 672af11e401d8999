"""A real backend (server, jobs, frames) whose work is a toy: a coloured sphere, without any network.

``python toy_backend.py ROOT`` is what ``Launch.command`` starts. Knobs in ``Request.options``: ``seconds`` the
job takes, ``vertices`` the mesh has, ``error`` a sentence to fail with, ``die`` true to end the process.
"""

from __future__ import annotations

import os
import sys
import time

import numpy as np

sys.path.insert(0, sys.argv[1] if len(sys.argv) > 1 else os.getcwd())

from backend import pipeline, server
from backend.errors import BadRequest
from backend.progress import CUT_OUT, ENGINE, FINISH, SURFACE, Meter
from backend.protocol import EngineInfo, Report, Request
from backend.shapes import TriangleMesh

INFO = EngineInfo("pocket", "Toy", "", ("image", "prompt"), "embedded", "", "", seeded=True)


def sphere(vertices: int) -> TriangleMesh:
    """A coloured sphere of about so many vertices, 1 m across, standing on the ground."""
    rows = max(int((vertices / 2) ** 0.5), 3)
    columns = 2 * rows
    v, u = np.meshgrid(np.linspace(0, np.pi, rows), np.arange(columns) * (2 * np.pi / columns), indexing="ij")
    points = np.stack([np.sin(v) * np.cos(u), np.sin(v) * np.sin(u), np.cos(v) + 1], -1).reshape(-1, 3) / 2
    a = np.arange(rows * columns).reshape(rows, columns)[:-1]
    b = np.roll(a, -1, axis=1)
    faces = np.concatenate([np.stack([a, a + columns, b], -1), np.stack([b, a + columns, b + columns], -1)])
    colours = np.concatenate([points * 255, np.full((len(points), 1), 255)], 1).clip(0, 255)
    return TriangleMesh(points.astype(np.float32), faces.reshape(-1, 3).astype(np.int32), colours.astype(np.uint8))


class Toys:
    def engines(self):
        return (INFO,)

    def load(self, id):
        raise NotImplementedError

    def unload(self):
        pass


def work(request: Request, meter: Meter) -> pipeline.Finished:
    pipeline.check(request, Toys())
    seconds = float(request.options.get("seconds") or 0)
    for stage in (CUT_OUT, ENGINE, SURFACE, FINISH):
        with meter.stage(stage) as watch:
            steps = max(10, int(seconds / 4 / 0.02))
            for i in range(steps):
                time.sleep(seconds / 4 / steps)
                watch.step(i / steps)
        if stage == ENGINE and request.options.get("die"):
            os._exit(3)
        if stage == ENGINE and request.options.get("error"):
            raise BadRequest(str(request.options["error"]), "Ask for something else.")
        if stage == ENGINE and request.options.get("preview"):
            watch.preview(sphere(200))
    mesh = sphere(int(request.options.get("vertices") or 1000))
    report = Report(
        "pocket", request.preset, request.seed, meter.elapsed, len(mesh.vertices), len(mesh.faces), 1, True, (),
        dict(meter.seconds), 0, "",
    )  # fmt: skip
    return pipeline.Finished(mesh, report)


if __name__ == "__main__":
    sys.exit(server.main(Toys(), work))
