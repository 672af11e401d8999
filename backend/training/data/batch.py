"""A batch of training samples for image → 3D: what the network sees, and what it should answer, in frame F.

Frame F: x right, y up, z toward the camera; the unit is half the crop's side at the object's middle depth; box
[-1, 1] × [-1, 1] × [-1.5, 1.5]. A point is seen at crop coordinates (u, v) = (x, y) / (1 − k z), v up (pictures store
it downwards), k = tan(half the crop's viewing angle).

    store = Store.build(items, device=device)                      # store.py: meshes and their fields, once
    sampler = Sampler(store, points=8192, styles=Styles())          # sampler.py: everything random about a picture
    batch = sampler.draw(64, generator)                             # a Batch on the store's device
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional

BOX = (1.0, 1.0, 1.5)  # half sides of frame F's box
BAND = 0.1  # distances in F are cut off here and divided by it


@dataclass(frozen=True)
class Maps:
    """What each ray of the crop meets, (B, S, S), row 0 on top, at the pixels' centres.

    ``mask`` float32 in {0, 1}: the true silhouette (a cut at the picture's border counts as the object's end;
    a ragged cut-out does not); ``front``, ``back`` float32: z in F where the ray first enters and last leaves the
    object, 0 outside the mask; ``normal`` (B, 3, S, S) float32: of the front surface, in F's axes, length 1, facing
    the camera, 0 outside the mask.
    """

    mask: Tensor
    front: Tensor
    back: Tensor
    normal: Tensor

    def to(self, device: torch.device | str) -> Maps:
        return Maps(**{f.name: getattr(self, f.name).to(device) for f in fields(self)})

    def shrunk(self, side: int) -> Maps:
        """At ``side``² (a divisor of S): mask as coverage in [0, 1], the others as means over what is covered."""
        pool = lambda x: functional.adaptive_avg_pool2d(x, side)  # noqa: E731
        mask = self.mask[:, None]
        cover = pool(mask)
        mean = lambda x: pool(x * mask) / cover.clamp(min=1e-6)  # noqa: E731
        normal = functional.normalize(mean(self.normal), dim=1)
        return Maps(cover[:, 0], mean(self.front[:, None])[:, 0], mean(self.back[:, None])[:, 0], normal)


@dataclass(frozen=True)
class Batch:
    """B samples. All float32 and finite.

    ``image`` (B, 4, 256, 256) in [-1, 1]: (rgb·α + 0.5·(1 − α), α)·2 − 1, as the engine makes of a framed picture.
    ``points`` (B, N, 3) in F, near surfaces that are seen from outside, and all over the box;
    ``sdf`` (B, N): distance in F / 0.1, positive inside, clipped to ±1;
    ``rgb`` (B, N, 3) in [0, 1]: sRGB base colour (no light) of the nearest surface; counts where |sdf| is small;
    ``inside`` (B, N) bool: within F's box (points near a surface may lie beyond it: leave them out of the loss).
    ``camera`` (B, 2): sin(elevation) and k. ``maps``: at 128² (``maps.shrunk(64)``).
    ``which`` (B,) int64: index of the item in the store.
    """

    image: Tensor
    points: Tensor
    sdf: Tensor
    rgb: Tensor
    inside: Tensor
    camera: Tensor
    maps: Maps
    which: Tensor

    @property
    def k(self) -> Tensor:
        """(B,)"""
        return self.camera[:, 1]

    def to(self, device: torch.device | str) -> Batch:
        moved = {f.name: getattr(self, f.name).to(device) for f in fields(self)}
        return Batch(**moved)
