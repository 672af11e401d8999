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

from ...errors import BadWeights
from ...network.layers import (
    Convolution,
    Doubling,
    Linear,
    Run,
    Step,
    double_bilinear,
    ignore,
    normalise,
    shuffle,
    sigmoid,
    silu,
)
from ...network.transformer import Block
from ...runtime import blas
from ...runtime.weights import REINSTALL, load_weights, read_header, verify_sha256
from .layout import PATCHES, SHELL, TOKENS, Layout
from .sampling import cell_centres, project, sample

UNIT = 0.1  # the network's distances count tenths of frame F's unit
EXTENT = np.array([1, 1, 1.5], np.float32)  # half the box of frame F
POINTS = 2048  # of a query's chunk
K_RANGE = (0.05, 0.6)
K_BEFORE = 0.3  # the k with which volume tokens are placed before the camera is known
AROUND = 0.15  # the shell reaches this far beyond entry and exit, frame units
FAR = 3.0  # a point this many tenths of the unit from entry or exit is far


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
    rays: np.ndarray | None = None  # (64, 64, 2) z of each ray's entry and exit, of networks with a ray head
    shell: np.ndarray | None = None  # (64, 64, SHELL, C) between them, of networks that have one; the far side first


class PocketNetwork:
    """Layers made from weights, and what they do. Threads may share one network."""

    def __init__(self, weights: Mapping[str, np.ndarray]):
        """``weights`` as ``Layout.shapes`` names them, float32."""
        layout = self.layout = Layout.of({name: tensor.shape for name, tensor in weights.items()})

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
        self._blocks = [Block(weights, f"blocks.{i}.", layout.heads) for i in range(layout.depth)]
        self._camera_head = linear("camhead", "norm")
        self._image_up, self._volume_up = linear("iup", "norm"), linear("vup", "norm")
        self._image64, self._image128 = pair("i64"), pair("i128")
        self._depth = Linear(weights["depth.weight"][:, :, 0, 0], weights["depth.bias"])
        self._volume16 = convolution("v16.0", activate=True)
        self._volume32 = doubling("v16.2", "v32.0", activate=True)
        self._volume64 = doubling("v32.2", "v64")
        self._head = [linear("mlp.0"), linear("mlp.2"), linear("mlp.4")]
        self._latent_in = linear("lin") if layout.latent else None
        self._rays: tuple[Convolution, ...] = ()
        self._between = np.float32(0)
        if layout.rays:
            self._rays = (*(convolution(f"rays.{i}", activate=True) for i in (0, 2)), convolution("rays.4"))
            self._between = np.float32(weights["between"][0])

    @classmethod
    def load(cls, path: str | os.PathLike[str], sha256: str = "") -> PocketNetwork:
        """Reads a weights file, whatever its layout. Raises BadWeights where it is not Pocket's."""
        if sha256:
            verify_sha256(path, sha256)
        try:
            layout = Layout.of({name: entry.shape for name, entry in read_header(path).items()})
        except (KeyError, IndexError, ZeroDivisionError):
            raise BadWeights(f"{os.path.basename(path)} belongs to another network.", REINSTALL) from None
        return cls(load_weights(path, layout.shapes()))

    def encode(self, rgba: np.ndarray, step: Step | None = None, latent: np.ndarray | None = None) -> Encoding:
        """(256,256,4) float32 straight alpha sRGB in [0, 1], row 0 on top → Encoding.

        ``latent`` (layout.latent,) chooses among unseen sides; without it the likeliest.

        ``step(fraction)`` is called again and again, in the caller's thread; what it raises ends the work.
        """
        if rgba.shape != (256, 256, 4) or rgba.dtype.kind != "f":
            raise ValueError(f"the network sees 256×256 RGBA in [0, 1], not {rgba.dtype} {rgba.shape}")
        run = Run(blas.current(), step or ignore)
        picture = network_input(rgba)
        f128, f64, f16 = self._look(run, picture)
        tokens = self._think(run, f16, latent)
        sin_elevation, k_predicted = self._camera_head(run, tokens[:1])[0].tolist()
        k = min(max(k_predicted, K_RANGE[0]), K_RANGE[1])
        up, f64, image = self._draw(run, tokens[1 : 1 + PATCHES**2], f64, f128)
        depth = self._depth(run, f64.reshape(-1, f64.shape[-1])).reshape(64, 64)
        volume = self._carve(run, tokens[1 + PATCHES**2 :], f64, k)
        rays, shell = self._meet(run, up, f64, depth)
        return Encoding(volume, image, depth, sin_elevation, k_predicted, k, picture, rays, shell)

    def _look(self, run: Run, picture: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Picture → features at 128², 64² and 16²."""
        to128, to64, to32, to16 = self._stem
        f128 = to128(run, picture)
        f64 = to64(run, f128)
        f64 = self._refine64[1](run, self._refine64[0](run, f64), residual=f64)
        f32 = to32(run, f64)
        f32 = self._refine32[1](run, self._refine32[0](run, f32), residual=f32)
        run.reach(0.1)
        return f128, f64, to16(run, f32)

    def _think(self, run: Run, f16: np.ndarray, latent: np.ndarray | None) -> np.ndarray:
        """(16,16,D) → (1+256+768, D): camera, image and volume tokens, normalised."""
        lifted = sample(f16, project(cell_centres(*TOKENS), K_BEFORE))
        image = f16.reshape(PATCHES**2, -1) + self._image_positions
        volume = self._volume_in(run, lifted) + self._volume_positions
        if self._latent_in is not None:
            numbers = np.zeros(self.layout.latent) if latent is None else latent
            volume += self._latent_in(run, np.asarray(numbers, np.float32)[None])
        x = np.concatenate([self._camera_token, image, volume])
        for i, block in enumerate(self._blocks):
            block(run, x)
            run.reach(0.1 + 0.5 * (i + 1) / len(self._blocks))
        return normalise(x)

    def _draw(
        self, run: Run, tokens: np.ndarray, f64: np.ndarray, f128: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Image tokens and the stem's features → the tokens at 64², with the features at 64², at 128²."""
        up = shuffle(self._image_up(run, tokens).reshape(PATCHES, PATCHES, -1), 4)
        f64 = self._image64[1](run, self._image64[0](run, up, f64))
        image = self._image128[1](run, self._image128[0](run, double_bilinear(f64), f128))
        run.reach(0.7)
        return up, f64, image

    def _meet(
        self, run: Run, up: np.ndarray, f64: np.ndarray, depth: np.ndarray
    ) -> tuple[np.ndarray | None, np.ndarray | None]:
        """What ``_draw`` gave → each ray's entry and exit (64,64,2), and the shell (64,64,SHELL,C) between them."""
        if not self._rays:
            return None, None
        y = self._rays[1](run, self._rays[0](run, up, f64))
        y = self._rays[2](run, y)
        entry = depth + y[..., 0]
        thickness = np.float32(0.5) * np.logaddexp(y[..., 1], np.float32(0))
        rays = np.stack([entry, entry - thickness], -1).astype(np.float32)
        return rays, y[..., 2:].reshape(64, 64, SHELL, -1) if self.layout.shell else None

    def _carve(self, run: Run, tokens: np.ndarray, f64: np.ndarray, k: float) -> np.ndarray:
        """Volume tokens and the features seen at each of their cells → (64,64,96,C)."""
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
        run = Run(blas.current(), step or ignore)
        sdf = np.empty(len(points), np.float32)
        first, second, last = self._head
        v = e.volume.shape[-1]
        c = v + e.image.shape[-1]

        def work(rows: slice) -> None:
            p = np.asarray(points[rows], np.float32)
            seen = project(p, e.k)
            x = np.empty((len(p), self.layout.point), np.float32)
            sample(e.volume, p / EXTENT, x[:, :v])
            sample(e.image, seen, x[:, v:c])
            sample(e.picture, seen, x[:, c : c + 4])
            x[:, c + 4 : c + 7] = p
            inside = self._along(e, p, seen, x[:, c + 7 :])
            x = first(run, x)
            silu(x)
            x = second(run, x)
            silu(x)
            x = last(run, x)
            x[:, 0] += inside
            np.multiply(x[:, 0], np.float32(UNIT), out=sdf[rows])
            if rgb is not None:
                rgb[rows] = sigmoid(x[:, 1:])
            run.fraction = max(run.fraction, rows.stop / len(points))

        run.rows(work, len(points), POINTS)
        return sdf

    def _along(self, e: Encoding, p: np.ndarray, seen: np.ndarray, x: np.ndarray) -> np.ndarray | float:
        """Fills in what a ray's points know of its entry and exit; → what the interval alone says of the distance."""
        if e.rays is None:
            return 0.0
        entry, leaving = sample(e.rays, seen).T
        before, behind = (entry - p[:, 2]) / np.float32(UNIT), (p[:, 2] - leaving) / np.float32(UNIT)
        x[:, 0], x[:, 1] = np.clip(before, -FAR, FAR), np.clip(behind, -FAR, FAR)
        if e.shell is not None:
            middle, half = (entry + leaving) / 2, (entry - leaving) / 2 + np.float32(AROUND)
            place = (p[:, 2] - middle) / half
            sample(e.shell, np.concatenate([seen, place[:, None]], 1), x[:, 2:])
        return self._between * np.clip(np.minimum(before, behind), -1, 1)


def network_input(rgba: np.ndarray) -> np.ndarray:
    """Straight-alpha RGBA in [0, 1] → the network's input in [−1, 1]: colour over grey, and alpha."""
    alpha = rgba[..., 3:]
    over_grey = rgba[..., :3] * alpha + np.float32(0.5) * (1 - alpha)
    return np.concatenate([over_grey, alpha], -1).astype(np.float32) * 2 - 1


def weight_shapes() -> dict[str, tuple[int, ...]]:
    """Name and shape of every weight of Pocket 0."""
    return Layout().shapes()
