"""How good a network is on objects that it never saw, as far as training can tell cheaply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from typing import Any

import torch

from ..data.batch import Batch
from .network import Pocket

CLOSE = 0.086  # frame units: what F@0.1 calls near on an object that fills 0.86 of the picture


@torch.no_grad()
def validate(
    model: Pocket,
    check: Callable[[int, torch.Generator], Batch],
    batches: int,
    size: int,
    precision: Callable[[], Any] = nullcontext,
) -> dict[str, float]:
    """Means over ``batches`` of ``size`` samples, the same ones every time, with the camera that the network predicts.

    The network, and not what draws the samples, runs within ``precision()``.

    *entry*, *exit*: rays on which they are within CLOSE of the truth (networks with a ray head). *iou*: of inside at
    the points. *elevation*: mean error in degrees; *k*: mean error.
    """
    sums: dict[str, float] = {}
    for number in range(batches):
        batch = check(size, torch.Generator().manual_seed(number))
        with precision():
            e = model.encode(batch.image)
            sdf, _ = model.query(e, batch.points)
        found, true = (sdf > 0) & batch.inside, (batch.sdf > 0) & batch.inside
        union = (found | true).sum(1).clamp(min=1)
        camera = e.camera.float()
        tilt = camera[:, 0].clamp(-1, 1).asin() - batch.camera[:, 0].clamp(-1, 1).asin()
        figures = {
            "iou": ((found & true).sum(1) / union).mean(),
            "elevation": torch.rad2deg(tilt).abs().mean(),
            "k": (camera[:, 1] - batch.k).abs().mean(),
        }
        if e.rays is not None:
            maps = batch.maps.shrunk(64)
            near = (e.rays - torch.stack([maps.front, maps.back], 1)).abs() < CLOSE
            seen = maps.mask > 0.5
            share = (near & seen[:, None]).sum((2, 3)) / seen.sum((1, 2)).clamp(min=1)[:, None]
            figures |= {"entry": share[:, 0].mean(), "exit": share[:, 1].mean()}
        sums = {name: sums.get(name, 0.0) + float(value) / batches for name, value in figures.items()}
    return {name: round(value, 5) for name, value in sums.items()}


def better(new: Mapping[str, float], old: Mapping[str, float]) -> bool:
    """By what F@0.1 depends on most (docs/training.md): the rays' ends where there are any, else the solid."""
    names = ("entry", "exit", "iou") if "entry" in new and "entry" in old else ("iou",)
    return sum(new[name] for name in names) > sum(old[name] for name in names)
