"""Pocket's network: a cut-out picture → features in space → signed distance and colour at any point.

Frame F: x right, y up, z towards the camera; the unit is half the crop's side at the object's middle depth;
the box is [−1,1]×[−1,1]×[−1.5,1.5]. A point (x,y,z) is seen at crop coordinates (x,y)/(1−k·z), where
k = tan(half of the crop's viewing angle) is predicted from the picture.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...network.layers import (
    Convolution,
    Doubling,
    Linear,
    Run,
    Step,
    double_bilinear,
    normalise,
    shuffle,
    sigmoid,
    silu,
)
from ...network.transformer import Block
from ...runtime import blas
from ...runtime.weights import load_weights
from .sampling import cell_centres, project, sample

WIDTH, HEADS, DEPTH = 384, 6, 10
TOKENS = (8, 8, 12)  # volume tokens along x, y, z
UNIT = 0.1  # the network's distances count tenths of frame F's unit
EXTENT = np.array([1, 1, 1.5], np.float32)  # half the box of frame F
POINTS = 2048  # of a query's chunk
K_RANGE = (0.05, 0.6)
K_BEFORE = 0.3  # the k with which volume tokens are placed before the camera is known


@dataclass(frozen=True)
class Encoding:
    """What the network knows of one picture; all float32, channels last."""

    volume: np.ndarray  # (64, 64, 96, 16) over frame F's box, axes x, y, z
    image: np.ndarray  # (128, 128, 16) over the crop, row 0 on top
    depth: np.ndarray  # (64, 64) z of the visible surface
    sin_elevation: float
    k_predicted: float
    k: float  # k_predicted held within K_RANGE: the one to use
    picture: np.ndarray  # (256, 256, 4) in [−1, 1]: colour over grey, alpha


class PocketNetwork:
    """Layers made from weights, and what they do. Threads may share one network."""

    def __init__(self, weights: Mapping[str, np.ndarray]):
        """``weights`` as ``weight_shapes`` names them, float32."""

        def convolution(name: str, stride: int = 1, activate: bool = False) -> Convolution:
            return Convolution(weights[name + ".weight"], weights[name + ".bias"], stride, activate)

        def pair(name: str) -> tuple[Convolution, Convolution]:
            return convolution(name + ".0", activate=True), convolution(name + ".2")

        def linear(name: str, norm: str = "") -> Linear:
            fold = (weights[norm + ".weight"], weights[norm + ".bias"]) if norm else ()
            return Linear(weights[name + ".weight"], weights[name + ".bias"], *fold)

        def doubling(up: str, then: str, activate: bool = False) -> Doubling:
            widen, refine = (weights[up + ".weight"], weights[up + ".bias"]), weights[then + ".weight"]
            return Doubling(*widen, refine, weights[then + ".bias"], activate)

        self._stem = [convolution(f"c{i}", 2, activate=i < 4) for i in (1, 2, 3, 4)]
        self._refine64, self._refine32 = pair("r2"), pair("r3")
        self._camera_token = weights["cam"][0]
        self._image_positions, self._volume_positions = weights["ipos"][0], weights["vpos"][0]
        self._volume_in = linear("vin")
        self._blocks = [Block(weights, f"blocks.{i}.", HEADS) for i in range(DEPTH)]
        self._camera_head = linear("camhead", "norm")
        self._image_up, self._volume_up = linear("iup", "norm"), linear("vup", "norm")
        self._image64, self._image128 = pair("i64"), pair("i128")
        self._depth = Linear(weights["depth.weight"][:, :, 0, 0], weights["depth.bias"])
        self._volume16 = convolution("v16.0", activate=True)
        self._volume32 = doubling("v16.2", "v32.0", activate=True)
        self._volume64 = doubling("v32.2", "v64")
        self._head = [linear("mlp.0"), linear("mlp.2"), linear("mlp.4")]

    @classmethod
    def load(cls, path: str | os.PathLike[str], sha256: str = "") -> PocketNetwork:
        """Reads a weights file. Raises BadWeights where it is not Pocket's."""
        return cls(load_weights(path, weight_shapes(), sha256))

    def encode(self, rgba: np.ndarray, step: Step | None = None) -> Encoding:
        """(256,256,4) float32 straight alpha sRGB in [0, 1], row 0 on top → Encoding.

        ``step(fraction)`` is called again and again, in the caller's thread; what it raises ends the work.
        """
        if rgba.shape != (256, 256, 4) or rgba.dtype.kind != "f":
            raise ValueError(f"the network sees 256×256 RGBA in [0, 1], not {rgba.dtype} {rgba.shape}")
        run = Run(blas.current(), step or _ignore)
        picture = network_input(rgba)
        f128, f64, f16 = self._look(run, picture)
        tokens = self._think(run, f16)
        sin_elevation, k_predicted = self._camera_head(run, tokens[:1])[0].tolist()
        k = min(max(k_predicted, K_RANGE[0]), K_RANGE[1])
        f64, image = self._draw(run, tokens[1:257], f64, f128)
        depth = self._depth(run, f64.reshape(-1, f64.shape[-1])).reshape(64, 64)
        volume = self._carve(run, tokens[257:], f64, k)
        return Encoding(volume, image, depth, sin_elevation, k_predicted, k, picture)

    def _look(self, run: Run, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Picture → features (128,128,48), (64,64,96), (16,16,384)."""
        to128, to64, to32, to16 = self._stem
        f128 = to128(run, picture)
        f64 = to64(run, f128)
        f64 = self._refine64[1](run, self._refine64[0](run, f64), residual=f64)
        f32 = to32(run, f64)
        f32 = self._refine32[1](run, self._refine32[0](run, f32), residual=f32)
        run.reach(0.1)
        return f128, f64, to16(run, f32)

    def _think(self, run: Run, f16: np.ndarray) -> np.ndarray:
        """(16,16,384) → (1+256+768, 384): camera, image and volume tokens, normalised."""
        lifted = sample(f16, project(cell_centres(*TOKENS), K_BEFORE))
        image = f16.reshape(256, WIDTH) + self._image_positions
        x = np.concatenate([self._camera_token, image, self._volume_in(run, lifted) + self._volume_positions])
        for i, block in enumerate(self._blocks):
            block(run, x)
            run.reach(0.1 + 0.5 * (i + 1) / DEPTH)
        return normalise(x)

    def _draw(self, run: Run, tokens: np.ndarray, f64: np.ndarray, f128: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Image tokens and the stem's features → (64,64,40), (128,128,16)."""
        up = shuffle(self._image_up(run, tokens).reshape(16, 16, -1), 4)
        f64 = self._image64[1](run, self._image64[0](run, up, f64))
        image = self._image128[1](run, self._image128[0](run, double_bilinear(f64), f128))
        run.reach(0.7)
        return f64, image

    def _carve(self, run: Run, tokens: np.ndarray, f64: np.ndarray, k: float) -> np.ndarray:
        """Volume tokens and the features seen at each of their cells → (64,64,96,16)."""
        cells = tuple(2 * n for n in TOKENS)
        lifted = sample(f64, project(cell_centres(*cells), k)).reshape(*cells, -1)
        v = self._volume16(run, shuffle(self._volume_up(run, tokens).reshape(*TOKENS, -1), 2), lifted)
        run.reach(0.8)
        v = self._volume32(run, v)
        run.reach(0.9)
        v = self._volume64(run, v)
        run.reach(1.0)
        return v

    def query(self, encoding: Encoding, points: np.ndarray, step: Step | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Points (N,3) in frame F → signed distance (N,) in frame units, positive inside; sRGB (N,3) in [0, 1].

        ``step(fraction)`` is called between chunks, in the caller's thread; what it raises ends the work.
        """
        rgb = np.empty((len(points), 3), np.float32)
        return self._query(encoding, points, rgb, step), rgb

    def sdf_only(self, encoding: Encoding, points: np.ndarray, step: Step | None = None) -> np.ndarray:
        """The signed distance of ``query`` without the colours."""
        return self._query(encoding, points, None, step)

    def _query(self, e: Encoding, points: np.ndarray, rgb: np.ndarray | None, step: Step | None) -> np.ndarray:
        run = Run(blas.current(), step or _ignore)
        sdf = np.empty(len(points), np.float32)
        first, second, last = self._head

        def work(rows: slice) -> None:
            p = np.asarray(points[rows], np.float32)
            seen = project(p, e.k)
            x = np.empty((len(p), 16 + 16 + 4 + 3), np.float32)
            sample(e.volume, p / EXTENT, x[:, :16])
            sample(e.image, seen, x[:, 16:32])
            sample(e.picture, seen, x[:, 32:36])
            x[:, 36:] = p
            x = first(run, x)
            silu(x)
            x = second(run, x)
            silu(x)
            x = last(run, x)
            np.multiply(x[:, 0], np.float32(UNIT), out=sdf[rows])
            if rgb is not None:
                rgb[rows] = sigmoid(x[:, 1:])
            run.fraction = max(run.fraction, rows.stop / len(points))

        run.rows(work, len(points), POINTS)
        return sdf


def network_input(rgba: np.ndarray) -> np.ndarray:
    """Straight-alpha RGBA in [0, 1] → the network's input in [−1, 1]: colour over grey, and alpha."""
    alpha = rgba[..., 3:]
    over_grey = rgba[..., :3] * alpha + np.float32(0.5) * (1 - alpha)
    return np.concatenate([over_grey, alpha], -1).astype(np.float32) * 2 - 1


def weight_shapes() -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight the network has."""
    d = WIDTH
    shapes: dict[str, tuple[int, ...]] = {
        "ipos": (1, 256, d), "vpos": (1, 768, d), "cam": (1, 1, d), "norm.weight": (d,), "norm.bias": (d,),
    }  # fmt: skip
    layers: dict[str, tuple[int, ...]] = {
        "c1": (48, 4, 3, 3), "c2": (96, 48, 3, 3), "c3": (192, 96, 3, 3), "c4": (d, 192, 3, 3),
        "r2.0": (96, 96, 3, 3), "r2.2": (96, 96, 3, 3), "r3.0": (192, 192, 3, 3), "r3.2": (192, 192, 3, 3),
        "vin": (d, d), "camhead": (2, d), "iup": (768, d), "vup": (768, d), "depth": (1, 40, 1, 1),
        "i64.0": (64, 144, 3, 3), "i64.2": (40, 64, 3, 3), "i128.0": (48, 88, 3, 3), "i128.2": (16, 48, 3, 3),
        "v16.0": (128, 136, 3, 3, 3), "v16.2": (384, 128, 1, 1, 1), "v32.0": (48, 48, 3, 3, 3),
        "v32.2": (128, 48, 1, 1, 1), "v64": (16, 16, 3, 3, 3), "mlp.0": (96, 39), "mlp.2": (96, 96), "mlp.4": (4, 96),
    }  # fmt: skip
    for i in range(DEPTH):
        block = f"blocks.{i}."
        layers |= {block + "qkv": (3 * d, d), block + "o": (d, d), block + "f1": (4 * d, d), block + "f2": (d, 4 * d)}
        shapes |= {block + "qn.weight": (d // HEADS,), block + "kn.weight": (d // HEADS,)}
        for norm in ("n1", "n2"):
            shapes |= {block + norm + ".weight": (d,), block + norm + ".bias": (d,)}
    for name, shape in layers.items():
        shapes |= {name + ".weight": shape, name + ".bias": shape[:1]}
    return shapes


def _ignore(fraction: float) -> None:
    pass
