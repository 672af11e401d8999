"""A few small objects, and shards as the data folder has them."""

import lzma

import numpy as np

CUBE_F = np.array(
    [[0, 1, 3], [0, 3, 2], [4, 6, 7], [4, 7, 5], [0, 4, 5], [0, 5, 1], [2, 3, 7], [2, 7, 6], [0, 2, 6], [0, 6, 4],
     [1, 5, 7], [1, 7, 3]]
)  # fmt: skip
CUBE_V = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)


def boxes(*parts):
    """Vertices and faces of boxes, each (centre, half size)."""
    vertices = np.concatenate([CUBE_V * half + np.array(centre, float) for centre, half in parts])
    return vertices, np.concatenate([CUBE_F + 8 * i for i in range(len(parts))])


SHAPES = {
    "tower": boxes(((0, 0, 0), (0.2, 0.2, 1.0))),
    "slab": boxes(((0, 0, 0), (1.0, 0.8, 0.15))),
    "flag": boxes(((0, 0, 0), (0.1, 0.1, 1.0)), ((0.4, 0, 0.7), (0.4, 0.05, 0.3))),
    "step": boxes(((0, 0, -0.3), (0.6, 0.6, 0.3)), ((0, 0.3, 0.3), (0.6, 0.3, 0.3))),
}


def _planes(words, width):
    raw = np.ascontiguousarray(words).astype(f"<u{width}").view(np.uint8).reshape(-1, width)
    return np.frombuffer(lzma.compress(np.ascontiguousarray(raw.T).tobytes()), np.uint8)


def _zigzag(steps):
    return np.where(steps < 0, -2 * steps - 1, 2 * steps)


def write_shard(path, objects, q=2000):
    """``objects``: id, vertices in ±1, faces, colour. The inverse of objects.read_objects."""
    positions, tones, corners = [], [], []
    for _, vertices, faces, colour in objects:
        whole = np.rint((vertices / 2 + 0.5) * q).astype(np.int64)
        positions.append(_zigzag(np.diff(whole, axis=0, prepend=0)).T.ravel())
        colours = np.tile(np.array(colour, np.int64), (len(vertices), 1))
        tones.append((np.diff(colours, axis=0, prepend=0) & 255).T.ravel())
        first = np.diff(faces[:, 0], prepend=0)
        steps = np.stack([first, faces[:, 1] - faces[:, 0], faces[:, 2] - faces[:, 1]])
        corners.append(_zigzag(steps).ravel())
    np.savez(
        path, q=q, fw=2, ids=[o[0] for o in objects], nv=[len(o[1]) for o in objects], nf=[len(o[2]) for o in objects],
        V=_planes(np.concatenate(positions), 2), F=_planes(np.concatenate(corners), 2),
        C=np.frombuffer(lzma.compress(np.concatenate(tones).astype(np.uint8).tobytes()), np.uint8),
    )  # fmt: skip
