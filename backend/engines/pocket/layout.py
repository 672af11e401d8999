"""What Pocket's networks are made of: the first one that shipped, and what the training may add to it.

The layout is read off the tensors of the weights file, so that a file cannot contradict itself.

*Rays*: a head that gives each of the picture's rays one entry and one exit, which every point of the ray then knows.
*Shell*: a volume of SHELL layers between a little before the entry and a little behind the exit, so that cells are
finest where the surface is. *Latent*: a few numbers that the picture does not decide (a conditional variational
autoencoder: Sohn et al. 2015); zeros are the likeliest unseen side, others are other ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

TOKENS = (8, 8, 12)  # volume tokens along x, y, z
PATCHES = 16  # image tokens along a side
SHELL = 16  # layers of the shell


@dataclass(frozen=True)
class Layout:
    """Channels by what they describe. ``stem`` at 128², 64² and 32² · ``picture``: image tokens at 64², between, at
    64² after, between, at 128² · ``volume``: tokens at 16²×24, between, at 32²×48, at 64²×96 · ``head`` between points
    and values · ``rays`` of the ray head, 0 where there is none · ``shell`` per cell · ``latent`` numbers.
    """

    width: int = 384
    heads: int = 6
    depth: int = 10
    stem: tuple[int, int, int] = (48, 96, 192)
    picture: tuple[int, int, int, int, int] = (48, 64, 40, 48, 16)
    volume: tuple[int, int, int, int] = (96, 128, 48, 16)
    head: int = 96
    rays: int = 0
    shell: int = 0
    latent: int = 0

    @property
    def point(self) -> int:
        """Numbers known of a point: features of volume and picture, the pixel, the place, where it is on its ray."""
        return self.volume[3] + self.picture[4] + 4 + 3 + (2 if self.rays else 0) + self.shell

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Name and shape of every weight."""
        d, tokens = self.width, TOKENS[0] * TOKENS[1] * TOKENS[2]
        s128, s64, s32 = self.stem
        p64, pa, f64, pb, f128 = self.picture
        v16, va, v32, v64 = self.volume
        shapes: dict[str, tuple[int, ...]] = {
            "ipos": (1, PATCHES**2, d), "vpos": (1, tokens, d), "cam": (1, 1, d),
            "norm.weight": (d,), "norm.bias": (d,),
        }  # fmt: skip
        layers: dict[str, tuple[int, ...]] = {
            "c1": (s128, 4, 3, 3), "c2": (s64, s128, 3, 3), "c3": (s32, s64, 3, 3), "c4": (d, s32, 3, 3),
            "r2.0": (s64, s64, 3, 3), "r2.2": (s64, s64, 3, 3), "r3.0": (s32, s32, 3, 3), "r3.2": (s32, s32, 3, 3),
            "vin": (d, d), "camhead": (2, d), "iup": (16 * p64, d), "vup": (8 * v16, d), "depth": (1, f64, 1, 1),
            "i64.0": (pa, p64 + s64, 3, 3), "i64.2": (f64, pa, 3, 3),
            "i128.0": (pb, f64 + s128, 3, 3), "i128.2": (f128, pb, 3, 3),
            "v16.0": (va, v16 + f64, 3, 3, 3), "v16.2": (8 * v32, va, 1, 1, 1), "v32.0": (v32, v32, 3, 3, 3),
            "v32.2": (8 * v64, v32, 1, 1, 1), "v64": (v64, v64, 3, 3, 3),
            "mlp.0": (self.head, self.point), "mlp.2": (self.head, self.head), "mlp.4": (4, self.head),
        }  # fmt: skip
        if self.rays:
            layers |= {"rays.0": (self.rays, p64 + f64, 3, 3), "rays.2": (self.rays, self.rays, 3, 3)}
            layers |= {"rays.4": (2 + SHELL * self.shell, self.rays, 1, 1)}
            shapes["between"] = (1,)
        if self.latent:
            layers["lin"] = (d, self.latent)
        for i in range(self.depth):
            block = f"blocks.{i}."
            layers |= {block + "qkv": (3 * d, d), block + "o": (d, d)}
            layers |= {block + "f1": (4 * d, d), block + "f2": (d, 4 * d)}
            shapes |= {block + "qn.weight": (d // self.heads,), block + "kn.weight": (d // self.heads,)}
            for norm in ("n1", "n2"):
                shapes |= {block + norm + ".weight": (d,), block + norm + ".bias": (d,)}
        for name, shape in layers.items():
            shapes |= {name + ".weight": shape, name + ".bias": shape[:1]}
        return shapes

    @classmethod
    def of(cls, shapes: Mapping[str, tuple[int, ...]]) -> Layout:
        """The layout of a network whose tensors have these ``shapes``; whether they all fit is for ``shapes`` to say.

        Raises KeyError, IndexError or ZeroDivisionError where they are no Pocket's.
        """
        out = {name: shapes[name + ".weight"][0] for name in ("c1", "c2", "c3", "i64.0", "i64.2", "i128.0", "i128.2")}
        width = shapes["cam"][2]
        rays = shapes["rays.0.weight"][0] if "rays.0.weight" in shapes else 0
        return cls(
            width=width,
            heads=width // shapes["blocks.0.qn.weight"][0],
            depth=sum(name.startswith("blocks.") and name.endswith(".qkv.weight") for name in shapes),
            stem=(out["c1"], out["c2"], out["c3"]),
            picture=(
                shapes["iup.weight"][0] // 16,
                out["i64.0"],
                out["i64.2"],
                out["i128.0"],
                out["i128.2"],
            ),
            volume=(
                shapes["vup.weight"][0] // 8,
                shapes["v16.0.weight"][0],
                shapes["v32.0.weight"][0],
                shapes["v64.weight"][0],
            ),
            head=shapes["mlp.0.weight"][0],
            rays=rays,
            shell=(shapes["rays.4.weight"][0] - 2) // SHELL if rays else 0,
            latent=shapes["lin.weight"][1] if "lin.weight" in shapes else 0,
        )
