"""A cut-out comes back: an image that the user sees, paints, and generates from."""

from __future__ import annotations

import bpy
import numpy as np

from .link import Request, Result
from .scene import Target, resolve, step_of_undo
from .words import shown

KEY = "maquette_cutout"  # the image's custom property
HOW = {
    "learned": "Cut out by {}.",
    "background": "Cut out by the colours of the background.",
    "alpha": "Cut out as the picture's own transparency has it.",
    "none": "Nothing was cut out.",
}


def keep(result: Result, request: Request, target: Target) -> bpy.types.Image:
    """The image “… cut-out”, packed so that it is not lost, chosen as the picture to generate from, its transparency
    as the cut-out. One that the same picture had before is replaced. Raises UnusableResult.
    """
    scene, _, _ = resolve(target)
    pixels = np.asarray(result.arrays["pixels"])
    name = f"{request.name} cut-out"
    height, width = pixels.shape[:2]
    image = _of(request) or bpy.data.images.new(name, width, height, alpha=True)
    if tuple(image.size) != (width, height):
        image.scale(width, height)
    image[KEY] = shown(request.source)
    image.alpha_mode = "STRAIGHT"
    image.pixels.foreach_set(np.ascontiguousarray(pixels[::-1], np.float32).ravel() / np.float32(255))
    image.update()
    image.pack()
    settings = scene.maquette
    settings.source, settings.image, settings.cutout = "IMAGE", image, "alpha"
    step_of_undo(f"Maquette: {image.name}", scene)
    return image


def is_cutout(image: bpy.types.Image | None) -> bool:
    return image is not None and KEY in image


def told(result: Result, titles: dict[str, str]) -> str:
    """Which remover it was, in a sentence; ``titles`` of the engines by id."""
    report = result.report
    return HOW.get(report.cutout, "").format(titles.get(report.engine, report.engine) or "a learned remover")


def _of(request: Request) -> bpy.types.Image | None:
    source = shown(request.source)
    found = (image for image in bpy.data.images if source and image.get(KEY) == source)
    return next((image for image in found if image.library is None), None)
