"""Small clouds, their arrays, and an engine that takes them, for tests that bring their own."""

import numpy as np
from maquette.backend.errors import BadRequest
from maquette.backend.protocol import EngineInfo
from maquette.backend.shapes import GaussianCloud, PointCloud, TriangleMesh


def gaussians(count=200, lower=(-1, -2, 3), upper=(1, 2, 4), seed=0):
    """A box full of small red ones."""
    rng = np.random.default_rng(seed)
    means = rng.uniform(lower, upper, (count, 3)).astype(np.float32)
    means[0], means[1] = lower, upper
    turned = rng.normal(size=(count, 4))
    return GaussianCloud(
        means=means,
        scales=rng.uniform(0.01, 0.02, (count, 3)).astype(np.float32),
        rotations=(turned / np.linalg.norm(turned, axis=1, keepdims=True)).astype(np.float32),
        opacities=np.full(count, 0.9, np.float32),
        colours=np.tile(np.float32([0.8, 0.1, 0.1]), (count, 1)),
    )


def sphere_arrays(count=500, seed=0):
    """Points on a sphere 2 m across, blue, with outward normals three units long."""
    normals = np.random.default_rng(seed).normal(size=(count, 3))
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    colours = np.tile(np.uint8([20, 40, 200, 255]), (count, 1))
    return {
        "points": normals.astype(np.float32),
        "colours": colours,
        "normals": (3 * normals).astype(np.float32),
    }


def depth_arrays(views=2, height=6, width=5):
    """Orthographic cameras about the origin, 2 m from a plate that fills all but the border of their pictures."""
    rgba = np.full((views, height, width, 4), 200, np.uint8)
    depths = np.zeros((views, height, width), np.float32)
    depths[:, 1:-1, 1:-1] = 2.0
    poses = np.tile(np.eye(4, dtype=np.float32), (views, 1, 1))
    for view in range(views):
        angle = 2 * np.pi * view / views
        poses[view, :3, :3] = [[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]]
        poses[view, :3, 3] = poses[view, :3, 2] * 2
    return {"rgba": rgba, "depths": depths, "poses": poses, "views": np.tile(np.float32([0, 3]), (views, 1))}


class Keeper:
    """Hands a cloud on, or makes a block of it where a mesh is asked for; remembers what it was given."""

    def __init__(self, id="keeper", as_mesh=False, **more):
        more = {"inputs": ("cloud", "depths"), "makes": ("mesh", "cloud"), **more}
        inputs = more.pop("inputs")
        self.info = EngineInfo(id, id.capitalize(), "", inputs, more.pop("tier", "embedded"), "", "", **more)
        self.given, self.unloaded, self._as_mesh = [], 0, as_mesh

    def generate(self, conditioning, watch):
        self.given.append(conditioning)
        watch.step(0.5)
        if self._as_mesh:
            return block()
        if conditioning.cloud is not None:
            return conditioning.cloud
        if not conditioning.depths:
            raise BadRequest("There is nothing.", "Give something.")
        view = conditioning.depths[0]
        seen = view.rgba[np.isfinite(view.depth)]
        points = np.random.default_rng(0).uniform(-1, 1, (len(seen), 3)).astype(np.float32)
        return PointCloud(points, np.rint(seen * 255).astype(np.uint8))

    def resolution(self, preset):
        return {"fast": 8, "standard": 16, "fine": 24}[preset]

    def unload(self):
        self.unloaded += 1


def block():
    """A box of 2 × 2 × 2, grey."""
    corners = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)
    faces = [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1]]
    faces += [[2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]]
    return TriangleMesh(corners, np.array(faces, np.int32), np.full((8, 4), 128, np.uint8))
