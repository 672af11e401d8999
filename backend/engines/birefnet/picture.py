"""From a picture to what the network looks at, and from what it says back to a matte of the picture's own size."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's pictures, as in training
GREY = 0.5  # behind what is transparent: what a file hides there must not be seen


def prepare(pixels: np.ndarray, side: int) -> Tensor:
    """``pixels`` (H, W, 4) uint8 straight sRGB → (1, 3, side, side) float32, stretched to a square as in training.

    Shrinks with a triangle as wide as a new pixel, as Pillow's ``BILINEAR`` does.
    """
    colours = torch.from_numpy(np.ascontiguousarray(pixels[..., :3])).permute(2, 0, 1)[None].float() / 255
    if pixels[..., 3].min() < 255:
        alpha = torch.from_numpy(np.ascontiguousarray(pixels[..., 3])).float() / 255
        colours = colours * alpha + GREY * (1 - alpha)
    square = _resized(colours, (side, side))
    return (square - torch.tensor(MEAN).view(3, 1, 1)) / torch.tensor(DEVIATION).view(3, 1, 1)


def restore(logits: Tensor, height: int, width: int) -> np.ndarray:
    """(1, 1, h, w) of any float type, on any device → the matte (height, width) float32 in [0, 1]."""
    matte = torch.sigmoid(logits.float().cpu())
    return _resized(matte, (height, width))[0, 0].clamp(0, 1).numpy()


def _resized(x: Tensor, size: tuple[int, int]) -> Tensor:
    if tuple(x.shape[2:]) == size:
        return x
    return functional.interpolate(x, size=size, mode="bilinear", align_corners=False, antialias=True)
