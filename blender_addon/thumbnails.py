"""Small pictures for the panel. Made when the user chooses a picture, never while a panel draws."""

from __future__ import annotations

import os

import bpy
import bpy.utils.previews

from .exif import UPRIGHT, orientation
from .pictures import upright
from .words import shown

_collection: bpy.utils.previews.ImagePreviewCollection | None = None


def refresh(path: str) -> None:
    """Prepares the thumbnail of a picture file. Blender reads the file later, in the background."""
    path = bpy.path.abspath(path) if path else ""
    if _collection is None or not os.path.isfile(path):
        return
    key = _key(path)
    if key not in _collection:
        if len(_collection) > 32:
            _collection.clear()
        preview = _collection.load(key, path, "IMAGE")
        turn = orientation(path)
        if turn != UPRIGHT:
            _turn(preview, turn)


def elsewhere(path: str) -> bool:
    """Whether to look at the path is to call another computer, and perhaps to log in there: a UNC path, other
    than one beside the open file, which is there already.
    """
    path, home = bpy.path.abspath(path), os.path.dirname(bpy.data.filepath)
    unc = path.replace("\\", "/").startswith("//")
    return unc and not (home and path.startswith(home))


def icon_of_file(path: str) -> int:
    """For ``template_icon``; 0 where there is none."""
    if _collection is None or not path:
        return 0
    preview = _collection.get(_key(bpy.path.abspath(path)))
    return preview.icon_id if preview is not None else 0


def icon_of_image(image: bpy.types.Image | None) -> int:
    return image.preview.icon_id if image is not None and image.preview is not None else 0


def refresh_image(image: bpy.types.Image | None) -> None:
    if image is not None:
        image.preview_ensure()


def _turn(preview: bpy.types.ImagePreview, orientation: int) -> None:
    import numpy as np

    width, height = preview.image_size  # reads the file now, which the turned ones need
    if not width or not height:
        return
    pixels = np.empty(width * height * 4, np.float32)
    preview.image_pixels_float.foreach_get(pixels)
    turned = upright(pixels.reshape(height, width, 4)[::-1], orientation)[::-1]
    preview.image_size = turned.shape[1::-1]
    preview.image_pixels_float.foreach_set(np.ascontiguousarray(turned).ravel())


def _key(path: str) -> str:
    return shown(os.path.normcase(os.path.normpath(path)))


def register() -> None:
    global _collection
    _collection = bpy.utils.previews.new()


def unregister() -> None:
    global _collection
    if _collection is not None:
        bpy.utils.previews.remove(_collection)
        _collection = None
