"""Pictures → pixels: files by Blender's own readers, and images open in Blender as they look right now.

Pixels are (H, W, 4) uint8 sRGB, straight alpha, row 0 on top. Blender hands out floats, row 0 at the bottom:
sRGB straight alpha for byte images, linear light with premultiplied alpha for float ones.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

import bpy
import numpy as np

from .exif import orientation
from .problems import UnreadableImage

LONGEST = 2048  # pixels kept along the longer side; engines look at a few hundred


def suffixes() -> frozenset[str]:
    """File name endings, lower case with the dot, that this Blender may read as pictures."""
    return frozenset(bpy.path.extensions_image)


def read_file(path: str | os.PathLike[str]) -> np.ndarray:
    """The picture in a file, turned upright as its EXIF tag asks. Raises UnreadableImage."""
    path = Path(bpy.path.abspath(os.fspath(path)))
    if path.is_dir():
        raise UnreadableImage(f"“{path.name}” is a folder.", "Choose a picture, or use Batch from Folder.")
    if not path.is_file():
        raise UnreadableImage(f"There is no file “{path}”.", "Choose the picture again; it may have been moved.")
    image = None
    try:
        image = bpy.data.images.load(str(path), check_existing=False)
        if image.source == "MOVIE":
            raise UnreadableImage(f"“{path.name}” is a film.", "Save one frame of it as a picture and choose that.")
        width, height = image.size
        if not width or not height:
            raise UnreadableImage(f"“{path.name}” could not be read as a picture.", "Save it as PNG or JPEG.")
        if max(width, height) > LONGEST:
            shrink = LONGEST / max(width, height)
            image.scale(max(1, round(width * shrink)), max(1, round(height * shrink)))
        pixels = _pixels_of(image)
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[0].removeprefix("Error: ").rstrip(".")
        raise UnreadableImage(f"“{path.name}” could not be read: {reason}.", "Save it as PNG or JPEG.") from None
    finally:
        if image is not None:
            bpy.data.images.remove(image)
    return upright(pixels, orientation(path))


def read_datablock(image: bpy.types.Image) -> np.ndarray:
    """An image open in Blender, with what was painted and not saved yet. Raises UnreadableImage."""
    if image.type == "RENDER_RESULT":
        return _read_render(image)
    if image.source == "MOVIE":
        raise UnreadableImage(f"“{image.name}” is a film.", "Save one frame of it as a picture and choose that.")
    width, height = image.size  # makes Blender read the file, where it has not yet
    if not width or not height or not len(image.pixels):
        raise UnreadableImage(f"The image “{image.name}” has no pixels.", "Reload it, or choose another image.")
    return _shrunk(_pixels_of(image))


def upright(pixels: np.ndarray, orientation: int) -> np.ndarray:
    """Pixels, row 0 on top, turned and mirrored as EXIF's ``orientation`` 1 … 8 asks."""
    turned = {
        2: lambda p: p[:, ::-1],
        3: lambda p: p[::-1, ::-1],
        4: lambda p: p[::-1],
        5: lambda p: p.swapaxes(0, 1),
        6: lambda p: np.rot90(p, -1),
        7: lambda p: p[::-1, ::-1].swapaxes(0, 1),
        8: lambda p: np.rot90(p),
    }.get(orientation, lambda p: p)(pixels)
    return np.ascontiguousarray(turned)


def _read_render(image: bpy.types.Image) -> np.ndarray:
    """The last render, which Blender shows to nobody but its own file writer."""
    handle, path = tempfile.mkstemp(suffix=".png", dir=bpy.app.tempdir or None)
    os.close(handle)
    settings = bpy.context.scene.render.image_settings
    kept = {name: getattr(settings, name) for name in ("file_format", "color_mode", "color_depth")}
    try:
        settings.file_format, settings.color_mode, settings.color_depth = "PNG", "RGBA", "8"
        image.save_render(path)
        return read_file(path)
    except RuntimeError:
        raise UnreadableImage("There is no render to look at.", "Render the scene (F12), then try again.") from None
    finally:
        for name, value in kept.items():
            with contextlib.suppress(TypeError):
                setattr(settings, name, value)
        with contextlib.suppress(OSError):
            os.unlink(path)


def _pixels_of(image: bpy.types.Image) -> np.ndarray:
    width, height = image.size
    values = np.empty(len(image.pixels), np.float32)
    channels = values.size // (width * height)
    image.pixels.foreach_get(values)
    values = values.reshape(height, width, channels)[::-1]
    colour = values[..., :3] if channels >= 3 else values[..., :1].repeat(3, axis=2)
    alpha = values[..., -1] if channels in (2, 4) else np.ones((height, width), np.float32)
    opaque = image.alpha_mode in ("NONE", "CHANNEL_PACKED")
    if image.is_float:
        colour = _to_srgb(colour if opaque else colour / np.maximum(alpha, 1e-6)[..., None])
    elif "linear" in image.colorspace_settings.name.lower():
        colour = _to_srgb(colour)
    rgba = np.empty((height, width, 4), np.uint8)
    rgba[..., :3] = _to_bytes(colour)
    rgba[..., 3] = 255 if opaque else _to_bytes(alpha)
    return rgba


def _to_bytes(values: np.ndarray) -> np.ndarray:
    return (np.clip(np.nan_to_num(values, posinf=1.0), 0.0, 1.0) * 255 + 0.5).astype(np.uint8)


def _to_srgb(linear: np.ndarray) -> np.ndarray:
    """Linear light → sRGB (IEC 61966-2-1), clipped to [0, 1]."""
    linear = np.clip(np.nan_to_num(linear, posinf=1.0), 0.0, 1.0)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def _shrunk(pixels: np.ndarray) -> np.ndarray:
    """Averages whole blocks, colours weighted by alpha, until the longer side is at most LONGEST."""
    height, width = pixels.shape[:2]
    step = -(-max(height, width) // LONGEST)
    if step == 1:
        return pixels
    rows, columns = max(1, height // step), max(1, width // step)
    blocks = pixels[: rows * step, : columns * step]
    down, across = min(step, height), min(step, width)
    blocks = blocks.reshape(rows, down, columns, across, 4).astype(np.float32)
    weight = blocks[..., 3:] + 1e-3  # so that what is fully clear keeps a colour
    small = np.empty((rows, columns, 4), np.float32)
    small[..., :3] = (blocks[..., :3] * weight).sum((1, 3)) / weight.sum((1, 3))
    small[..., 3] = blocks[..., 3].mean((1, 3))
    return (small + 0.5).astype(np.uint8)
