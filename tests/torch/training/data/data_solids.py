"""Small meshes whose fields are known."""

import numpy as np
from maquette.backend.training.data.items import Item

CORNERS = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float32)
SIDES = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1],
     [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4], [1, 5, 7], [1, 7, 3]], np.int32
)  # fmt: skip
LID = [10, 11]  # the faces at +z


def box(size, centre=(0, 0, 0), colour=(200, 40, 40)):
    return CORNERS * np.float32(size) + np.float32(centre), SIDES, np.tile(np.uint8(colour), (8, 1))


def joined(*meshes):
    V, F, C, count = [], [], [], 0
    for v, f, c in meshes:
        V.append(v)
        F.append(f + count)
        C.append(c)
        count += len(v)
    return np.concatenate(V), np.concatenate(F), np.concatenate(C)


def ball(radius, rings=24):
    v, u = np.meshgrid(np.linspace(0, np.pi, rings + 1), np.linspace(0, 2 * np.pi, 2 * rings + 1), indexing="ij")
    V = np.stack([np.sin(v) * np.cos(u), np.sin(v) * np.sin(u), np.cos(v)], -1).reshape(-1, 3) * radius
    first = (np.arange(rings)[:, None] * (2 * rings + 1) + np.arange(2 * rings)).reshape(-1)
    below = first + 2 * rings + 1
    F = np.concatenate([np.stack([first, below, below + 1], 1), np.stack([first, below + 1, first + 1], 1)])
    return V.astype(np.float32), F.astype(np.int32), np.full((len(V), 3), 128, np.uint8)


def chair():
    legs = [box((0.05, 0.05, 0.35), (x, y, -0.4), (90, 60, 30)) for x in (-0.38, 0.38) for y in (-0.38, 0.38)]
    return joined(box((0.43, 0.43, 0.06)), box((0.43, 0.05, 0.4), (0, 0.38, 0.45), (40, 200, 40)), *legs)


def item(mesh, **changes):
    return Item("a thing", *mesh, **changes)
