"""When a cut-out should not be trusted, and what its user can do about it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .grids import parts
from .separate import Separation

_REMEDY = "use a picture with a transparent background, or photograph it before plain paper of another colour"

HARDLY = f"The object hardly stands out from its background, so a part may be missing: {_REMEDY}."


@dataclass(frozen=True)
class Signs:
    """``faint``: part of the outline that follows no edge; ``alike``: part of the object that looks like the
    background; ``explained``: part of the border that smooth surfaces explain; ``rough``: the background's
    deviation from them, in L*a*b*; ``border``: part of the picture's border that the object takes; ``area``:
    part of the picture it takes; ``largest``: part of it that hangs together.
    """

    faint: float
    alike: float
    explained: float
    rough: float
    border: float
    area: float
    largest: float


def signs(found: Separation, height: int, width: int) -> Signs:
    """What can be measured on a separation (not empty) of a picture ``height`` × ``width``."""
    mask, evidence = found.mask, found.evidence
    left, top, right, bottom = found.box
    costs = np.concatenate([evidence.down[mask[1:] != mask[:-1]], evidence.right[mask[:, 1:] != mask[:, :-1]]])
    touching = (
        (top == 0) * mask[0].mean() * (right - left)
        + (bottom == height) * mask[-1].mean() * (right - left)
        + (left == 0) * mask[:, 0].mean() * (bottom - top)
        + (right == width) * mask[:, -1].mean() * (bottom - top)
    )
    labels, _ = parts(mask)
    sizes = np.bincount(labels.ravel())[1:]
    return Signs(
        faint=float((costs > 0.5).mean()) if costs.size else 1.0,
        alike=float((evidence.object[mask] < 0).mean()),
        explained=found.backdrop.explained,
        rough=float(found.backdrop.deviation.mean()),
        border=float(touching) / (2 * (height + width)),
        area=float(mask.mean()) * (bottom - top) * (right - left) / (height * width),
        largest=float(sizes.max() / sizes.sum()),
    )


def doubtful(sign: Signs) -> str:
    """→ "" or what is probably wrong and how to mend it; the gravest cause only."""
    if sign.rough > 2.5 or sign.explained < (0.65 if sign.border < 0.25 else 0.2):
        return f"The background is busy, so the cut-out may be wrong: {_REMEDY}."
    if sign.border > 0.25 or sign.area > 0.75:
        return "The object fills the picture or is cut off by its border: use a picture that shows it whole."
    if sign.area < 0.003:
        return "Only a tiny object was found: crop the picture closer to what you want."
    if sign.largest < 0.9:
        return f"The object fell into separate pieces: {_REMEDY}."
    if sign.faint > 0.13 or sign.alike > 0.12:
        return HARDLY
    return ""
