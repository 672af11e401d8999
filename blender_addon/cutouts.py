"""A cut-out comes back: an image that the user sees, paints, and generates from."""

from __future__ import annotations

import zlib

import bpy
import numpy as np

from .link import Request, Result
from .scene import Target, resolve, step_of_undo
from .words import shown

KEY, MADE = "maquette_cutout", "maquette_made"  # the image's custom properties: its picture, its pixels' checksum
HOW = {
    "learned": "Cut out by {}.",
    "background": "Cut out by the colours of the background.",
    "alpha": "Cut out as the picture's own transparency has it.",
    "none": "Nothing was cut out.",
}


def keep(result: Result, request: Request, target: Target) -> bpy.types.Image:
    """The image “… cut-out”, packed so that it is not lost, chosen as the picture to generate from. One that the same
    picture had before is replaced unless it was painted on. How pictures are cut out stays as the user set it: the next
    may be opaque. Raises UnusableResult.
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
    image[MADE] = _checksum(image)
    image.pack()
    settings = scene.maquette
    settings.source, settings.image = "IMAGE", image
    step_of_undo(f"Maquette: {image.name}", scene)
    return image


def is_cutout(image: bpy.types.Image | None) -> bool:
    return image is not None and KEY in image


def mode_for(image: bpy.types.Image | None, mode: str) -> str:
    """How to tell the object in an image from its background, where ``mode`` is what the user chose for pictures: one
    of our cut-outs was cut out that way already, and what is painted on it since is to count.
    """
    return "alpha" if is_cutout(image) and mode != "none" else mode


def told(result: Result, titles: dict[str, str]) -> str:
    """Which remover it was, in a sentence; ``titles`` of the engines by id."""
    report = result.report
    return HOW.get(report.cutout, "").format(titles.get(report.engine, report.engine) or "a learned remover")


def _of(request: Request) -> bpy.types.Image | None:
    source = shown(request.source)
    found = (image for image in bpy.data.images if source and image.get(KEY) == source and image.library is None)
    return next((image for image in found if image.get(MADE) == _checksum(image)), None)


def _checksum(image: bpy.types.Image) -> str:
    """Of the pixels as eight bits each, which is how a packed image comes back from a file."""
    pixels = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(pixels)
    return f"{zlib.crc32(np.rint(pixels * 255).astype(np.uint8)):08x}"
