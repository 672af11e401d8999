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

from .dimensions import dimensions
from .exif import orientation
from .problems import ImageTooLarge, UnreadableImage

LONGEST = 2048  # pixels kept along the longer side; engines look at a few hundred
MAX_PIXELS = 100_000_000  # Blender hands them out as 1.6 GB of floats
_BAND = 1 << 20  # pixels converted at a time


def suffixes() -> frozenset[str]:
    """File name endings, lower case with the dot, that this Blender may read as pictures."""
    return frozenset(bpy.path.extensions_image)


def read_file(path: str | os.PathLike[str]) -> np.ndarray:
    """The picture in a file, turned upright as its EXIF tag asks. Raises UnreadableImage, ImageTooLarge."""
    path = Path(bpy.path.abspath(os.fspath(path)))
    if path.is_dir():
        raise UnreadableImage(f"“{path.name}” is a folder.", "Choose a picture, or use Batch from Folder.")
    if not path.is_file():
        raise UnreadableImage(f"There is no file “{path}”.", "Choose the picture again; it may have been moved.")
    size = dimensions(path)
    if size is not None:  # said before Blender unpacks it, which may take more memory than there is
        _check_size(path.name, *size)
    image = None
    try:
        image = bpy.data.images.load(str(path), check_existing=False)
        if image.source == "MOVIE":
            raise UnreadableImage(f"“{path.name}” is a film.", "Save one frame of it as a picture and choose that.")
        width, height = image.size
        if not width or not height:
            raise UnreadableImage(f"“{path.name}” could not be read as a picture.", "Save it as PNG or JPEG.")
        _check_size(path.name, width, height)
        if max(width, height) > LONGEST:  # quicker than averaging the floats Blender would hand out
            shrink = LONGEST / max(width, height)
            image.scale(max(1, round(width * shrink)), max(1, round(height * shrink)))
        pixels = _pixels_of(image)
    except MemoryError:
        raise _out_of_memory(path.name) from None
    except RuntimeError as error:
        reason = str(error).strip().splitlines()[0].removeprefix("Error: ").rstrip(".")
        raise UnreadableImage(f"“{path.name}” could not be read: {reason}.", "Save it as PNG or JPEG.") from None
    finally:
        if image is not None:
            bpy.data.images.remove(image)
    return upright(pixels, orientation(path))


def read_datablock(image: bpy.types.Image) -> np.ndarray:
    """An image open in Blender, with what was painted and not saved yet. Raises UnreadableImage, ImageTooLarge."""
    if image.type == "RENDER_RESULT":
        return _read_render(image)
    if image.source == "MOVIE":
        raise UnreadableImage(f"“{image.name}” is a film.", "Save one frame of it as a picture and choose that.")
    width, height = image.size  # makes Blender read the file, where it has not yet
    if not width or not height or not len(image.pixels):
        raise UnreadableImage(f"The image “{image.name}” has no pixels.", "Reload it, or choose another image.")
    _check_size(image.name, width, height)
    try:
        return _pixels_of(image)
    except MemoryError:
        raise _out_of_memory(image.name) from None


def _check_size(name: str, width: int, height: int) -> None:
    if width * height > MAX_PIXELS:
        raise ImageTooLarge(
            f"“{name}” has {width} × {height} pixels; the limit is {MAX_PIXELS // 10**6} million.",
            "Scale it down first; 2000 pixels across are plenty.",
        )


def _out_of_memory(name: str) -> ImageTooLarge:
    return ImageTooLarge(f"There is not enough memory to read “{name}”.", "Scale it down, or close other programs.")


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
    """The image's pixels; blocks of them averaged until the longer side is at most LONGEST.

    In bands, for the floats Blender hands out are many times what is left of them.
    """
    width, height = image.size
    values = np.empty(len(image.pixels), np.float32)
    image.pixels.foreach_get(values)
    values = values.reshape(height, width, -1)[::-1]
    step = -(-max(height, width) // LONGEST)
    down, across = min(step, height), min(step, width)
    rows, columns = height // down, width // across
    rgba = np.empty((rows, columns, 4), np.uint8)
    band = max(1, _BAND // (width * down))
    for row in range(0, rows, band):
        part = values[row * down : min(rows, row + band) * down, : columns * across]
        rgba[row : row + band] = _to_bytes(_averaged(_straight(part, image), down, across))
    return rgba


def _straight(values: np.ndarray, image: bpy.types.Image) -> np.ndarray:
    """Some rows as Blender hands them out, (h, w, 1 … 4) → (h, w, 4) float32, sRGB with straight alpha."""
    channels = values.shape[2]
    colour = values[..., :3] if channels >= 3 else values[..., :1]
    opaque = image.alpha_mode in ("NONE", "CHANNEL_PACKED")
    rgba = np.ones((*values.shape[:2], 4), np.float32)
    if channels in (2, 4) and not opaque:
        rgba[..., 3] = np.clip(np.nan_to_num(values[..., -1], posinf=1.0), 0.0, 1.0)
    if image.is_float:
        premultiplied = channels in (2, 4) and not opaque
        colour = _to_srgb(colour / np.maximum(values[..., -1:], 1e-6) if premultiplied else colour)
    elif "linear" in image.colorspace_settings.name.lower():
        colour = _to_srgb(colour)
    rgba[..., :3] = colour
    return rgba


def _averaged(rgba: np.ndarray, down: int, across: int) -> np.ndarray:
    """The mean of each block of ``down`` × ``across`` pixels, colours weighted by alpha."""
    if down == across == 1:
        return rgba
    weight = rgba[..., 3:] + 1e-5  # so that what is fully clear keeps a colour
    rgba[..., :3] *= weight
    blocks = np.concatenate([rgba, weight], axis=2)
    height, width, channels = blocks.shape
    blocks = blocks.reshape(height // down, down, width * channels).sum(1)  # whole rows first: they lie together
    blocks = blocks.reshape(height // down, width // across, across, channels).sum(2)
    blocks[..., :3] /= blocks[..., 4:]
    blocks[..., 3] /= down * across
    return blocks[..., :4]


def _to_bytes(values: np.ndarray) -> np.ndarray:
    return (np.clip(np.nan_to_num(values, posinf=1.0), 0.0, 1.0) * 255 + 0.5).astype(np.uint8)


def _to_srgb(linear: np.ndarray) -> np.ndarray:
    """Linear light → sRGB (IEC 61966-2-1), clipped to [0, 1]."""
    linear = np.clip(np.nan_to_num(linear, posinf=1.0), 0.0, 1.0)
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
