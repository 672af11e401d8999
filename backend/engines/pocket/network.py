"""Pocket's network: a cut-out picture → features in space → signed distance and colour at any point.

Frame F: x right, y up, z towards the camera; the unit is half the crop's side at the object's middle depth;
the box is [−1,1]×[−1,1]×[−1.5,1.5]. A point (x,y,z) is seen at crop coordinates (x,y)/(1−k·z), where
k = tan(half of the crop's viewing angle) is predicted from the picture.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ...runtime import blas
from ...runtime.weights import load_weights
from .layers import convolution, double_bilinear, gelu, layer_norm, linear, shuffle
from .sampling import cell_centres, project, sample

WIDTH, HEADS, DEPTH = 384, 6, 10
TOKENS = (8, 8, 12)  # volume tokens along x, y, z
UNIT = 0.1  # the network's distances count tenths of frame F's unit
K_RANGE = (0.05, 0.6)
K_BEFORE = 0.3  # the k with which volume tokens are placed before the camera is known

Step = Callable[[float], None]


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
    """Weights, and what they do. Threads may share one network."""

    def __init__(self, weights: dict[str, np.ndarray]):
        self._weights = weights

    @classmethod
    def load(cls, path: str | os.PathLike[str], sha256: str = "") -> PocketNetwork:
        """Reads a weights file. Raises BadWeights where it is not Pocket's."""
        return cls(load_weights(path, weight_shapes(), sha256))

    def encode(self, rgba: np.ndarray, step: Step | None = None) -> Encoding:
        """(256,256,4) float32 straight alpha sRGB in [0, 1], row 0 on top → Encoding.

        ``step(fraction)`` is called between layers; what it raises ends the work.
        """
        if rgba.shape != (256, 256, 4):
            raise ValueError(f"the network sees 256×256 RGBA, not {rgba.shape}")
        w, step = self._weights, step or _ignore
        picture = network_input(rgba)

        def conv(name: str, x: np.ndarray, stride: int = 1) -> np.ndarray:
            return convolution(x, w[name + ".weight"], w[name + ".bias"], stride)

        def fc(name: str, x: np.ndarray) -> np.ndarray:
            return linear(x, w[name + ".weight"], w[name + ".bias"])

        f128 = gelu(conv("c1", picture, 2))
        f64 = gelu(conv("c2", f128, 2))
        f64 += conv("r2.2", gelu(conv("r2.0", f64)))
        step(0.05)
        f32 = gelu(conv("c3", f64, 2))
        f32 += conv("r3.2", gelu(conv("r3.0", f32)))
        f16 = conv("c4", f32, 2)
        step(0.1)
        lifted = sample(f16, project(cell_centres(*TOKENS), K_BEFORE))
        x = np.concatenate([w["cam"][0], f16.reshape(256, WIDTH) + w["ipos"][0], fc("vin", lifted) + w["vpos"][0]])
        for i in range(DEPTH):
            x = self._block(f"blocks.{i}.", x)
            step(0.1 + 0.05 * (i + 1))
        x = layer_norm(x, w["norm.weight"], w["norm.bias"])
        sin_elevation, k_predicted = fc("camhead", x[:1])[0].tolist()
        k = min(max(k_predicted, K_RANGE[0]), K_RANGE[1])
        tokens = shuffle(fc("iup", x[1:257]).reshape(16, 16, -1), 4)
        f64 = conv("i64.2", gelu(conv("i64.0", np.concatenate([tokens, f64], -1))))
        depth = f64 @ w["depth.weight"].reshape(-1) + w["depth.bias"]
        image = conv("i128.2", gelu(conv("i128.0", np.concatenate([double_bilinear(f64), f128], -1))))
        step(0.7)
        cells = tuple(2 * n for n in TOKENS)
        lifted = sample(f64, project(cell_centres(*cells), k)).reshape(*cells, -1)
        v = np.concatenate([shuffle(fc("vup", x[257:]).reshape(*TOKENS, -1), 2), lifted], -1)
        v = shuffle(conv("v16.2", gelu(conv("v16.0", v))), 2)
        step(0.8)
        v = shuffle(conv("v32.2", gelu(conv("v32.0", v))), 2)
        step(0.9)
        volume = conv("v64", v)
        step(1.0)
        return Encoding(volume, image, depth, sin_elevation, k_predicted, k, picture)

    def _block(self, name: str, x: np.ndarray) -> np.ndarray:
        w, multiply = self._weights, blas.current().matmul
        n = len(x)
        y = layer_norm(x, w[name + "n1.weight"], w[name + "n1.bias"])
        y = linear(y, w[name + "qkv.weight"], w[name + "qkv.bias"]).reshape(n, 3, HEADS, WIDTH // HEADS)
        q, k, v = np.ascontiguousarray(y.transpose(1, 2, 0, 3))
        q = layer_norm(q, w[name + "qn.weight"], None)
        k = layer_norm(k, w[name + "kn.weight"], None)
        scores = multiply(q, k.transpose(0, 2, 1))
        scores *= np.float32((WIDTH // HEADS) ** -0.5)
        scores -= scores.max(-1, keepdims=True)
        np.exp(scores, out=scores)
        y = multiply(scores, v)
        y /= scores.sum(-1, keepdims=True)
        y = np.ascontiguousarray(y.transpose(1, 0, 2)).reshape(n, WIDTH)
        x = x + linear(y, w[name + "o.weight"], w[name + "o.bias"])
        y = layer_norm(x, w[name + "n2.weight"], w[name + "n2.bias"])
        y = gelu(linear(y, w[name + "f1.weight"], w[name + "f1.bias"]))
        return x + linear(y, w[name + "f2.weight"], w[name + "f2.bias"])

    def query(
        self, encoding: Encoding, points: np.ndarray, step: Step | None = None, chunk: int = 16384
    ) -> tuple[np.ndarray, np.ndarray]:
        """Points (N,3) in frame F → signed distance (N,) in frame units, positive inside; sRGB (N,3) in [0, 1].

        ``step(fraction)`` is called between chunks.
        """
        sdf, rgb = np.empty(len(points), np.float32), np.empty((len(points), 3), np.float32)
        self._query(encoding, points, sdf, rgb, step or _ignore, chunk)
        return sdf, rgb

    def sdf_only(
        self, encoding: Encoding, points: np.ndarray, step: Step | None = None, chunk: int = 16384
    ) -> np.ndarray:
        """The signed distance of ``query`` without the colours."""
        sdf = np.empty(len(points), np.float32)
        self._query(encoding, points, sdf, None, step or _ignore, chunk)
        return sdf

    def _query(
        self, e: Encoding, points: np.ndarray, sdf: np.ndarray, rgb: np.ndarray | None, step: Step, chunk: int
    ) -> None:
        w = self._weights
        for at in range(0, len(points), chunk):
            p = np.asarray(points[at : at + chunk], np.float32)
            seen = project(p, e.k)
            inside = sample(e.volume, p / np.array([1, 1, 1.5], np.float32))
            x = np.concatenate([inside, sample(e.image, seen), sample(e.picture, seen), p], 1)
            for layer in ("mlp.0", "mlp.2"):
                x = linear(x, w[layer + ".weight"], w[layer + ".bias"])
                x /= 1 + np.exp(-x)
            x = linear(x, w["mlp.4.weight"], w["mlp.4.bias"])
            sdf[at : at + chunk] = x[:, 0] * np.float32(UNIT)
            if rgb is not None:
                rgb[at : at + chunk] = 1 / (1 + np.exp(-x[:, 1:]))
            step(min(1.0, (at + chunk) / len(points)))


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
